#include <ATen/Dispatch.h>
#include <ATen/ops/empty_like.h>

#include "torch_binding.h"

namespace relu_cpu {

at::Tensor relu(const at::Tensor& input) {
    const at::Tensor in = input.contiguous();
    at::Tensor out = at::empty_like(in);

    AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, in.scalar_type(), "relu", [&] {
        const auto* x = in.const_data_ptr<scalar_t>();
        auto* y = out.mutable_data_ptr<scalar_t>();
        const scalar_t zero(0);
        for (int64_t i = 0; i < in.numel(); i++) {
            y[i] = x[i] < zero ? zero : x[i];  // no comparison with NaN holds
        }
    });
    return out;
}

at::Tensor relu_backward(const at::Tensor& grad, const at::Tensor& output) {
    TORCH_CHECK(grad.sizes() == output.sizes() && grad.scalar_type() == output.scalar_type(),
                "relu_backward: grad and output must have one shape and one dtype");
    const at::Tensor from = grad.contiguous(), was = output.contiguous();
    at::Tensor to = at::empty_like(from);

    AT_DISPATCH_FLOATING_TYPES_AND2(
        at::kHalf, at::kBFloat16, from.scalar_type(), "relu_backward", [&] {
            const auto* g = from.const_data_ptr<scalar_t>();
            const auto* y = was.const_data_ptr<scalar_t>();
            auto* d = to.mutable_data_ptr<scalar_t>();
            const scalar_t zero(0);
            for (int64_t i = 0; i < from.numel(); i++) {
                d[i] = y[i] <= zero ? zero : g[i];
            }
        });
    return to;
}

}  // namespace relu_cpu
