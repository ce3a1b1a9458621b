/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a build that left nothing to do writes down, so that the next one need not make the plan to
 * see the same: in the store's published/, under H("unchanged", directory of the variants):
 *     kernel-builder unchanged 1
 *     SECONDS                      since 1970, when it was written
 *     KEY                          digest of what the plan is made of, and of this program
 *     variant SHA256 NAME          of the variant's record (publish/publish.h), one line each
 *     object SHA256                each result that is kept
 *     file SIZE MTIME CTIME INODE PATH  what else is in build/, as lstat said; "file - PATH": it is
 *     not there
 *     end SHA256                   of the text above
 *
 * Sources are hashed each time, as ever, and the files of variants compared by lstat. Once an hour,
 * the time in which uses of results are noted, everything is looked up as if there were no such
 * record.
 */
#ifndef CMD_UNCHANGED_H
#define CMD_UNCHANGED_H
#include "cmd/build.h"

struct publish;
/* After work_load, with the store open. 1: all variants are where they should be, and nothing that
 * was kept is gone. 0: not, or it is not known without a plan. */
int unchanged_find(struct build *b, struct err *e);
/* While build/ is locked and all its variants are current: what is recorded of them. */
int unchanged_note(struct build *b, struct publish *pub, struct err *e);
/* After a build that failed: the next one looks everything up, and its report tells of it. */
void unchanged_forget(struct build *b);
/* After everything else is written: records it, where nothing was asked for that the record does
 * not hold. */
int unchanged_remember(struct build *b, struct err *e);
#endif
