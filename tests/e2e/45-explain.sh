#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a failed build tells its user to do, by real compilers: inputs made here, most of them of a line or two.
. "$(dirname "$0")/lib.sh"
shares_trees
CPU=torch211-cxx11-cpu-x86_64-linux
CUDA=torch211-cxx11-cu130-x86_64-linux

# kernel BACKEND SRC [LINE]: a kernel in $K, with the binding that all share, so it is compiled once
kernel() {
	K=$T/k
	rm -rf "$K"
	mkdir -p "$K/torch-ext/probe"
	: >"$K/torch-ext/probe/__init__.py"
	cat >"$K/build.toml" <<END
[general]
name = "probe"
version = 1
edition = 5
license = "Apache-2.0"
backends = ["$1"]

[torch]
src = ["torch-ext/b.cpp"]

[kernel.k]
backend = "$1"
depends = ["torch"]
src = [$2]
${3:-}
END
	cat >"$K/torch-ext/b.cpp" <<'END'
#include <torch/library.h>
#include <ATen/core/Tensor.h>
#include "registration.h"
void launch(float *p, long n);
static void op(at::Tensor x) { launch(static_cast<float *>(x.data_ptr()), x.numel()); }
TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ops) { ops.def("go(Tensor! x) -> ()", &op); }
REGISTER_EXTENSION(TORCH_EXTENSION_NAME)
END
}
file() { # PATH TEXT
	mkdir -p "$(dirname "$K/$1")"
	printf "$2\n" >"$K/$1"
}
# hint STATUS PATTERN TEXT: the build of $V ends so, and the pattern is in a line of its own, above what the tools said
hint() {
	status "$1" "$3" "$KB" build --variant "$V" "$K"
	like "$out" "$2" "$3: says what to do"
}
uses='void helper(float *, long);\nvoid launch(float *p, long n) { helper(p, n); }'
body='void helper(float *p, long n) { for (long i = 0; i < n; i++) p[i] += 1; }'

V=$CPU
kernel cpu '"c.cpp"'
file c.cpp "$uses"
file lib/helper.cpp "$body"
hint 1 '^hint: helper\(float\*, long\): defined in lib/helper.cpp, which src of \[kernel.k\] does not list; add it there$' "the file that defines it is not listed"
like "$out" 'undefined reference to .helper' "what the linker said is shown as well"
is "$(printf '%s\n' "$out" | grep -nE '^hint:|undefined' | head -2 | cut -d: -f2 | cut -c1-4 | tr '\n' ' ')" "hint c.cp " "below the hint"
status 1 "with -q" "$KB" build -q --variant "$V" "$K"
like "$out" '^hint: helper' "the hint is shown all the same"
"$KB" build --variant "$V" --events 3 "$K" 3>"$T/events" 2>/dev/null
is "$(grep -c '"state":"failed".*"hints":\["helper(float\*, long): defined in' "$T/events")" 1 "events have it"
rm "$K/lib/helper.cpp"
hint 1 '^hint: helper.*no definition was found' "a definition that is nowhere"

kernel cpu '"c.cpp", "d.cpp"'
file c.cpp "extern \"C\" $uses"
file d.cpp "$body"
hint 1 '^hint: helper: declared extern "C" in c.cpp, but defined at d.cpp:1 without; give both the same' 'extern "C" on one side'
file c.cpp "$uses"
file d.cpp "namespace inner { $body }"
hint 1 '^hint: helper.*d.cpp:1 defines inner::helper; declare it in the same namespace' "another namespace"
file d.cpp "static $body\nvoid other(float *p) { helper(p, 1); }"
hint 1 '^hint: helper.*defined at d.cpp:1, but visible in that file alone' "a static function"
file d.cpp "#ifdef NEVER\n$body\n#endif"
hint 1 '^hint: helper.*defined at d.cpp:2, but under the #if of line 1' "a function below an #if"
file d.cpp "void helper(float *p, int n) { p[0] = n; }"
hint 1 '^hint: helper.*d.cpp:1 defines helper\(float \*p, int n\), with other parameters' "other parameters"
file c.cpp 'template <class T> void helper(T *, long);\nvoid launch(float *p, long n) { helper(p, n); }'
file d.cpp 'template <class T> void helper(T *p, long n) { p[0] = n; }'
hint 1 '^hint: void helper<float>.*a template defined at d.cpp:1' "a template in a source"
file c.cpp '#include "d.cpp"\nvoid launch(float *p, long n) { helper(p, n); }'
file d.cpp "$body"
hint 1 '^hint: helper.*c.cpp includes d.cpp, which src lists too' "a source that another includes"
file c.cpp "$body\nvoid launch(float *p, long n) { helper(p, n); }"
hint 1 '^hint: helper.*both c.cpp and d.cpp define it' "defined twice"

kernel cpu '"c.cpp", "d.cpp", "h.h"'
file h.h "$body\nint table[3] = { 1, 2, 3 };"
file c.cpp '#include "h.h"\nvoid launch(float *p, long n) { helper(p, n); }'
file d.cpp '#include "h.h"\nvoid other(float *p, long n) { helper(p, n); }'
hint 1 '^hint: helper.*defined at h.h:1, a header that more than one file includes; make it inline' "a function in a header"
like "$out" '^hint: table: defined in h.h, which both' "a table in a header"

kernel cpu '"c.cpp"'
file c.cpp '#include <unistd.h>\nvoid launch(float *p, long n) { p[0] = gettid(); }'
hint 1 '^hint: gettid: not in glibc 2.28, .* \(it came with 2.30\); call syscall\(SYS_gettid\)' "a function of a newer glibc"
file c.cpp '#include <pthread.h>\n#include <time.h>\nvoid launch(float *p, long n) { pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; timespec t{}; p[0] = pthread_mutex_clocklock(&m, CLOCK_MONOTONIC, &t); }'
hint 1 '^hint: pthread_mutex_clocklock: not in glibc 2.28, .* \(it came with 2.30\); call pthread_mutex_timedlock' "another one"
file c.cpp '#include <condition_variable>\n#include <chrono>\n#include <mutex>\n#include <shared_mutex>\nusing namespace std::chrono_literals;\nvoid launch(float *p, long n) { std::timed_mutex m; p[0] = m.try_lock_for(1s); std::shared_timed_mutex s; p[1] = s.try_lock_shared_for(1s) + s.try_lock_for(1s); std::mutex k; std::unique_lock<std::mutex> l(k); std::condition_variable c; c.wait_for(l, 1ms); }'
status 0 "timed waits of C++ need no newer glibc" "$KB" build --variant "$V" "$K"
file c.cpp '#include <format>\nvoid launch(float *p, long n) { p[0] = std::format("x").size(); }'
hint 1 '^hint: <format> came with gcc 13, and .* is compiled with gcc 12' "a header of a newer gcc"
file c.cpp 'extern "C" int cuMemAlloc_v2(void *, unsigned long);\nvoid launch(float *p, long n) { p[0] = cuMemAlloc_v2(p, n); }'
hint 1 '^hint: cuMemAlloc_v2: part of the driver API.*cudaGetDriverEntryPoint' "the driver API"
file c.cpp 'namespace at { struct Tensor; void no_such(Tensor *); }\nvoid launch(float *p, long n) { at::no_such(nullptr); }'
hint 1 '^hint: at::no_such\(at::Tensor\*\): torch 2.11.0 exports no such function' "a function that torch lacks"
file c.cpp '#include <immintrin.h>\nvoid launch(float *p, long n) { _mm256_storeu_ps(p, _mm256_set1_ps(1.f)); }'
hint 1 '^hint: an intrinsic needs instructions that are off' "an intrinsic"
file c.cpp '#include <boost/config.hpp>\nvoid launch(float *p, long n) { }'
hint 1 '^hint: boost/config.hpp is part of Boost' "a library that is not at hand"
file c.cpp '#include "inc/my/a.h"\nvoid launch(float *p, long n) { p[0] = A; }'
file inc/my/a.h '#define A 1'
hint 1 '^hint: inc/my/a.h exists, but src of \[kernel.k\] does not list it; add it there$' "a header that is not listed"
file c.cpp '#include <my/a.h>\nvoid launch(float *p, long n) { p[0] = A; }'
hint 1 '^hint: inc/my/a.h exists; add include = \["inc"\] to \[kernel.k\], and the file to src$' "a header in a directory that is not on include"
sed -i 's|^src = \["c.cpp"\]|src = ["c.cpp", "inc/my/a.h"]|' "$K/build.toml"
hint 1 '^hint: inc/my/a.h exists; add include = \["inc"\] to \[kernel.k\]$' "the same, listed"
sed -i 's|^backend = "cpu"|&\ninclude = ["inc"]|' "$K/build.toml"
status 0 "what the hint says works" "$KB" build --variant "$V" "$K"
file c.cpp '#include <cutlass/cutlass.h>\nvoid launch(float *p, long n) { }'
hint 1 '^hint: cutlass/cutlass.h is part of CUTLASS; add the version .* to depends of \[kernel.k\]' "a dependency that depends lacks"
mkdir -p "$K/third_party/json"
file c.cpp '#include <json/json.hpp>\nvoid launch(float *p, long n) { }'
hint 1 '^hint: there is no json/json.hpp, and third_party/json/ is empty; if it is a submodule, run git submodule update' "a submodule that is not there"
kernel cpu '"c.cpp"' 'cxx-flags = ["-Wall", "-Werror"]'
file c.cpp 'void launch(float *p, long n) { int x; }'
hint 1 '^hint: warnings differ between compilers' "-Werror"

# Known before anything is compiled, or fetched.
before() { # PATTERN TEXT
	hint 3 "$1" "$2"
	like "$("$KB" check-config "$K" 2>&1)" "$1" "$2: check-config says it, too"
}
kernel cpu '"c.cpp"'
file c.cpp '#include <torch/extension.h>\nvoid launch(float *p, long n) { }'
before 'k/c.cpp:1: torch/extension.h brings pybind11.*; include torch/all.h instead, for tensors,.*PYBIND11_MODULE$' "torch/extension.h"
kernel cpu '"c.cpp", "d.cpp"'
file c.cpp '#include <torch/extension.h>\nvoid launch(float *p, long n) { }'
file d.cpp '#include <torch/extension.h>\n#include <pybind11/stl.h>'
before 'k/c.cpp:1: torch/extension.h .*; another file includes such a header, too$' "torch/extension.h in two files"
sed -i 's/"d.cpp"/&, "e.cpp"/' "$K/build.toml"
file e.cpp '#include <pybind11/stl.h>'
before 'k/c.cpp:1: torch/extension.h .*; 2 more files include such headers$' "in three files"
kernel cpu '"c.cpp", "a/h.h"' 'include = ["a"]'
file c.cpp '#include "h.h"\nvoid launch(float *p, long n) { }'
file a/h.h '#pragma once\n// a comment\n#include <pybind11/pybind11.h>'
before 'k/a/h.h:3: pybind11/pybind11.h is of pybind11, .*; leave it out, and register' "pybind11 in a header"
file a/h.h '#ifndef H\n#define H\n# include <torch/python.h>\n#endif'
before 'k/a/h.h:3: torch/python.h brings pybind11' "pybind11 behind a guard"
file a/h.h '#pragma once\n#ifdef WITH_PYTHON\n#include <torch/extension.h>\n#endif\n/*\n#include <torch/extension.h>\n*/\n//#include <torch/extension.h>'
status 0 "torch/extension.h below an #if, and in comments, is no error" "$KB" build --variant "$V" "$K"
file c.cpp 'void launch(float *p, long n) { }'
file a/h.h '#include <torch/extension.h>'
status 0 "nor in a header that nobody includes" "$KB" build --variant "$V" "$K"
file a/h.h 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345'
before 'k/a/h.h:1: this is a Git LFS pointer.*git lfs pull' "a pointer of Git LFS among headers"
kernel cpu '"c.cpp"'
file c.cpp 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345'
before 'k/c.cpp:1: this is a Git LFS pointer' "a pointer of Git LFS among sources"

V=$CUDA
kernel cuda '"k.cu"' 'cuda-capabilities = ["7.0"]'
file k.cu '__global__ void k(float *p) { p[0] = 1; }\nvoid launch(float *p, long n) { k<<<1, 1>>>(p); }'
hint 3 'variant torch211-cxx11-cu130-x86_64-linux cannot be built: kernel k, CUDA 13.0: capability 7.0 is dropped' "a capability that this CUDA lacks"
kernel cuda '"k.cu"' 'cuda-capabilities = ["8.0", "12.0"]'
file k.cu '#include "h.cuh"\nvoid launch(float *p, long n) { k<<<1, 1>>>(p); }'
file h.cuh '__global__ void k(float *p) { p[0] = 1; }'
hint 1 '^hint: h.cuh exists, but src of \[kernel.k\] does not list it; add it there$' "a CUDA header that is not listed"
is "$(printf '%s\n' "$out" | grep -c '^note: ')" 0 "no note is about other variants"
mv "$K/h.cuh" "$K/impl.cu"
sed -i 's/h.cuh/impl.cu/' "$K/k.cu"
hint 1 '^hint: impl.cu exists, but src of \[kernel.k\] does not list it, and would compile it by itself; rename it to impl.cuh, and list that in src$' "a .cu that another includes"
file k.cu '__device__ float helper(float);\n__global__ void k(float *p) { p[0] = helper(1); }\nvoid launch(float *p, long n) { k<<<1, 1>>>(p); }'
file impl.cu '__device__ float helper(float x) { return x; }'
hint 1 '^hint: helper\(float\): device code defined at impl.cu:1, in another file; add "-rdc=true"' "device code of another file"
file k.cu '__global__ void k(float *p) { __shared__ float s[20000]; s[threadIdx.x] = p[0]; __syncthreads(); p[0] = s[1]; }\nvoid launch(float *p, long n) { k<<<1, 1>>>(p); }'
hint 1 '^hint: __shared__ arrays of fixed size have 48 KiB together' "too much shared memory"
file k.cu '__global__ void k(float *p) { p[0] = __shfl_down(p[1], 1); }\nvoid launch(float *p, long n) { k<<<1, 1>>>(p); }'
hint 1 '^hint: CUDA 9 removed __shfl_down' "a function that CUDA took away"
sed -i 's/^cuda-cap.*/&\ncuda-flags = ["--no-such-option"]/' "$K/build.toml"
hint 1 '^hint: --no-such-option is not an option of nvcc' "an option that nvcc does not know"
done_testing
