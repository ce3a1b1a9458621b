// The operators of this kernel, one set per backend.  A variant is built for one backend and
// holds one of the two namespaces only.
//
// All operators write into `out`, which the caller allocates.

#pragma once

#include <ATen/core/Tensor.h>

// X(name) for every operator of the form (Tensor! out, Tensor input) -> ().
#define ACTIVATION_SIMPLE_OPS(X) \
    X(silu_and_mul)              \
    X(mul_and_silu)              \
    X(gelu_and_mul)              \
    X(gelu_tanh_and_mul)         \
    X(gelu_new)                  \
    X(gelu_fast)                 \
    X(gelu_quick)                \
    X(silu)                      \
    X(gelu)                      \
    X(gelu_tanh)

#define ACTIVATION_DECLARE(name) void name(const at::Tensor& out, const at::Tensor& input);

namespace activation::cuda {
ACTIVATION_SIMPLE_OPS(ACTIVATION_DECLARE)
void fatrelu_and_mul(const at::Tensor& out, const at::Tensor& input, double threshold);
}  // namespace activation::cuda

namespace activation::cpu {
ACTIVATION_SIMPLE_OPS(ACTIVATION_DECLARE)
void fatrelu_and_mul(const at::Tensor& out, const at::Tensor& input, double threshold);
}  // namespace activation::cpu

#undef ACTIVATION_DECLARE
