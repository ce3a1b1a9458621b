// The interface between the operator and the device code. It has no type of torch, so that what is compiled for each GPU architecture
// does not read torch's headers.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace rms_norm {

enum class Dtype { Float, Half, BFloat16 };

// For each row r: out[r, i] = input[r, i] / sqrt(mean(input[r] ** 2) + eps) * weight[i]; out may be input.
cudaError_t launch(Dtype dtype, void* out, const void* input, const void* weight, int64_t rows,
                   int64_t cols, float eps, cudaStream_t stream);

}  // namespace rms_norm
