/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user's files can reach. A declaration is kept when a kept one has a name that a look-up
 * may find it by: from where the name stands, in the scopes around, as the language orders it, in
 * what is named in front of "::", among members of all classes behind "." and "->", among all
 * functions where arguments decide. What needs no name to be found - operators, specialisations,
 * instantiations - is kept when the classes that it is for are kept.
 */
#ifndef SLIM_REACH_H
#define SLIM_REACH_H
#include "cxx/scopes.h"
#include "slim/shed.h"
#include "slim/slim.h"

struct reach {
	struct arena *a;
	const struct lexed *l;
	const struct split *s;
	struct scopes x;
	const struct slim_options *o;
	bool *is_user;    /* by file */
	bool *is_core;    /* by file: of CUDA's C part, which is kept whole */
	bool *stays;      /* by file: one of these */
	bool *kept;       /* by declaration */
	uint32_t *shed;   /* by declaration: see shed.h; NULL: nothing goes */
	uint32_t current; /* the one that is looked at */
	struct number_list queue, pending;
	/* by name */
	bool *member_live, *function_live, *virtual_live, *mentioned;
	/* by scope */
	bool *class_kept, *is_active, *whole, *is_used;
	uint8_t *constructible; /* 1: no, 2: from other types without a word */
	struct number_list *bases, *outside;
	bool *has_unknown_base;
	struct pairs seen; /* (class, name): 1: found; 2: not found */
	/* Names of parameters and variables hide what is outside: of each name up to which token,
	 * in which declaration. */
	uint32_t *hidden_until, *hidden_in;
};
/* Fills r->kept. */
void reach(struct arena *a, const struct lexed *l, const struct split *s,
	const struct slim_options *o, struct reach *r);

/* look_up.c: a declaration that something finds; kept if it can be. */
void reach_consider(struct reach *r, uint32_t decl);
/* Keeps it. */
void reach_root(struct reach *r, uint32_t decl);
/* Is a name of this declaration one that was looked up in its scope, or everywhere? */
bool reach_is_named(const struct reach *r, uint32_t decl);
void reach_place(struct reach *r, struct place *p);
void reach_member(struct reach *r, uint32_t name);
void reach_function(struct reach *r, uint32_t name);
/* Looks a name up from a scope. true: no argument-dependent look-up adds to it. */
bool reach_name(struct reach *r, uint32_t scope, uint32_t name, bool is_type);
/* A name in a class and its bases. */
bool reach_in_class(struct reach *r, uint32_t scope, uint32_t name);

/* mentions.c */
/* Follows all names of tokens [begin, end) of a declaration. */
void follow_mentions(struct reach *r, uint32_t decl, uint32_t begin, uint32_t end);

/* bases.c */
/* Is the name one of the parameters of a template head around? */
bool is_template_parameter(const struct reach *r, uint32_t decl, uint32_t name);
#define MAX_SCOPES 32
/* Adds the scopes that a name denotes in one scope and its bases, at most MAX_SCOPES; true: it may
 * be something else, an alias for example. */
bool denoted_in(const struct reach *r, uint32_t scope, uint32_t name, uint32_t *out, uint32_t *n,
	uint32_t depth);
/* The scopes that the path that ends with the name at a token may denote; false when it may be
 * something else too. */
bool resolve_path(struct reach *r, uint32_t decl, uint32_t last, struct number_list *out);
void find_all_bases(struct reach *r);

/* roots.c */
/* Fills is_user, is_core and stays. */
void find_files(struct reach *r);
void find_roots(struct reach *r);
/* A member that is kept whenever its class is. */
bool is_essential(const struct reach *r, uint32_t decl);

/* require.c */
/* Has it no name that is looked up, or is it for certain classes only? */
bool is_conditional(const struct reach *r, uint32_t decl);
bool is_met(struct reach *r, uint32_t decl);

/* emit.c */
void emit(const struct reach *r, struct buf *out);
#endif
