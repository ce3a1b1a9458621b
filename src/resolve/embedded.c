#include "resolve/embedded.h"

/* Paths are relative to the directory in which make runs: the root of the repository. */
#define EMBED(symbol, file)                                                                        \
	__asm__(".section .rodata\n"                                                               \
		".global " #symbol "_begin\n"                                                      \
		".global " #symbol "_end\n" #symbol "_begin:\n"                                    \
		".incbin \"" file "\"\n" #symbol "_end:\n"                                         \
		".byte 0\n"                                                                        \
		".previous\n");                                                                    \
	extern const char symbol##_begin[], symbol##_end[]

EMBED(embedded_catalog_torch, "catalog/torch.toml");
EMBED(embedded_catalog_cuda, "catalog/cuda.toml");
EMBED(embedded_catalog_gcc, "catalog/gcc.toml");
EMBED(embedded_catalog_deps, "catalog/deps.toml");
EMBED(embedded_catalog_libraries, "catalog/libraries.toml");
EMBED(embedded_catalog_matrix, "catalog/matrix.toml");

const char *
catalog_text_name(enum catalog_text t)
{
	static const char *const name[CATALOG_TEXTS] = { "torch.toml", "cuda.toml", "gcc.toml",
		"deps.toml", "libraries.toml", "matrix.toml" };

	return name[t];
}

static struct str
between(const char *begin, const char *end)
{
	return (struct str){ begin, (size_t)(end - begin) };
}

struct str
catalog_text_embedded(enum catalog_text t)
{
	switch (t) {
	case CATALOG_TORCH:
		return between(embedded_catalog_torch_begin, embedded_catalog_torch_end);
	case CATALOG_CUDA:
		return between(embedded_catalog_cuda_begin, embedded_catalog_cuda_end);
	case CATALOG_GCC:
		return between(embedded_catalog_gcc_begin, embedded_catalog_gcc_end);
	case CATALOG_DEPS:
		return between(embedded_catalog_deps_begin, embedded_catalog_deps_end);
	case CATALOG_LIBRARIES:
		return between(embedded_catalog_libraries_begin, embedded_catalog_libraries_end);
	default:
		return between(embedded_catalog_matrix_begin, embedded_catalog_matrix_end);
	}
}
