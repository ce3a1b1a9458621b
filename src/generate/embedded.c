/* SPDX-License-Identifier: Apache-2.0 */
/* The templates, built in. */
#include "generate/embedded.h"
#include "base/embed.h"

EMBED(kernel_cmake, "data/pyproject/kernel.cmake")
EMBED(kernel_tool, "data/pyproject/kernel_tool.py")
EMBED(setup, "data/pyproject/setup.py")
EMBED(ops_local, "data/pyproject/ops_local.py")
EMBED(clangd_cuda, "data/clangd_cuda.h")
