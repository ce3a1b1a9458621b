/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in a variant's directory and was not put there by a build. */
#ifndef PUBLISH_EXTRA_H
#define PUBLISH_EXTRA_H
#include "base/str.h"
#include "base/vec.h"

struct err;
/* The signature of metadata.json, which others put beside it. It stays as long as the variant
 * does. */
#define EXTRA_SIGNATURE "metadata.json.sigstore"
/* Files, links and others below dir, in byte order, that the lines of a record (publish/publish.h)
 * do not name. Empty directories, and __pycache__, which Python writes when it imports, do not
 * count. */
int extra_find(
	struct arena *a, const char *dir, struct str record, struct strs *out, struct err *e);
/* Whether one of them keeps a variant from being what was built: all but the signature. */
bool extra_matters(const struct strs *extra);
/* Says that they went with the variant that was replaced. */
void extra_tell(struct arena *a, const char *dir, const struct strs *extra);
#endif
