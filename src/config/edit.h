/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of a TOML text that leave all else as it is: comments, order, quoting, ends of lines. */
#ifndef CONFIG_EDIT_H
#define CONFIG_EDIT_H
#include "formats/toml_text.h"

struct edit {
	size_t begin, end; /* what goes */
	const char *text;  /* what comes there; NULL: nothing */
	size_t order;
};
struct editing {
	struct arena *a;
	struct toml_text t;
	VEC(struct edit) edits;
	VEC(const struct toml_place *) removed; /* from inline tables */
	const char *eol;                        /* as the file has it */
};

/* False when the text is not understood. */
bool edit_begin(struct arena *a, struct str text, struct editing *out);
/* The text with all edits. */
struct str edit_apply(struct editing *ed);

/* The place of a key by its whole path, which ends with NULL; NULL: there is none. */
const struct toml_place *edit_find(const struct editing *ed, const char *first, ...);
/* The same of [kernel.NAME]; key NULL: NAME itself, as "NAME = { ... }". */
const struct toml_place *edit_find_kernel(
	const struct editing *ed, const char *name, const char *key);
/* What was written between begin and end. */
const char *edit_written(const struct editing *ed, struct toml_span s);
bool edit_is_inline(const struct toml_place *p);
/* text as a string, in the kind of quotes that the span begins with. */
const char *edit_quote(const struct editing *ed, struct toml_span like, const char *text);

void edit_set_value(struct editing *ed, const struct toml_place *p, const char *text);
/* The last part of its key becomes name; "cuda.minver" puts it one table deeper. */
void edit_rename(struct editing *ed, const struct toml_place *p, const char *name);
/* Everything in the table `from` of the root is in `to`. */
void edit_rename_table(struct editing *ed, const char *from, const char *to);
/* A new key before or behind one of the same table. */
void edit_insert(struct editing *ed, const struct toml_place *beside, bool before, const char *key,
	const char *value);
/* A comment on its line stays. */
void edit_remove(struct editing *ed, const struct toml_place *p);
/* An item of an array and its comma. */
void edit_remove_item(struct editing *ed, struct toml_span item);
/* Lines behind everything in the file, or behind what stands under a header. */
void edit_append(struct editing *ed, size_t header, const char *lines);
#endif
