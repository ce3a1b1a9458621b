/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TOML 1.0 into plain C structs, every key and value with its line and column. The parser is toml++
 * (libtomlplusplus-dev); toml.cc is the only C++ file of the program and lets no exception out.
 */
#ifndef FORMATS_TOML_H
#define FORMATS_TOML_H
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif
struct arena;
struct err;

enum toml_kind {
	TOML_STRING,
	TOML_INT,
	TOML_FLOAT,
	TOML_BOOL,
	TOML_TIME, /* dates and times of any kind: the value is not kept */
	TOML_ARRAY,
	TOML_TABLE
};
struct toml_pair;
struct toml {
	enum toml_kind kind;
	unsigned line, col;     /* of the value, from 1; 0 when the parser does not know */
	struct str s;           /* TOML_STRING; ended by NUL as well */
	int64_t i;              /* TOML_INT */
	double f;               /* TOML_FLOAT */
	bool b;                 /* TOML_BOOL */
	struct toml *item;      /* TOML_ARRAY */
	struct toml_pair *pair; /* TOML_TABLE, in the order of the text */
	size_t n;               /* items or pairs */
};
struct toml_pair {
	struct str key;
	unsigned line, col; /* of the key */
	struct toml val;
};

/* Parses text into out, all memory in the arena. name is what messages call the file. Fails with
 * ERR_CONFIG, "NAME:LINE:COL: what is wrong", on text that is not TOML 1.0 or not UTF-8. */
int toml_parse(struct arena *a, struct str text, const char *name, struct toml *out, struct err *e);
/* The value of a key of a table, or NULL. */
const struct toml *toml_get(const struct toml *table, const char *key);
const struct toml_pair *toml_pair_get(const struct toml *table, const char *key);
/* "string", "integer", ... for messages. */
const char *toml_kind_name(enum toml_kind k);
#ifdef __cplusplus
}
#endif
#endif
