// The activation operators with the includes that most kernels have.  One block works on one row.

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/all.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

struct Silu {
    __device__ float operator()(float x) const { return x / (1.0f + expf(-x)); }
};

struct Gelu {
    __device__ float operator()(float x) const {
        return 0.5f * x * (1.0f + erff(x * static_cast<float>(M_SQRT1_2)));
    }
};

// Also gelu_new and gelu_fast, which spell the same function otherwise.
struct GeluTanh {
    __device__ float operator()(float x) const {
        const float inner = 0.7978845608f * (x + 0.044715f * x * x * x);
        return 0.5f * x * (1.0f + tanhf(inner));
    }
};

struct GeluQuick {
    __device__ float operator()(float x) const { return x / (1.0f + expf(-1.702f * x)); }
};

struct FatRelu {
    float threshold;
    __device__ float operator()(float x) const { return x > threshold ? x : 0.0f; }
};

template <typename scalar_t, typename Act>
__global__ void unary_kernel(scalar_t* out, const scalar_t* input, int64_t count, Act act) {
    const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += stride) {
        out[i] = static_cast<scalar_t>(act(static_cast<float>(input[i])));
    }
}

template <typename scalar_t, bool kGateFirst, typename Act>
__global__ void gated_kernel(scalar_t* __restrict__ out, const scalar_t* __restrict__ input,
                             int64_t cols, Act act) {
    const int64_t row = blockIdx.x;
    const scalar_t* first = input + row * 2 * cols;
    const scalar_t* second = first + cols;
    for (int64_t i = threadIdx.x; i < cols; i += blockDim.x) {
        const float gate = static_cast<float>(kGateFirst ? first[i] : second[i]);
        const float up = static_cast<float>(kGateFirst ? second[i] : first[i]);
        out[row * cols + i] = static_cast<scalar_t>(act(gate) * up);
    }
}

void check(const char* op, const torch::Tensor& out, const torch::Tensor& input) {
    TORCH_CHECK(input.is_cuda() && out.device() == input.device(), op,
                ": out and input must be on the same CUDA device");
    TORCH_CHECK(out.scalar_type() == input.scalar_type(), op,
                ": out and input must have the same dtype");
    TORCH_CHECK(out.is_contiguous() && input.is_contiguous(), op,
                ": out and input must be contiguous");
}

#define DISPATCH_FLOATING(TYPE, NAME, ...)                                              \
    AT_DISPATCH_SWITCH(TYPE, NAME, AT_DISPATCH_CASE(at::ScalarType::Float, __VA_ARGS__) \
                       AT_DISPATCH_CASE(at::ScalarType::Half, __VA_ARGS__)              \
                       AT_DISPATCH_CASE(at::ScalarType::BFloat16, __VA_ARGS__))

template <typename Act>
void unary(const char* op, torch::Tensor& out, torch::Tensor& input, Act act) {
    check(op, out, input);
    TORCH_CHECK(out.sizes() == input.sizes(), op, ": out must have the shape of input");
    const int64_t count = input.numel();
    if (count == 0) {
        return;
    }
    const at::cuda::OptionalCUDAGuard guard(at::device_of(input));
    const cudaStream_t stream = at::cuda::getCurrentCUDAStream();
    const auto blocks = static_cast<unsigned>(std::min<int64_t>((count + 255) / 256, 1 << 20));
    DISPATCH_FLOATING(input.scalar_type(), "unary", [&] {
        unary_kernel<scalar_t><<<blocks, 256, 0, stream>>>(
            out.data_ptr<scalar_t>(), input.data_ptr<scalar_t>(), count, act);
    });
    C10_CUDA_KERNEL_LAUNCH_CHECK();
}

template <bool kGateFirst = true, typename Act>
void gated(const char* op, torch::Tensor& out, torch::Tensor& input, Act act) {
    check(op, out, input);
    TORCH_CHECK(input.dim() > 0 && input.size(-1) % 2 == 0, op,
                ": the last dimension of input must be even");
    const int64_t cols = input.size(-1) / 2;
    auto shape = input.sizes().vec();
    shape.back() = cols;
    TORCH_CHECK(out.sizes() == shape, op, ": out must have the shape ", shape);
    if (out.numel() == 0) {
        return;
    }
    const int64_t rows = out.numel() / cols;
    TORCH_CHECK(rows <= std::numeric_limits<int32_t>::max(), op, ": too many rows");
    const at::cuda::OptionalCUDAGuard guard(at::device_of(input));
    const cudaStream_t stream = at::cuda::getCurrentCUDAStream();
    const auto threads = static_cast<unsigned>(std::min<int64_t>(cols, 1024));
    DISPATCH_FLOATING(input.scalar_type(), "gated", [&] {
        gated_kernel<scalar_t, kGateFirst><<<static_cast<unsigned>(rows), threads, 0, stream>>>(
            out.data_ptr<scalar_t>(), input.data_ptr<scalar_t>(), cols, act);
    });
    C10_CUDA_KERNEL_LAUNCH_CHECK();
}

}  // namespace

void silu_and_mul(torch::Tensor& out, torch::Tensor& input) {
    gated("silu_and_mul", out, input, Silu{});
}

void mul_and_silu(torch::Tensor& out, torch::Tensor& input) {
    gated<false>("mul_and_silu", out, input, Silu{});
}

void gelu_and_mul(torch::Tensor& out, torch::Tensor& input) {
    gated("gelu_and_mul", out, input, Gelu{});
}

void gelu_tanh_and_mul(torch::Tensor& out, torch::Tensor& input) {
    gated("gelu_tanh_and_mul", out, input, GeluTanh{});
}

void fatrelu_and_mul(torch::Tensor& out, torch::Tensor& input, double threshold) {
    gated("fatrelu_and_mul", out, input, FatRelu{static_cast<float>(threshold)});
}

void gelu_new(torch::Tensor& out, torch::Tensor& input) {
    unary("gelu_new", out, input, GeluTanh{});
}

void gelu_fast(torch::Tensor& out, torch::Tensor& input) {
    unary("gelu_fast", out, input, GeluTanh{});
}

void gelu_quick(torch::Tensor& out, torch::Tensor& input) {
    unary("gelu_quick", out, input, GeluQuick{});
}

void silu(torch::Tensor& out, torch::Tensor& input) {
    unary("silu", out, input, Silu{});
}

void gelu(torch::Tensor& out, torch::Tensor& input) {
    unary("gelu", out, input, Gelu{});
}

void gelu_tanh(torch::Tensor& out, torch::Tensor& input) {
    unary("gelu_tanh", out, input, GeluTanh{});
}
