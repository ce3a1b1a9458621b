/* SPDX-License-Identifier: Apache-2.0 */
/* The text files of a wheel's .dist-info that pip reads. */
#ifndef WHEEL_DIST_INFO_H
#define WHEEL_DIST_INFO_H
#include "package/package.h"
#include "wheel/identity.h"

/* METADATA, version 2.4 of the core metadata. licences: names of the licence's files. */
struct str metadata_core(struct arena *a, const struct project *p, const struct wheel_identity *id,
	const struct strs *licences);
/* WHEEL, version 1.0. */
struct str wheel_tags(struct arena *a, const struct wheel_identity *id);
/* RECORD: of each file its SHA-256 and size, and itself, at path, without. */
int wheel_record(struct arena *a, const struct package_file *files, size_t n, const char *path,
	struct str *out, struct err *e);
#endif
