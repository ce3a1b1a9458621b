#pragma once

#include <ATen/core/Tensor.h>

namespace relu_cpu {

// A contiguous tensor of max(input, 0); what is NaN stays NaN.
at::Tensor relu(const at::Tensor& input);

// The gradient by the input, from that by the output and the output itself.
at::Tensor relu_backward(const at::Tensor& grad, const at::Tensor& output);

}  // namespace relu_cpu
