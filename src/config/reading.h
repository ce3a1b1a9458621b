/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files that read build.toml share; private to src/config. Every function that can fail
 * sets "FILE:LINE:COL: what is wrong; what to do".
 *
 * Flow: generation.c finds the generation, then project.c (v3 and later) or legacy.c (before) fill
 * the model with the help of fields.c (typed keys), values.c (names, URLs, dependencies),
 * path_values.c (sources, directories) and kernel.c ([kernel.NAME] sections).
 */
#ifndef CONFIG_READING_H
#define CONFIG_READING_H
#include "config/project.h"
#include "formats/toml_read.h"

struct reading {
	struct arena *a;
	struct project *p;
	const char *root; /* the kernel's directory without links; NULL: files are not looked at */
};

/* One table of the file. */
struct section {
	const char *where; /* "[torch]", for messages */
	unsigned line, col;
	const struct toml *table; /* NULL: the section is absent, and no key is found in it */
};

/* A key of a section and the first generation that has it. */
struct key {
	const char *name;
	enum generation since;
};

#define WORDS_INIT(array) \
	{ \
		array, sizeof(array) / sizeof(*(array)) \
	}
#define WORDS(array) ((struct words)WORDS_INIT(array))
#define KEYS(array) array, sizeof(array) / sizeof(*(array))

/* fields.c: messages. fail_at() returns -1. */
int fail_at(const struct reading *r, unsigned line, unsigned col, struct err *e, const char *fmt,
	...) __attribute__((format(printf, 5, 6)));
void warn_at(const struct reading *r, unsigned line, unsigned col, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* fields.c: keys. Functions that read return 1, or 0 and leave *out alone when the key is absent.
 */
struct section section_of(struct arena *a, const struct section *parent, const char *key);
struct section section_root(const struct toml *root);
/* The section, if there, must be a table and hold no other keys than these. */
int section_check(const struct reading *r, const struct section *s, const struct key *keys,
	size_t n, struct err *e);
/* Fails unless the key is there; example is what to add, such as `license = "MIT"`. */
int field_need(const struct reading *r, const struct section *s, const char *key,
	const char *example, struct err *e);
const struct toml_pair *field_find(const struct section *s, const char *key);
/* Checks the kind of a value; what names it: "name in [general]". */
int value_is(const struct reading *r, const struct toml *v, enum toml_kind kind, const char *what,
	struct err *e);
int field_string(const struct reading *r, const struct section *s, const char *key,
	const char **out, struct err *e);
int field_bool(const struct reading *r, const struct section *s, const char *key, bool *out,
	struct err *e);
int field_count(const struct reading *r, const struct section *s, const char *key, uint64_t *out,
	struct err *e);
/* A list of strings that are not empty. *items, if not NULL, becomes the list itself. */
int field_strings(const struct reading *r, const struct section *s, const char *key,
	struct strs *out, const struct toml **items, struct err *e);
/* Two parts exactly from edition 5 on, up to four before. */
int field_version(const struct reading *r, const struct section *s, const char *key,
	struct version *out, struct err *e);
/* The index of a string value among the words. */
int value_word(const struct reading *r, const struct toml *v, const char *what, struct words words,
	struct err *e);

/* values.c */
extern const struct words backend_words;
int value_backend(const struct reading *r, const struct toml *v, const char *what,
	enum backend *out, struct err *e);
int field_name(const struct reading *r, const struct section *s, struct err *e);
int field_git_url(const struct reading *r, const struct section *s, const char *key,
	const char **out, struct err *e);
/* One, or from edition 6 on a list. */
int field_upstream(
	const struct reading *r, const struct section *s, struct strs *out, struct err *e);
int field_hub(const struct reading *r, const struct section *general, struct err *e);
int field_depends(
	const struct reading *r, const struct section *s, struct strs *out, struct err *e);
int field_kernel_depends(const struct reading *r, const struct section *s,
	struct kernel_depends *out, struct err *e);
int field_capabilities(const struct reading *r, const struct section *s, const char *key,
	struct strs *out, struct err *e);
/* As read from two keys of a section: low must not be above high. */
struct bounds {
	const char *low_key, *high_key;
	const struct version *low, *high;
};
int check_bounds(
	const struct reading *r, const struct section *s, const struct bounds *b, struct err *e);

/* python_packages.c; backend BACKEND_COUNT: those of [general]. */
int field_python_depends(const struct reading *r, const struct section *s, enum backend backend,
	struct strs *out, struct err *e);

/* path_values.c */
int field_sources(
	const struct reading *r, const struct section *s, struct strs *out, struct err *e);
/* Every source of a section that was read is one that a compiler for the backend takes, or a
 * header; backend BACKEND_COUNT: of [torch]. Of backends that are not built here nothing is
 * asked. */
int check_sources(
	const struct reading *r, const struct section *s, enum backend backend, struct err *e);
int field_includes(
	const struct reading *r, const struct section *s, struct strs *out, struct err *e);
/* A relative directory for the Python package's root. */
int field_pyroot(const struct reading *r, const struct section *s, struct err *e);
/* PYROOT/MODULE/__init__.py is there and the names that a build makes beside it are free. */
int project_check_layout(const struct reading *r, const struct section *framework, struct err *e);

/* flag_rules.c: refuses flags that take something of this machine, or that cannot be what is meant,
 * and warns about those without effect. Only of backends that are built here. */
int check_flags(const struct reading *r, const struct section *s, const char *key, struct err *e);

/* kernel.c */
struct kernels {
	struct project_kernel *v;
	size_t n, cap;
};
/* Starts on one [kernel.NAME]: it must be a table with a usable name. */
int kernel_begin(const struct reading *r, const struct toml_pair *pair, struct section *s,
	struct project_kernel *k, struct err *e);
/* Fills k from a section whose keys were checked; its backend is left alone. */
int kernel_fill(
	const struct reading *r, const struct section *s, struct project_kernel *k, struct err *e);
/* [kernel.*] of v2 and later into the project. */
int kernels_read(const struct reading *r, const struct section *root, struct err *e);
/* Fails at the first kernel section: "[kernel.NAME] is compiled, but WHY". */
int fail_compiled(
	const struct reading *r, const struct section *root, const char *why, struct err *e);

/* generation.c: sets p->gen and warns about an old one. */
int find_generation(const struct reading *r, const struct section *root, struct err *e);

/* legacy.c: g0a, g0b, v1, v2. */
int read_legacy(const struct reading *r, const struct section *root, struct err *e);
#endif
