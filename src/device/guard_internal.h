/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the guards: the namespaces of a text and what is known of its names. */
#ifndef DEVICE_GUARD_INTERNAL_H
#define DEVICE_GUARD_INTERNAL_H
#include "base/buf.h"
#include "device/guard.h"

struct space {
	const char *path;   /* "a::b"; unnamed and inline ones are their surroundings */
	struct str last;    /* "b" */
	bool is_free;       /* a name without "::" is looked up here */
	bool is_near;       /* its last name alone may mean it */
	bool is_type;       /* an argument may be of a type of this one */
	struct map through; /* what may stand in front of "::" to find its names */
};
struct spaces {
	struct space *v;
	size_t n, cap;
	uint32_t *of; /* of each declaration of the split: the space that it stands in */
};
enum {
	HAS_TYPE = 1,     /* a class, an enum or an alias */
	HAS_COMPLETE = 4, /* more than a forward declaration of it is not dropped */
	HAS_PRELUDE = 2,  /* a declaration of it is not dropped */
};
struct guard_uses {
	uint32_t *v; /* declarations */
	size_t n, cap;
};
struct guarding {
	struct arena *a;
	const struct device_text *t;
	const struct lexed *l;
	const struct guard_words *w;
	struct guard_hits *out;
	struct lexed prelude;
	struct split prelude_split;
	struct map prelude_files; /* normalised */
	struct map prelude_decls; /* canonical text of each */
	struct spaces spaces;
	bool *is_dropped;         /* of each file of the text */
	uint8_t *use;             /* of each name: guard_use */
	struct map there;         /* "a::b": HAS_ of that name of the full text */
	bool *is_a_type;          /* of each name: some class, enum or alias has it */
	bool *is_type;            /* of each name: it is spelled, or in the type of what is */
	struct guard_uses usings; /* the using-declarations of words that are not dropped */
	struct buf canon;
};

/* Finds all namespaces, and marks those that look-ups of the words go to; not yet is_type. */
void guard_spaces(struct arena *a, const struct device_text *t, const struct guard_words *w,
	struct spaces *out);
/* Is there a word that is found in that space, spelled after "::"? */
bool guard_is_qualified(const struct space *s, const struct guard_words *w, struct str name);

/* "a::b" becomes "a", and "a" the global namespace. */
void guard_go_outwards(char *path);

/* Of guard_use. */
unsigned guard_use_of(const struct guard_words *w, struct str name);
void guard_hit(struct guarding *g, const struct decl *d, struct str name);

/* Is a name one of a template's own parameters? */
bool guard_is_template_parameter(const struct lexed *l, const struct decl *d, uint32_t number);
bool guard_is_dropped(const struct guarding *g, const struct decl *d);
/* Marks the spaces with types that the kept text has values of, and the names of such types: those
 * that it spells, those of what it calls, and so on. */
void guard_find_types(struct guarding *g);
/* Which names each space has. */
void guard_find_there(struct guarding *g);
/* HAS_ of a name in a space. */
unsigned guard_there(const struct guarding *g, const char *path, uint32_t name);
/* Does a token name a type that only dropped headers have? It is looked up from a space outwards,
 * or in what stands in front of its "::". */
bool guard_is_absent(const struct guarding *g, const struct space *from, uint32_t token);

/* A missing specialisation of a template that the prelude has, for types which the slice has. */
bool guard_is_specialisation_hit(
	const struct guarding *g, const struct decl *d, const struct space *from, uint32_t name);
/* A missing operator that operands of the kept text may have. */
bool guard_is_operator_hit(
	const struct guarding *g, const struct decl *d, const struct space *space);
/* A function whose first argument can only be of a type which the slice lacks. */
bool guard_fits_nothing(
	const struct guarding *g, const struct decl *d, const struct space *space, uint32_t name);
#endif
