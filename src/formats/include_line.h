/* SPDX-License-Identifier: Apache-2.0 */
/* A line of C++ that includes a file. */
#ifndef FORMATS_INCLUDE_LINE_H
#define FORMATS_INCLUDE_LINE_H
#include "base/str.h"

struct arena;
/* What an #include line names, without its marks; NULL: it is another line, or the name is a
 * macro. */
const char *include_line_name(struct arena *a, struct str line);
#endif
