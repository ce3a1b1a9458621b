/* SPDX-License-Identifier: Apache-2.0 */
/* The Python files that go into variants, built in. */
#include "package/templates.h"
#include "base/embed.h"

EMBED(ops_arch, "data/ops_arch.py")
EMBED(ops_libraries, "data/ops_libraries.py")
EMBED(ops_noarch, "data/ops_noarch.py")
EMBED(ops_tvm_ffi, "data/ops_tvm_ffi.py")
EMBED(alias, "data/alias.py")
EMBED(alias_tvm_ffi, "data/alias_tvm_ffi.py")
EMBED(ops_installed, "data/ops_installed.py")
