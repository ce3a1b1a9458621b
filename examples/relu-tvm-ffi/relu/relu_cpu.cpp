/* SPDX-License-Identifier: Apache-2.0 */
#include "relu.h"

void
relu(tvm::ffi::TensorView out, tvm::ffi::TensorView x)
{
	check_tensors(out, x, kDLCPU);
	const float *from = static_cast<const float *>(x.data_ptr());
	float *to = static_cast<float *>(out.data_ptr());

	for (int64_t i = 0; i < x.numel(); i++)
		to[i] = from[i] > 0 ? from[i] : 0;
}
