// The CPU operator. All arithmetic is in float; a result is rounded to the tensor's type once.

#include <torch/csrc/stable/ops.h>
#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include <algorithm>
#include <cmath>

#include "rms_norm_common/checks.h"

namespace rms_norm {
namespace {

// Elements below which another thread does not pay.
constexpr int64_t kGrain = 16384;

template <typename T>
void run(const Tensor& out, const Tensor& input, const Tensor& weight, Shape shape, float eps) {
    auto* y = static_cast<T*>(out.mutable_data_ptr());
    const auto* x = static_cast<const T*>(input.const_data_ptr());
    const auto* w = static_cast<const T*>(weight.const_data_ptr());
    const int64_t cols = shape.cols;

    const auto rows = [=](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; r++) {
            const T* from = x + r * cols;
            T* to = y + r * cols;
            float sum = 0;
            for (int64_t c = 0; c < cols; c++) {
                const float v = static_cast<float>(from[c]);
                sum += v * v;
            }
            const float scale = 1.0f / std::sqrt(sum / static_cast<float>(cols) + eps);
            for (int64_t c = 0; c < cols; c++) {
                to[c] = static_cast<T>(static_cast<float>(from[c]) * scale *
                                       static_cast<float>(w[c]));
            }
        }
    };
    torch::stable::parallel_for(0, shape.rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, cols)),
                                rows);
}

}  // namespace

void rms_norm(Tensor out, Tensor input, Tensor weight, double eps) {
    using torch::headeronly::ScalarType;
    const Shape shape = check(out, input, weight);

    switch (input.scalar_type()) {
        case ScalarType::Float:
            return run<float>(out, input, weight, shape, static_cast<float>(eps));
        case ScalarType::Half:
            return run<torch::headeronly::Half>(out, input, weight, shape, static_cast<float>(eps));
        case ScalarType::BFloat16:
            return run<torch::headeronly::BFloat16>(out, input, weight, shape,
                                                    static_cast<float>(eps));
        default:
            STD_TORCH_CHECK(false, "rms_norm: input must be float32, float16 or bfloat16");
    }
}

}  // namespace rms_norm
