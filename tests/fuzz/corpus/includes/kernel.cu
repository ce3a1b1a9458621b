#include <torch/all.h> /* more of it
#include <torch/torch.h>
*/
#include <torch/extension.h>
  #  include "checks.h" // why
// #include <ATen/ATen.h>
#include <torch/types.h>
#include MACRO
using torch::empty;
at::Tensor f(const at::Tensor &x) { at::cuda::CUDAGuard g(x.device()); TORCH_CHECK(x.is_cuda()); return at::empty_like(x); }
AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "f", [&] { });
#include <ATen/ATen.h>
