/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small files of our own: a line with name and version, then lines "KEY VALUE\n", and "KEY BYTES\n"
 * with so many bytes behind it. Their formats are described where they are read and written; their
 * versions are here. Who changes a format raises its number: what has another one is not read.
 */
#ifndef BASE_RECORD_H
#define BASE_RECORD_H
#include "base/buf.h"

/* First lines, without their end. */
#define RECORD_STORE "kernel-builder store 1" /* store/store.h: the whole directory */
#define RECORD_TREE "kernel-builder tree 1"   /* store/tree.h: manifests */
#define RECORD_STAT "kernel-builder stat 1"   /* store/trees.c: what a tree's files looked like */
#define RECORD_SYMBOLS "kernel-builder symbols 1"       /* elf/symbols.h */
#define RECORD_RESULT "kernel-builder result 2"         /* engine/cache.h: what a step gave */
#define RECORD_DEPS "kernel-builder deps 1"             /* engine/cache.h: what it read */
#define RECORD_COST "kernel-builder cost 2"             /* engine/schedule.c: what it took */
#define RECORD_DECLINED "kernel-builder declined 1"     /* plan/graph.h */
#define RECORD_PROOF "kernel-builder proof 2"           /* device/proof.h */
#define RECORD_PROOF_KEYS "kernel-builder proof-keys 3" /* device/proof.h */
#define RECORD_STEP "kernel-builder built-in-step 1"    /* steps/step_file.c */
#define RECORD_PRELUDES "kernel-builder preludes 1"     /* steps/device_only.h */
#define RECORD_SHARED "kernel-builder shared 1"         /* steps/device_only.h */
#define RECORD_REMEMBERED "kernel-builder remembered 1" /* steps/memo.c */
#define RECORD_PUBLISHED "kernel-builder published 1"   /* publish/publish.h */
#define RECORD_UNCHANGED "kernel-builder unchanged 1"   /* cmd/unchanged.h */
#define RECORD_LAST_BUILD "kernel-builder last-build 1" /* report/last_build.h */
#define RECORD_RESOURCES "kernel-builder resources 2"   /* resources/resources.h */

/* Take something off the front of a text; false, when it is not there: a text may be cut off, or
 * another one. */
bool record_take(struct str *text, const char *what);
/* A whole line, without its end. */
bool record_take_line(struct str *text, struct str *line);
/* This line. */
bool record_take_head(struct str *text, const char *head);
/* "KEY VALUE\n" */
bool record_take_value(struct str *text, const char *key, struct str *value);
/* "KEY BYTES\n" and so many bytes. */
bool record_take_bytes(struct str *text, const char *key, struct str *value);
/* Takes the last line off, "end SHA256", where that is the digest of all in front of it. */
bool record_take_end(struct str *text);

void record_add_head(struct buf *out, const char *head);
void record_add_value(struct buf *out, const char *key, struct str value);
void record_add_bytes(struct buf *out, const char *key, struct str value);
void record_add_end(struct buf *out);
#endif
