#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Python at hand: --matrix host builds for its torch, test runs a kernel's pytest with the variant on its path, testshell a shell; or one
# of our own, with the torch of a variant. devshell: the same for work on a kernel, with CMake.
. "$(dirname "$0")/lib.sh"
ENVS=$ROOT/.build
unset VIRTUAL_ENV PYTHONPATH PYTEST_ADDOPTS CC CXX CUDACXX CUDA_HOME
"$ROOT/tools/torch_env.py" 2.15.0 "$ENVS/torch-2.15.0" kernels==0.17.2 2>&1 | sed 's/^/# /'
E=$ENVS/torch-2.15.0
P=$E/bin/python
K=$T/local V=torch215-cxx11-cpu-x86_64-linux
cp -r "$ROOT/tests/kernels/local" "$K"
python3 -m venv --without-pip "$T/bare"
bare() { PATH=$T/bare/bin:$PATH "$KB" "$@"; }

# Which variant.
CU=torch215-cxx11-cu$(sed -n "s/^cuda.* = '\([0-9]*\)\.\([0-9]*\)'/\1\2/p" "$E"/lib/python3*/site-packages/torch/version.py)-x86_64-linux
is "$("$KB" list-variants -q -m host --python "$P" "$K")" "$CU" "--matrix host: what that torch loads"
is "$(PATH=$E/bin:$PATH "$KB" list-variants -q -m host "$K")" "$CU" "the Python in PATH"
is "$(VIRTUAL_ENV=$E bare list-variants -q -m host "$K")" "$CU" "that of VIRTUAL_ENV first"
is "$(cd "$E/bin" && "$KB" list-variants -q -m host --python ./python "$K")" "$CU" "a relative path"
is "$("$KB" list-variants -q -m host --python "$P" --backend cpu "$K")" "$V" "--backend cpu: code for CPUs is loaded as well"
strace -f -e trace=openat -o "$T/opened" "$KB" list-variants -q -m host --python "$P" "$K" >/dev/null
is "$(grep -c 'libtorch_cpu' "$T/opened")" 0 "torch is not imported for that"
like "$(cat "$T/opened")" 'torch/version.py' "its version.py is read"

# A torch that is laid out otherwise is imported; one that has no variant, or none at all.
fake() { # what version.py or __init__.py hold
	rm -rf "$T/fake" && mkdir -p "$T/fake/torch"
	cat >"$T/fake/torch/$1"
	touch "$T/fake/torch/__init__.py"
}
fake __init__.py <<'C'
class version:
    cuda = "12.8"
__version__ = "2.9.0a0+git123"
compiled_with_cxx11_abi = lambda: True
print("{}")
C
is "$(PYTHONPATH=$T/fake bare list-variants -q -m host "$K")" torch29-cxx11-cu128-x86_64-linux "a torch that must be imported"
sed -i 's/2.9.0a0/2.3.1/; s/12.8/12.1/; s/True/False/' "$T/fake/torch/__init__.py"
status 3 "a torch that is too old" env PYTHONPATH="$T/fake" PATH="$T/bare/bin:$PATH" "$KB" build -m host "$K"
like "$out" '^error: torch 2.3.1\+git123 of .*/bare/bin/python3 loads torch23-cxx98-cu121-x86_64-linux, which the catalog does not have; the nearest is torch24-cxx98-cu121-x86_64-linux' "the nearest variant is named"
echo 'raise OSError("libnothing.so is missing")' >"$T/fake/torch/__init__.py"
status 3 "a torch that cannot be imported" env PYTHONPATH="$T/fake" PATH="$T/bare/bin:$PATH" "$KB" build -m host "$K"
like "$out" 'cannot import its torch: OSError: libnothing.so is missing' "says why"
status 3 "no torch" bare build -m host "$K"
like "$out" 'has no torch: activate the environment that has it, or name its Python with --python' "says what to do"
is "$(printf '%s\n' "$out" | wc -l)" 1 "in one line"
status 3 "no Python" "$KB" build -m host --python "$T/absent" "$K"
like "$out" 'there is no Python .*/absent' "names it"
status 3 "a Python that is none" "$KB" build -m host --python /bin/false "$K"
like "$out" '/bin/false does not work as Python .exit status 1' "says what it did"
[ ! -e "$K/build" ]
is $? 0 "nothing was built"

# A lock holds for the Python at hand when it has its variant.
"$KB" lock -q --matrix all --variant $V "$K"
out=$("$KB" list-variants -m host --backend cpu --python "$P" "$K" 2>&1)
is "$(printf '%s\n' "$out" | grep -c 'note:.*lock')" 0 "a lock with the variant serves, and there is nothing to say"
like "$("$KB" list-variants -m host --python "$P" "$K" 2>&1)" 'kernel-builder.lock has no variant for torch 2.15.0' "of one without, it is said"

# python-depends: what the kernel asks for is in none of the Pythons here.
for c in test testshell; do
	status 3 "$c: a package of python-depends is missing" "$KB" $c --python "$P" --backend cpu "$K"
	like "$out" "^error: $P\S* has no einops, which build.toml lists in python-depends; install it: $P\S* -m pip install einops" "says what to do"
	is "$(printf '%s\n' "$out" | wc -l) $(find "$K" -name build)" "1 " "before anything is built"
done
mkdir "$T/site"
touch "$T/site/einops.py"
export PYTHONPATH=$T/site

# test
status 3 "test: no tests/" "$KB" test --python "$P" --backend cpu "$K"
like "$out" 'has no tests/, so there is nothing for pytest' "says so"
mkdir "$K/tests" "$K/local_adds"
touch "$K/local_adds/__init__.py"
cat >"$K/tests/test_three.py" <<'C'
import os, sys
import torch
import local_adds


def test_three():
    assert local_adds.three(torch.zeros(2)).tolist() == [3.0, 3.0]


def test_place():
    assert os.path.realpath(local_adds.__file__).startswith(os.path.realpath(os.environ["KERNEL"] + "/build/"))
    assert os.getcwd() == os.environ["KERNEL"] and sys.path[0] != ""
C
cat >"$K/tests/test_wrong.py" <<'C'
def test_wrong():
    assert 1 == 2
C
KERNEL=$(realpath "$K")
export KERNEL
before=$(cd "$K" && find . | LC_ALL=C sort)
unset PYTHONDONTWRITEBYTECODE
run() { "$KB" test --python "$P" --backend cpu "$K" "$@"; }
status 1 "test: builds and runs pytest, whose exit status is its own" run -- -q
like "$out" '^1 failed, 2 passed' "all of tests/; the variant is imported, not what lies in the kernel's directory"
like "$out" "^pytest with $V, torch 2.15.0\S* of $P" "says which, and where"
is "$(ls "$K/build")" "$(printf '%s\n' compile_commands.json clangd $V | LC_ALL=C sort)" "one variant was built"
is "$(cd "$K" && find . | grep -vE '^\./(build|result)(/|$)' | LC_ALL=C sort)" "$before" "nothing else is in the kernel's directory"
is "$(find "$K/build/$V" -name '*.pyc' | wc -l)" 0 "nor in the variant"
status 1 "pytest remembers what failed" run -- -q --lf
like "$out" '^1 failed' "that one alone"
status 5 "no test is selected: pytest's" run -- -q tests/test_wrong.py -k nothing
status 1 "one test by name" run -- -q tests/test_wrong.py::test_wrong
like "$out" '^1 failed' "alone"
status 4 "an option that pytest does not know: pytest's" run -- --frobnicate
status 2 "one that we do not know" run --frobnicate
status 2 "two directories" run "$T"
status 2 "two backends" run --backend cuda
status 2 "not a directory" "$KB" test --python "$P" "$T/absent"
cp -r "$ROOT/tests/kernels/plain" "$T/plain"
mkdir "$T/plain/tests"
echo 'def test_path(): import os; assert "plain.py" in os.listdir(os.environ["PYTHONPATH"].split(":")[0])' >"$T/plain/tests/test_path.py"
status 0 "a kernel without compiled code, a store that is not there yet, named by a relative path" \
	env -C "$T" KERNEL_BUILDER_HOME=fresh "$KB" test --python "$P" plain -- -q
like "$out" '^1 passed' "runs its tests"
# The torch is one for CUDA.
want=torch-cuda
nvidia-smi >/dev/null 2>&1 || want=torch-cpu
is "$(ls "$T/plain/build")" $want "with what runs here"
is "$(printf '%s\n' "$out" | grep -c '^note: no NVIDIA GPU or driver found, so this is the variant for CPUs; --backend cuda builds the other')" "$([ $want = torch-cuda ]; echo $?)" "which is said where it is not torch's own"

# testshell
rm -r "$K/local_adds"
before=$(cd "$K" && find . | LC_ALL=C sort | grep -vE '^\./(build|result)(/|$)')
# shellcheck disable=SC2120
shell() { "$KB" testshell --python "$P" --backend cpu "$K" "$@"; }
status 0 "testshell with a command" shell -- python -c 'import importlib.util as u; print(u.find_spec("local_adds").origin)'
like "$out" "^$KERNEL/build/$V/local_adds/__init__.py" "that environment's Python finds the variant"
status 1 "pytest in it" shell -- pytest -q tests/test_wrong.py
like "$out" '^1 failed' "runs"
out=$(echo 'pwd; command -v pytest; exit 7' | SHELL=/bin/sh shell 2>&1)
is $? 7 "testshell without one: the shell's exit status"
like "$out" "^$KERNEL\$" "it starts in the kernel's directory"
like "$out" "^$E/bin/pytest" "with the programs of that environment"
status 6 "a command that is not there" shell -- "$T/absent"
is "$(cd "$K" && find . | grep -vE '^\./(build|result)(/|$)' | LC_ALL=C sort)" "$before" "nothing is left in the kernel's directory"

# testshell with an environment of its own. A wheel of torch for CPUs alone is on other indexes than most have: it is packed here.
mkdir "$T/wheels"
"$ROOT/tests/e2e/cpu_wheel.py" "$E" "$T/wheels"
# einops of no index, which wants a torch as well.
python3 - "$T/wheels/einops-99.0-py3-none-any.whl" <<'C'
import sys, zipfile
info = "einops-99.0.dist-info/"
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("einops.py", "number = 99\n")
    z.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: einops\nVersion: 99.0\nRequires-Dist: torch\n")
    z.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    z.writestr(info + "RECORD", "")
C
unset PYTHONPATH
pinned() { PIP_NO_COMPILE=1 PIP_FIND_LINKS="${PIP_FIND_LINKS:-} $T/wheels" PATH=$T/bare/bin:$PATH "$KB" testshell "$@"; }
status 3 "no torch of that release" env PIP_NO_INDEX=1 PIP_FIND_LINKS= "$KB" testshell --python "$T/bare/bin/python3" "$K" -- true
like "$out" '^error: pip has no torch 2.15.0 for Python 3\.[0-9.]+; choose another variant, or another Python' "says so"
is "$(find "$KERNEL_BUILDER_HOME/shells" -name 'venv-*')" "" "and leaves nothing"
PIN=$(sed -n 's/^file = "\(torch-2.15.0-.*\)"$/\1/p' "$ROOT/catalog/torch.toml" | head -1)
mkdir "$T/false"
python3 - "$T/false/$PIN" <<'C'
import sys, zipfile
info = "torch-2.15.0.dist-info/"
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 2.15.0\n")
    z.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n")
    z.writestr(info + "RECORD", "")
C
if "$P" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then
	status 4 "another file in the place of the pinned one" env PIP_NO_INDEX=1 PIP_FIND_LINKS="$T/false" "$KB" testshell --python "$T/bare/bin/python3" "$K" -- true
	like "$out" "^error: pip's torch==2.15.0 is not the pinned file $PIN" "is refused"
fi
status 2 "two variants" pinned --variant $V --variant $V "$K"
status 3 "a variant that is not there" pinned --variant torch1-cxx11-cpu-x86_64-linux "$K"
status 0 "no Python with torch: an environment is made" pinned "$K" -- \
	python -c 'import importlib.metadata as m, sys, torch, local_adds, einops
print(torch.__version__, m.version("torch"), sys.prefix, local_adds.three(torch.zeros(1)).item(), einops.number)'
like "$out" "^note: $T/bare/bin/python3 has no torch; using an environment for $V that has one" "says which"
like "$out" "^2.15.0.cpu 2.15.0.cpu $(realpath "$KERNEL_BUILDER_HOME")/shells/venv-[0-9a-f]{16} 3.0 99\$" \
	"torch, the variant and what python-depends names are imported there"
like "$out" '^installing einops, which build.toml asks for' "the latter is said"
status 1 "pytest in it" pinned --variant $V "$K" -- pytest -q tests/test_wrong.py
like "$out" '^1 failed' "runs"
is "$(printf '%s\n' "$out" | grep -cE 'making an environment|installing')" 0 "in the environment that is there"
status 0 "--variant where Python has a torch" "$KB" testshell --python "$P" --variant $V "$K" -- python -c 'import torch; print(torch.__version__)'
like "$out" '^2.15.0.cpu' "the variant's is taken"
like "$("$KB" store info)" '^  shells +[23]  ' "store info counts them"
venv=$(echo "$KERNEL_BUILDER_HOME"/shells/venv-*)
mkdir "$KERNEL_BUILDER_HOME/shells/venv-0123456789abcdef"
"$KB" store gc --keep 100G >"$T/gc"
is "$(echo "$KERNEL_BUILDER_HOME"/shells/venv-*)" "$venv" "gc removes what was not finished"

# devshell
D=$T/dev
cp -r "$ROOT/tests/kernels/local" "$D"
cp -r "$D" "$T/made"
"$KB" create-pyproject -q "$T/made"
dev() { PIP_NO_COMPILE=1 PIP_FIND_LINKS="${PIP_FIND_LINKS:-} $T/wheels" PATH=$T/bare/bin:$PATH "$KB" devshell "$@"; }
# shellcheck disable=SC2016
status 7 "devshell: the command's exit status" dev --variant $V "$D" -- sh -c 'command -v cmake; command -v ninja; echo "compiler $CXX"; exit 7'
like "$out" '^CMake is configured' "CMake is configured"
is "$(printf '%s\n' "$out" | grep -cE "^$(realpath "$venv")/bin/(cmake|ninja)\$")" 2 "pip brought CMake and ninja, into the environment of testshell"
like "$out" '^compiler .*c\+\+' "the machine's compiler"
is "$(diff -r -x build-local "$D" "$T/made")" "" "the project is that of create-pyproject"
is "$(cat "$D/build-local/kernel-variant")" $V "configured for the variant"
[ ! -e "$D/build" ]
is $? 0 "nothing was built"
status 0 "again, and a build by hand" dev --variant $V "$D" -- \
	sh -c 'cmake --build build-local >log 2>&1; rm log; python -c "import torch, local_adds; print(local_adds.__file__, local_adds.three(torch.zeros(1)).item())"'
like "$out" "^$(realpath "$D")/build-local/$V/.* 3.0\$" "gives a variant that Python finds there"
echo "# mine" >>"$D/setup.py"
status 0 "a project that was changed" dev --variant $V "$D" -- true
like "$out" 'is not updated: setup.py: it was changed since' "is left alone, which is said"
is "$(tail -1 "$D/setup.py")" "# mine" "as the user left it"
cp -r "$ROOT/tests/kernels/local" "$T/others"
echo mine >"$T/others/CMakeLists.txt"
status 3 "a file of the user's" dev --variant $V "$T/others" -- true
like "$out" 'CMakeLists.txt' "is named"
is "$(cat "$T/others/CMakeLists.txt") $(find "$T/others" -name setup.py)" "mine " "nothing is written"
# The first compiler in PATH is of a release that this CUDA does not know.
mkdir "$T/new" "$T/only"
printf '#!/bin/sh\nexec /usr/bin/g++ -U__GNUC__ -D__GNUC__=99 "$@"\n' >"$T/new/c++"
chmod +x "$T/new/c++"
ln -s c++ "$T/new/g++"
ln -s "$(type -P echo)" "$T/only/"
echo '__global__ void k() {} int main() { k<<<1, 1>>>(); }' >"$T/small.cu"
# shellcheck disable=SC2016
status 0 "CUDA, for the torch of the Python at hand" env PATH="$T/new:$PATH" "$KB" devshell --python "$P" "$D" -- \
	sh -c 'nvcc --version; nvcc -c "$0.cu" -o "$0.o" && echo "used: ${CXX##*/} ${CC##*/} ${CUDAHOSTCXX##*/}"' "$T/small"
like "$out" "^note: CUDA 13\.[0-9] does not support $T/new/c\+\+; using g\+\+-[0-9]+" "a compiler that nvcc takes is found"
like "$out" '^used: g\+\+-[0-9]+ gcc-[0-9]+ g\+\+-[0-9]+$' "nvcc compiles with it"
like "$out" "^CMake is configured" "another variant is configured"
is "$(cat "$D/build-local/kernel-variant")" "$CU" "that of the torch"
like "$out" "release $(echo "$CU" | sed 's/.*-cu\(..\)\(.\)-.*/\1.\2/')," "with its CUDA from the store"
is "$(sed -n 's/^CMAKE_CXX_COMPILER:FILEPATH=.*\///p' "$D/build-local/CMakeCache.txt")" \
	"$(printf '%s\n' "$out" | sed -n 's/^used: \(\S*\) .*/\1/p')" "with the same compiler"
# A CUDA that is made of two releases: for CMake it is the newer one, with the older one's compiler. The torch says that it is for 12.8.
S=$T/site128
mkdir "$S"
cp -rs "$(echo "$E"/lib/python3*/site-packages/torch)" "$S/torch"
rm "$S/torch/version.py"
sed "s/2\.15\.0[^']*/2.11.0+cu128/; s/^cuda.* = '.*'/cuda = '12.8'/" "$E"/lib/python3*/site-packages/torch/version.py >"$S/torch/version.py"
cp -r "$ROOT/tests/kernels/rdc" "$T/two"
sed -i 's/"9.0+PTX"/&, "10.0"/' "$T/two/build.toml"
# shellcheck disable=SC2016
status 0 "a CUDA of two releases" env PYTHONPATH="$S" "$KB" devshell --python "$P" "$T/two" -- \
	sh -c 'nvcc --version; cat build-local/kernel-variant; cmake --build build-local'
like "$out" '^note: CUDA 12.8 in CUDA_HOME is made of two releases: the compiler .* is that of CUDA 12.5' "says which compiler it has"
like "$out" '^note: so CMake compiles nothing for 10.0, 10.1, 12.0 here' "and what that does not know"
like "$out" 'release 12.5,' "it is that one"
like "$out" torch211-cxx11-cu128-x86_64-linux "the variant is that of the release"
status 0 "check-abi" "$KB" check-abi "$T/two/build-local/torch211-cxx11-cu128-x86_64-linux"
is "$(python3 "$ROOT/tests/e2e/fatbin.py" "$T"/two/build-local/lib/*.so)" "sm_75 sm_80 sm_90" "has the code that nvcc knows"
like "$(cat "$T/two/build-local/torch211-cxx11-cu128-x86_64-linux/metadata.json")" '"cuda-note": "the compiler is that of CUDA 12.5"' "and metadata.json says so"
status 0 "a compiler that the user names and nvcc does not take" env CXX="$T/new/c++" "$KB" devshell --python "$P" "$D" -- echo ran
like "$out" "^note: CUDA 13\.[0-9] does not support $T/new/c\+\+ as host compiler; set CXX to another, such as g\+\+-13" "is left, which is said"
like "$out" '^ran$' "and the shell starts"
status 0 "no compiler that nvcc takes" env PATH="$T/new:$T/only" "$KB" devshell --python "$P" "$D" -- echo ran
like "$out" "^note: CUDA 13\.[0-9] supports no C\+\+ compiler of this machine; install g\+\+-13" "says what to install"
like "$out" '^ran$' "and starts the shell"
status 0 "without a source of CUDA" "$KB" devshell --store "$T/other" --wheel-index "$T/absent" --python "$P" "$D" -- echo ran
like "$out" '^note: CUDA [0-9.]+ is not set up: .*absent' "says so"
like "$out" '^ran$' "and starts the shell"
mkdir "$T/few"
ln -s "$(type -P echo)" "$T/few/"
status 0 "without compiler and CMake" env -u CC -u CXX PATH="$T/few" "$KB" devshell --python "$P" --backend cpu "$D" -- echo ran
like "$out" '^note: no C\+\+ compiler is in PATH' "says so of the compiler"
like "$out" "^note: $P\S* has no einops, which build.toml lists in python-depends" "and of python-depends"
like "$out" '^note: cmake is not in PATH' "and of CMake"
like "$out" '^ran$' "and starts the shell"
mv "$T/plain/tests" "$T/plain-tests"
status 0 "a kernel without compiled code" "$KB" devshell --python "$P" "$T/plain" -- python -c 'import plain; print(plain.__file__)'
like "$out" "^$(realpath "$T/plain")/.*/plain/__init__.py" "is found in its sources"
status 2 "two backends" dev --backend cpu --backend cuda "$D"

# A build that fails.
export PYTHONPATH=$T/site
echo '#error broken' >>"$K/one/add.cpp"
status 1 "a build that fails" run -- -q
is "$(printf '%s\n' "$out" | grep -c passed)" 0 "pytest does not run"
status 1 "nor does a shell" shell -- echo ran
is "$(printf '%s\n' "$out" | grep -cx ran)" 0 "its command"
cat >"$T/fake/torch/__init__.py" <<'C'
class version:
    cuda = None
__version__ = "2.15.0"
compiled_with_cxx11_abi = lambda: True
C
status 3 "no pytest" env PYTHONPATH="$T/fake" "$KB" test --python "$T/bare/bin/python3" "$K"
like "$out" 'has no pytest; install it: .*bare/bin/python3 -m pip install pytest' "says what to do"
"$KB" store gc --keep 0 >"$T/gc"
is "$(ls -A "$KERNEL_BUILDER_HOME/shells")" "" "gc removes what was not used for long"
done_testing
