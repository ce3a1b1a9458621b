/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed keys of TOML tables, and the messages for those that are wrong. Every failure is
 * ERR_CONFIG, "FILE:LINE:COL: what is wrong; what to do". Functions that read a key return 1, or 0
 * and leave *out alone when it is absent and not needed.
 */
#ifndef FORMATS_TOML_READ_H
#define FORMATS_TOML_READ_H
#include "base/err.h"
#include "base/sha256.h"
#include "base/vec.h"
#include "formats/toml.h"
#include "formats/version.h"
#include <stdarg.h>

struct toml_reader {
	struct arena *a;
	const char *file;
	struct err *e;
	const char *where;   /* messages say "name in WHERE"; NULL: "name", in quotes */
	bool takes_controls; /* texts may hold control characters, but for NUL */
};
enum toml_need { TOML_OPTIONAL, TOML_NEEDED };
struct words {
	const char *const *v;
	size_t n;
};

/* s in double quotes, control characters escaped, long text cut: safe to print. */
const char *quoted(struct arena *a, struct str s);
/* The word that s may have been meant to be, or NULL. */
const char *closest(struct str s, struct words words);
/* "; did you mean \"x\"? allowed: a, b, c" with or without its first half. */
const char *advice(struct arena *a, struct str s, struct words words);

int toml_fail(const struct toml_reader *r, const struct toml *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int toml_fail_at(const struct toml_reader *r, unsigned line, unsigned col, const char *fmt,
	va_list ap) __attribute__((format(printf, 4, 0)));
/* Fails with what the key may have been meant to be, and what there is. */
int toml_unknown_key(const struct toml_reader *r, const struct toml_pair *p, const char *what,
	struct words known);
/* v must be a table that holds no other keys than these (ended by NULL). */
int toml_keys(const struct toml_reader *r, const struct toml *v, const char *what,
	const char *const *keys);
/* Checks the kind of a value; what names it: "name in [general]". */
int toml_is(
	const struct toml_reader *r, const struct toml *v, enum toml_kind kind, const char *what);
/* Any value of one kind. The table may be NULL: then it has no key. */
int toml_value(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_kind kind, enum toml_need need, const struct toml **out);
/* Not empty, without control characters other than LF and tab, unless the reader takes them. */
int toml_string(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_need need, const char **out);
int toml_count(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_need need, uint64_t max, uint64_t *out);
int toml_flag(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_need need, bool *out);
int toml_digest(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_need need, struct digest *out);
int toml_version(const struct toml_reader *r, const struct toml *table, const char *key,
	unsigned parts, struct version *out);
/* A version in a string value. */
int toml_value_version(
	const struct toml_reader *r, const struct toml *v, unsigned parts, struct version *out);
/* A list of strings; empty ones are refused. *items becomes the list itself unless NULL. */
int toml_strings(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_need need, struct strs *out, const struct toml **items);
/* A list of tables: [[key]]. Absent: an empty list. */
int toml_tables(const struct toml_reader *r, const struct toml *table, const char *key,
	const struct toml **out, size_t *n);
#endif
