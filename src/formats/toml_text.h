/* SPDX-License-Identifier: Apache-2.0 */
/* Where keys and values stand in the text of a TOML file, for those who edit it. */
#ifndef FORMATS_TOML_TEXT_H
#define FORMATS_TOML_TEXT_H
#include "base/str.h"
#include "base/vec.h"

struct toml_span {
	size_t begin, end; /* bytes */
};
struct toml_spans {
	struct toml_span *v;
	size_t n, cap;
};
/* "[a.b]" or "[[a.b]]". */
struct toml_header {
	struct strs path;
	struct toml_spans parts; /* each of path, as written, quotes included */
	struct toml_span span;   /* with the brackets */
	bool is_array;
};
/* "key = value", also inside inline tables. */
struct toml_place {
	struct strs path;        /* from the root: of the header, of tables around, and its own */
	struct toml_spans parts; /* of its own key, the last ones of path */
	struct toml_span key, val;
	size_t header; /* index of the one above; SIZE_MAX: none */
	size_t parent; /* index of the place whose inline table it is in; SIZE_MAX: none */
};
struct toml_text {
	struct str text;
	VEC(struct toml_header) headers; /* in the order of the text */
	VEC(struct toml_place) places;   /* likewise; what is inside a value comes after it */
};

/* Scans a text that toml_parse accepts; false when it is not understood all the same. Everything in
 * out lives in the arena. */
bool toml_text_scan(struct arena *a, struct str text, struct toml_text *out);
/* The items of the array that begins at val. */
struct toml_spans toml_text_items(struct arena *a, struct str text, struct toml_span val);
/* What a string between quotes of any kind, or a bare key, says. */
const char *toml_text_string(struct arena *a, struct str written);
#endif
