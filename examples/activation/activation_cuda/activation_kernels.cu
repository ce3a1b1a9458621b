// Device code.  All arithmetic is in float; a result is rounded to the tensor's type once.

#include "activation_kernels.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>

namespace activation::cuda {
namespace {

constexpr int kVectorBytes = 16;   // the widest load and store of a thread
constexpr int kBlockThreads = 256;
// Blocks in each direction of the grid.  What is beyond them is reached by the kernels' loops.
constexpr int64_t kMaxGridX = 1 << 20;
constexpr int64_t kMaxGridY = 65535;

// The intrinsics, not casts: PyTorch's usual flags for nvcc switch the conversion operators off.
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

struct Silu {
    __device__ float operator()(float x) const { return x / (1.0f + expf(-x)); }
};

struct Gelu {
    __device__ float operator()(float x) const {
        constexpr float kSqrtHalf = 0.70710678118654752f;
        return 0.5f * x * (1.0f + erff(x * kSqrtHalf));
    }
};

struct GeluTanh {
    __device__ float operator()(float x) const {
        constexpr float kSqrt2OverPi = 0.79788456080286536f;
        return 0.5f * x * (1.0f + tanhf(kSqrt2OverPi * (x + 0.044715f * x * x * x)));
    }
};

struct GeluQuick {
    __device__ float operator()(float x) const { return x / (1.0f + expf(-1.702f * x)); }
};

struct FatRelu {
    float threshold;
    __device__ float operator()(float x) const { return x > threshold ? x : 0.0f; }
};

// N elements that are loaded and stored by one instruction.
template <typename T, int N>
struct alignas(sizeof(T) * N) Pack {
    T item[N];
};

template <typename T>
constexpr int kVectorItems = kVectorBytes / static_cast<int>(sizeof(T));

// Most threads go round the outer loops of the kernels once, so unrolling those would only make the
// code longer.

// No __restrict__ here: out may be input.
template <typename T, int N, typename Act>
__global__ void __launch_bounds__(kBlockThreads)
unary_kernel(T* out, const T* input, int64_t count, Act act) {
    const int64_t thread = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
    const int64_t packs = count / N;

#pragma unroll 1
    for (int64_t i = thread; i < packs; i += stride) {
        const auto x = reinterpret_cast<const Pack<T, N>*>(input)[i];
        Pack<T, N> y;
#pragma unroll
        for (int k = 0; k < N; k++) {
            y.item[k] = from_float<T>(act(to_float(x.item[k])));
        }
        reinterpret_cast<Pack<T, N>*>(out)[i] = y;
    }
    if constexpr (N > 1) {
        // Fewer than N elements are left, and the first block has at least N threads.
        const int64_t i = packs * N + thread;
        if (i < count) {
            out[i] = from_float<T>(act(to_float(input[i])));
        }
    }
}

// Within a block x runs over columns and y over rows. The grid has it the other way round, because
// only its x direction can be long.
template <typename T, int N, typename Act>
__global__ void __launch_bounds__(kBlockThreads)
gated_kernel(T* __restrict__ out, const T* __restrict__ gate, const T* __restrict__ up,
             int64_t rows, int64_t cols, Act act) {
    const int64_t first_row = static_cast<int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
    const int64_t first_pack = static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x;
    const int64_t row_stride = static_cast<int64_t>(gridDim.x) * blockDim.y;
    const int64_t pack_stride = static_cast<int64_t>(gridDim.y) * blockDim.x;
    const int64_t packs = cols / N;

    for (int64_t row = first_row; row < rows; row += row_stride) {
        const auto* gate_row = reinterpret_cast<const Pack<T, N>*>(gate + row * 2 * cols);
        const auto* up_row = reinterpret_cast<const Pack<T, N>*>(up + row * 2 * cols);
        auto* out_row = reinterpret_cast<Pack<T, N>*>(out + row * cols);
#pragma unroll 1
        for (int64_t i = first_pack; i < packs; i += pack_stride) {
            const auto g = gate_row[i];
            const auto u = up_row[i];
            Pack<T, N> y;
#pragma unroll
            for (int k = 0; k < N; k++) {
                y.item[k] = from_float<T>(act(to_float(g.item[k])) * to_float(u.item[k]));
            }
            out_row[i] = y;
        }
    }
}

bool aligned(const void* pointer) {
    return reinterpret_cast<uintptr_t>(pointer) % kVectorBytes == 0;
}

int64_t div_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

template <typename T, int N, typename Act>
cudaError_t run_unary(T* out, const T* input, int64_t count, Act act, cudaStream_t stream) {
    // At least one pack, so that a count below N has a block for its tail.
    const int64_t packs = std::max<int64_t>(count / N, 1);
    const auto grid = static_cast<unsigned>(std::min(div_up(packs, kBlockThreads), kMaxGridX));
    unary_kernel<T, N><<<grid, kBlockThreads, 0, stream>>>(out, input, count, act);
    return cudaGetLastError();
}

template <typename T, typename Act>
cudaError_t pick_unary_width(void* out, const void* input, int64_t count, Act act,
                             cudaStream_t stream) {
    auto* out_t = static_cast<T*>(out);
    const auto* input_t = static_cast<const T*>(input);
    if (aligned(out) && aligned(input)) {
        return run_unary<T, kVectorItems<T>>(out_t, input_t, count, act, stream);
    }
    return run_unary<T, 1>(out_t, input_t, count, act, stream);
}

template <typename T, int N, typename Act>
cudaError_t run_gated(T* out, const T* gate, const T* up, int64_t rows, int64_t cols, Act act,
                      cudaStream_t stream) {
    // A short row takes only as many threads as it has packs; the block takes more rows instead.
    const int64_t packs = cols / N;
    unsigned threads_x = 1;
    while (threads_x < kBlockThreads && threads_x < packs) {
        threads_x *= 2;
    }
    const dim3 block(threads_x, kBlockThreads / threads_x);
    const dim3 grid(static_cast<unsigned>(std::min(div_up(rows, block.y), kMaxGridX)),
                    static_cast<unsigned>(std::min(div_up(packs, block.x), kMaxGridY)));
    gated_kernel<T, N><<<grid, block, 0, stream>>>(out, gate, up, rows, cols, act);
    return cudaGetLastError();
}

template <typename T, typename Act>
cudaError_t pick_gated_width(GateSide side, void* out, const void* input, int64_t rows,
                             int64_t cols, Act act, cudaStream_t stream) {
    auto* out_t = static_cast<T*>(out);
    const auto* first = static_cast<const T*>(input);
    const auto* second = first + cols;
    const auto* gate = side == GateSide::First ? first : second;
    const auto* up = side == GateSide::First ? second : first;
    // With whole packs in a row, every row starts as well aligned as the first.
    constexpr int N = kVectorItems<T>;
    if (cols % N == 0 && aligned(out) && aligned(input)) {
        return run_gated<T, N>(out_t, gate, up, rows, cols, act, stream);
    }
    return run_gated<T, 1>(out_t, gate, up, rows, cols, act, stream);
}

template <typename Act>
cudaError_t pick_unary_type(Dtype dtype, void* out, const void* input, int64_t count, Act act,
                            cudaStream_t stream) {
    switch (dtype) {
        case Dtype::Float:
            return pick_unary_width<float>(out, input, count, act, stream);
        case Dtype::Half:
            return pick_unary_width<__half>(out, input, count, act, stream);
        case Dtype::BFloat16:
            return pick_unary_width<__nv_bfloat16>(out, input, count, act, stream);
    }
    return cudaErrorInvalidValue;
}

template <typename Act>
cudaError_t pick_gated_type(Dtype dtype, GateSide side, void* out, const void* input, int64_t rows,
                            int64_t cols, Act act, cudaStream_t stream) {
    switch (dtype) {
        case Dtype::Float:
            return pick_gated_width<float>(side, out, input, rows, cols, act, stream);
        case Dtype::Half:
            return pick_gated_width<__half>(side, out, input, rows, cols, act, stream);
        case Dtype::BFloat16:
            return pick_gated_width<__nv_bfloat16>(side, out, input, rows, cols, act, stream);
    }
    return cudaErrorInvalidValue;
}

}  // namespace

cudaError_t launch_unary(Activation act, Dtype dtype, void* out, const void* input, int64_t count,
                         cudaStream_t stream) {
    if (count == 0) {
        return cudaSuccess;  // an empty grid is an error
    }
    switch (act) {
        case Activation::Silu:
            return pick_unary_type(dtype, out, input, count, Silu{}, stream);
        case Activation::Gelu:
            return pick_unary_type(dtype, out, input, count, Gelu{}, stream);
        case Activation::GeluTanh:
            return pick_unary_type(dtype, out, input, count, GeluTanh{}, stream);
        case Activation::GeluQuick:
            return pick_unary_type(dtype, out, input, count, GeluQuick{}, stream);
        case Activation::FatRelu:
            break;  // there is no such operator, so it is not compiled
    }
    return cudaErrorInvalidValue;
}

cudaError_t launch_gated(Activation act, GateSide side, Dtype dtype, void* out, const void* input,
                         int64_t rows, int64_t cols, float threshold, cudaStream_t stream) {
    if (rows == 0 || cols == 0) {
        return cudaSuccess;
    }
    switch (act) {
        case Activation::Silu:
            return pick_gated_type(dtype, side, out, input, rows, cols, Silu{}, stream);
        case Activation::Gelu:
            return pick_gated_type(dtype, side, out, input, rows, cols, Gelu{}, stream);
        case Activation::GeluTanh:
            return pick_gated_type(dtype, side, out, input, rows, cols, GeluTanh{}, stream);
        case Activation::FatRelu:
            return pick_gated_type(dtype, side, out, input, rows, cols, FatRelu{threshold}, stream);
        case Activation::GeluQuick:
            break;  // there is no such operator, so it is not compiled
    }
    return cudaErrorInvalidValue;
}

}  // namespace activation::cuda
