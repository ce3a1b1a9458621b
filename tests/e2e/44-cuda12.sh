#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# CUDA 12.6 and 12.8, composed with the nvcc of 12.5: what variants hold, what they say of it, and how NVIDIA's own archives are chosen.
. "$(dirname "$0")/lib.sh"
shares_trees
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
build() { "$KB" build --no-lock --matrix all "$@" 2>&1; }
so() { echo "$1"/build/*"$2"*/*.so; }
say() { python3 -c "import json, sys; m = json.load(open(sys.argv[1])); print($2)" "$K"/build/*"$1"*/metadata.json; }
capabilities() { sed -i "s/^cuda-capabilities.*/cuda-capabilities = [$1]/" "$K/build.toml"; }
CU126=torch28-cxx11-cu126-x86_64-linux CU128=torch28-cxx11-cu128-x86_64-linux

# One file without headers of torch, named like its external function, so that nvcc's module id and ours are of one text; one with
# torch's.
cat >"$K/src/answer.cu" <<'C'
#include "answer.h"

extern "C" int answer_cu() { return 1; }
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ > 900
#error what this nvcc does not know is made of older PTX
#endif
__global__ void outer(float *out) { *out *= 2; }

extern "C" int tiny_answer()
{
	outer<<<1, 1>>>(nullptr);
	return ANSWER;
}
C
cat >"$K/src/half.cu" <<'C'
#include <c10/util/Half.h>

template <typename T> __global__ void twice(T *x) { *x = *x + *x; }

extern "C" void tiny_half() { twice<c10::Half><<<1, 1>>>(nullptr); }
C
sed -i 's|"src/answer.cu", |&"src/half.cu", |' "$K/build.toml"

# 12.6: the same capabilities, so nothing is missing.
capabilities '"8.0", "9.0+PTX"'
status 0 "CUDA 12.6" build -q --variant $CU126 "$K"
is "$(python3 "$ROOT/tests/e2e/fatbin.py" "$(so "$K" cu126)")" "compute_90 sm_80 sm_90" "has the code that is asked for"
like "$(say cu126 'm["toolchain"]["cuda-note"]')" 'that of CUDA 12\.5.*those of 12\.6' "metadata says what it is made of"
is "$(say cu126 'm["toolchain"].get("of-ptx")')" None "and nothing of other code"
cp -r "$K" "$T/plain"
rm -r "$T/plain/build"
status 0 "nvcc itself" build -q --engine=plain --variant $CU126 "$T/plain"
ok "gives the same bytes" cmp "$(so "$K" cu126)" "$(so "$T/plain" cu126)"

# 12.8: code for newer GPUs is made of the PTX for 9.0.
capabilities '"8.0", "9.0+PTX", "10.0", "12.0", "12.0a"'
status 0 "CUDA 12.8" build --variant $CU128 --events 3 "$K" 3>"$T/events"
is "$(python3 "$ROOT/tests/e2e/fatbin.py" "$(so "$K" cu128)")" "compute_90 sm_100 sm_120 sm_80 sm_90" "has code for newer GPUs"
is "$(grep -c '"event":"started".*ptxas 1[02]0"' "$T/events")" 4 "each made by ptxas alone"
is "$(say cu128 '" ".join(m["backend"]["archs"])')" "10.0 12.0 8.0 9.0+PTX" "which metadata lists"
is "$(say cu128 '", ".join(m["toolchain"]["of-ptx"])')" "tiny_cuda: 10.0 of 9.0, tiny_cuda: 12.0 of 9.0" "with the PTX that it is made of"
like "$(say cu128 'm["toolchain"]["cuda-note"]')" 'that of CUDA 12\.5.*those of 12\.8.*ptxas of 12\.8' "and why"
like "$out" 'note: kernel tiny_cuda, CUDA 12\.8: capability 12\.0a is dropped: .*NVIDIA.s own of CUDA 12\.8 does \(--redist\)' "what cannot be made is said"
ok "check-abi agrees" "$KB" check-abi "$K"
status 0 "nothing is edited" build --variant $CU128 --events 3 "$K" 3>"$T/events"
is "$(grep -c '"event":"started"' "$T/events")" 0 "nothing runs"
like "$("$KB" plan --no-lock --matrix all --variant $CU128 "$K" 2>/dev/null | head -1)" "^# $CU128: the compiler .* is that of CUDA 12\.5" "plan says it"
status 3 "nvcc itself" build --engine=plain --variant $CU128 "$K"
like "$out" 'answer.cu for .*: code for 10.0 is made by a step of its own.*take 10.0 out of cuda-capabilities, or .*--redist' "cannot be asked for that"

# A section that asks for such code alone.
cp "$K/build.toml" "$T/good.toml"
capabilities '"10.0a"'
status 3 "nothing is left" build --variant $CU128 "$K"
like "$out" "build.toml: variant $CU128 cannot be built: .*kernel tiny_cuda is left out for CUDA 12.8: none of its capabilities is left: the nvcc that packages have knows none of 10.0a, NVIDIA's own does \(--redist\)" "that is the error"
capabilities '"9.0a", "10.0"'
like "$("$KB" list-variants --no-lock --matrix all "$K" 2>&1)" 'CUDA 12.8: capability 10.0 is dropped: .*asks for no older one' "PTX for 9.0a is for one GPU alone"
cp "$T/good.toml" "$K/build.toml"

# NVIDIA's archives are taken where the user names a source of them; then a lock says which compiler it is.
mkdir "$T/archives"
lock() { "$KB" lock -q --matrix all --variant $CU128 --output "$T/$1" "$K" "${@:2}"; }
kinds() { python3 -c 'import json, sys; print(" ".join(p["kind"] for p in json.load(open(sys.argv[1]))["cuda"][0]["pins"][:3]))' "$T/$1"; }
lock packages
is "$(kinds packages)" "deb wheel wheel" "a lock holds packages"
lock redist --redist "$T/archives"
is "$(kinds redist)" "archive archive archive" "or NVIDIA's archives"
KERNEL_BUILDER_REDIST=nvidia lock nvidia
ok "the word nvidia stands for NVIDIA's own" cmp "$T/redist" "$T/nvidia"
cp "$T/redist" "$K/kernel-builder.lock"
status 4 "the lock decides, not what can be reached" "$KB" build --redist "$T/archives" "$K"
like "$out" 'cuda_nvcc-linux-x86_64-12.8' "so its archives are wanted"
cp "$T/packages" "$K/kernel-builder.lock"
status 0 "nor what is named" "$KB" build --redist "$T/archives" --events 3 "$K" 3>"$T/events"
is "$(grep -c '"event":"started"' "$T/events")" 0 "what was built stays built"
done_testing
