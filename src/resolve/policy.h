/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a finished extension may need: tables, not code.
 *
 * data/manylinux.toml: symbol versions that every distribution of a manylinux policy has (from
 * auditwheel's manylinux-policy.json). data/abi3.toml: the limited API of CPython (from its
 * Misc/stable_abi.toml). data/torch-shims.toml: C functions of torch's stable ABI and the release
 * that added each (from PyTorch's shim_function_versions.txt). data/newer-symbols.toml: what
 * libstdc++ and glibc have only since a version that manylinux_2_28 lacks (from Debian's newest
 * that is pinned). Their formats stand at the top of policy.c.
 */
#ifndef RESOLVE_POLICY_H
#define RESOLVE_POLICY_H
#include "base/map.h"
#include "formats/version.h"

struct err;
struct manylinux; /* one policy on one machine; lives in the arena */

/* name: "manylinux_2_28". machine: "x86_64" or "aarch64". Fails with ERR_USAGE, listing what there
 * is. */
int manylinux_load(struct arena *a, const char *name, const char *machine,
	const struct manylinux **out, struct err *e);
enum version_verdict {
	VERSION_ALLOWED,
	VERSION_TOO_NEW, /* of a family that the policy lists ("GLIBC"), but not this one */
	VERSION_UNKNOWN, /* of no family of the policy: "CUDART_1.0" */
};
/* version: as in the file, "GLIBCXX_3.4.24", "CXXABI_FLOAT128". */
enum version_verdict manylinux_judge(const struct manylinux *p, const char *version);
/* The newest version of that family ("GLIBC") that is allowed, as text: "2.28"; NULL if there is
 * none. */
const char *manylinux_newest(const struct manylinux *p, const char *family);
/* Whether the policy expects every distribution to have this library: "libpthread.so.0". */
bool manylinux_has_library(const struct manylinux *p, const char *soname);

/* The limited API of CPython: true and the version that added the symbol, or false when it is not
 * in there. */
bool abi3_added(const char *symbol, struct version *added);
/* All of its symbols that `version` (3.9) has, functions and data, in byte order. */
struct abi3_symbol {
	const char *name;
	bool is_data;
};
int abi3_symbols(struct arena *a, const struct version *version, struct abi3_symbol **out,
	size_t *n, struct err *e);
/* C shims of torch's stable ABI: true and the release that added it, or false when the table does
 * not list it. */
bool torch_shim_added(const char *symbol, struct version *added);
/* Symbols of libstdc++ and glibc that manylinux_2_28 lacks: true and the oldest version that has
 * it, "GLIBCXX_3.4.26". */
bool symbol_since(const char *symbol, struct str *version);
#endif
