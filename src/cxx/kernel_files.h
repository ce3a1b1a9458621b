/* SPDX-License-Identifier: Apache-2.0 */
/* The user's files: those in src/ of a step's directory, as line markers name them. */
#ifndef CXX_KERNEL_FILES_H
#define CXX_KERNEL_FILES_H
#include <stdbool.h>

struct arena;
struct lexed;
/* "src/a.cu", "./src/a.cu", "src/x/../a.cu"; not "torch/include/src/a.h" nor "src/../a.h". */
bool is_kernel_file(const char *name);
/* Which of l->file are the user's. */
bool *kernel_files(struct arena *a, const struct lexed *l);
/* A name without "." and "x/..": two names of one file become the same. */
const char *normal_file_name(struct arena *a, const char *name);
#endif
