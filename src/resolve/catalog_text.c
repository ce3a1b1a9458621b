/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog, built in. */
#include "resolve/catalog_text.h"
#include "base/embed.h"

EMBED(torch, "catalog/torch.toml")
EMBED(cuda, "catalog/cuda.toml")
EMBED(gcc, "catalog/gcc.toml")
EMBED(deps, "catalog/deps.toml")
EMBED(libraries, "catalog/libraries.toml")
EMBED(tvm_ffi, "catalog/tvm-ffi.toml")
EMBED(matrix, "catalog/matrix.toml")
EMBED(aarch64, "catalog/aarch64.toml")
EMBED(aarch64_tools, "catalog/aarch64-tools.toml")

static const struct {
	const char *name;
	struct str (*text)(void);
} texts[CATALOG_TEXTS] = {
	[CATALOG_TORCH] = { "torch.toml", embedded_torch },
	[CATALOG_CUDA] = { "cuda.toml", embedded_cuda },
	[CATALOG_GCC] = { "gcc.toml", embedded_gcc },
	[CATALOG_DEPS] = { "deps.toml", embedded_deps },
	[CATALOG_LIBRARIES] = { "libraries.toml", embedded_libraries },
	[CATALOG_TVM_FFI] = { "tvm-ffi.toml", embedded_tvm_ffi },
	[CATALOG_MATRIX] = { "matrix.toml", embedded_matrix },
	[CATALOG_AARCH64] = { "aarch64.toml", embedded_aarch64 },
	[CATALOG_AARCH64_TOOLS] = { "aarch64-tools.toml", embedded_aarch64_tools },
};

const char *
catalog_text_name(enum catalog_text t)
{
	return texts[t].name;
}

struct str
catalog_text_embedded(enum catalog_text t)
{
	return texts[t].text();
}
