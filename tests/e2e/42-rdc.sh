#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Relocatable device code: functions and variables of one CUDA file that another one uses.
. "$(dirname "$0")/lib.sh"
shares_trees
SEL="--no-lock --matrix all"
K=$T/rdc
cp -r "$ROOT/tests/kernels/rdc" "$K"
images() { python3 "$ROOT/tests/e2e/fatbin.py" "$(so "$1")" "${2:-.nv_fatbin}"; }
flags() { sed -i "s/^cuda-flags.*/cuda-flags = [$1]/" "$K/build.toml"; }

# Each CUDA: nvcc gives the same when it compiles files as a whole, in steps that see this machine.
cp -r "$K" "$T/plain"
for variant in torch27-cxx11-cu118 torch26-cxx98-cu124 torch211-cxx11-cu130; do
	rm -rf "$K/build" "$T/plain/build"
	status 0 "$variant" build -q --variant "$variant-x86_64-linux" "$K"
	status 0 "$variant, plain, without a sandbox" build -q --engine=plain --sandbox=off --cache=off --variant "$variant-x86_64-linux" "$T/plain"
	ok "the same bytes" cmp "$(so "$K")" "$(so "$T/plain")"
	is "$(images "$K")" "sm_75 sm_80 sm_90" "linked for its architectures, and the other section's"
	is "$(images "$K" __nv_relfatbin)" "compute_90 sm_75 sm_90" "the PTX is there for the driver to link"
done
status 0 "what was built is judged" "$KB" check-abi "$K/build/torch211-cxx11-cu130-x86_64-linux"
like "$out" '0 errors, 0 warnings' "and right"
like "$(grep -A4 archs "$K"/build/*/metadata.json | tr -d ' \n')" '"7.5","8.0","9.0\+PTX"' "its architectures are in metadata.json"
is "$(nm -D "$(so "$K")" | grep -c -e fatbinwrap -e LinkedBinary)" 0 "what links the device code stays inside: another kernel may have a file of that name"
is "$(readelf -p __nv_module_id "$(so "$K")" | grep -c ' def _')" 2 "the two files are registered"
is "$(strings -a "$(so "$K")" | grep -c -e /kb-test -e k0b1i8d9x0)" 0 "no name of this machine, and no placeholder"
sed -i 's/"7.5"/"7.2"/' "$K"/build/*/metadata.json
status 5 "metadata.json names another architecture" "$KB" check-abi "$K/build/torch211-cxx11-cu130-x86_64-linux"
like "$out" 'lists the architecture 7.2, but no library has a cubin for it' "which is told"

# What an edit runs.
SEL="$SEL --variant torch211-cxx11-cu130-x86_64-linux"
rm -rf "$K/build"
status 0 "a build" build -q "$K"
status 0 "--rebuild" build --rebuild "$K"
like "$out" 'steps ran again, all with the same bytes' "gives the same bytes"
sed -i 's/table\[at & 3\]/table[at \& 1]/' "$K/src/shared.cu"
status 0 "a device function is edited" build -q --events 3 "$K" 3>"$T/events"
like "$(labels)" 'device link: fatbinary\|device link: g\+\+\|nvlink sm_75\|nvlink sm_90\|' "device code is linked for each architecture"
is "$(labels | tr '|' '\n' | grep -c -e apply -e alone)" 0 "and no other file is compiled"
sed -i 's/alone(float \*x) { \*x =/& 2 */' "$K/src/alone.cu"
status 0 "a file without relocatable code is edited" build -q --events 3 "$K" 3>"$T/events"
is "$(labels | tr '|' '\n' | grep -c -e 'device link' -e shared -e apply)" 0 "what nvlink made is the same"

# How it is asked for.
cp "$(so "$K")" "$T/want.so"
for f in '"-dc"' '"--device-c"' '"-rdc", "true"' '"--relocatable-device-code=true"' '"-rdc=false", "-rdc=true"' '"-rdc=true", "-Xnvlink", "-suppress-stack-size-warning"'; do
	flags "$f"
	rm -rf "$K/build"
	status 0 "$f" build -q "$K"
	is "$(images "$K" __nv_relfatbin) $(readelf -p __nv_module_id "$(so "$K")" | grep -c ' def _')" "compute_90 sm_75 sm_90 2" "is linked"
done
flags '"-rdc=true", "-dlto"'
status 3 "-dlto" build "$K"
like "$out" 'build.toml:[0-9]+:[0-9]+: cuda-flags in \[kernel.linked\]: "-dlto" optimises device code at link time, which' "is refused"

# Text of the extension's name in device code, and sections that share device functions but not all architectures.
flags '"-rdc=true"'
cat >"$K/src/rdc.h" <<'C'
#pragma once
#define NAMED2(n) in_##n
#define NAMED(n) NAMED2(n)

extern __constant__ float table[4];
extern __device__ int applied;
namespace NAMED(TORCH_EXTENSION_NAME) { __device__ float lookup(int at); }
using NAMED(TORCH_EXTENSION_NAME)::lookup;
C
sed -i 's/^__device__ float lookup(int at)/__device__ float NAMED(TORCH_EXTENSION_NAME)::lookup(int at)/' "$K/src/shared.cu"
cat >>"$K/build.toml" <<'TOML'

[kernel.more]
backend = "cuda"
depends = ["torch"]
cuda-capabilities = ["9.0"]
cuda-flags = ["-dc"]
src = ["src/more.cu"]
include = ["src"]
TOML
cat >"$K/src/more.cu" <<'C'
#include "rdc.h"

__global__ void more(float *x) { *x = lookup(1) + table[2]; }
extern "C" void rdc_more(float *x) { more<<<1, 1>>>(x); }
C
rm -rf "$K/build"
status 0 "names with the extension's in them" build -q "$K"
is "$(readelf -p __nv_module_id "$(so "$K")" | grep -c ' def _')" 3 "all files are registered"
id=$(sed -n 's/.*"id": "\(.*\)",/\1/p' "$K"/build/*/metadata.json)
like "$(strings -a "$(so "$K")" | grep lookup)" "_ZN[0-9]*in_${id}6lookupEi" "and have the kernel's id"
is "$(strings -a "$(so "$K")" | grep -c k0b1i8d9x0)" 0 "everywhere"
sed -i 's/"9.0"\]$/"8.0"]/' "$K/build.toml"
status 1 "a function that nobody has for an architecture" build "$K"
like "$out" "FAILED: nvlink sm_80 .*" "fails in the link of that"
like "$out" "Undefined reference to '_ZN[0-9]*in_.*lookupEi' in 'in/.*more.cu.o'" "and nvlink says what"

# Kernels that start kernels: CUDA 13 has the device runtime for that.
K=$T/nested
cp -r "$ROOT/tests/kernels/rdc" "$K"
cat >"$K/src/alone.cu" <<'C'
__global__ void child(float *x);
__global__ void alone(float *x)
{
	child<<<1, 1>>>(x);
}
C
echo '__global__ void child(float *x) { *x = 1; }' >"$K/src/child.cu"
sed -i 's|^src = \["src/alone.cu"\]|src = ["src/alone.cu", "src/child.cu"]\ncuda-flags = ["-rdc=true"]|' "$K/build.toml"
status 0 "a kernel that starts a kernel" build -q "$K"
is "$(readelf -p __nv_module_id "$(so "$K")" | grep -c ' def _')" 5 "four files and the device runtime are registered"
is "$(nm -D "$(so "$K")" | grep -c -i -e cudaCDP -e device_runtime)" 0 "of the device runtime nothing is seen from outside"
status 0 "it is judged" "$KB" check-abi "$K/build/torch211-cxx11-cu130-x86_64-linux"
like "$out" '0 errors, 0 warnings' "and right: what the device runtime holds is not told of"
status 0 "--rebuild" build --rebuild "$K"
like "$out" 'steps ran again, all with the same bytes' "gives the same bytes"
SEL="--no-lock --matrix all --variant torch26-cxx98-cu124-x86_64-linux"
status 3 "for CUDA 12.4" build --events 3 "$K" 3>"$T/events"
like "$out" 'src/alone.cu:4:1: a kernel starts a kernel, which needs CUDA.s device runtime; .* is for CUDA 12.4' "it is refused with the place"
is "$(grep -c '"event":"started"' "$T/events")" 0 "and nothing runs"
done_testing
