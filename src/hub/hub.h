/* SPDX-License-Identifier: Apache-2.0 */
/* Puts variants on a hub, where clients find them. */
#ifndef HUB_HUB_H
#define HUB_HUB_H
#include "config/project.h"

struct upload_wish {
	const char *python;            /* a Python that has huggingface_hub */
	const char *repo, *branch;     /* branch NULL: v and the version that the variants have */
	const char *type;              /* "kernel" or "model" */
	bool is_private;               /* if the repository is made */
	bool opens_pull_request;       /* in place of commits; makes no repository */
	const char *dir;               /* the kernel's */
	const char *build;             /* the directory that holds the variants */
	const struct strs *variants;   /* their directories */
	const struct project *project; /* to fill CARD.md; NULL: there is no build.toml */
};
enum upload_status { UPLOAD_NO_CHANGES, UPLOAD_UPLOADED, UPLOAD_PULL_REQUEST };
struct upload_request {
	const char *branch, *url;
};
struct upload_result {
	enum upload_status status;
	const char *repo, *branch, *url; /* url NULL: unless it was uploaded */
	struct upload_request requests[2];
	size_t n_requests;
};
/* Refuses, with ERR_ABI, variants whose files are not those of their digests, and those of several
 * versions where a branch is to be made of that. Else fails as helper_ask. An upload that failed,
 * or was interrupted, goes on when it is asked for again. */
int hub_upload(
	struct arena *a, const struct upload_wish *w, struct upload_result *out, struct err *e);
/* { "status", "repo_id", "branch", "url", "pull_requests": [ { "branch", "url" } ] }, for other
 * programs. Fails as fs_write_atomic. */
int hub_write_result(
	struct arena *a, const struct upload_result *r, const char *path, struct err *e);

/* The card of a kernel: file, a template, filled with what is known of it (docs/hub.md). variants
 * are directories. Fails with ERR_CONFIG, as FILE:LINE:COL, where it cannot be filled. */
struct card_wish {
	const char *python; /* a Python that has jinja2 */
	const char *file, *repo;
	const struct project *project;
	const struct strs *variants;
};
int hub_card(struct arena *a, const struct card_wish *w, const char **text, struct err *e);
#endif
