/* SPDX-License-Identifier: Apache-2.0 */
/* What a source is, by the last suffix of its name. Compilers tell C++ from CUDA by it, letter for
 * letter. */
#ifndef CONFIG_SUFFIX_H
#define CONFIG_SUFFIX_H
#include <stdbool.h>

enum source_kind {
	SOURCE_HEADER, /* not compiled by itself: headers, and whatever no compiler knows */
	SOURCE_CXX,    /* .cpp .cc .cxx .c++ .cp .CPP .C, as g++ has them */
	SOURCE_CUDA,   /* .cu */
	/* some compiler's, but not g++'s or nvcc's: C, assembler, .CU, .hip, .mm ... */
	SOURCE_OTHER,
};
enum source_kind source_kind(const char *path);
/* g++ or nvcc is called on it. */
bool source_is_compiled(const char *path);
bool source_is_cuda(const char *path);
/* Of a SOURCE_OTHER: what to do, such as "rename it to K.cu, for nvcc knows no other suffix". For
 * others NULL. */
struct arena;
const char *source_advice(struct arena *a, const char *path);
#endif
