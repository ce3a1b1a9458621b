/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preprocessed C++ or CUDA text without the declarations that nothing in the user's files can
 * reach. What a compiler makes of it is the same, but for what its heuristics see of the rest of
 * the text.
 */
#ifndef SLIM_SLIM_H
#define SLIM_SLIM_H
#include "base/buf.h"
#include "cxx/lex.h"

enum slim_pass {
	SLIM_CXX,    /* a C++ source, for a C++ compiler */
	SLIM_HOST,   /* a CUDA source, for cudafe++ and then a C++ compiler */
	SLIM_DEVICE, /* the same, for cicc */
	/* device code behind a prelude (device/device.h), for cicc: variables of the host are not
	 * kept for what they do at start, and torch's headers lose the numbers of their lines, so
	 * more texts are equal */
	SLIM_SLICE,
};
struct slim_options {
	enum slim_pass pass;
	const char
		*user; /* what names of the user's files begin with: "src/"; they are kept whole */
};
struct slim_stats {
	size_t before, after; /* bytes */
	uint32_t declarations, kept;
};
/* Adds the slim text to out. -1 with ERR_STEP when the text is not understood. */
int slim_text(struct arena *a, struct str text, const struct slim_options *o, struct buf *out,
	struct slim_stats *stats, struct err *e);
#endif
