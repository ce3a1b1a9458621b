/* SPDX-License-Identifier: Apache-2.0 */
/* What metadata.json of every variant of a kernel begins with. */
#ifndef PACKAGE_METADATA_H
#define PACKAGE_METADATA_H
#include "package/package.h"
#include <jansson.h>

/* name, id, version, license, kernels-minver, provenance, upstream, source, python-depends,
 * kernel-depends, backend. The caller owns it. */
json_t *metadata_base(
	const struct project *p, enum backend b, const char *id, const struct strs *archs);
/* The text of such an object, in the arena; the object is gone then. */
struct str metadata_text(struct arena *a, json_t *o);
#endif
