// What every operator demands of its tensors, the same for all backends.  All functions throw
// c10::Error with a message that starts with the operator's name.

#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/DeviceType.h>
#include <c10/core/ScalarType.h>
#include <c10/util/Exception.h>

#include <cstdint>

namespace activation {

// A gated operator reads `rows` rows of 2 * `cols` elements and writes rows of `cols` elements.
struct GatedShape {
    int64_t rows;
    int64_t cols;
};

inline void check_tensor(const char* op, const char* name, const at::Tensor& tensor,
                         c10::DeviceType device) {
    TORCH_CHECK(tensor.device().type() == device, op, ": ", name, " must be on a ",
                c10::DeviceTypeName(device, /*lower_case=*/true), " device, but it is on ",
                tensor.device());
    TORCH_CHECK(tensor.layout() == c10::kStrided, op, ": ", name,
                " must be a dense tensor, but its layout is ", tensor.layout());
    TORCH_CHECK(tensor.is_contiguous(), op, ": ", name,
                " must be contiguous, but it has sizes ", tensor.sizes(), " and strides ",
                tensor.strides(), "; call .contiguous() first");
    const c10::ScalarType dtype = tensor.scalar_type();
    TORCH_CHECK(dtype == c10::kFloat || dtype == c10::kHalf || dtype == c10::kBFloat16, op, ": ",
                name, " must be float32, float16 or bfloat16, but it is ", dtype);
}

inline void check_pair(const char* op, const at::Tensor& out, const at::Tensor& input,
                       c10::DeviceType device) {
    check_tensor(op, "input", input, device);
    check_tensor(op, "out", out, device);
    TORCH_CHECK(out.device() == input.device(), op, ": out is on ", out.device(),
                ", but input is on ", input.device());
    TORCH_CHECK(out.scalar_type() == input.scalar_type(), op, ": out has dtype ",
                out.scalar_type(), ", but input has dtype ", input.scalar_type());
}

// True if the memory of two contiguous tensors has a byte in common.
inline bool overlap(const at::Tensor& a, const at::Tensor& b) {
    const auto* a_begin = static_cast<const char*>(a.const_data_ptr());
    const auto* b_begin = static_cast<const char*>(b.const_data_ptr());
    return a_begin < b_begin + b.nbytes() && b_begin < a_begin + a.nbytes();
}

// For operators that map each element.  `out` may be `input` itself, since each element is read
// before it is written, but no shifted view of it.
inline void check_unary(const char* op, const at::Tensor& out, const at::Tensor& input,
                        c10::DeviceType device) {
    check_pair(op, out, input, device);
    TORCH_CHECK(out.sizes() == input.sizes(), op, ": out must have the shape of input, ",
                input.sizes(), ", but it has shape ", out.sizes());
    TORCH_CHECK(out.const_data_ptr() == input.const_data_ptr() || !overlap(out, input), op,
                ": out and input overlap in memory");
}

// For operators that map [..., 2 * d] to [..., d].
inline GatedShape check_gated(const char* op, const at::Tensor& out, const at::Tensor& input,
                              c10::DeviceType device) {
    check_pair(op, out, input, device);
    TORCH_CHECK(input.dim() >= 1, op, ": input must have at least one dimension");
    const int64_t width = input.size(-1);
    TORCH_CHECK(width % 2 == 0, op, ": the last dimension of input must be even, but it is ",
                width);
    const int64_t cols = width / 2;
    const auto leading = input.sizes().slice(0, input.dim() - 1);
    TORCH_CHECK(out.dim() == input.dim() && out.size(-1) == cols &&
                    out.sizes().slice(0, out.dim() - 1) == leading,
                op, ": out must have the shape of input, ", input.sizes(),
                ", with the last dimension halved to ", cols, ", but it has shape ", out.sizes());
    TORCH_CHECK(!overlap(out, input), op, ": out and input overlap in memory");
    return {cols == 0 ? 0 : out.numel() / cols, cols};
}

}  // namespace activation
