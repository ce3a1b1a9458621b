#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kernels for aarch64, built here: names, the lock, what the libraries need, and the same device code as for x86-64.
. "$(dirname "$0")/lib.sh"
shares_trees
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
X=torch211-cxx11-cu130-x86_64-linux A=torch211-cxx11-cu130-aarch64-linux
C=torch215-cxx11-cpu-aarch64-linux

is "$("$KB" list-variants --torch 2.11 --cuda 13.0 --matrix all --target all "$K" | tr '\n' ' ')" "$X $A " "both targets are listed"
is "$("$KB" list-variants --target aarch64 "$K" | grep -vc aarch64)" 0 "or one of them"
is "$(KERNEL_BUILDER_TARGET=aarch64 "$KB" list-variants "$K")" "$("$KB" list-variants --target aarch64 "$K")" "a variable says so as well"
is "$(KERNEL_BUILDER_TARGET=all "$KB" list-variants --target aarch64 "$K" | grep -c x86)" 0 "which an option overrides"
status 2 "others are refused" "$KB" list-variants --target riscv64 "$K"
like "$out" '^error: --target must be x86_64, aarch64 or all, not "riscv64"$' "and it is said which there are"
KERNEL_BUILDER_TARGET=arm64 status 2 "a variable's, too" "$KB" list-variants "$K"
like "$out" '^error: KERNEL_BUILDER_TARGET must be' "by its name"
status 3 "what PyTorch does not publish for aarch64 is no variant" "$KB" build --variant torch28-cxx11-cu129-aarch64-linux "$K"
like "$out" 'the package index has torch 2.8.0 for aarch64 without CUDA only' "and the reason is said"
status 0 "of all that is left out, -v says so" "$KB" list-variants -v --matrix all --target aarch64 "$K"
like "$out" '^note: PyTorch publishes torch 2.5.1 for aarch64 without CUDA, and with the old C\+\+ ABI only$' "for each release"

# A lock with both; what it has is what is built.
status 0 "a lock for both" "$KB" lock --matrix all --torch 2.11 --cuda 13.0 --target all "$K"
status 0 "is up to date" "$KB" lock --verify --torch 2.11 --cuda 13.0 "$K"
is "$("$KB" list-variants -q "$K" | tr '\n' ' ')" "$X $A " "without --target it is all of the lock"
is "$("$KB" list-variants -q --target aarch64 "$K")" "$A" "of which --target takes a part"
is "$("$KB" plan -q --target x86_64 "$K" | grep -c -e -fno-ident)" 0 "plans for x86-64 are those of before"
is "$("$KB" plan -q --target aarch64 "$K" | grep -c -e -fno-ident)" 2 "a compiler for aarch64 does not write its name"

# The same on an aarch64 machine, by the same lock: other tools, the same commands.
status 0 "a plan for an aarch64 machine" "$KB" plan -q --json --machine aarch64 --target aarch64 "$K"
printf '%s\n' "$out" >"$T/there.json"
"$KB" plan -q --json --target aarch64 "$K" >"$T/here.json"
cat >"$T/compare.py" <<'P'
import json, sys
here, there = (json.load(open(f))["steps"] for f in sys.argv[1:])
differ = {k for h, t in zip(here, there) for k in h if k != "mounts" and h[k] != t[k]}
mounts = {m for h, t in zip(here, there) for m in h["mounts"] if h["mounts"][m] != t["mounts"][m]}
print(len(here) == len(there), *sorted(differ), *sorted(mounts), "lib" in here[-1]["mounts"])
P
is "$(python3 "$T/compare.py" "$T/here.json" "$T/there.json")" "True key cuda gcc True" "has other compilers, and nothing else is another one"
status 3 "what is for x86-64 cannot be built there" "$KB" plan --machine aarch64 "$K"
like "$out" "^error: $X cannot be built on an aarch64 machine: build it on x86-64, and here what --target aarch64 gives" "which is one sentence"
status 3 "nor with NVIDIA's archives" env KERNEL_BUILDER_REDIST=nvidia "$KB" plan --no-lock --matrix all --variant torch211-cxx11-cu126-aarch64-linux --machine aarch64 "$K"
like "$out" '^error: .* there is nothing in place of cuda_nvcc-linux-x86_64-.*: build it on x86-64, with --target aarch64' "and it is said for lack of what"
status 0 "with Debian's nvcc it can" "$KB" plan -q --no-lock --matrix all --variant torch211-cxx11-cu126-aarch64-linux --machine aarch64 "$K"
status 2 "nvcc can be asked on this machine only" "$KB" plan --divided --machine aarch64 --target aarch64 "$K"
status 0 "is built" "$KB" build --events 3 "$K" 3>"$T/events"
for v in $X $A; do
	so=$(echo "$K"/build/$v/*.so)
	readelf -SW "$so" | sed -n 's/.*\.nv_fatbin *PROGBITS *[0-9a-f]* \([0-9a-f]*\) \([0-9a-f]*\) .*/\1 \2/p' >"$T/where"
	read -r from size <"$T/where"
	tail -c +$((0x$from + 1)) "$so" | head -c $((0x$size)) >"$T/$v.fatbin"
	is "$(python3 "$ROOT/tests/e2e/fatbin.py" "$so")" "sm_80 sm_90" "$v has device code"
done
ok "the same for both, byte for byte" cmp "$T/$X.fatbin" "$T/$A.fatbin"
is "$(ran ': ptxas')" 2 "ptxas ran once for each capability, not for each target"
is "$(readelf -hW "$K"/build/$A/*.so | sed -n 's/ *Machine: *//p')" AArch64 "the library is for aarch64"
is "$(readelf -hW "$K"/build/$X/*.so | sed -n 's/ *Machine: *//p')" "Advanced Micro Devices X86-64" "and the other for x86-64"
is "$(readelf -lW "$K"/build/$A/*.so | awk '/LOAD/ { print $NF }' | sort -u)" 0x10000 "it loads where pages have 64 KiB"
status 0 "the lock is left aside" "$KB" build --no-lock --variant $C "$K"
for v in $A $C; do
	so=$(echo "$K"/build/$v/*.so)
	is "$(readelf -dW "$so" | grep -cE 'RPATH|RUNPATH|TEXTREL')" 0 "$v: no path, no text relocation"
	is "$(readelf -dW "$so" | grep NEEDED | grep -vcE '\[(libtorch|libtorch_cpu|libtorch_cuda|libc10|libc10_cuda|libcudart|libstdc\+\+|libm|libgcc_s|libpthread|libc|ld-linux-aarch64)\.so[.0-9]*\]')" 0 \
		"$v: needs libraries of torch, CUDA and every distribution only"
done
status 0 "the auditor finds no fault" "$KB" check-abi "$K/build"
# It would find one.
mkdir "$T/swapped"
cp -r "$K/build/$A" "$T/swapped/$X"
status 5 "nor is one for another machine taken for it" "$KB" check-abi "$T/swapped"
like "$out" 'aarch64' "which is said"

# Wheels of both, from the lock.
status 0 "wheels for both" "$KB" wheel "$K"
N=tiny-1+torch211.cu130-cp39-abi3-manylinux_2_28
is "$(ls "$K/dist" | tr '\n' ' ')" "${N}_aarch64.whl ${N}_x86_64.whl " "differ in the machine of their names"
W=$K/dist/${N}_aarch64.whl
is "$(unzip -p "$W" '*/WHEEL' | grep ^Tag)" "Tag: cp39-abi3-manylinux_2_28_aarch64" "and tags"
is "$(unzip -p "$W" '*/METADATA' | sed '1,/^$/!d')" "$(unzip -p "$K/dist/${N}_x86_64.whl" '*/METADATA' | sed '1,/^$/!d')" "they need the same"
is "$(python3 - "$W" <<'PY'
import base64
import csv
import hashlib
import io
import json
import sys
import zipfile

z = zipfile.ZipFile(sys.argv[1])
text = {n: z.read(n) for n in z.namelist()}
record = next(n for n in text if n.endswith("/RECORD"))
rows = {n: (h, s) for n, h, s in csv.reader(io.StringIO(text[record].decode()))}
digest = lambda b: "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(b).digest()).decode().rstrip("=")
print(rows.pop(record), rows == {n: (digest(b), str(len(b))) for n, b in text.items() if n != record})
parts = json.loads(next(b for n, b in text.items() if n.endswith(".cdx.json")))["components"]
print(sorted({c["purl"].split("?arch=")[1] for c in parts if "?arch=" in c["purl"] and c["scope"] == "required"}))
print(sorted(c["purl"].rsplit("_", 1)[1] for c in parts if c["name"] == "torch"))
print(sorted(c["scope"] + " " + c["purl"].rsplit("manylinux", 1)[1] for c in parts if c["name"] == "nvidia-cuda-runtime"))
PY
)" "$(printf '%s\n' "('', '') True" "['arm64']" "['aarch64.whl']" "['excluded _2_17_aarch64.whl', 'required _2_17_x86_64.whl']")" \
	"RECORD is right; the SBOM has the target's headers, static libraries and torch, and of CUDA the headers that both have"
status 0 "a wheel is judged" "$KB" check-abi "$W"
like "$out" '^0 errors, 0 warnings' "and right"
mkdir "$T/else where"
cp -r "$K" "$T/else where/k"
rm -r "$T/else where/k/build" "$T/else where/k/dist"
status 0 "from another directory" "$KB" wheel --target aarch64 "$T/else where/k"
is "$(ls "$T/else where/k/dist")" "${N}_aarch64.whl" "--target takes one"
ok "it is the same, byte for byte" cmp "$W" "$T/else where/k/dist/${N}_aarch64.whl"
for machine in x86_64 aarch64; do
	python3 -m pip --disable-pip-version-check download -q --no-deps --no-index --find-links "$K/dist" -d "$T/$machine" \
		--only-binary :all: --platform manylinux_2_28_$machine --python-version 3.12 tiny >/dev/null 2>&1
	is "$(ls "$T/$machine")" "${N}_$machine.whl" "pip on $machine takes that for it"
done

# A shell needs a Python that loads the variant.
status 3 "testshell for it" "$KB" testshell --no-lock --variant $C "$K" -- true
like "$out" "^error: $C is for aarch64, and this machine is x86-64: no Python here can load it" "is refused"
status 3 "devshell, too" "$KB" devshell --no-lock --variant $C "$K" -- true
like "$out" "no Python here can load it. Build it, and test it there: kernel-builder build --variant $C" "before anything is built"
python3 -m venv --without-pip "$T/bare"
"$KB" lock -q --matrix all --torch 2.11 --cuda 13.0 --target aarch64 "$T/else where/k"
status 3 "a lock for aarch64 alone" env KERNEL_BUILDER_TARGET=aarch64 "$KB" testshell --python "$T/bare/bin/python3" "$T/else where/k" -- true
like "$out" '^error: there is nothing for target x86_64 here, only for aarch64; .*kernel-builder.lock decides' "has nothing for a shell, whatever the settings say"

# Instructions of one machine: a section with flags for them is left out, an #include of them is refused before anything runs.
M=$T/machine
cp -r "$ROOT/tests/kernels/tiny" "$M"
cat >>"$M/build.toml" <<'TOML'

[kernel.fast]
backend = "cpu"
depends = ["torch"]
cxx-flags = ["-mavx2"]
src = ["src/fast.cpp"]
TOML
echo '#include <immintrin.h>' >"$M/src/fast.cpp"
status 0 "a section with -mavx2 is left out" "$KB" build --no-lock --variant $C "$M"
like "$out" '^note: kernel fast is left out for aarch64: its flag -mavx2 is for x86-64$' "which is said"
sed -i 's/^cxx-flags.*//' "$M/build.toml"
status 3 "intrinsics without a flag are refused" "$KB" build --no-lock --variant $C "$M"
like "$out" "^error: $M/src/fast.cpp:1: immintrin.h is for x86-64, and $C is for aarch64; include it below #ifdef __x86_64__" "in one sentence"
printf '#pragma once\n#ifdef _MSC_VER\n#include <intrin.h>\n#else\n#include <cpuid.h>\n#endif\n' >"$M/src/cpu.h"
printf '#ifdef _MSC_VER\n#include <immintrin.h>\n#endif\n#include "cpu.h"\n#if !defined(_WIN32)\n#include <x86intrin.h>\n#endif\n' >"$M/src/fast.cpp"
sed -i 's|"src/fast.cpp"|&, "src/cpu.h"|' "$M/build.toml"
status 3 "what another compiler or system would skip is not" "$KB" build --no-lock --variant $C "$M"
like "$out" "^error: $M/src/cpu.h:5: cpuid.h is for x86-64, and $C is for aarch64, and compiles this as part of src/fast.cpp; .*; the same holds for src/fast.cpp:6$" "all places are named at once"
printf '#ifdef __aarch64__\n#include <arm_neon.h>\n#else\n#include <immintrin.h>\n#endif\n' >"$M/src/fast.cpp"
status 0 "below #ifdef they are not" "$KB" build --no-lock --variant $C --variant torch215-cxx11-cpu-x86_64-linux "$M"
printf '#ifndef X\n#include <immintrin.h>\n#endif\n' >"$M/src/fast.cpp"
status 1 "what an #if hides" "$KB" build --no-lock --variant $C "$M"
like "$out" "^hint: immintrin.h is for x86-64, and $C is for aarch64; include it below #ifdef __x86_64__ only" "is explained when it fails"

printf 'void f() { asm volatile("pause"); }\n' >"$M/src/fast.cpp"
status 1 "asm of x86-64" "$KB" build --no-lock --variant $C "$M"
like "$out" '^hint: src/fast.cpp:1: g\+\+ for aarch64 does not take this asm; if it is for x86-64, put it below #ifdef __x86_64__' "is found in the source, which the assembler does not name"

# Device code is linked as for x86-64, and with the device runtime of the target.
R=$T/rdc
cp -r "$ROOT/tests/kernels/rdc" "$R"
cat >"$R/src/alone.cu" <<'C'
__global__ void child(float *x);
__global__ void alone(float *x) { child<<<1, 1>>>(x); }
C
echo '__global__ void child(float *x) { *x = 1; }' >"$R/src/child.cu"
sed -i 's|^src = \["src/alone.cu"\]|src = ["src/alone.cu", "src/child.cu"]\ncuda-flags = ["-rdc=true"]|' "$R/build.toml"
status 0 "relocatable device code, and a kernel that starts a kernel" "$KB" build --no-lock --matrix all --variant $X --variant $A "$R"
is "$(readelf -h "$R/build/$A"/_*.so | grep -c AArch64)" 1 "for aarch64"
is "$(readelf -p __nv_module_id "$R/build/$A"/_*.so | grep -c ' def _')" 5 "four files and the device runtime are registered"
is "$(nm -D "$R/build/$A"/_*.so | grep -c -i -e cudaCDP -e device_runtime)" 0 "of the device runtime nothing is seen from outside"
status 0 "it is judged" "$KB" check-abi "$R/build/$A"
like "$out" '0 errors, 0 warnings' "and right"
status 1 "the libraries differ" "$KB" diff -v "$R/build/$X" "$R/build/$A"
is "$(printf '%s\n' "$out" | grep -i -e kernel -e sm_ | grep -vc cuda_device_runtime_cu)" 0 "but no kernel does, other than the device runtime's own, whose names differ"
status 3 "for CUDA 12.6" "$KB" build --no-lock --matrix all --variant torch211-cxx11-cu126-aarch64-linux "$R"
like "$out" 'src/alone.cu:2:1: a kernel starts a kernel, which needs CUDA.s device runtime; .* is for CUDA 12.6' "it is refused with the place"

# Libraries of CUDA: of each one function.
L=$T/libraries
mkdir -p "$L/src" "$L/torch-ext/lib_cuda"
cat >"$L/build.toml" <<'TOML'
[general]
name = "lib-cuda"
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
src = ["src/call.cpp"]
TOML
printf '#include "registration.h"\n\nREGISTER_EXTENSION(TORCH_EXTENSION_NAME)\n' >"$L/torch-ext/binding.cpp"
touch "$L/torch-ext/lib_cuda/__init__.py"
cat >"$L/src/call.cpp" <<'CPP'
#include <cublasLt.h>
#include <cublas_v2.h>
#include <cufft.h>
#include <curand.h>
#include <cusolverDn.h>
#include <cusparse.h>
#include <nvJitLink.h>
#include <nvrtc.h>

extern "C" int
lib_call()
{
	cublasHandle_t blas;
	cusparseHandle_t sparse;
	cusolverDnHandle_t solver;
	cufftHandle fft;
	curandGenerator_t rand;
	unsigned major, minor;
	int a, b;

	return cublasCreate(&blas) || cusparseCreate(&sparse) || cusolverDnCreate(&solver) || cufftCreate(&fft) ||
	       curandCreateGenerator(&rand, CURAND_RNG_PSEUDO_DEFAULT) || nvrtcVersion(&a, &b) ||
	       nvJitLinkVersion(&major, &minor) || cublasLtGetVersion() == 0;
}
CPP
status 0 "calls of CUDA's libraries" "$KB" build --no-lock --matrix all --variant $X --variant $A "$L"
is "$(readelf -dW "$L/build/$A"/*.so | grep -oE 'lib(cu|nv)[A-Za-z]+\.so\.[0-9]+' | grep -v cudart | sort | tr '\n' ' ')" \
	"libcublas.so.13 libcublasLt.so.13 libcufft.so.12 libcurand.so.10 libcusolver.so.12 libcusparse.so.12 libnvJitLink.so.13 libnvrtc.so.13 " "for aarch64, each is needed"
is "$(readelf -dW "$L/build/$A"/*.so | grep NEEDED | sed 's/aarch64/x86-64/' | sort)" "$(readelf -dW "$L/build/$X"/*.so | grep NEEDED | sort)" "the same as for x86-64"
status 0 "they are judged" "$KB" check-abi "$L/build"
like "$out" '^0 errors, 0 warnings' "and right"

# tvm-ffi for aarch64.
F=$T/relu-tvm-ffi
mkdir "$F"
(cd "$ROOT/examples/relu-tvm-ffi" && tar -cf - --exclude=./build --exclude=./result .) | tar -C "$F" -xf -
status 0 "a tvm-ffi kernel" "$KB" build --no-lock --target all --matrix all --cuda 13.0 --capability 9.0 "$F"
P=$F/build/tvm-ffi01-cu130
is "$(readelf -h $P-aarch64-linux/_*.so | grep -c AArch64)" 1 "for CUDA"
is "$(readelf -dW $P-aarch64-linux/_*.so | grep NEEDED | grep -oE 'lib(tvm|torch|c10|python|cu)[a-z0-9_]*' | tr '\n' ' ')" "libtvm_ffi " "CUDA's runtime is inside"
status 1 "the libraries differ" "$KB" diff -v $P-x86_64-linux $P-aarch64-linux
is "$(printf '%s\n' "$out" | grep -c -i -e kernel -e sm_)" 0 "but no kernel does"
status 0 "and for CPUs" "$KB" build --no-lock --target aarch64 --matrix all --backend cpu "$F"
is "$(readelf -h "$F"/build/tvm-ffi01-cpu-aarch64-linux/_*.so | grep -c AArch64)" 1 "too"
done_testing
