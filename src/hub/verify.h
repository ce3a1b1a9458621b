/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a variant's files are those of its digest, or of another build. */
#ifndef HUB_VERIFY_H
#define HUB_VERIFY_H
#include "base/vec.h"

struct err;
enum mismatch_kind { MISMATCH_NONE, MISMATCH_MISSING, MISMATCH_UNKNOWN, MISMATCH_CHANGED };
struct mismatch {
	enum mismatch_kind kind;
	const char *path; /* in the variant; of metadata.json the member behind ": " */
};
struct mismatches {
	struct mismatch *v;
	size_t n, cap;
	/* by verify_digest: what no digest covers, bytecode and links to directories */
	struct strs uncovered;
};
/* Against the digest in metadata.json: missing files are in the digest only, unknown ones in the
 * directory only. 1: there is a digest. 0: there is none. Fails with ERR_CONFIG where metadata.json
 * cannot be read. *files becomes how many were compared. */
int verify_digest(
	struct arena *a, const char *dir, struct mismatches *out, size_t *files, struct err *e);
/* Against another build: missing files are in ours only. Bytecode and links to directories
 * count. Of metadata.json, digest (which follows) and provenance do not count. */
int verify_same(
	struct arena *a, const char *dir, const char *ours, struct mismatches *out, struct err *e);
/* "is missing: AGAINST has it", "is not in AGAINST", ... */
const char *mismatch_text(struct arena *a, enum mismatch_kind kind, const char *against);
#endif
