#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# compile_commands.json: there after a build, readable by clang for C++ and CUDA files, written only when it changes.
. "$(dirname "$0")/lib.sh"
shares_trees
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
SEL="--no-lock --matrix all --variant torch211-cxx11-cpu-x86_64-linux --variant torch211-cxx11-cu130-x86_64-linux"
J=$K/build/compile_commands.json
entries() { python3 -c "
import json
for e in json.load(open('$J')): print($1)"; }
# What clang's own wrapper of CUDA's headers cannot read of new releases.
cat >>"$K/src/answer.cu" <<'C'
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cmath>
__constant__ float scale;
template <typename T> __device__ __forceinline__ T silu(T x) { return (T)((float)x / (1.0f + expf(-(float)x))); }
template <typename T> __global__ void __launch_bounds__(256) kernel(T *out, const T *in, int n)
{
	extern __shared__ float dynamic[];
	__shared__ float one[32];

	for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
		out[i] = silu(__ldg(&in[i]));
	one[threadIdx.x % 32] = __shfl_xor_sync(0xffffffff, rsqrtf(scale), 1) + max(n, 2);
	__syncthreads();
	atomicAdd(&dynamic[0], one[0]);
}
void launch(__half *out, const __half *in, int n, cudaStream_t s) { kernel<__half><<<dim3(n), 256, 4, s>>>(out, in, n); }
C

status 0 "a build" build "$K"
is "$(entries "e['file']" | sort | tr '\n' ' ')" "$K/src/answer.cpp $K/src/answer.cu $K/torch-ext/binding.cpp " "one entry for each source"
is "$(entries "e['directory']" | sort -u)" "$K" "in the kernel's directory"
# Clients upload directories that have a metadata.json, and some of old whatever begins with torch.
is "$(cd "$K/build" && find . -maxdepth 2 -name metadata.json ! -path './torch*')" "" "what clients upload is variants"
is "$(cd "$K/build" && find . -maxdepth 1 ! -name 'torch*' -printf '%f ' | tr ' ' '\n' | grep . | LC_ALL=C sort | tr '\n' ' ')" ". clangd compile_commands.json " "and nothing of clangd's"
is "$(entries "[a for a in e['arguments'] if a.startswith(('gcc/', 'torch/', 'cuda/', 'py/', 'src/', '-Isrc', '@'))]" | sort -u)" "[]" "no path of a step's directory is left"
is "$(entries "[a for a in e['arguments'] if a.startswith('/') and not __import__('os').path.exists(a)]" | sort -u)" "[]" "every path exists"
is "$(entries "'CUDA_KERNEL' in str(e) if 'binding' in e['file'] else True" | sort -u)" True "what all variants have is that of CUDA"
for f in answer.cpp answer.cu binding.cpp; do
	status 0 "clang reads $f" python3 - "$J" "$f" <<'END'
import json, subprocess, sys
e, = [e for e in json.load(open(sys.argv[1])) if e["file"].endswith("/" + sys.argv[2])]
sys.exit(subprocess.call([*e["arguments"], "-fsyntax-only", "-Wall", "-Werror", "-Wno-pragma-once-outside-header"], cwd=e["directory"]))
END
done
echo 'int wrong = answer_that_is_not_there;' >>"$K/src/answer.cu"
status 1 "and says what is wrong" python3 - "$J" answer.cu <<'END'
import json, subprocess, sys
e, = [e for e in json.load(open(sys.argv[1])) if e["file"].endswith("/" + sys.argv[2])]
sys.exit(subprocess.call([*e["arguments"], "-fsyntax-only"], cwd=e["directory"]))
END
like "$out" "answer.cu:[0-9]+:[0-9]+: error: use of undeclared identifier 'answer_that_is_not_there'" "where it is"
sed -i '$d' "$K/src/answer.cu"

touch -d '2020-01-01' "$J" "$K"/build/clangd/*
strace -f -o "$T/trace" -e trace=execve,fork,vfork,clone,clone3 "$KB" build -q $SEL "$K"
is "$(grep -cE 'execve\(|fork\(|clone' "$T/trace")" 1 "a build without a change starts no process"
is "$(find "$K/build" -maxdepth 2 \( -name 'compile_commands*' -o -path '*/clangd/*' \) -newermt 2020-01-02)" "" "and writes none of its files"
sed -i 's/42/43/' "$K/src/answer.h"
status 0 "an edit" build "$K"
is "$(find "$J" -newermt 2020-01-02)" "" "writes none, either"
echo 'int broken(' >>"$K/src/answer.cpp"
rm "$J"
status 1 "a build that fails" build "$K"
is "$(entries 1 | wc -l)" 3 "leaves it, too"
rm "$J"
echo "CMAKE" >"$K/build/CMakeCache.txt"
sed -i '$d' "$K/src/answer.cpp"
status 0 "a build directory that CMake has" build "$K"
[ ! -e "$J" ]
is $? 0 "is left to CMake"
rm "$K/build/CMakeCache.txt"
status 0 "build --output" build --output "$T/elsewhere" "$K"
[ ! -e "$J" ]
is $? 0 "writes none beside the sources"
is "$(ls -A "$T/elsewhere")" "$(printf '%s\n' torch211-cxx11-cpu-x86_64-linux torch211-cxx11-cu130-x86_64-linux)" "and none there"
status 0 "build" build "$K"
status 0 "clean" "$KB" clean "$K"
[ ! -e "$K/build" ]
is $? 0 "removes all of it"
done_testing
