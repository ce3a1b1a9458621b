// Of torch, this kernel includes its stable headers only: torch/csrc/stable/ and torch/headeronly/.
#pragma once

#include <torch/csrc/stable/tensor.h>

namespace rms_norm {

using torch::stable::Tensor;

// out = input / sqrt(mean(input ** 2) + eps) * weight, along the last dimension.
void rms_norm(Tensor out, Tensor input, Tensor weight, double eps);

}  // namespace rms_norm
