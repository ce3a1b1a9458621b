/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELU_H
#define RELU_H
#include <tvm/ffi/tvm_ffi.h>

/* out = max(x, 0). Each backend has one. */
void relu(tvm::ffi::TensorView out, tvm::ffi::TensorView x);

/* Throws what Python sees as ValueError and TypeError. */
inline void
check_tensors(tvm::ffi::TensorView out, tvm::ffi::TensorView x, DLDeviceType type)
{
	const DLDataType dtype = x.dtype();

	TVM_FFI_CHECK(x.device().device_type == type && out.device().device_type == type, ValueError)
		<< "x and out must be on the device that this kernel is built for";
	TVM_FFI_CHECK(x.device().device_id == out.device().device_id, ValueError)
		<< "x and out must be on the same device";
	TVM_FFI_CHECK(x.IsContiguous() && out.IsContiguous(), ValueError)
		<< "x and out must be contiguous";
	TVM_FFI_CHECK(x.numel() == out.numel(), ValueError)
		<< "out has " << out.numel() << " elements, x has " << x.numel();
	TVM_FFI_CHECK(dtype.code == kDLFloat && dtype.bits == 32 && dtype.lanes == 1 &&
			      out.dtype() == dtype,
		TypeError)
		<< "x and out must be float32";
}

#endif
