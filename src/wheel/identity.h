/* SPDX-License-Identifier: Apache-2.0 */
/* Name, version, tag and needs of a wheel. */
#ifndef WHEEL_IDENTITY_H
#define WHEEL_IDENTITY_H
#include "plan/graph.h"

struct wheel_identity {
	const char *name;     /* what pip calls it: "relu-cpu" */
	const char *version;  /* "1+torch211.cpu"; without compiled code "1" */
	const char *stem;     /* "relu_cpu-1+torch211.cpu" */
	const char *tag;      /* "cp39-abi3-manylinux_2_28_x86_64", "py3-none-any" */
	const char *summary;  /* one line */
	bool is_pure;         /* no compiled code: for every machine */
	bool is_of_several;   /* backends; then it has no metadata.json, which names one */
	struct strs requires; /* as in Requires-Dist: torch's range first */
	struct strs extras;   /* names of extras that requires mentions */
};
void wheel_identify(struct arena *a, const struct project *p, const struct variant *v,
	struct wheel_identity *out);
#endif
