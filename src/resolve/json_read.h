/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed members of JSON objects for the lock. Private to src/resolve but for json_last_line.
 * Failures are ERR_CONFIG: "FILE:LINE:COL: ..." where the text is no JSON, else "FILE: MEMBER: ..."
 * with the member written as in torch[0].headers, for the parser keeps no positions.
 *
 * All texts are copied to the arena. Functions return 1, or 0 and leave *out alone when the member
 * is absent and may be.
 */
#ifndef RESOLVE_JSON_READ_H
#define RESOLVE_JSON_READ_H
#include "base/err.h"
#include "base/sha256.h"
#include "base/vec.h"
#include "formats/version.h"
#include <jansson.h>

struct json_reader {
	struct arena *a;
	const char *file;
	struct err *e;
};
/* A member of an object, or an item of a list: how it is written is made when it must be told. */
struct json_path {
	const struct json_path *up; /* NULL: the root */
	const char *key;            /* of a member; NULL: an item */
	size_t i;
};
/* A value and where it is; path NULL is the root. */
struct json_at {
	const json_t *v;
	const struct json_path *path;
};
enum json_need { JSON_MAY, JSON_NEEDED };

/* The last line of a program's output that is a JSON object, for libraries may print as well. NULL:
 * there is none; else the caller owns it. */
json_t *json_last_line(struct str text);
/* NULL on failure; else the caller owns the value. */
json_t *json_read(const struct json_reader *r, struct str text);
int json_fail(const struct json_reader *r, const struct json_at *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* at must be an object with no other keys than these (ended by NULL). */
int json_keys(const struct json_reader *r, const struct json_at *at, const char *const *keys);
int json_member(const struct json_reader *r, const struct json_at *at, const char *key,
	enum json_need need, struct json_at *out);
/* A needed list and its length. */
int json_list(const struct json_reader *r, const struct json_at *at, const char *key,
	struct json_at *out, size_t *n);
struct json_at json_item(const struct json_reader *r, const struct json_at *list, size_t i);
/* Not empty, without control characters other than LF and tab. */
int json_text(const struct json_reader *r, const struct json_at *at, const char *key,
	enum json_need need, const char **out);
/* A needed list of such texts. */
int json_texts(
	const struct json_reader *r, const struct json_at *at, const char *key, struct strs *out);
int json_count(const struct json_reader *r, const struct json_at *at, const char *key,
	enum json_need need, uint64_t max, uint64_t *out);
/* True or false; *out stays when it is absent. */
int json_flag(const struct json_reader *r, const struct json_at *at, const char *key,
	enum json_need need, bool *out);
int json_digest(
	const struct json_reader *r, const struct json_at *at, const char *key, struct digest *out);
int json_version(const struct json_reader *r, const struct json_at *at, const char *key,
	unsigned parts, enum json_need need, struct version *out);
#endif
