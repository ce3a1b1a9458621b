// Registers the operator under the name that the build chose. TORCH_BOX makes of a function one that takes its arguments from a stack,
// which is how operators are called across the stable ABI.

#include <torch/csrc/stable/library.h>

#include "registration.h"
#include "torch_binding.h"

STABLE_TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ops) {
    ops.def("rms_norm(Tensor! out, Tensor input, Tensor weight, float eps) -> ()");
}

#if defined(CUDA_KERNEL)
STABLE_TORCH_LIBRARY_IMPL_EXPAND(TORCH_EXTENSION_NAME, CUDA, ops) {
    ops.impl("rms_norm", TORCH_BOX(&rms_norm::rms_norm));
}
#elif defined(CPU_KERNEL)
STABLE_TORCH_LIBRARY_IMPL_EXPAND(TORCH_EXTENSION_NAME, CPU, ops) {
    ops.impl("rms_norm", TORCH_BOX(&rms_norm::rms_norm));
}
#endif

REGISTER_EXTENSION(TORCH_EXTENSION_NAME)
