/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of Bazel over HTTP, as bazel-remote speaks it: ac/HEX is the ActionResult of an action,
 * cas/HEX are bytes with that SHA-256. What the files that use it have in common. */
#ifndef REMOTE_WEB_KEEP_H
#define REMOTE_WEB_KEEP_H
#include "base/map.h"
#include "remote/web.h"

/* What is known of a blob. */
enum web_blob { BLOB_UNKNOWN, BLOB_THERE, BLOB_BAD };
struct web_cache {
	struct arena a;
	struct hub *hub;
	struct web *web;
	bool can_keep, has_warned;
	unsigned n_failed; /* to keep, in a row */
	struct map blobs;  /* of enum web_blob, by digest */
};
enum { WEB_PATH = 70 };
/* "cas/HEX". Returns out. */
const char *web_path(char out[WEB_PATH], const char *dir, const struct digest *d);
/* Its place among what is known. */
enum web_blob *web_blob_of(struct web_cache *c, const struct digest *d);
/* A job that keeps a result. */
void web_keep(struct web_cache *c, struct job *j);
#endif
