/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's width, and text that fits into it. */
#ifndef BASE_TERM_H
#define BASE_TERM_H
#include "base/buf.h"
#include "base/str.h"

/* Columns for text that goes to fd: COLUMNS, else what the terminal says, else 80; at least 40. */
size_t term_columns(int fd);
/* Appends the words of text in lines of at most width columns; a longer word has a line of its own.
 * The line begins at column `at`, where the caller is, and others at column indent. Ends with a
 * newline. */
void term_wrap(struct buf *out, struct str text, size_t at, size_t indent, size_t width);
#endif
