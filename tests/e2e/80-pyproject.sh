#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Generated projects: what create-pyproject writes and clean-pyproject takes away, and that real pip, CMake and ninja build with it, against
# real torch, for CPU and with the nvcc of NVIDIA's wheels.
. "$(dirname "$0")/lib.sh"
shares_trees
ENVS=$ROOT/.build
export CCACHE_DIR=$T/ccache
unset CUDA_HOME CUDA_PATH CUDACXX CUDAHOSTCXX CMAKE_ARGS CMAKE_GENERATOR KERNEL_BACKEND DEBUG NVCC_THREADS MAX_JOBS
tree() { (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum); }
names() { (cd "$1" && find . -type f | LC_ALL=C sort | tr '\n' ' '); }
copy() { cp -r "$ROOT/tests/kernels/$1" "$2"; }

# Files.
K=$T/local
copy local "$K"
before=$(tree "$K")
id() { "$KB" plan -q --json --no-lock --matrix all --torch 2.15 --backend cpu "$K" | grep -oE '_local_adds_cpu_[a-z2-7]{10}' | sort -u; }
first_id=$(id)
status 0 "create-pyproject" "$KB" create-pyproject "$K"
is "$(names "$K" | tr ' ' '\n' | grep -vE '/(one|two|gpu)/|binding|__init__|facts|build.toml' | tr '\n' ' ')" \
	"./CMakeLists.txt ./cmake/_alias.py.in ./cmake/_ops.py.in ./cmake/generated.sha256 ./cmake/kernel.cmake ./cmake/kernel.json ./cmake/kernel_tool.py ./pyproject.toml ./setup.py ./torch-ext/local_adds/_ops.py ./torch-ext/registration.h " \
	"the files that it writes"
ok "sha256sum knows them" sh -c "cd '$K' && sha256sum -c --strict cmake/generated.sha256"
is "$(id)" "$first_id" "they are no part of the kernel's id"
written=$(tree "$K")
status 3 "a second time" "$KB" create-pyproject "$K"
for f in CMakeLists.txt setup.py pyproject.toml cmake/kernel.json torch-ext/registration.h torch-ext/local_adds/_ops.py; do
	like "$out" "[ ,]${f}[,;]" "names $f"
done
is "$(printf '%s\n' "$out" | wc -l)" 1 "in one message"
is "$(tree "$K")" "$written" "and writes nothing"
echo "# mine" >>"$K/setup.py"
status 0 "--force" "$KB" create-pyproject -f "$K"
is "$(tree "$K")" "$written" "overwrites"
echo "# mine" >>"$K/setup.py"
sed -i 's/^version = 2/version = 3/' "$K/build.toml"
status 0 "clean-pyproject --dry-run" "$KB" clean-pyproject -d "$K"
like "$out" 'would remove CMakeLists.txt' "says what would go"
like "$out" 'kept setup.py: it was changed' "and what stays"
status 0 "clean-pyproject" "$KB" clean-pyproject "$K"
like "$out" 'kept setup.py: it was changed since it was written' "says what stays, and why"
is "$(tail -1 "$K/setup.py")" "# mine" "what the user changed is there"
rm "$K/setup.py"
sed -i 's/^version = 3/version = 2/' "$K/build.toml"
is "$(tree "$K")" "$before" "all else is gone, though build.toml was edited in between"
[ ! -e "$K/cmake" ]
is $? 0 "cmake/ too"
"$KB" create-pyproject -q "$K"
rm "$K/cmake/generated.sha256"
echo >>"$K/CMakeLists.txt"
status 0 "clean-pyproject without generated.sha256" "$KB" clean-pyproject "$K"
like "$out" 'kept CMakeLists.txt: it is not what create-pyproject would write' "compares with what it would write"
rm "$K/CMakeLists.txt"
is "$(tree "$K")" "$before" "and removes the rest"
echo mine >"$K/pyproject.toml"
status 3 "a file of the user's" "$KB" create-pyproject "$K"
like "$out" 'has 1 file already: pyproject.toml;' "is named"
rm "$K/pyproject.toml"
is "$(tree "$K")" "$before" "nothing was written"
mkdir -p "$K/cmake/kernel.json"
status 3 "a directory in the way, with --force" "$KB" create-pyproject -f "$K"
like "$out" 'cmake/kernel.json is not a plain file' "is named"
rmdir "$K/cmake/kernel.json" "$K/cmake"
is "$(tree "$K")" "$before" "nothing is half written"
status 2 "an id that is no name" "$KB" create-pyproject --unique-id 'a-b' "$K"

# Real torch, in an environment of this test's own.
"$ROOT/tools/torch_env.py" 2.15.0 "$ENVS/torch-2.15.0" kernels==0.17.2 2>&1 | sed 's/^/# /'
"$ENVS/torch-2.15.0/bin/python" -m venv "$T/env"
site=$(echo "$T"/env/lib/python3*/site-packages)
{ echo "$ENVS/torch-2.15.0/${site#"$T"/env/}"; echo "import os, sys; sys.setdlopenflags(os.RTLD_LAZY)"; } >"$site/torch.pth"
export PATH=$T/env/bin:$PATH
pip install -q --disable-pip-version-check --no-deps -U setuptools wheel einops 2>&1 | sed 's/^/# /'
use='import torch, local_adds as k
print(k.three(torch.zeros(2)).tolist(), k.facts, k.ops.one.default.name() == k.add_op_namespace_prefix("one"))'
used="[3.0, 3.0] {'egg': 42} True"
V=torch215-cxx11-cpu-x86_64-linux

# CPU, three ways.
"$KB" create-pyproject -q "$K"
status 0 "cmake" cmake -S "$K" -B "$K/build-x" -G Ninja -DKERNEL_BACKEND=cpu
like "$out" "CXX compiler is called through .*ccache" "finds ccache"
like "$out" "Variant: $V" "and names the variant"
status 0 "ninja" ninja -C "$K/build-x"
is "$(cd "$T" && PYTHONPATH=$K/build-x/$V python -c "$use" 2>&1)" "$used" "CMake's variant works"
status 0 "python setup.py build_kernel" env -C "$K" KERNEL_BACKEND=cpu python setup.py build_kernel
is "$(ls "$K/build")" "$V" "leaves the variant in build/"
is "$(readlink "$K/result")" build "and the link"
is "$(cd "$T" && PYTHONPATH=$K/result/$V python -c "$use" 2>&1)" "$used" "it works"
status 0 "check-builds finds nothing wrong with it" "$KB" check-builds "$K"
is "$(cd "$T" && python -c "
from pathlib import Path
import torch
from kernels import get_local_kernel
print(get_local_kernel(Path('$K/build'), backend='cpu').three(torch.zeros(1)).item())" 2>&1 | tail -1)" 3.0 "kernels.get_local_kernel loads it"
status 0 "pip install -e ." env -C "$K" KERNEL_BACKEND=cpu pip install --disable-pip-version-check --no-build-isolation -e .
is "$(cd "$T" && python -c "$use" 2>&1)" "$used" "the package in the source tree works"
is "$(cd "$T" && python -c "import local_adds; print(local_adds.__file__)")" "$K/torch-ext/local_adds/__init__.py" "it is that one"
sed -i 's/ops.two(ops.one(x))/ops.two(ops.two(x))/' "$K/torch-ext/local_adds/__init__.py"
is "$(cd "$T" && python -c "import torch, local_adds as k; print(k.three(torch.zeros(1)).item())" 2>&1)" 4.0 "an edit of Python needs no installation"
like "$(ccache --print-stats 2>/dev/null)" "direct_cache_hit.[1-9]" "compilers were called through ccache"
pip uninstall -q -y local-adds 2>&1 | sed 's/^/# /'
status 0 "pip wheel" env -C "$K" KERNEL_BACKEND=cpu pip wheel -q --disable-pip-version-check --no-build-isolation --no-deps -w "$T/wheels" .
is "$(ls "$T/wheels")" local_adds-2-cp39-abi3-linux_x86_64.whl "the wheel is for every Python since 3.9"
is "$(python -m zipfile -l "$T"/wheels/*.whl | awk 'NR > 1 { print $1 }' | grep -vE 'dist-info' | sed 's/_cpu_[a-z2-7]*/_cpu_ID/' | sort | tr '\n' ' ')" \
	"local_adds/__init__.py local_adds/_local_adds_cpu_ID.abi3.so local_adds/_ops.py local_adds/facts.json " "its files"
is "$(ls "$K/build")" "$V" "build/ is for variants only"
status 0 "clean-pyproject after all that" "$KB" clean-pyproject "$K"
like "$out" '0 kept' "keeps none of its files"

# CUDA 13.0, from NVIDIA's wheels.
C=$ENVS/cuda-13.0
[ -e "$C/ready" ] || { rm -rf "$C" && pip install -q --disable-pip-version-check --no-deps --no-compile --no-cache-dir --target "$C" \
	'nvidia-cuda-nvcc==13.0.*' 'nvidia-cuda-crt==13.0.*' 'nvidia-nvvm==13.0.*' 'nvidia-cuda-cccl==13.0.*' 'nvidia-cuda-runtime==13.0.*' &&
	touch "$C/ready"; } 2>&1 | sed 's/^/# /'
export CUDA_HOME=$C/nvidia/cu13
G=$T/gpu
copy local "$G"
"$KB" create-pyproject -q "$G"
status 0 "python setup.py build_kernel for CUDA" env -C "$G" python setup.py build_kernel
like "$out" "CUDA compiler is called through .*ccache" "nvcc is called through ccache"
like "$out" "Section later is left out: it needs CUDA 99.0" "cuda-minver is kept"
VC=torch215-cxx11-cu130-x86_64-linux
is "$(ls "$G/build")" "$VC" "the variant is that of nvcc's CUDA"
is "$(python -c "import json; print(json.load(open('$G/build/$VC/metadata.json'))['backend'])")" "{'type': 'cuda', 'archs': ['12.0+PTX', '8.0', '9.0a']}" "metadata.json says the capabilities"
status 0 "check-builds compares that with the device code" "$KB" check-builds "$G"
like "$(readelf -dW "$G/build/$VC"/*.so)" 'NEEDED.*libcudart.so.13' "the runtime is torch's"
is "$(readelf -dW "$G/build/$VC"/*.so | grep -cE 'RPATH|RUNPATH')" 0 "no path is in it"
is "$(cd "$T" && PYTHONPATH=$G/build/$VC python -c "
import torch, local_adds as k
print(torch._C._dispatch_has_kernel_for_dispatch_key(k.add_op_namespace_prefix('one'), 'CUDA'))" 2>&1)" True "imported, its operators are there for CUDA"

# KERNEL_CAPABILITIES leaves what --capability leaves, and refuses what that refuses.
with() { cmake -S "$1" -B "$1/build-c" -G Ninja "-DKERNEL_CAPABILITIES=$2"; }
wants() { "$KB" plan -q --json --no-lock --matrix all --variant "$VC" --capability "$2" "$1"; }
status 0 "a section without code for that GPU, whose file is in another" with "$G" 8.0
commands=$(ninja -C "$G/build-c" -t commands)
is "$(printf '%s\n' "$commands" | grep -oE 'code=(sm|compute)_[0-9a]+' | sort -u)" code=sm_80 "what is left is compiled"
like "$commands" '-DFROM_CUDA_FLAGS.*-DAGAIN.* -c .*/gpu/add.cu' "with the flags of both"
like "$commands" '"?--archs=8.0"? "?--only=8.0"?' "and metadata.json says so"
is "$(wants "$G" 8.0 | python -c "import json, sys; v = json.load(sys.stdin)['variants'][0]; print(*v['archs'], *v['kernels'])")" "8.0 gpu gpu-again" "as in build"
status 0 "all of its GPUs" with "$G" '8.0;9.0;12.0'
like "$(ninja -C "$G/build-c" -t commands)" '"?--only="? ' "leave nothing out"
status 1 "a GPU that nothing is for" with "$G" 7.5
like "$(printf '%s' "$out" | tr -s ' \n' ' ')" "$VC has no code for capability 7.5, only for 8.0, 9.0a, 12.0\+PTX" "is refused"
status 3 "as in build" wants "$G" 7.5
like "$out" 'no code for capability 7.5' "with the same words"
status 1 "what is no capability" with "$G" nine
like "$out" 'KERNEL_CAPABILITIES: "nine" is not a capability such as 9.0' "is named"
copy rdc "$T/apart"
"$KB" create-pyproject -q "$T/apart"
status 1 "a section without code for that GPU, which others need" with "$T/apart" 9.0
like "$(printf '%s' "$out" | tr -s ' \n' ' ')" "\[kernel.alone\] has nothing for capability 9.0, and without it the others do not link; add 7.5, which it has" "is refused"
status 3 "as in build" wants "$T/apart" 9.0
like "$out" '\[kernel.alone\] has nothing for capability 9.0, and without it the others do not link; add --capability 7.5, which it has' "with the same words"

# Relocatable device code: a device function and a __constant__ that two files share, linked as CMake links device code.
R=$T/rdc
copy rdc "$R"
images() { python "$ROOT/tests/e2e/fatbin.py" "$1"/lib/*.so "${2:-.nv_fatbin}"; }
linked() { readelf -p __nv_module_id "$1"/lib/*.so | grep -c ' def _'; }
"$KB" create-pyproject -q "$R"
status 0 "cmake with -rdc=true" cmake -S "$R" -B "$R/build-x" -G Ninja
status 0 "ninja" ninja -C "$R/build-x"
is "$(images "$R/build-x")" "sm_75 sm_80 sm_90" "linked for its architectures, and the other section's"
is "$(images "$R/build-x" __nv_relfatbin)" "compute_90 sm_75 sm_90" "the PTX is there for the driver to link"
is "$(linked "$R/build-x")" 2 "the two files are registered"
is "$(nm -D "$R"/build-x/lib/*.so | grep -c -e fatbinwrap -e LinkedBinary)" 0 "what links the device code stays inside"
status 0 "check-abi, which counts a cubin only if nvlink made it" "$KB" check-abi "$R/build-x/$VC"
like "$out" '0 errors, 0 warnings' "is content"
is "$(cd "$T" && PYTHONPATH=$R/build-x/$VC python -c "import torch, rdc; print(rdc.name())" 2>&1 | sed 's/_cuda_.*/_cuda_ID/')" _rdc_cuda_ID "it is imported"
for f in '"-dc"' '"-Xptxas=-v", "-rdc", "true", "-Xnvlink", "-suppress-stack-size-warning"'; do
	sed -i "s/^cuda-flags.*/cuda-flags = [$f]/" "$R/build.toml"
	"$KB" create-pyproject -q -f "$R"
	rm -r "$R/build-x"
	status 0 "$f" cmake -S "$R" -B "$R/build-x" -G Ninja
	status 0 "ninja" ninja -v -C "$R/build-x"
	is "$(linked "$R/build-x")" 2 "is linked"
done
like "$out" 'nvcc .*-Xnvlink=-suppress-stack-size-warning .*-dlink ' "nvlink has its options"
cat >"$R/src/alone.cu" <<'C'
__global__ void child(float *x);
__global__ void alone(float *x) { child<<<1, 1>>>(x); }
C
echo '__global__ void child(float *x) { *x = 1; }' >"$R/src/child.cu"
sed -i 's|^cuda-flags.*|cuda-flags = ["-dc", "-rdc=false"]|; s|^src = \["src/alone.cu"\]|src = ["src/alone.cu", "src/child.cu"]\ncuda-flags = ["-rdc=true"]|' "$R/build.toml"
"$KB" create-pyproject -q -f "$R"
status 0 "a kernel that starts a kernel" cmake -S "$R" -B "$R/build-y" -G 'Unix Makefiles'
status 0 "make" make -C "$R/build-y"
is "$(linked "$R/build-y")" 5 "four files and the device runtime are registered"
is "$(nm -D "$R"/build-y/lib/*.so | grep -c -i -e cudaCDP -e device_runtime)" 0 "of the device runtime nothing is seen from outside"
status 0 "check-abi" "$KB" check-abi "$R/build-y/$VC"
sed -i 's/^cuda-flags.*/cuda-flags = ["-rdc=true", "-rdc=false"]/' "$R/build.toml"
"$KB" create-pyproject -q -f "$R"
status 0 "-rdc=false, which comes last" cmake -S "$R" -B "$R/build-z" -G Ninja
is "$(ninja -C "$R/build-z" -t commands | grep -c -e -dlink -e -rdc)" 0 "links no device code"
unset CUDA_HOME

# The stable ABI, bounds, another directory.
S="$T/sta ble"
copy tiny "$S"
sed -i 's/^\[torch\]/[torch]\nstable-abi = "2.11"/' "$S/build.toml"
status 0 "a project in another directory" "$KB" create-pyproject "$S" "$T/elsewhere/project"
is "$(names "$S")" "$(names "$ROOT/tests/kernels/tiny" | sed 's/ _//')" "nothing is written into the kernel's own"
status 0 "is built there" env -C "$T/elsewhere/project" KERNEL_BACKEND=cpu python setup.py build_kernel
is "$(ls "$S/build")" torch-stable-abi211-cpu-x86_64-linux "into the kernel's build/, and named after the stable ABI"
like "$(cat "$T/elsewhere/project/_cmake_build/compile_commands.json")" 'TORCH_TARGET_VERSION=0x20b000000000000' "which the compiler is told"
status 1 "pip install -e . there" env -C "$T/elsewhere/project" KERNEL_BACKEND=cpu pip install --disable-pip-version-check --no-build-isolation --no-deps -e .
like "$out" "an editable install needs these files in $S" "says where it works"
# In build/ itself, with make, and with sccache rather than ccache.
sed -i 's/^stable-abi.*/maxver = "2.15"/; s/depends = \["torch"\]/depends = ["torch", "cutlass_3_6"]/' "$S/build.toml"
rm -r "$S/build" "$S/result"
"$KB" create-pyproject -q "$S"
mkdir -p "$T/bin" "$T/cutlass/include/cutlass"
printf '#!/bin/sh\necho "$@" >>"%s"\nexec "$@"\n' "$T/sccache.log" >"$T/bin/sccache"
chmod +x "$T/bin/sccache"
printf '#define CUTLASS_MAJOR 3\n#define CUTLASS_MINOR 6\n#define CUTLASS_PATCH 1\n' >"$T/cutlass/include/cutlass/version.h"
status 1 "another CUTLASS" env CUTLASS_DIR="$T/cutlass" cmake -S "$S" -B "$T/b" -DKERNEL_BACKEND=cpu
like "$out" 'has CUTLASS 3.6.1, the' "is refused, also of the same minor release"
mkdir -p "$T/old/include/cutlass"
: >"$T/old/include/cutlass/cutlass.h"
echo 'project(CUTLASS VERSION 2.10.0 LANGUAGES CXX)' >"$T/old/CMakeLists.txt"
status 1 "CUTLASS 2.10, which has no version.h" env CUTLASS_DIR="$T/old" cmake -S "$S" -B "$T/b2" -DKERNEL_BACKEND=cpu
like "$out" 'has CUTLASS 2.10.0, the' "is known, too"
sed -i 's/PATCH 1/PATCH 0/' "$T/cutlass/include/cutlass/version.h"
status 0 "cmake -B build" env PATH="$T/bin:$PATH" CUTLASS_DIR="$T/cutlass" cmake -S "$S" -B "$S/build" -G 'Unix Makefiles' -DKERNEL_BACKEND=cpu
status 0 "and make local_install" make -C "$S/build" local_install
like "$(cat "$T/sccache.log")" "$T/cutlass/include .*-c .*answer.cpp" "calls the compiler through sccache, with CUTLASS's headers"
is "$(cd "$T" && PYTHONPATH="$S/result/$V" python -c "import torch, tiny; print(tiny.answer())" 2>&1)" 42 "the variant is in build/"
like "$(cat "$S/build/$V/metadata.json")" '"cutlass": "3.6.0"' "metadata.json names the release of CUTLASS"
status 0 "check-builds finds it there" "$KB" check-builds "$S"
sed -i 's/^maxver.*/maxver = "2.14"/' "$S/build.toml"
"$KB" create-pyproject -q -f "$S"
status 1 "a torch that is too new" cmake -S "$S" -B "$T/b" -DKERNEL_BACKEND=cpu
like "$out" 'Torch version 2.15.0 is too new. +Maximum supported version is 2.14' "is refused"

# Without compiled code: the same bytes as build gives.
N=$T/plain
copy plain "$N"
status 0 "build" "$KB" build "$N"
built=$(tree "$N/build")
rm -r "$N/build" "$N/result"
"$KB" create-pyproject -q "$N"
is "$(names "$N" | grep -c CMakeLists)" 0 "a kernel without compiled code has no CMakeLists.txt"
status 0 "python setup.py build_kernel" env -C "$N" python setup.py build_kernel
is "$(tree "$N/build")" "$built" "leaves the same bytes as build"
status 0 "pip install -e ." env -C "$N" pip install --disable-pip-version-check --no-build-isolation --no-deps -e .
status 0 "build, with the generated files there" "$KB" build "$N"
is "$(tree "$N/build")" "$built" "leaves the same bytes again"

# The capabilities are chosen as the program itself chooses.
is "$(cd "$G/cmake" && python -B - "$ROOT/tests/cases/resolve/intersections.txt" <<'END'
import sys
from kernel_tool import meet
n = bad = 0
for line in open(sys.argv[1]):
    if line.startswith("supported "):
        supported = line.split()[1:]
    elif line.strip() and line[0] != "#":
        asked, want = (s.split() for s in line.split("="))
        n += 1
        if meet(asked, supported) != want:
            bad += 1
            print(line, meet(asked, supported))
print(n, bad)
END
)" "60 0" "in 60 cases"
is "$(cd "$G/cmake" && python -B - "$ROOT/tests/cases/resolve/serving.txt" <<'END'
import sys
from kernel_tool import serving
n = bad = 0
for line in open(sys.argv[1]):
    if line.strip() and line[0] != "#":
        have, rest = line.split(":")
        gpu, want = (s.split() for s in rest.split("="))
        n += 1
        if serving(have.split(), gpu[0]) != want:
            bad += 1
            print(line, serving(have.split(), gpu[0]))
print(n, bad)
END
)" "25 0" "and what serves one GPU, in 25"
done_testing
