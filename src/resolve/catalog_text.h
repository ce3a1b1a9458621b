/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog's texts as they were when the program was built. Private to src/resolve. */
#ifndef RESOLVE_CATALOG_TEXT_H
#define RESOLVE_CATALOG_TEXT_H
#include "base/str.h"

enum catalog_text {
	CATALOG_TORCH,
	CATALOG_CUDA,
	CATALOG_GCC,
	CATALOG_DEPS,
	CATALOG_LIBRARIES,
	CATALOG_TVM_FFI,
	CATALOG_MATRIX,
	CATALOG_AARCH64,
	CATALOG_AARCH64_TOOLS,
	CATALOG_TEXTS
};

/* "torch.toml", "cuda.toml", "gcc.toml", "deps.toml", "libraries.toml", "tvm-ffi.toml",
 * "matrix.toml", "aarch64.toml", "aarch64-tools.toml". */
const char *catalog_text_name(enum catalog_text t);
struct str catalog_text_embedded(enum catalog_text t);
#endif
