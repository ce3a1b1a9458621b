#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Uses of the names of headers, whole and slim: names.py. Without arguments a sample of the C++ library's, for `make check`.
#     names.sh KERNEL VARIANT    of the C++ library, of torch and of CUDA, those of a CUDA variant in the store of KERNEL_BUILDER_HOME; an hour
set -eu
cd "$(dirname "$0")/../.."
make .build/release/slim/slim_file .build/release/slim/decls >/dev/null
names="python3 tests/slim/names.py"
if [ $# = 0 ]; then
	exec $names --std c++20 --count 24 --group 6 tuple string_view
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
options=$(python3 tests/slim/toolkit.py "$1" "$2" "$work")
torch=$(printf '%s\n' $options | grep -E '^-[ID]')
# Of an error in what TORCH_MODULE makes no compiler says which use it is for.
of_torch='/(ATen|c10)/|torch/csrc/(?!api/include/torch/nn/)'
status=0
$names --std c++20 algorithm any array atomic bit bitset charconv chrono cmath complex concepts condition_variable coroutine cstdio cstring deque \
	exception filesystem functional future iostream iterator list locale map memory mutex numbers numeric optional random ranges regex set semaphore span \
	sstream stdexcept string string_view thread tuple typeindex unordered_map utility valarray variant vector || status=1
$names $torch --files "$of_torch" --count 40 ATen/AccumulateType.h ATen/Dispatch.h ATen/Parallel.h ATen/core/Tensor.h ATen/core/ivalue.h c10/core/DeviceGuard.h \
	c10/core/Scalar.h c10/core/TensorOptions.h c10/util/ArrayRef.h c10/util/Half.h c10/util/Optional.h c10/util/complex.h c10/util/intrusive_ptr.h \
	torch/all.h torch/extension.h torch/library.h || status=1
$names $options --pass host --files "$of_torch" --count 40 ATen/cuda/CUDAContext.h c10/cuda/CUDAGuard.h || status=1
for pass in device host; do
	$names $options --pass $pass --files cuda --count 60 cooperative_groups.h cooperative_groups/reduce.h cub/cub.cuh cuda/atomic cuda/std/complex cuda/std/tuple \
		cuda_bf16.h cuda_fp16.h cuda_fp8.h cuda_pipeline.h cuda_runtime.h curand_kernel.h mma.h nvfunctional thrust/complex.h thrust/tuple.h || status=1
	$names $options --pass $pass --files "$of_torch" --count 40 ATen/cuda/Atomic.cuh ATen/native/cuda/KernelUtils.cuh c10/util/BFloat16.h c10/util/Half.h || status=1
done
exit $status
