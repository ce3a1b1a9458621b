/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A variant as a wheel, which pip installs. Nothing here writes: publish/wheels.h does.
 *
 *     MODULE/...                 what the variant's directory holds, so that `import MODULE` works
 *     NAME-VERSION.dist-info/    METADATA, WHEEL, licenses/, sboms/NAME.cdx.json, RECORD
 *
 * The bytes depend on the package, build.toml, the licence's files and the pins: not on the
 * machine, the time, the selection, or a library that compresses.
 */
#ifndef WHEEL_WHEEL_H
#define WHEEL_WHEEL_H
#include "package/package.h"

struct wheel {
	const char *name;           /* relu_cpu-1+torch211.cpu-cp39-abi3-....whl */
	struct package_file *files; /* in the order in which they stand in the file */
	size_t n;
};
/* pkg is the variant's package. Variants without compiled code that serve several backends have
 * one wheel in common. */
int wheel_make(struct arena *a, const struct plan *p, const struct plan_variant *v,
	const struct package *pkg, struct wheel *out, struct err *e);
/* What a wheel of ours says in its WHEEL, before the version. */
#define WHEEL_GENERATOR "Generator: kernel-builder "
#endif
