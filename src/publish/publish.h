/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only code that writes into the user's tree. build/VARIANT (or OUTPUT/VARIANT) appears, and is
 * replaced, by rename; result is a relative link to build.
 *
 * What was published stands in the store, under published/, key H(absolute path of the variant's
 * directory):
 *     kernel-builder published 1
 *     PACKAGE-ID
 *     SIZE MTIME CTIME INODE PATH      one line per file, as lstat said after writing
 * A variant whose package id and files are as recorded, with no other file beside them, is left
 * alone (publish/extra.h).
 */
#ifndef PUBLISH_PUBLISH_H
#define PUBLISH_PUBLISH_H
#include "package/package.h"

struct publish; /* holds a lock on build/: end it with publish_close */

/* Makes dir/build, or output if that is not NULL; waits for other builders there, removes what
 * killed ones left. */
int publish_open(struct arena *a, struct store *s, const char *dir, const char *output,
	struct publish **out, struct err *e);
void publish_close(struct publish *p);
/* Whether publish_open can make its directory, asked before anything is built; makes nothing. */
int publish_can_open(struct arena *a, const char *dir, const char *output, struct err *e);
/* 1: the variant's directory is as it was published and holds this package. 0: not. */
int publish_is_current(struct publish *p, const struct package *pkg, struct err *e);
/* The same of what was published there last, whatever it was; *record becomes the digest of what is
 * recorded of it. */
int publish_is_unchanged(
	struct publish *p, const char *variant, struct digest *record, struct err *e);
/* Looks at a variant that lies complete in dir. 1: it is good. 0: it must not be published. */
typedef int publish_check(void *arg, const char *variant, const char *dir, struct err *e);
enum publish_state { PUBLISH_CURRENT, PUBLISH_WRITTEN, PUBLISH_REFUSED };
/* Writes a variant unless it is as it should be; returns an enum publish_state. Files of others
 * that go with the one that it replaces are told. Each file's bytes are hashed as they are written;
 * a difference fails with ERR_STORE. What check refuses, and what fails, leaves the old variant.
 * check may be NULL. */
int publish_variant(struct publish *p, const struct package *pkg, publish_check *check, void *arg,
	struct err *e);
/* Makes dir/result point to build, unless there is another output. Leaves anything that is not a
 * symbolic link alone, with a warning. */
int publish_result(struct publish *p, struct err *e);
/* Removes dir/build's variants that this program published or that look like variants, files for
 * clangd, the page of `report`, and result if it is the link. */
int publish_clean(struct arena *a, const char *dir, struct err *e);
#endif
