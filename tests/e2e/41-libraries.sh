#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What kernels call besides torch: OpenMP, which runs in torch's own threads, and libraries of CUDA.
. "$(dirname "$0")/lib.sh"
ENVS=$ROOT/.build
CPU=torch211-cxx11-cpu-x86_64-linux CUDA=torch211-cxx11-cu130-x86_64-linux
OLD=torch25-cxx98-cpu-x86_64-linux # its wheel calls the runtime libgomp-a34b3233.so.1
"$ROOT/tools/torch_env.py" 2.11.0 "$ENVS/torch-2.11.0" 2>&1 | sed 's/^/# /'
"$ROOT/tools/torch_env.py" 2.5.1 "$ENVS/torch-2.5.1" 2>&1 | sed 's/^/# /'
py=$ENVS/torch-2.11.0/bin/python py25=$ENVS/torch-2.5.1/bin/python
needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | tr '\n' ' '; }

K=$T/threads
cp -r "$ROOT/tests/kernels/threads" "$K"
status 0 "-fopenmp: builds, for CPUs and in a CUDA file" "$KB" build --no-lock --matrix all --variant $CPU --variant $OLD --variant $CUDA "$K"
status 0 "check-abi" "$KB" check-abi "$K"
like "$out" '^0 errors, 0 warnings' "finds nothing"
is "$(needed "$K"/build/$CPU/*.so)" "ld-linux-x86-64.so.2 libc.so.6 libc10.so libgcc_s.so.1 libstdc++.so.6 libtorch.so libtorch_cpu.so " \
	"the runtime's name differs from wheel to wheel: none is needed"
is "$(needed "$K"/build/$CUDA/*.so | grep -c gomp)" 0 "nor in the CUDA variant"
like "$(nm -D --undefined-only "$K"/build/$CPU/*.so)" ' GOMP_parallel$' "its symbols are left to the loader"
cat >"$T/run.py" <<'END'
import sys

import torch

torch.set_num_threads(3)
import threads

for name in sys.argv[1:]:
    function, *values = name.split(",")
    print(function, getattr(threads.lib, function)(*map(int, values)))
print("runtimes", len({line.split()[-1] for line in open("/proc/self/maps") if "gomp" in line}))
END
names="threads_max threads_meet,4 threads_loops threads_reductions threads_tasks threads_locks threads_private threads_simd threads_parallel_for,3 serial_parallel_for,3"
right="threads_max 3 threads_meet 1 threads_loops 1 threads_reductions 1 threads_tasks 1 threads_locks 1 threads_private 1 threads_simd 1 threads_parallel_for 3 serial_parallel_for 1 runtimes 1 "
run() { (cd "$T" && PYTHONPATH=$K/build/$2 timeout 120 "$1" run.py $names 2>&1 | tr '\n' ' '); }
is "$(run "$py" $CPU)" "$right" "in torch: as many threads as it was told, at the same time, and one runtime in the process"
is "$(run "$py25" $OLD)" "$right" "the same in torch 2.5"
is "$(cd "$T" && PYTHONPATH=$K/build/$CUDA timeout 120 "$py" run.py threads_meet,4 threads_sum 2>&1 | tr '\n' ' ')" \
	"threads_meet 1 threads_sum 1 runtimes 1 " "host code of a CUDA file as well"

# A kernel of one C++ file in a section for CUDA, and nothing else; a header and a function's body.
mk() {
	mkdir -p "$T/$1/src" "$T/$1/torch-ext/lib_$1"
	cat >"$T/$1/build.toml" <<END
[general]
name = "lib-$1"
version = 1
edition = 5
license = "Apache-2.0"
backends = ["cuda"]

[torch]
src = ["torch-ext/binding.cpp"]

[kernel.call]
backend = "cuda"
depends = ["torch"]
cuda-capabilities = ["9.0"]
src = ["src/call.${4:-cpp}"]
END
	printf '#include "registration.h"\n\nREGISTER_EXTENSION(TORCH_EXTENSION_NAME)\n' >"$T/$1/torch-ext/binding.cpp"
	printf '#include <%s>\n\nextern "C" long\nlib_call()\n{\n\t%s\n}\n' "$2" "$3" >"$T/$1/src/call.${4:-cpp}"
	printf 'import ctypes\nfrom pathlib import Path\n\nfrom ._ops import ops\n\nlib = ctypes.CDLL(str(next(Path(__file__).parent.glob("*.so"))))\n' \
		>"$T/$1/torch-ext/lib_$1/__init__.py"
}
CU124=torch25-cxx98-cu124-x86_64-linux
# What it needs besides libraries of torch and of the system.
cuda_needed() { needed "$T/$1/build/$2/"*.so | tr ' ' '\n' | grep -E '^lib(cu|nv)' | tr '\n' ' '; }
build() { "$KB" build --no-lock --matrix all "$@"; }

# Device code of a library is headers.
mk device curand_kernel.h 'return sizeof(curandState);' cu
status 0 "curand_kernel.h: builds" build --variant $CUDA "$T/device"
is "$(find "$KERNEL_BUILDER_HOME/trees" -name 'libcu[rb]*.symbols')" "" "no library's symbols are fetched for that"

mk blas cublas_v2.h 'cublasHandle_t h; return cublasCreate(&h) ? -1 : cublasDestroy(h);'
mk lt cublasLt.h 'return (long)cublasLtGetVersion();'
mk solver cusolverDn.h 'cusolverDnHandle_t h; return cusolverDnCreate(&h) ? -1 : cusolverDnDestroy(h);'
mk sparse cusparse.h 'cusparseHandle_t h; return cusparseCreate(&h) ? -1 : cusparseDestroy(h);'
mk rand curand.h 'curandGenerator_t g; return curandCreateGenerator(&g, CURAND_RNG_PSEUDO_DEFAULT) ? -1 : curandDestroyGenerator(g);'
mk fft cufft.h 'cufftHandle p; return cufftPlan1d(&p, 8, CUFFT_C2C, 1) ? -1 : cufftDestroy(p);'
mk rtc nvrtc.h 'int a, b; return nvrtcVersion(&a, &b) ? -1 : a;'
mk jit nvJitLink.h 'unsigned a, b; return nvJitLinkVersion(&a, &b) ? -1 : (long)a;'
mk both cublas_v2.h 'cublasHandle_t h; long n = 0;
#pragma omp parallel reduction(+ : n)
	n++;
	return cublasCreate(&h) ? -n : cublasLtGetCudartVersion();' cu
sed -i 's/^src = \["src/cuda-flags = ["-Xcompiler=-fopenmp"]\n&/' "$T/both/build.toml"
sed -i '1i #include <cublasLt.h>' "$T/both/src/call.cu"
while read -r k new old; do
	status 0 "$k: builds" build --variant $CUDA --variant $CU124 "$T/$k"
	is "$(cuda_needed "$k" $CUDA)" "$(echo "$new" | tr , ' ')libcudart.so.13 " "and needs the library of CUDA 13"
	is "$(cuda_needed "$k" $CU124)" "$(echo "$old" | tr , ' ')libcudart.so.12 " "and that of CUDA 12"
	status 0 "check-abi" "$KB" check-abi "$T/$k"
	like "$out" '^0 errors, 0 warnings' "finds nothing"
done <<END
blas libcublas.so.13, libcublas.so.12,
lt libcublasLt.so.13, libcublasLt.so.12,
both libcublas.so.13,libcublasLt.so.13, libcublas.so.12,libcublasLt.so.12,
END
while read -r k new old; do
	status 0 "$k: builds" build --variant $CUDA --variant $CU124 "$T/$k"
	is "$(cuda_needed "$k" $CUDA)" "libcudart.so.13 $new " "and needs the library of CUDA 13"
	is "$(cuda_needed "$k" $CU124)" "libcudart.so.12 $old " "and that of CUDA 12"
done <<END
fft libcufft.so.12 libcufft.so.11
solver libcusolver.so.12 libcusolver.so.11
sparse libcusparse.so.12 libcusparse.so.12
rand libcurand.so.10 libcurand.so.10
rtc libnvrtc.so.13 libnvrtc.so.12
jit libnvJitLink.so.13 libnvJitLink.so.12
END
is "$(grep -c archs "$T/blas/build/$CUDA/metadata.json")" 0 "a kernel without device code says nothing of architectures"

# torch 2.5 loads cuSOLVER when it is used for the first time. A kernel finds it where pip put it.
mkdir -p "$T/site/nvidia/cusolver/lib"
printf 'int cusolverDnCreate(void **h) { return 0; } int cusolverDnDestroy(void *h) { return 77; }\n' |
	gcc -shared -fPIC -w -Wl,-soname,libcusolver.so.11 -x c - -o "$T/site/nvidia/cusolver/lib/libcusolver.so.11"
like "$(cd "$T" && PYTHONPATH=$T/solver/build/$CU124 timeout 120 "$py25" -c 'import lib_solver' 2>&1 | tail -1)" \
	'^ImportError: libcusolver.so.11: cannot open' "where it is nowhere, the import says so"
is "$(cd "$T" && PYTHONPATH=$T/solver/build/$CU124:$T/site timeout 120 "$py25" -c 'import lib_solver; print(lib_solver.lib.lib_call())' 2>&1 | tail -1)" \
	77 "a library that torch has not loaded yet is found beside it"

# The lock holds what the kernel may call; one of before says what to do.
status 0 "lock" "$KB" lock --matrix all --variant $CUDA "$T/blas"
is "$(python3 -c "import json; print([(l['name'], l['cuda']) for l in json.load(open('$T/blas/kernel-builder.lock'))['cuda-libraries']])")" \
	"[('cuBLAS', '13.0')]" "holds the library"
status 0 "builds with it" "$KB" build --variant $CUDA "$T/blas"
status 0 "a lock of a kernel that calls none" "$KB" lock --matrix all --variant $CUDA "$T/device"
is "$(grep -c cuda-libraries "$T/device/kernel-builder.lock")" 0 "holds none"
sed 's/curand_kernel.h/cublas_v2.h/; s/return .*/cublasHandle_t h; return cublasCreate(\&h);/' -i "$T/device/src/call.cu"
status 1 "a call that came after it" "$KB" build --variant $CUDA "$T/device"
like "$out" 'cublasCreate_v2: part of cuBLAS, which the kernel.s lock lacks.* update it with `kernel-builder lock`' "says what to do"

# The driver's library is on no machine that builds, and not on every one that imports.
mk driver cuda.h 'return cuTensorMapEncodeTiled(0, CU_TENSOR_MAP_DATA_TYPE_UINT8, 1, 0, 0, 0, 0, 0, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_NONE, CU_TENSOR_MAP_L2_PROMOTION_NONE, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) + cuInit(0);'
status 1 "the driver API: a direct call is refused" build --variant $CUDA "$T/driver"
like "$out" 'cuTensorMapEncodeTiled.*cudaGetDriverEntryPoint' "with what to do instead"
mk entry cuda_runtime_api.h 'void *f; cudaDriverEntryPointQueryResult r; return cudaGetDriverEntryPointByVersion("cuInit", &f, 12000, cudaEnableDefault, &r);'
status 0 "and that builds" build --variant $CUDA "$T/entry"
is "$(cuda_needed entry $CUDA)" "libcudart.so.13 " "without the driver's library"
done_testing
