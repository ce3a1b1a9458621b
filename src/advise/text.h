/* SPDX-License-Identifier: Apache-2.0 */
/* C++ text as far as its includes go: what it includes, which names it mentions, and the same text
 * with narrower includes. */
#ifndef ADVISE_TEXT_H
#define ADVISE_TEXT_H
#include "advise/includes.h"
#include "base/str.h"

struct text_include {
	const char *target; /* "<torch/all.h>", "\"checks.h\"" */
	unsigned line;
	size_t begin, end; /* of the line in the text, without its line feed */
};
struct text_includes {
	struct text_include *v;
	size_t n, cap;
};
/* Those that are not in a comment; which branches of #if are taken is not looked at. */
void text_includes(struct arena *a, struct str text, struct text_includes *out);
/* The target without what it stands in: "torch/all.h". */
struct str text_target(const struct text_include *i);
bool text_is_wide(const struct table *t, const struct text_include *i);
/* True when the text has the name, between characters that are part of no name. */
bool text_mentions(struct str text, const char *name);

/* True when the text has names of torch::, which may stand for those of at::. */
bool text_has_torch_names(struct str text);

/* How far to go: TEXT_NARROW takes the headers of the names that the text mentions, and has them in
 * torch:: by a line of its own. TEXT_CAREFUL takes those and torch/types.h. */
enum text_level { TEXT_NARROW, TEXT_CAREFUL, TEXT_LEVELS };
/* The text with its wide includes replaced; *instead becomes the headers that stand in their place,
 * without those that the text includes anyway. False when it has none that can be replaced at that
 * level. */
bool text_narrowed(struct arena *a, const struct table *t, struct str text, enum text_level level,
	struct str *out, struct strs *instead);
#endif
