/* SPDX-License-Identifier: Apache-2.0 */
#include "relu.h"

/* ops.relu in Python. */
TVM_FFI_DLL_EXPORT_TYPED_FUNC(relu, relu);
