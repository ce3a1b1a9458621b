/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a translation unit registers with the CUDA runtime, read from the stub file that cicc and
 * cudafe++ write
 * (--stub_file_name): one launcher for each kernel, in whose __cudaLaunch() stands an expression
 * that names it, and one function that registers entries and variables by their names in the PTX.
 *
 * Every line of the stub must be of a form that was seen from CUDA 11.8, 12.4 or 13.0; anything
 * else is refused.
 */
#ifndef DEVICE_REGISTERED_H
#define DEVICE_REGISTERED_H
#include "base/buf.h"
#include "base/vec.h"

struct arena;
struct registered {
	struct strs casts;    /* of the templated kernels, in the stub's order: "(void ( *)(float *,
			       * int))k<float>", without    _NV_ANON_NAMESPACE:: */
	struct strs plain;    /* those of kernels that are no templates, likewise */
	struct strs typedefs; /* whole lines that the casts need, in order, likewise */
	struct strs entries;  /* names in the PTX, sorted by bytes, each once */
	struct strs variables; /* likewise */
};
/* 1, or 0 when the stub is not understood; *why says what, in one line. Memory is the arena's. */
int registered_parse(struct arena *a, struct str stub, struct registered *out, const char **why);
/* Adds the stub without its lines `# N "file"` and #line, which change with every edit and mean
 * nothing to its compiler but line numbers. */
void registered_strip(struct str stub, struct buf *out);
#endif
