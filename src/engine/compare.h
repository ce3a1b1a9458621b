/* SPDX-License-Identifier: Apache-2.0 */
/* Where two results of a step differ. */
#ifndef ENGINE_COMPARE_H
#define ENGINE_COMPARE_H
#include "base/buf.h"

struct err;
/* Appends one line for each part that differs: of ELF files the sections, by name; of others the
 * file. Nothing when they are equal. Fails with ERR_SYS when a file cannot be read. */
int compare_files(const char *was, const char *is, struct buf *out, struct err *e);
#endif
