/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of generated projects: data/pyproject/. */
#ifndef GENERATE_EMBEDDED_H
#define GENERATE_EMBEDDED_H
#include "base/str.h"

struct str embedded_kernel_cmake(void);
struct str embedded_kernel_tool(void);
struct str embedded_setup(void);
struct str embedded_ops_local(void);
/* data/clangd_cuda.h */
struct str embedded_clangd_cuda(void);
#endif
