/* SPDX-License-Identifier: Apache-2.0 */
/* Python files that go into variants: the .py files of data. */
#ifndef PACKAGE_TEMPLATES_H
#define PACKAGE_TEMPLATES_H
#include "base/str.h"

/* data/: templates; @NAME@ stands for a value. */
struct str embedded_ops_arch(void);
/* of a kernel that needs libraries of CUDA besides its runtime */
struct str embedded_ops_libraries(void);
struct str embedded_ops_noarch(void);
struct str embedded_ops_tvm_ffi(void);
struct str embedded_alias(void);
struct str embedded_alias_tvm_ffi(void);
/* behind _ops.py of a wheel, whose package needs no alias for itself */
struct str embedded_ops_installed(void);
#endif
