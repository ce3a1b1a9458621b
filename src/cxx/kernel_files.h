/* SPDX-License-Identifier: Apache-2.0 */
/* The user's files: those in src/ of a step's directory, as line markers name them. */
#ifndef CXX_KERNEL_FILES_H
#define CXX_KERNEL_FILES_H
#include "base/str.h"

struct arena;
struct lexed;
/* "src/a.cu", "./src/a.cu", "src/x/../a.cu"; not "torch/include/src/a.h" nor "src/../a.h". */
bool is_kernel_file(const char *name);
/* Which of l->file are the user's. */
bool *kernel_files(struct arena *a, const struct lexed *l);
/* A name without "." and "x/..": two names of one file become the same. */
const char *normal_file_name(struct arena *a, const char *name);
/* How many bytes of a preprocessed text stand in files that are neither torch's, Python's,
 * CUDA's nor the compiler's: the kernel's own, and headers of what it depends on besides, such
 * as CUTLASS. */
size_t bytes_of_others(struct str text);
#endif
