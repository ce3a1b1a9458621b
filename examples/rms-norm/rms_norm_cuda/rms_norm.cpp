// The CUDA operator: checks, then a launch on the current stream of the tensors' device.

#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/csrc/stable/accelerator.h>
#include <torch/headeronly/util/shim_utils.h>

#include "rms_norm_common/checks.h"
#include "rms_norm_kernel.h"

namespace rms_norm {
namespace {

Dtype dtype_of(const Tensor& tensor) {
    using torch::headeronly::ScalarType;
    switch (tensor.scalar_type()) {
        case ScalarType::Float:
            return Dtype::Float;
        case ScalarType::Half:
            return Dtype::Half;
        case ScalarType::BFloat16:
            return Dtype::BFloat16;
        default:
            STD_TORCH_CHECK(false, "rms_norm: input must be float32, float16 or bfloat16");
    }
}

}  // namespace

void rms_norm(Tensor out, Tensor input, Tensor weight, double eps) {
    const Shape shape = check(out, input, weight);
    const Dtype dtype = dtype_of(input);
    const torch::stable::accelerator::DeviceGuard guard(input.get_device_index());
    void* stream = nullptr;

    TORCH_ERROR_CODE_CHECK(aoti_torch_get_current_cuda_stream(input.get_device_index(), &stream));
    const cudaError_t failed =
        launch(dtype, out.mutable_data_ptr(), input.const_data_ptr(), weight.const_data_ptr(),
               shape.rows, shape.cols, static_cast<float>(eps), static_cast<cudaStream_t>(stream));
    STD_TORCH_CHECK(failed == cudaSuccess, "rms_norm: ", cudaGetErrorString(failed));
}

}  // namespace rms_norm
