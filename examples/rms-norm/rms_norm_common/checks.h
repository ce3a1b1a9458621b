// What both backends ask of the tensors. Messages are texts and numbers only: the stable ABI has no printing of types.
#pragma once

#include <torch/headeronly/util/Exception.h>

#include "torch_binding.h"

namespace rms_norm {

struct Shape {
    int64_t rows, cols;
};

inline Shape check(const Tensor& out, const Tensor& input, const Tensor& weight) {
    STD_TORCH_CHECK(input.dim() > 0, "rms_norm: input must have a dimension");
    const int64_t cols = input.size(input.dim() - 1);

    STD_TORCH_CHECK(out.scalar_type() == input.scalar_type() &&
                        weight.scalar_type() == input.scalar_type(),
                    "rms_norm: out and weight must have the dtype of input");
    STD_TORCH_CHECK(out.device() == input.device() && weight.device() == input.device(),
                    "rms_norm: out and weight must be on the device of input");
    STD_TORCH_CHECK(input.is_contiguous() && out.is_contiguous() && weight.is_contiguous(),
                    "rms_norm: tensors must be contiguous");
    STD_TORCH_CHECK(out.dim() == input.dim(), "rms_norm: out must have the shape of input");
    for (int64_t d = 0; d < input.dim(); d++) {
        STD_TORCH_CHECK(out.size(d) == input.size(d), "rms_norm: out must have the shape of input");
    }
    STD_TORCH_CHECK(weight.dim() == 1 && weight.size(0) == cols, "rms_norm: weight must have ",
                    cols, " elements, as a row of input");
    return {cols == 0 ? 0 : input.numel() / cols, cols};
}

}  // namespace rms_norm
