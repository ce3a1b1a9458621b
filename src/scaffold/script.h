/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A setup.py, read and never run: which names are bound where, and what expressions are worth.
 *
 * It is read as on Linux, with CUDA, without ROCm, and with no variable of the environment set; or,
 * with any_environment, with whatever variables. Where a condition stays open, both branches count,
 * and what they add is marked.
 */
#ifndef SCAFFOLD_SCRIPT_H
#define SCAFFOLD_SCRIPT_H
#include "base/vec.h"
#include "python/python.h"

enum value_kind {
	VALUE_UNKNOWN, /* why says what it is; or text does, in a whole sentence */
	VALUE_TEXT,    /* also paths */
	VALUE_LIST,    /* also tuples and sets */
	VALUE_DICT,    /* items are keys and values by turns */
	VALUE_TRUTH    /* True, False, None, numbers: only whether it is true is known */
};
struct value;
struct values {
	const struct value **v;
	size_t n, cap;
};
struct value {
	enum value_kind kind;
	size_t at;    /* the token where it stands */
	size_t to;    /* of one that is unknown: its end; 0: behind at */
	size_t block; /* the block that added it to a list; 0: none that matters */
	const char *text;
	struct values items;
	bool is_true;
	bool is_open;   /* it depends on a condition whether it is this, so it is neither true nor
			   false */
	bool is_choice; /* of a list: one of these texts, by a condition; is_open, too */
	const char *why;
};

/* Lines that run together. Block 0 is the file. */
enum block_kind { BLOCK_PLAIN, BLOCK_IF, BLOCK_ELSE, BLOCK_OPEN, BLOCK_FUNCTION };
struct block {
	enum block_kind kind; /* of if and elif; of else; of loops and handlers */
	size_t head;          /* the token it begins with */
	size_t from, to;      /* tokens of its condition, or its parameters */
	size_t parent, scope; /* scope: the function's block, or 0 */
	size_t before;        /* the branch before an elif or else; 0: none */
	size_t last_branch;   /* of the if statement that ended last in it */
	int state;            /* 1: runs, 0: does not, -1: open, -2: not looked at */
	bool is_sure;         /* it runs where the lines around it do */
};
enum binding_op { BIND_SET, BIND_ADD, BIND_APPEND, BIND_UNKNOWN };
struct binding {
	struct str name;
	const struct python_token *key; /* of name["key"] = ...; NULL: none */
	enum binding_op op;
	size_t from, to; /* the value's tokens */
	size_t end;      /* of the statement */
	size_t block;
	const struct value *after; /* the name's value behind it, once it was asked for */
	bool busy;
};
struct script {
	struct arena *a;
	const char *dir; /* where paths begin */
	struct python_file file;
	size_t *block_of; /* of each token */
	struct {
		struct block *v;
		size_t n, cap;
	} blocks;
	struct {
		struct binding *v;
		size_t n, cap;
	} bindings;
	/* of the comprehension at hand */
	struct str local;
	const struct value *local_value;
	unsigned depth; /* of the recursion */
	bool any_environment;
};

/* Fails as python_parse() does. */
int script_read(
	struct arena *a, const char *dir, struct str text, struct script *out, struct err *e);
/* The end of the item that begins at i: the next comma outside of brackets, or end. */
size_t script_item(const struct script *s, size_t i, size_t end);
/* The value of tokens from..to; never NULL. */
const struct value *script_value(struct script *s, size_t from, size_t to);
/* Whether lines of this block run: 1, 0, or -1 where that is open. */
int script_runs(struct script *s, size_t block);
/* Whether block a is b or around it. */
bool script_is_around(const struct script *s, size_t a, size_t b);
/* Whether the function whose block scope is has a parameter of that name. */
bool script_has_parameter(const struct script *s, size_t scope, struct str name);
/* Tokens from..to, without blanks. */
const char *script_text(const struct script *s, size_t from, size_t to);
/* The same as they stand, for messages; cut where that is long. */
const char *script_source(const struct script *s, size_t from, size_t to);

/* values_of.c */
enum { VALUE_MAX_CHOICES = 16 }; /* what is made of more is unknown */
#define VALUE_OPEN "depends on a condition"
#define VALUE_RUNS_ONLY "is known only when setup.py runs"
struct value *value_new(struct script *s, enum value_kind kind, size_t at);
const struct value *value_unknown(struct script *s, size_t at, const char *why);
const struct value *value_text(struct script *s, size_t at, const char *text);
const struct value *value_truth(struct script *s, size_t at, bool is_true);
const struct value *value_none(struct script *s, size_t at);
/* x + y */
const struct value *value_add(struct script *s, const struct value *x, const struct value *y);
/* Both of two branches: lists without what is in both, dictionaries key by key, texts as a choice.
 * None is left out. Of a dictionary and a list, the dictionary; an unknown key says that. */
const struct value *value_unite(struct script *s, const struct value *x, const struct value *y);
/* What a block adds that need not run is known by it; 0: what runs adds it. */
const struct value *value_mark(struct script *s, const struct value *v, size_t block);
/* Appends an item to a list; of a choice, all that it may be. */
void value_push(struct script *s, struct value *list, const struct value *v);
/* How many texts it may be; 1 of all that is no choice. */
size_t value_alternatives(const struct value *v);
const struct value *value_alternative(const struct value *v, size_t i);
/* Where a dictionary has a key; items.n: nowhere. */
size_t value_find(const struct value *dict, const struct value *key);
/* 1, 0, or -1 where that is open. */
int value_is_true(const struct value *v);

/* evaluate_calls.c */
enum { SCRIPT_MAX_ARGS = 8 };
struct script_call {
	size_t at;
	const char *name;         /* "os.path.join" */
	const struct value *base; /* what stands in front of the last dot; NULL: nothing */
	const struct value *arg[SCRIPT_MAX_ARGS];
	size_t n;
};
const struct value *script_call(struct script *s, const struct script_call *c);
/* The directory of a path. */
const char *script_dirname(struct script *s, const char *path);
/* A path as seen from setup.py's directory; NULL: it is outside. */
const char *script_inside(struct script *s, const char *path);
/* Whether the argument of tokens i..end is NAME=VALUE. */
bool script_is_keyword(const struct script *s, size_t i, size_t end);
/* Whether token i is this name or operator. */
bool script_is(const struct script *s, size_t i, const char *text);
/* 1 where token i opens a bracket, -1 where it closes one, else 0. */
int script_depth_step(const struct script *s, size_t i);
/* The next of that text outside of brackets, or end. */
size_t script_find(const struct script *s, size_t i, size_t end, const char *text);
#endif
