/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed keys of TOML tables for the catalog's files. Private to src/resolve. Every failure is
 * ERR_CONFIG, "FILE:LINE:COL: what is wrong". Functions that read a key return 1, or 0 and leave
 * *out alone when it is absent and not needed.
 */
#ifndef RESOLVE_TOML_READ_H
#define RESOLVE_TOML_READ_H
#include "base/err.h"
#include "base/sha256.h"
#include "base/vec.h"
#include "formats/toml.h"
#include "formats/version.h"

struct toml_reader {
	struct arena *a;
	const char *file;
	struct err *e;
};
enum toml_need { TOML_OPTIONAL, TOML_NEEDED };

int toml_fail(const struct toml_reader *r, const struct toml *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* v must be a table that holds no other keys than these (ended by NULL). */
int toml_keys(const struct toml_reader *r, const struct toml *v, const char *what,
	const char *const *keys);
/* Any value of one kind. */
int toml_value(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_kind kind, enum toml_need need, const struct toml **out);
/* Not empty, without control characters other than LF and tab. */
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
