#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# New kernels, of every kind: they lint clean, build, pass their tests in real torch, and load with the kernels client.
. "$(dirname "$0")/lib.sh"
shares_trees
ENVS=$ROOT/.build
"$ROOT/tools/torch_env.py" 2.15.0 "$ENVS/torch-2.15.0" kernels==0.17.2 2>&1 | sed 's/^/# /'
py=$ENVS/torch-2.15.0/bin/python
[ -x "$ENVS/ruff/bin/ruff" ] || { python3 -m venv "$ENVS/ruff" && "$ENVS/ruff/bin/pip" install -q ruff==0.17.6; } 2>&1 | sed 's/^/# /'
cd "$T" || exit 1

# The words of the command line.
status 0 "init OWNER/NAME" "$KB" init me/my_kernel
is "$out" "my-kernel: 15 files written to my-kernel" "says what it wrote where"
is "$(cd my-kernel && find . -type f | LC_ALL=C sort | tr '\n' ' ')" "./.clang-format ./.gitignore ./README.md ./benchmarks/benchmark.py ./build.toml ./example.py ./my_kernel_cpu/scale.cpp ./my_kernel_cuda/scale.cpp ./my_kernel_cuda/scale_kernel.cu ./my_kernel_cuda/scale_kernel.h ./ruff.toml ./tests/test_my_kernel.py ./torch-ext/my_kernel/__init__.py ./torch-ext/torch_binding.cpp ./torch-ext/torch_binding.h " "these files"
like "$(cat my-kernel/build.toml)" '^repo-id = "me/my-kernel"' "with the repository on the hub"
echo "# mine" >>my-kernel/build.toml
status 2 "a directory that is not empty" "$KB" init my-kernel
like "$out" 'my-kernel is not empty: it has README.md; name another directory, or give --overwrite' "is left as it was"
is "$(tail -n 1 my-kernel/build.toml)" "# mine" "to the last byte"
touch my-kernel/other
status 0 "--overwrite" "$KB" init my-kernel --name me/my-kernel --overwrite --backends cpu cuda
is "$(grep -c mine my-kernel/build.toml) $(ls my-kernel/other)" "0 my-kernel/other" "replaces its own, and keeps others"
mkdir fresh && git -C fresh init -q
status 0 "a fresh checkout, with -C" "$KB" init -C fresh --noarch
status 2 "a name that is none" "$KB" init Kernel
like "$out" '^error: name "Kernel" is not allowed; use two or more lower-case letters' "says which are"
status 2 "a backend that is not built" "$KB" init x-kernel --backend rocm
like "$out" 'init writes code for cuda and cpu' "says so"
status 2 "two kinds" "$KB" init x-kernel --noarch --triton
status 2 "two names" "$KB" init x-kernel y-kernel
status 2 "a licence that is none" "$KB" init x-kernel --license 'a"b'
is "$(find . -maxdepth 1 -name 'x-kernel*')" "" "nothing is written then"

# Every kind.
begin=$(date +%s%N)
status 0 "--stable-abi" "$KB" init a-kernel-of-a-rather-long-name-that-goes-on-and-on --stable-abi
status 0 "--noarch" "$KB" init plain-kernel --noarch
status 0 "--triton" "$KB" init triton-kernel --triton
echo "# three of them took $((($(date +%s%N) - begin) / 1000000)) ms"
status 0 "--tvm-ffi" "$KB" init tvm-kernel --tvm-ffi
status 0 "--backend cpu" "$KB" init cpu-only --backend cpu
status 0 "--backend cuda" "$KB" init gpu-only --backend cuda
mv a-kernel-of-a-rather-long-name-that-goes-on-and-on stable
for k in my-kernel stable plain-kernel triton-kernel tvm-kernel cpu-only gpu-only; do
	status 0 "$k: check-config" "$KB" check-config -q "$k"
	is "$out" "" "nothing to say"
done
# shellcheck disable=SC2016
is "$(for k in my-kernel stable plain-kernel triton-kernel tvm-kernel cpu-only gpu-only; do
	sed -n '/^## How/,$s/^- \(`[^:]*\):.*/\1/p' $k/README.md | tr -d '`,' | tr ' ' '\n' | while read -r f; do [ -e "$k/$f" ] || echo "$k/$f"; done
done)" "" "the files that README.md names are there"
status 0 "ruff finds nothing" "$ENVS/ruff/bin/ruff" check --no-cache .
status 0 "ruff would change nothing" "$ENVS/ruff/bin/ruff" format --no-cache --check .
for f in */.clang-format; do
	status 0 "${f%/*}: nor would clang-format" sh -c 'find "$1" -name "*.cpp" -o -name "*.h" -o -name "*.cu" | xargs clang-format --dry-run -Werror' - "${f%/*}"
done

# They build, and what was built works.
V=torch215-cxx11-cpu-x86_64-linux G=torch215-cxx11-cu130-x86_64-linux S=torch-stable-abi210-cpu-x86_64-linux
status 0 "my-kernel builds" "$KB" build --variant $V --variant $G --capability 9.0 my-kernel
is "$(printf '%s\n' "$out" | grep -A1 warning)" "" "and nothing is found fault with"
status 0 "stable builds" "$KB" build --variant $S --variant torch-stable-abi210-cu130-x86_64-linux --capability 9.0 stable
is "$(printf '%s\n' "$out" | grep -A1 warning)" "" "and nothing is found fault with"
status 0 "plain-kernel builds" "$KB" build plain-kernel
status 0 "triton-kernel builds" "$KB" build triton-kernel
tests() { # kernel variant
	PYTHONPATH=$1/build/$2 "$py" -m pytest -q -p no:cacheprovider "$1/tests" >"$1.log" 2>&1
	PYTHONPATH='' "$py" "$1/example.py" >"$1.example" 2>&1
}
tests my-kernel $V &
tests stable $S &
wait
tests plain-kernel torch-cpu
like "$(cat my-kernel.log)" '^11 passed' "my-kernel: its tests"
like "$(cat stable.log)" '^11 passed' "stable: its tests"
like "$(cat plain-kernel.log)" '^8 passed' "plain-kernel: its tests"
for k in my-kernel stable plain-kernel; do
	is "$(cat $k.example)" "tensor([2.5000, 5.0000, 7.5000])" "$k: its example, with kernels.get_local_kernel"
done
status 0 "the CUDA variant: its tests, which are skipped without a GPU" env PYTHONPATH="my-kernel/build/$G" "$py" -m pytest -q -p no:cacheprovider my-kernel/tests
like "$out" '^11 (passed|skipped)' "all of them"
# Triton interprets where there is no GPU.
[ -d "$ENVS/triton/triton" ] || { rm -rf "$ENVS/triton.new" && "$py" -m pip install -q --disable-pip-version-check --no-deps --target "$ENVS/triton.new" triton==3.9.0 && mv "$ENVS/triton.new" "$ENVS/triton"; } 2>&1 | sed 's/^/# /'
status 0 "triton-kernel: its tests" env TRITON_INTERPRET=1 PYTHONPATH="triton-kernel/build/torch-cuda:$ENVS/triton" "$py" -m pytest -q -p no:cacheprovider triton-kernel/tests
like "$out" '^9 passed' "all of them, interpreted"
is "$(PYTHONPATH=triton-kernel/build/torch-cuda "$py" -c "
import ast, pathlib
print([n.name for n in ast.parse(pathlib.Path('triton-kernel/build/torch-cuda/__init__.py').read_text()).body if isinstance(n, ast.FunctionDef)])")" "['_scale_kernel', 'scale']" "triton-kernel: what was published"

# From a setup.py: what it says is to be done is all that is to be done.
mkdir -p old/csrc
cat >old/setup.py <<'EOF'
import os
from setuptools import setup
from torch.utils.cpp_extension import BuildExtension, CppExtension

here = os.path.dirname(os.path.abspath(__file__))
flags = ["-O3"]
if os.getenv("DEBUG"):
    flags.append("-g")
setup(
    name="Old_Ops",
    license="MIT",
    ext_modules=[
        CppExtension(
            "old_ops._C",
            [os.path.join(here, "csrc", "ops.cpp")],
            include_dirs=[os.path.join(here, "csrc")],
            define_macros=[("BY", "2")],
            extra_compile_args={"cxx": flags + os.environ["MORE"].split()},
        )
    ],
    cmdclass={"build_ext": BuildExtension},
    version="1.2",
    packages=["old_ops"],
    package_data={"old_ops": ["*.json"]},
    install_requires=["torch", "einops>=0.7", "nvidia_cutlass_dsl", "packaging", "Typer[all]; os_name == 'posix'"],
    extras_require={},
    **more,
)
EOF
cat >old/csrc/ops.cpp <<'EOF'
#include <torch/extension.h>
#include "ops.h"
at::Tensor twice(const at::Tensor& x) { return x * BY; }
PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) { m.def("twice", &twice); }
EOF
echo 'at::Tensor twice(const at::Tensor& x);' >old/csrc/ops.h
status 0 "init --from" "$KB" init --from old
is "$out" "old-ops: build.toml and 2 other files written to old
left to do, as build.toml says at its top:
setup.py:18:48: extra_compile_args of old_ops._C: os.environ[\"MORE\"].split() is known only when setup.py runs; it is not moved
setup.py:22:5: version is not moved: that of a kernel is a whole number, 1 in build.toml
setup.py:23:5: packages is not moved: put the Python files that the kernel needs into its package below torch-ext/
setup.py:24:5: package_data is not moved: put these files into the package below torch-ext/, and name their endings, as in pyext = [\"py\", \"json\"] in [torch]
setup.py:25:32: install_requires: if the kernel imports einops, write python-depends = [\"einops\"] into [general]
setup.py:25:47: install_requires: if the kernel imports cutlass, write python-depends = [\"nvidia-cutlass-dsl\"] into [general.cuda]
setup.py:25:23: install_requires: a kernel cannot depend on packaging, typer; its Python files must do without
setup.py:27:5: **more of setup(): what it has is not moved
csrc/ops.cpp:4: move what PYBIND11_MODULE registers to torch-ext/torch_binding.cpp, as operators, and take it out here
csrc/ops.cpp:1: torch/extension.h brings pybind11, which kernels have not; include torch/all.h" "says what is left to do"
is "$(sed -n '/^\[kernel/,$p' old/build.toml)" '[kernel._C]
backend = "cpu"
depends = ["torch"]
src = [
  "csrc/ops.cpp",
  "csrc/ops.h",
]
include = ["csrc"]
cxx-flags = [
  "-DBY=2",
  "-O3",
]' "the section"
status 3 "check-config" "$KB" check-config -q old
like "$out" 'old/csrc/ops.cpp:1: torch/extension.h brings pybind11' "wants that done first"
status 2 "once more" "$KB" init --from old
like "$out" 'old has build.toml already; --overwrite replaces it' "is refused"
status 2 "with a kind" "$KB" init --from old --noarch
like "$out" '^error: --noarch and --from: --from takes what there is; beside it, only --name, --license and --overwrite' "says which option"
status 2 "with a name that is none" "$KB" init --from old --name Bad
like "$out" '^error: name "Bad" is not allowed;.*such as "my-kernel"$' "does not say to give --name"
rm old/build.toml old/torch-ext -r
status 0 "with options of all commands" "$KB" init --from old -v --store "$T/store"
sed -i 's|torch/extension.h|torch/all.h|; /PYBIND11_MODULE/d' old/csrc/ops.cpp
sed -i 's|^    //     twice .*|    ops.def("twice(Tensor x) -> Tensor");\n    ops.impl("twice", torch::kCPU, \&twice);|
	s|^#include "registration.h"|#include <torch/all.h>\n\n#include "ops.h"\n&|' old/torch-ext/torch_binding.cpp
sed -i 's|^src = \["torch-ext/torch_binding.cpp"\]|&\ninclude = ["csrc"]|' old/build.toml
status 0 "builds" "$KB" build -q --variant $V old
is "$(cd "$T" && PYTHONPATH=old/build/$V "$py" -c "
import torch, old_ops
print(old_ops.ops.twice(torch.tensor([1.0, 2.0])))" 2>&1)" "tensor([2., 4.])" "and works"
rm old/setup.py
echo 'x = 1' >old/setup.py
status 3 "without an extension" "$KB" init --from old --overwrite
like "$out" 'old/setup.py: there is no call of CUDAExtension, CppExtension' "says so"
status 2 "a directory that is not there" "$KB" init --from nowhere
mkdir empty
status 3 "no setup.py" "$KB" init --from empty
like "$out" '^error: empty has no setup.py: --from takes the directory of one; `kernel-builder init NAME` begins' "says what to do"
touch empty/pyproject.toml empty/setup.cfg
status 3 "other projects" "$KB" init --from empty/setup.py
like "$out" '^error: empty has pyproject.toml and setup.cfg, but no setup.py, the only one that --from reads; begin with' "are named"
mkdir empty/python && touch empty/python/setup.py
status 3 "a setup.py further down" "$KB" init --from empty
like "$out" 'empty/python has: `kernel-builder init --from empty/python`$' "is pointed at"
touch empty/build.toml
status 3 "a kernel" "$KB" init --from empty
like "$out" 'is a kernel already: it has build.toml' "is told from them"
is "$(ls empty)" "$(printf 'build.toml\npyproject.toml\npython\nsetup.cfg')" "and nothing is written"
done_testing
