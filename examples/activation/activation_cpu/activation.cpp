// The CPU operators.  All arithmetic is in float; a result is rounded to the tensor's type once.
//
// at::parallel_for splits the work over PyTorch's threads where this file is compiled with OpenMP,
// and is a plain loop where it is not.

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <cmath>

#include "../activation_common/checks.h"
#include "../torch-ext/torch_binding.h"

namespace activation::cpu {
namespace {

// Elements below which another thread does not pay.
constexpr int64_t kGrain = 4096;

struct Silu {
    float operator()(float x) const { return x / (1.0f + std::exp(-x)); }
};

struct Gelu {
    float operator()(float x) const {
        constexpr float kSqrtHalf = 0.70710678118654752f;
        return 0.5f * x * (1.0f + std::erf(x * kSqrtHalf));
    }
};

// Also gelu_new and gelu_fast, which spell the same function otherwise.
struct GeluTanh {
    float operator()(float x) const {
        constexpr float kSqrt2OverPi = 0.79788456080286536f;
        return 0.5f * x * (1.0f + std::tanh(kSqrt2OverPi * (x + 0.044715f * x * x * x)));
    }
};

struct GeluQuick {
    float operator()(float x) const { return x / (1.0f + std::exp(-1.702f * x)); }
};

struct FatRelu {
    float threshold;
    float operator()(float x) const { return x > threshold ? x : 0.0f; }
};

template <typename T, typename Act>
void run_unary(const at::Tensor& out, const at::Tensor& input, Act act) {
    auto* y = static_cast<T*>(out.mutable_data_ptr());
    const auto* x = static_cast<const T*>(input.const_data_ptr());
    at::parallel_for(0, input.numel(), kGrain, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
            y[i] = static_cast<T>(act(static_cast<float>(x[i])));
        }
    });
}

template <typename T, typename Act>
void run_gated(const at::Tensor& out, const at::Tensor& input, GatedShape shape, bool gate_first,
               Act act) {
    auto* y = static_cast<T*>(out.mutable_data_ptr());
    const auto* x = static_cast<const T*>(input.const_data_ptr());
    const int64_t cols = shape.cols;
    const int64_t gate_offset = gate_first ? 0 : cols;
    const int64_t up_offset = gate_first ? cols : 0;
    // Split by elements, not by rows: one long row is shared between threads too.
    at::parallel_for(0, shape.rows * cols, kGrain, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end;) {
            const int64_t row = i / cols;
            const int64_t first = i - row * cols;
            const int64_t last = std::min(cols, first + (end - i));
            const T* gate = x + row * 2 * cols + gate_offset;
            const T* up = x + row * 2 * cols + up_offset;
            for (int64_t c = first; c < last; c++) {
                y[row * cols + c] =
                    static_cast<T>(act(static_cast<float>(gate[c])) * static_cast<float>(up[c]));
            }
            i += last - first;
        }
    });
}

template <typename Act>
void unary(const char* op, const at::Tensor& out, const at::Tensor& input, Act act) {
    check_unary(op, out, input, c10::kCPU);
    switch (input.scalar_type()) {
        case c10::kFloat:
            return run_unary<float>(out, input, act);
        case c10::kHalf:
            return run_unary<c10::Half>(out, input, act);
        case c10::kBFloat16:
            return run_unary<c10::BFloat16>(out, input, act);
        default:
            TORCH_CHECK(false, op, ": unexpected dtype ", input.scalar_type());
    }
}

template <typename Act>
void gated(const char* op, const at::Tensor& out, const at::Tensor& input, Act act,
           bool gate_first = true) {
    const GatedShape shape = check_gated(op, out, input, c10::kCPU);
    switch (input.scalar_type()) {
        case c10::kFloat:
            return run_gated<float>(out, input, shape, gate_first, act);
        case c10::kHalf:
            return run_gated<c10::Half>(out, input, shape, gate_first, act);
        case c10::kBFloat16:
            return run_gated<c10::BFloat16>(out, input, shape, gate_first, act);
        default:
            TORCH_CHECK(false, op, ": unexpected dtype ", input.scalar_type());
    }
}

}  // namespace

void silu_and_mul(const at::Tensor& out, const at::Tensor& input) {
    gated("silu_and_mul", out, input, Silu{});
}

void mul_and_silu(const at::Tensor& out, const at::Tensor& input) {
    gated("mul_and_silu", out, input, Silu{}, /*gate_first=*/false);
}

void gelu_and_mul(const at::Tensor& out, const at::Tensor& input) {
    gated("gelu_and_mul", out, input, Gelu{});
}

void gelu_tanh_and_mul(const at::Tensor& out, const at::Tensor& input) {
    gated("gelu_tanh_and_mul", out, input, GeluTanh{});
}

void fatrelu_and_mul(const at::Tensor& out, const at::Tensor& input, double threshold) {
    gated("fatrelu_and_mul", out, input, FatRelu{static_cast<float>(threshold)});
}

void gelu_new(const at::Tensor& out, const at::Tensor& input) {
    unary("gelu_new", out, input, GeluTanh{});
}

void gelu_fast(const at::Tensor& out, const at::Tensor& input) {
    unary("gelu_fast", out, input, GeluTanh{});
}

void gelu_quick(const at::Tensor& out, const at::Tensor& input) {
    unary("gelu_quick", out, input, GeluQuick{});
}

void silu(const at::Tensor& out, const at::Tensor& input) {
    unary("silu", out, input, Silu{});
}

void gelu(const at::Tensor& out, const at::Tensor& input) {
    unary("gelu", out, input, Gelu{});
}

void gelu_tanh(const at::Tensor& out, const at::Tensor& input) {
    unary("gelu_tanh", out, input, GeluTanh{});
}

}  // namespace activation::cpu
