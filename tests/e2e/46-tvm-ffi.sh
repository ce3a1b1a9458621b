#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# [tvm-ffi] kernels: built for CPU and CUDA, loaded by the real tvm_ffi and kernels client, without torch and with it, called with arrays of
# NumPy and tensors of torch.
. "$(dirname "$0")/lib.sh"
shares_trees
ENVS=$ROOT/.build
K=$T/relu-tvm-ffi V=tvm-ffi01-cpu-x86_64-linux C=tvm-ffi01-cu130-x86_64-linux
mkdir "$K"
(cd "$ROOT/examples/relu-tvm-ffi" && tar -cf - --exclude=./build --exclude=./result .) | tar -C "$K" -xf -

# Which variants there are.
is "$("$KB" list-variants -q "$K" | tr '\n' ' ')" "$V tvm-ffi01-cu126-x86_64-linux $C tvm-ffi01-cu132-x86_64-linux " "one for cpu and one for each CUDA release"
is "$(grep -c '"name": "torch"' "$K/kernel-builder.lock")" 0 "the lock holds no torch"
cp "$K/kernel-builder.lock" "$T/lock"
status 0 "it is what lock writes" "$KB" lock "$K"
ok "byte for byte" cmp "$T/lock" "$K/kernel-builder.lock"
status 2 "--torch means nothing here" "$KB" list-variants --torch 2.15 "$K"
like "$out" '^error: --torch: the variants of a \[tvm-ffi\] kernel are not for one torch; choose by --cuda' "says so"
sed '/^\[tvm-ffi\]/s/.*/[torch]/' "$K/build.toml" >"$T/build.toml"
mkdir "$T/other" && cp -r "$K/relu" "$K/kernel-builder.lock" "$T/other" && cp "$T/build.toml" "$T/other/build.toml"
cp -r "$K/tvm-ffi-ext" "$T/other/torch-ext" && sed -i 's/tvm-ffi-ext/torch-ext/' "$T/other/build.toml"
status 3 "the lock of a tvm-ffi kernel that is one for torch now" "$KB" list-variants "$T/other"
like "$out" 'this is no \[tvm-ffi\] kernel, and .*/kernel-builder.lock has only variants of such kernels; .*`kernel-builder lock` updates it' "says so"

# Both backends.
status 0 "builds" build --variant $V --variant $C --capability 9.0 "$K"
is "$(printf '%s\n' "$out" | grep -A1 warning)" "" "and nothing is found fault with"
is "$(find "$KERNEL_BUILDER_HOME/trees/" -maxdepth 2 -name torch | wc -l)" "$(find "${KB_TEST_TREES:-$T/none}" -maxdepth 2 -name torch 2>/dev/null | wc -l)" "no torch was fetched"
cpu=$(so "$K" | tr ' ' '\n' | grep $V) cuda=$(so "$K" | tr ' ' '\n' | grep $C)
like "$(basename "$cpu")" '^_relu_tvm_ffi_cpu_[a-z2-7]{10}\.so$' "the library's name"
is "$(nm -D --defined-only "$cpu" "$cuda" | grep -o '__tvm_ffi_relu' | wc -l)" 2 "both export the function"
is "$(readelf -dW "$cpu" | grep NEEDED | grep -oE 'lib(tvm|torch|c10|python|cu)[a-z0-9_]*' | tr '\n' ' ')" "libtvm_ffi " "NEEDED: tvm-ffi's library"
is "$(readelf -dW "$cuda" | grep NEEDED | grep -oE 'lib(tvm|torch|c10|python|cu)[a-z0-9_]*' | tr '\n' ' ')" "libtvm_ffi " "CUDA's runtime is inside"
is "$(nm -D --defined-only "$cuda" | grep -ci ' cuda')" 0 "and hidden"
is "$(python3 "$ROOT/tests/e2e/fatbin.py" "$cuda")" sm_90 "with the device code that was asked for"
is "$(python3 -c "import json; m = json.load(open('$K/build/$C/metadata.json')); print(m['backend'], m['toolchain']['tvm-ffi'], 'torch' in m['toolchain'])")" \
	"{'type': 'cuda', 'archs': ['9.0']} 0.1.9 False" "metadata.json"
status 0 "check-abi" "$KB" check-abi "$K"
first=$(bits "$K")
status 0 "the same bytes as with plain compilers" build --variant $V --variant $C --capability 9.0 --engine=plain --cache=off "$K"
is "$(bits "$K")" "$first" "both"

# Called without torch.
E=$ENVS/tvm-ffi want="kernels==0.17.2 apache-tvm-ffi==0.1.15.post2 numpy"
# shellcheck disable=SC2086
[ "$(cat "$E/done" 2>/dev/null)" = "$want" ] || {
	python3 -m venv --clear "$E" && "$E/bin/pip" -q install $want && echo "$want" >"$E/done"
}
cat >"$T/with_numpy.py" <<'P'
import sys
from pathlib import Path
import kernels, numpy as np
k = kernels.get_local_kernel(Path(sys.argv[1]), backend="cpu")
x = np.arange(-20, 20, dtype=np.float32)
for i in range(41):
    out = np.full_like(x, 42)
    assert k.relu(x[i:], out[i:]) is not None
    np.testing.assert_array_equal(out, np.concatenate([np.full(i, 42, np.float32), np.maximum(x[i:], 0)]))
for bad, error in ((x[1:], ValueError), (x.astype(np.float64), TypeError)):
    try:
        k.relu(x, bad)
    except error as e:
        print(type(e).__name__, str(e).rsplit(": ", 1)[-1])
print("torch" in sys.modules, Path(k.__file__).parent.name)
P
status 0 "the kernels client loads it, without torch" "$E/bin/python" "$T/with_numpy.py" "$K/build"
is "$out" "ValueError out has 39 elements, x has 40
TypeError x and out must be float32
False $V" "NumPy's arrays go in; errors come out as Python's"
is "$(PYTHONPATH=$K/result/$V "$E/bin/python" -c 'import numpy, relu_tvm_ffi as r
print(r.relu(numpy.array([-1, 2], "f4"), numpy.zeros(2, "f4")), r._ops.torch_add_op_namespace_prefix("x") == r._ops.__file__ and 0)' 2>&1)" \
	"[0. 2.] False" "import finds it in the variant's directory, too"
status 0 "wheels" "$KB" wheel -q --variant $V --variant $C --capability 9.0 "$K"
is "$(cd "$K/dist" && echo *)" "relu_tvm_ffi-1+tvm.ffi01.cpu-py3-none-manylinux_2_28_x86_64.whl relu_tvm_ffi-1+tvm.ffi01.cu130-py3-none-manylinux_2_28_x86_64.whl" "one for each, for every Python"
status 0 "pip installs one beside its tvm-ffi" "$E/bin/pip" install -q --disable-pip-version-check --no-index "$K"/dist/*cpu-*.whl
is "$(cd "$T" && "$E/bin/python" -c 'import numpy, relu_tvm_ffi as r
print(r.relu(numpy.array([-1, 2], "f4"), numpy.zeros(2, "f4")))' 2>&1)" "[0. 2.]" "and import finds it"
"$E/bin/pip" uninstall -q -y relu-tvm-ffi

# And with it.
"$ROOT/tools/torch_env.py" 2.15.0 "$ENVS/torch-2.15.0" kernels==0.17.2 2>&1 | sed 's/^/# /'
site=$(echo "$E"/lib/python3*/site-packages)
with_torch() { env PYTHONPATH="$(echo "$ENVS"/torch-2.15.0/lib/python3*/site-packages):$site" "$ENVS/torch-2.15.0/bin/python" "$@"; }
cat >"$T/with_torch.py" <<'P'
import sys
from pathlib import Path
import torch, kernels
x = torch.randn(33, 7)
k = kernels.get_local_kernel(Path(sys.argv[1]), backend="cpu")
print(torch.equal(k.relu(x, torch.empty_like(x)), torch.relu(x)), Path(k.__file__).parent.name)
# The variant for CUDA loads without a driver; what it does needs one.
sys.path.insert(0, sys.argv[1] + "/" + sys.argv[2])
import relu_tvm_ffi
try:
    relu_tvm_ffi.relu(x, x)
except ValueError as e:
    print(str(e).rsplit(": ", 1)[-1])
P
status 0 "with torch" with_torch "$T/with_torch.py" "$K/build" $C
is "$(printf '%s\n' "$out" | tail -2)" "True $V
x and out must be on the device that this kernel is built for" "torch's tensors go in; the variant for CUDA loads beside it"

# Commands that go by the Python at hand.
py=$ENVS/torch-2.15.0/bin/python
status 3 "test, where tvm_ffi is missing" "$KB" test -q --python "$py" --backend cpu "$K"
like "$out" "has no tvm-ffi, which \[tvm-ffi\] kernels need; install it: $py -m pip install apache-tvm-ffi" "says what to do"
status 0 "test" env PYTHONPATH="$site" "$KB" test -q --python "$py" --backend cpu "$K" -- -q
like "$out" '^3 passed' "runs the kernel's own tests"
if nvidia-smi >/dev/null 2>&1; then skip "test without a GPU" "there is one"; else
	status 0 "test without a GPU" env PYTHONPATH="$site" "$KB" test --python "$py" "$K" -- -q
	like "$out" '^note: no NVIDIA GPU or driver found, so this is the variant for CPUs' "takes the variant for CPUs, and says so"
fi
like "$("$KB" list-variants -q --matrix host --python "$py" "$K")" "^tvm-ffi01-c" "matrix host goes by torch's CUDA"
status 0 "check-load" "$KB" check-load --python "$E/bin/python" --python "$py" "$K"
is "$(printf '%s\n' "$out" | grep -c 'tvm-ffi01-cpu-x86_64-linux loaded')" 1 "loads the variant where tvm_ffi is, without torch"
like "$out" 'torch 2.15.0.*there is no apache-tvm-ffi' "and says where it is not"
python3 -m venv --without-pip "$T/bare" && mkdir "$T/only" && for f in "$site"/*; do
	case ${f##*/} in kernels*) ;; *) ln -s "$f" "$T/only" ;; esac
done && echo "$T/only" >"$(echo "$T"/bare/lib/python3*/site-packages)/only.pth"
(cd "$T" && "$KB" check-load --python bare/bin/python "$K") >"$T/said" 2>&1
is "$? $(grep -c "import: $V loaded" "$T/said")" "0 1" "without the kernels client it is imported, and a relative name is that of a program here"
status 2 "check-load where nothing fits" "$KB" check-load --python "$py" "$K"
like "$out" '^error: no Python that was tried loads a variant, for the reasons above' "points at the reason"
for python in nosuch "$T/nosuch"; do
	status 3 "check-load by $python" "$KB" check-load --python "$python" "$K"
	is "$out" "error: there is no Python $python; name its program with --python" "is no crash"
done

# What init writes.
status 0 "init --tvm-ffi" "$KB" init -q "$T/scale-it" --tvm-ffi
status 0 "builds" build --variant $V --variant $C --capability 9.0 "$T/scale-it"
is "$(printf '%s\n' "$out" | grep -A1 warning)" "" "and nothing is found fault with"
status 0 "its tests" env PYTHONPATH="$site" "$KB" test -q --python "$py" --backend cpu "$T/scale-it" -- -q
like "$out" '^9 passed' "pass"
is "$(with_torch "$T/scale-it/example.py" 2>&1)" "tensor([2.5000, 5.0000, 7.5000])" "so does its example, with kernels.get_local_kernel"

# Without torch there is no OpenMP runtime.
cp -r "$K" "$T/omp" && rm -rf "$T/omp/build" "$T/omp/dist" && sed -i 's/^\tfor (int64_t i/#pragma omp parallel for\n&/' "$T/omp/relu/relu_cpu.cpp"
sed -i '/^src = .*relu_cpu.cpp/i cxx-flags = ["-fopenmp"]' "$T/omp/build.toml"
status 1 "-fopenmp" build --variant $V "$T/omp"
like "$out" 'hint: .*GOMP_parallel.*: part of OpenMP, whose runtime torch brings, and a \[tvm-ffi\] kernel has no torch' "says why it cannot be linked"

# What cannot be built is refused before anything is fetched.
mkdir -p $T/rust/tvm-ffi-ext/rr
printf '[general]\nname = "rr"\nversion = 1\nedition = 6\nlicense = "MIT"\nbackends = ["cpu"]\n[tvm-ffi]\n[kernel.r]\nlanguage = "rust-cpu"\ncargo-manifest = "Cargo.toml"\ndepends = []\nsrc = []\n' >"$T/rust/build.toml"
touch "$T/rust/tvm-ffi-ext/rr/__init__.py"
status 3 "a section in Rust" "$KB" build "$T/rust"
like "$out" 'build.toml:9:12: \[kernel.r\] is in Rust, which kernel-builder does not compile' "is refused in a sentence"
done_testing
