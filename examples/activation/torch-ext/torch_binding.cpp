// Registers the operators with PyTorch under the name that the build chose.

#include <c10/util/Exception.h>
#include <torch/library.h>

#include "registration.h"
#include "torch_binding.h"

namespace {

// What torch.compile runs to learn an operator's result.  Nothing is returned, so there is no shape
// to infer; but one meta tensor must not turn a call with a real `out` into one that does nothing.
void meta_simple(const at::Tensor& out, const at::Tensor& input) {
    TORCH_CHECK(out.is_meta() && input.is_meta(), "out is on ", out.device(), ", but input is on ",
                input.device());
}

void meta_threshold(const at::Tensor& out, const at::Tensor& input, double) {
    meta_simple(out, input);
}

}  // namespace

TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ops) {
#define ACTIVATION_DEF(name) ops.def(#name "(Tensor! out, Tensor input) -> ()");
    ACTIVATION_SIMPLE_OPS(ACTIVATION_DEF)
#undef ACTIVATION_DEF
    ops.def("fatrelu_and_mul(Tensor! out, Tensor input, float threshold) -> ()");
}

// Functions are given by address, not with TORCH_FN: the wrapper around them is then compiled once
// for each signature instead of once for each operator.
#define ACTIVATION_IMPL(name) ops.impl(#name, &name);

#if defined(CUDA_KERNEL)
TORCH_LIBRARY_IMPL_EXPAND(TORCH_EXTENSION_NAME, CUDA, ops) {
    using namespace activation::cuda;
    ACTIVATION_SIMPLE_OPS(ACTIVATION_IMPL)
    ops.impl("fatrelu_and_mul", &fatrelu_and_mul);
}
#endif

#if defined(CPU_KERNEL)
TORCH_LIBRARY_IMPL_EXPAND(TORCH_EXTENSION_NAME, CPU, ops) {
    using namespace activation::cpu;
    ACTIVATION_SIMPLE_OPS(ACTIVATION_IMPL)
    ops.impl("fatrelu_and_mul", &fatrelu_and_mul);
}
#endif

#undef ACTIVATION_IMPL

TORCH_LIBRARY_IMPL_EXPAND(TORCH_EXTENSION_NAME, Meta, ops) {
#define ACTIVATION_META(name) ops.impl(#name, &meta_simple);
    ACTIVATION_SIMPLE_OPS(ACTIVATION_META)
#undef ACTIVATION_META
    ops.impl("fatrelu_and_mul", &meta_threshold);
}

REGISTER_EXTENSION(TORCH_EXTENSION_NAME)
