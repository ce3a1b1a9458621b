// The interface between the operators and the device code.  It has no type of PyTorch, so that the
// file compiled once for each GPU architecture does not read PyTorch's headers.

#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace activation::cuda {

enum class Dtype { Float, Half, BFloat16 };

// gelu_new and gelu_fast are the tanh form of gelu, spelled otherwise.
enum class Activation { Silu, Gelu, GeluTanh, GeluQuick, FatRelu };

// Which half of a row is the gate in out = act(gate) * up.
enum class GateSide { First, Second };

// out[i] = act(input[i]) for `count` elements; out may be input.
cudaError_t launch_unary(Activation act, Dtype dtype, void* out, const void* input, int64_t count,
                         cudaStream_t stream);

// For each row r of `rows`: out[r, i] = act(gate[r, i]) * up[r, i] for i < cols, where input[r]
// holds gate and up, in the order that `side` says.  `threshold` is for Activation::FatRelu.
cudaError_t launch_gated(Activation act, GateSide side, Dtype dtype, void* out, const void* input,
                         int64_t rows, int64_t cols, float threshold, cudaStream_t stream);

}  // namespace activation::cuda
