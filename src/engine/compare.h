/* SPDX-License-Identifier: Apache-2.0 */
/* Where two results of a step differ. */
#ifndef ENGINE_COMPARE_H
#define ENGINE_COMPARE_H
#include "base/buf.h"

struct engine;
struct err;
struct plan;
/* Appends what steps of p that ran again gave otherwise than before (engine_again): a line for each
 * step, and below it those of compare_files where the bytes are kept. Returns how many steps did;
 * fails as compare_files. */
int compare_results(const struct engine *x, const struct plan *p, struct buf *out, struct err *e);
/* Appends one line for each part that differs: of ELF files the sections, by name; of others the
 * file. Nothing when they are equal. Fails with ERR_SYS when a file cannot be read. */
int compare_files(const char *was, const char *is, struct buf *out, struct err *e);
#endif
