/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces and classes of a split text, and what is declared in each: what a look-up of a name
 * would find. A class template and its specialisations are one scope; so are the parts of a
 * namespace.
 */
#ifndef CXX_SCOPES_H
#define CXX_SCOPES_H
#include "cxx/pairs.h"
#include "cxx/split.h"

#define NO_NUMBER UINT32_MAX
#define GLOBAL_SCOPE 0

struct number_list {
	uint32_t *v;
	size_t n, cap;
};
struct scope {
	uint32_t name, parent; /* NO_NUMBER: none */
	bool is_class;         /* or an enum */
	bool is_enum;
	bool is_transparent;            /* inline or unnamed: its names are its parent's too */
	struct number_list transparent; /* namespaces in it */
	struct number_list used;        /* by using-directives */
	struct number_list closure;     /* itself, and all that a look-up in it sees */
	struct number_list
		classes; /* declarations: the definitions and forward declarations of a class */
};
struct entry {
	uint32_t decl, next; /* next: another one of the same name, index + 1 into entries; 0 */
};
/* All that has one name in one scope. */
struct place {
	uint32_t scope, name;
	uint32_t first;    /* index + 1 into entries */
	uint32_t earliest; /* declaration of them */
	bool is_live;
	bool has_function, has_other;
};
struct scopes {
	const struct lexed *l;
	const struct split *s;
	struct {
		struct scope *v;
		size_t n, cap;
	} scope;
	struct {
		struct entry *v;
		size_t n, cap;
	} entries;
	struct {
		struct place *v;
		size_t n, cap;
	} places;
	struct pairs children; /* (scope, name) -> scope + 1, namespaces and classes, aliases of
				  namespaces too */
	struct pairs place_of; /* (scope, name) -> place + 1 */
	/* By name: is it one in any scope? Most look-ups are of names that are not. */
	bool *is_child, *is_placed;
	uint32_t *functions; /* by name: entries of functions that argument-dependent look-up may
				  find */
	uint32_t *members;   /* by name: entries of class members */
	/* by declaration */
	uint32_t *context; /* the scope it stands in */
	uint32_t *target;  /* the scope it declares something in: another one for A::f */
	uint32_t *own;     /* of classes, enums and namespaces: their scope; else NO_NUMBER */
	bool *is_lost;     /* A::f whose A was not found */
};

void scopes_build(
	struct arena *a, const struct lexed *l, const struct split *s, struct scopes *out);
/* The scope that a name in this very scope denotes (and those that are transparent in it), or
 * NO_NUMBER. */
uint32_t scopes_child(const struct scopes *x, uint32_t scope, uint32_t name);
/* The scope + 1 that a name in this very scope denotes; NULL: none. */
static inline const uint32_t *
scopes_direct(const struct scopes *x, uint32_t scope, uint32_t name)
{
	return x->is_child[name] ? pairs_get(&x->children, scope, name) : NULL;
}
/* What has the name in this very scope; NULL when nothing has. */
struct place *scopes_place(const struct scopes *x, uint32_t scope, uint32_t name);
#endif
