/* SPDX-License-Identifier: Apache-2.0 */
/* What went into a wheel: CycloneDX 1.6, JSON. */
#ifndef WHEEL_SBOM_H
#define WHEEL_SBOM_H
#include "plan/graph.h"
#include "wheel/identity.h"

/* The kernel's files, and every pinned package that a step of the variant saw. Those whose code may
 * be in the extension (headers, static libraries) have the scope "required"; others, such as
 * compilers and libraries whose symbols were linked against, "excluded". It names no time, no
 * machine and no host, and its serial number follows from the rest. */
struct str sbom_text(struct arena *a, const struct plan *p, const struct plan_variant *v,
	const struct wheel_identity *id);
/* The package URL of a pin, such as "pkg:deb/debian/g%2B%2B-12@12.2.0-14?arch=amd64". */
const char *sbom_purl(struct arena *a, const struct pin *pin);
#endif
