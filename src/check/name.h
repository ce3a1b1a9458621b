/* SPDX-License-Identifier: Apache-2.0 */
/* Names of variants' directories, of every generation of the original. */
#ifndef CHECK_NAME_H
#define CHECK_NAME_H
#include "formats/version.h"

enum variant_name_kind {
	NAME_UNKNOWN,
	NAME_TORCH,  /* torch24-cxx98-cu121-x86_64-linux; the C++ ABI may be absent */
	NAME_STABLE, /* torch-stable-abi211-cu130-x86_64-linux */
	NAME_TVM,    /* tvm-ffi01-cpu-x86_64-linux */
	NAME_NOARCH  /* torch-cuda, torch-universal */
};
struct variant_name {
	enum variant_name_kind kind;
	struct version version; /* of torch, of the stable ABI or of tvm-ffi */
	const char *abi;        /* "cxx11", "cxx98", or NULL */
	const char *backend;    /* "cpu", "cuda", "rocm", "metal", "xpu", "universal" ... */
	struct version compute; /* cu130: 13.0; no parts for cpu and metal */
	const char *cpu, *os;   /* NULL for NAME_NOARCH */
};
/* Texts in *out live in the arena. A name that is none gives NAME_UNKNOWN. */
void variant_name_parse(struct arena *a, const char *name, struct variant_name *out);
#endif
