// Device code. All arithmetic is in float; a result is rounded to the tensor's type once.

#include "rms_norm_kernel.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>

namespace rms_norm {
namespace {

constexpr int kWarp = 32;
constexpr int kMaxThreads = 1024;
constexpr int64_t kMaxBlocks = 1 << 20;  // rows beyond are reached by the kernel's loop

// The intrinsics, not casts: torch's usual flags for nvcc switch the conversion operators off.
__device__ inline float to_float(float x) { return x; }
__device__ inline float to_float(__half x) { return __half2float(x); }
__device__ inline float to_float(__nv_bfloat16 x) { return __bfloat162float(x); }

template <typename T>
__device__ inline T from_float(float x);
template <>
__device__ inline float from_float<float>(float x) { return x; }
template <>
__device__ inline __half from_float<__half>(float x) { return __float2half_rn(x); }
template <>
__device__ inline __nv_bfloat16 from_float<__nv_bfloat16>(float x) {
    return __float2bfloat16_rn(x);
}

__device__ inline float sum_of_warp(float x) {
    for (int step = kWarp / 2; step > 0; step /= 2) {
        x += __shfl_xor_sync(0xffffffff, x, step);
    }
    return x;
}

// The sum over all threads of the block, which are whole warps; every thread gets it.
__device__ inline float sum_of_block(float x) {
    __shared__ float part[kMaxThreads / kWarp];
    const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;

    x = sum_of_warp(x);
    __syncthreads();  // the sums of the row before have been read
    if (lane == 0) {
        part[warp] = x;
    }
    __syncthreads();
    return sum_of_warp(lane < blockDim.x / kWarp ? part[lane] : 0.0f);
}

// A block for each row. No __restrict__: out may be input.
template <typename T>
__global__ void rms_norm_kernel(T* out, const T* input, const T* weight, int64_t rows, int64_t cols,
                                float eps) {
    for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
        const T* from = input + r * cols;
        T* to = out + r * cols;
        float sum = 0;
        for (int64_t c = threadIdx.x; c < cols; c += blockDim.x) {
            const float v = to_float(from[c]);
            sum += v * v;
        }
        const float scale = rsqrtf(sum_of_block(sum) / static_cast<float>(cols) + eps);
        for (int64_t c = threadIdx.x; c < cols; c += blockDim.x) {
            to[c] = from_float<T>(to_float(from[c]) * scale * to_float(weight[c]));
        }
    }
}

template <typename T>
cudaError_t launch_for(void* out, const void* input, const void* weight, int64_t rows, int64_t cols,
                       float eps, cudaStream_t stream) {
    const int64_t warps = std::min<int64_t>((cols + kWarp - 1) / kWarp, kMaxThreads / kWarp);

    rms_norm_kernel<T><<<static_cast<unsigned>(std::min(rows, kMaxBlocks)),
                         static_cast<unsigned>(warps * kWarp), 0, stream>>>(
        static_cast<T*>(out), static_cast<const T*>(input), static_cast<const T*>(weight), rows,
        cols, eps);
    return cudaGetLastError();
}

}  // namespace

cudaError_t launch(Dtype dtype, void* out, const void* input, const void* weight, int64_t rows,
                   int64_t cols, float eps, cudaStream_t stream) {
    if (rows == 0 || cols == 0) {
        return cudaSuccess;
    }
    switch (dtype) {
        case Dtype::Float:
            return launch_for<float>(out, input, weight, rows, cols, eps, stream);
        case Dtype::Half:
            return launch_for<__half>(out, input, weight, rows, cols, eps, stream);
        case Dtype::BFloat16:
            return launch_for<__nv_bfloat16>(out, input, weight, rows, cols, eps, stream);
    }
    return cudaErrorInvalidValue;
}

}  // namespace rms_norm
