// Registers the operators under the name that the build chose.

#include <torch/library.h>

#include "registration.h"
#include "torch_binding.h"

TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ops) {
    ops.def("relu(Tensor input) -> Tensor");
    ops.def("relu_backward(Tensor grad, Tensor output) -> Tensor");
}

TORCH_LIBRARY_IMPL_EXPAND(TORCH_EXTENSION_NAME, CPU, ops) {
    ops.impl("relu", &relu_cpu::relu);
    ops.impl("relu_backward", &relu_cpu::relu_backward);
}

REGISTER_EXTENSION(TORCH_EXTENSION_NAME)
