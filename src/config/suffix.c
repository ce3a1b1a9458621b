/* SPDX-License-Identifier: Apache-2.0 */
/* Suffixes of sources: which compiler takes them, and what to do about those that none here
 * takes. */
#include "config/suffix.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include <strings.h>

static const char *const cxx[] = { ".cpp", ".cc", ".cxx", ".c++", ".cp", ".CPP", ".C" };

/* Suffixes in lower case. g++ would take .c for C++, and there is no C compiler among the tools. */
static const struct other {
	const char *suffix, *advice;
} others[] = {
	{ ".c", "make it C++ and rename it to %s.cpp, or to %s.h if a source includes it" },
	{ ".i", "make it C++ and rename it to %s.cpp, or to %s.h if a source includes it" },
	{ ".ii", "list the source that it was made of" },
	{ ".s", "write asm(...) in a .cpp file" },
	{ ".sx", "write asm(...) in a .cpp file" },
	{ ".asm", "write asm(...) in a .cpp file" },
	{ ".ptx", "write asm(...) in a .cu file" },
	{ ".cubin", "list the source that it was made of" },
	{ ".fatbin", "list the source that it was made of" },
	{ ".o", "list the source that it was made of" },
	{ ".obj", "list the source that it was made of" },
	{ ".a", "list the source that it was made of" },
	{ ".so", "list the source that it was made of" },
	{ ".cpp", "rename it to %s.cpp, for g++ tells C++ by that suffix" },
	{ ".cc", "rename it to %s.cc, for g++ tells C++ by that suffix" },
	{ ".cxx", "rename it to %s.cxx, for g++ tells C++ by that suffix" },
	{ ".c++", "rename it to %s.cpp, for g++ tells C++ by that suffix" },
	{ ".cp", "rename it to %s.cpp, for g++ tells C++ by that suffix" },
	{ ".cppm", "make it a header or a .cpp file" },
	{ ".ixx", "make it a header or a .cpp file" },
	{ ".cu", "rename it to %s.cu, for nvcc tells CUDA by that suffix" },
	{ ".hip", "move it to a section for rocm" },
	{ ".metal", "move it to a section for metal" },
	{ ".mm", "move it to a section for metal" },
	{ ".m", "move it to a section for metal" },
	{ ".f", "drop it" },
	{ ".f90", "drop it" },
	{ ".rs", "drop it" },
	{ ".pyx", "list the C++ file that it makes" },
};

static const struct other *
find_other(const char *suffix)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strcasecmp(suffix, others[i].suffix) == 0)
			return &others[i];
	return NULL;
}

enum source_kind
source_kind(const char *path)
{
	const char *suffix = path_ext(path);

	for (size_t i = 0; i < sizeof(cxx) / sizeof(*cxx); i++)
		if (streq(suffix, cxx[i]))
			return SOURCE_CXX;
	if (streq(suffix, ".cu"))
		return SOURCE_CUDA;
	return find_other(suffix) ? SOURCE_OTHER : SOURCE_HEADER;
}

bool
source_is_compiled(const char *path)
{
	enum source_kind k = source_kind(path);

	return k == SOURCE_CXX || k == SOURCE_CUDA;
}

bool
source_is_cuda(const char *path)
{
	return source_kind(path) == SOURCE_CUDA;
}

const char *
source_advice(struct arena *a, const char *path)
{
	const char *base = path_base(path), *suffix = path_ext(path), *at, *rest;
	const struct other *o = find_other(suffix);
	CLEANUP(buf_free) struct buf b = { 0 };

	if (!o || source_kind(path) != SOURCE_OTHER)
		return NULL;
	for (rest = o->advice; (at = strstr(rest, "%s")); rest = at + 2) {
		buf_add(&b, rest, (size_t)(at - rest));
		buf_add(&b, base, strlen(base) - strlen(suffix));
	}
	buf_adds(&b, rest);
	return arena_strndup(a, b.p, b.n);
}
