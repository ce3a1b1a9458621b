/* SPDX-License-Identifier: Apache-2.0 */
#include "relu.h"
#include <tvm/ffi/extra/c_env_api.h>
#include <tvm/ffi/extra/cuda/device_guard.h>

__global__ void
relu_kernel(float *__restrict__ to, const float *__restrict__ from, int64_t n)
{
	int64_t i = blockIdx.x * static_cast<int64_t>(blockDim.x) + threadIdx.x;

	if (i < n)
		to[i] = from[i] > 0 ? from[i] : 0;
}

void
relu(tvm::ffi::TensorView out, tvm::ffi::TensorView x)
{
	check_tensors(out, x, kDLCUDA);
	const int64_t n = x.numel(), threads = 256;
	const DLDevice device = x.device();
	tvm::ffi::CUDADeviceGuard guard(device.device_id);
	/* That of the framework whose tensor x is. */
	cudaStream_t stream = static_cast<cudaStream_t>(
		TVMFFIEnvGetStream(device.device_type, device.device_id));

	if (n == 0)
		return;
	relu_kernel<<<static_cast<unsigned>((n + threads - 1) / threads), threads, 0, stream>>>(
		static_cast<float *>(out.data_ptr()), static_cast<const float *>(x.data_ptr()), n);
	const cudaError_t error = cudaGetLastError();
	TVM_FFI_CHECK(error == cudaSuccess, RuntimeError) << cudaGetErrorString(error);
}
