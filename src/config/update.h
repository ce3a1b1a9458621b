/* SPDX-License-Identifier: Apache-2.0 */
/* build.toml of an old generation as one of a newer edition. */
#ifndef CONFIG_UPDATE_H
#define CONFIG_UPDATE_H
#include "config/project.h"

struct update {
	int edition;         /* 5 or 6; 0: 5, and what is edition 6 stays so */
	const char *license; /* for a file without one; NULL: fails when it is needed */
};
struct updated {
	struct str text;
	enum generation was; /* of the old text */
};
/*
 * The text of DIR/build.toml with as few edits as will do: comments, order and quoting stay.
 * out->text is the text itself when there is nothing to do. Fails with ERR_CONFIG on a text that
 * project_parse refuses, where a licence is missing, where the package does not lie in torch-ext
 * (g0), and where edition 6 should become 5. The new text is read and compared with the old one
 * before it is given; a difference is an ERR_BUG.
 */
int project_update(struct arena *a, struct str text, const char *dir, const struct update *how,
	struct updated *out, struct err *e);
/* Do both mean the same? Not compared are places, warnings, the generation, the licence, and parts
 * of versions behind the second. NULL: they do; else what differs. */
const char *project_difference(const struct project *p, const struct project *q);
#endif
