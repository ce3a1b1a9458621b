// The CUDA operators: checks, then a launch on the current stream of the tensors' device.

#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "../activation_common/checks.h"
#include "../torch-ext/torch_binding.h"
#include "activation_kernels.h"

namespace activation::cuda {
namespace {

Dtype dtype_of(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
        case c10::kFloat:
            return Dtype::Float;
        case c10::kHalf:
            return Dtype::Half;
        case c10::kBFloat16:
            return Dtype::BFloat16;
        default:
            TORCH_CHECK(false, "unexpected dtype ", tensor.scalar_type());
    }
}

void unary(const char* op, Activation act, const at::Tensor& out, const at::Tensor& input) {
    check_unary(op, out, input, c10::kCUDA);
    const c10::cuda::CUDAGuard guard(input.device());
    C10_CUDA_CHECK(launch_unary(act, dtype_of(input), out.mutable_data_ptr(),
                                input.const_data_ptr(), input.numel(),
                                c10::cuda::getCurrentCUDAStream()));
}

void gated(const char* op, Activation act, GateSide side, const at::Tensor& out,
           const at::Tensor& input, double threshold = 0.0) {
    const GatedShape shape = check_gated(op, out, input, c10::kCUDA);
    const c10::cuda::CUDAGuard guard(input.device());
    C10_CUDA_CHECK(launch_gated(act, side, dtype_of(input), out.mutable_data_ptr(),
                                input.const_data_ptr(), shape.rows, shape.cols,
                                static_cast<float>(threshold),
                                c10::cuda::getCurrentCUDAStream()));
}

}  // namespace

void silu_and_mul(const at::Tensor& out, const at::Tensor& input) {
    gated("silu_and_mul", Activation::Silu, GateSide::First, out, input);
}

void mul_and_silu(const at::Tensor& out, const at::Tensor& input) {
    gated("mul_and_silu", Activation::Silu, GateSide::Second, out, input);
}

void gelu_and_mul(const at::Tensor& out, const at::Tensor& input) {
    gated("gelu_and_mul", Activation::Gelu, GateSide::First, out, input);
}

void gelu_tanh_and_mul(const at::Tensor& out, const at::Tensor& input) {
    gated("gelu_tanh_and_mul", Activation::GeluTanh, GateSide::First, out, input);
}

void fatrelu_and_mul(const at::Tensor& out, const at::Tensor& input, double threshold) {
    gated("fatrelu_and_mul", Activation::FatRelu, GateSide::First, out, input, threshold);
}

void gelu_new(const at::Tensor& out, const at::Tensor& input) {
    unary("gelu_new", Activation::GeluTanh, out, input);
}

void gelu_fast(const at::Tensor& out, const at::Tensor& input) {
    unary("gelu_fast", Activation::GeluTanh, out, input);
}

void gelu_quick(const at::Tensor& out, const at::Tensor& input) {
    unary("gelu_quick", Activation::GeluQuick, out, input);
}

void silu(const at::Tensor& out, const at::Tensor& input) {
    unary("silu", Activation::Silu, out, input);
}

void gelu(const at::Tensor& out, const at::Tensor& input) {
    unary("gelu", Activation::Gelu, out, input);
}

void gelu_tanh(const at::Tensor& out, const at::Tensor& input) {
    unary("gelu_tanh", Activation::GeluTanh, out, input);
}

}  // namespace activation::cuda
