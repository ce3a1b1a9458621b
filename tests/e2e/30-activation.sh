#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The main job on the real kernel: twelve variants from an empty store, their contents, and real torch: one CUDA variant imported, CPU
# variants tested with the example's own tests, and loaded by the real `kernels` client.
. "$(dirname "$0")/lib.sh"
EX=$T/activation
ENVS=$ROOT/.build
cp -r "$ROOT/examples/activation" "$EX"
rm -rf "$EX/build" "$EX/result"

status 0 "twelve variants from an empty store" "$KB" build --trace "$T/twelve.json" "$EX"
# What a text is the same for is done once: by both ABIs and releases of torch, but for the host's code.
is "$(python3 - "$T/twelve.json" <<'END'
import collections, json, sys
ran = collections.Counter(e["args"]["kind"] for e in json.load(open(sys.argv[1]))["traceEvents"] if e["ph"] == "X" and "kind" in e["args"])
print(ran["device"], ran["ptxas"], ran["fatbin"], ran["strip-bodies"], ran["embed-fatbin"])
END
)" "24 24 3 6 2" "one cicc and ptxas for each architecture of three CUDA releases, one g++ for two of them"

like "$out" '12 variants in .*, 12 written' "says so"
is "$(ls -d "$EX/result"/torch* | wc -l)" 12 "twelve directories"
for d in "$EX"/result/torch*/; do
	v=$(basename "$d")
	so=$(echo "$d"*.so)
	is "$(python3 "$ROOT/tests/e2e/fatbin.py" "$so")" "compute_90 sm_70 sm_72 sm_75 sm_80 sm_86 sm_87 sm_89 sm_90" "$v: exactly the capabilities asked for"
	case $v in *cu118*) cudart=libcudart.so.11.0 ;; *) cudart=libcudart.so.12 ;; esac
	is "$(readelf -dW "$so" | grep NEEDED | grep -o 'lib[a-z0-9_+]*\.so[.0-9]*' | sort | tr '\n' ' ')" \
		"$(printf '%s\n' libc.so.6 libc10.so libc10_cuda.so $cudart libgcc_s.so.1 libstdc++.so.6 libtorch.so libtorch_cpu.so libtorch_cuda.so | sort | tr '\n' ' ')" "$v: NEEDED"
	is "$(python3 - "$d" <<'END'
import base64, hashlib, json, sys
from pathlib import Path
d = Path(sys.argv[1])
m = json.loads((d / "metadata.json").read_text())
files = {str(p.relative_to(d)) for p in d.rglob("*") if p.is_file()} - {"metadata.json"}
right = all(base64.b64encode(hashlib.sha256((d / n).read_bytes()).digest()).decode() == h for n, h in m["digest"]["files"].items())
print(m["name"], m["version"], m["license"], (d / (m["id"] + ".abi3.so")).exists(), set(m["digest"]["files"]) == files, right,
      ",".join(m["backend"]["archs"]), m["backend"]["type"])
END
)" "activation 1 Apache-2.0 True True True 7.0,7.2,7.5,8.0,8.6,8.7,8.9,9.0+PTX cuda" "$v: metadata.json"
done
is "$(grep -c cuda-note "$EX"/result/*cu121*/metadata.json | grep -c ':1')" 4 "the composed CUDA 12.1 is named in the metadata"
is "$(cat "$EX"/result/*cu124*/metadata.json | grep -c cuda-note)" 0 "and only that"
strace -f -o "$T/trace" -e trace=execve,fork,vfork,clone,clone3 "$KB" build -q "$EX"
is "$(grep -cE 'execve\(|fork\(|clone' "$T/trace")" 1 "a no-change build of twelve starts no process"

cp -r "$EX" "$T/again"
rm -rf "$T/again/build" "$T/again/result"
mv "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions" "$T"
for v in torch24-cxx11-cu118-x86_64-linux torch25-cxx98-cu124-x86_64-linux; do
	status 0 "$v once more, nothing remembered" "$KB" build -j1 --variant $v "$T/again"
	is "$(sha256sum <"$(echo "$T/again/build/$v"/*.so)")" "$(sha256sum <"$(echo "$EX/build/$v"/*.so)")" "the same bytes"
done
cp -r "$T/objects" "$T/actions" "$KERNEL_BUILDER_HOME"

# The link step gives objects their id; that must be the same as having compiled with it.
"$KB" plan -q --json --variant torch25-cxx98-cu124-x86_64-linux "$EX" >"$T/plan.json"
is "$(python3 - "$T/plan.json" "$EX" "$KERNEL_BUILDER_HOME" "$ROOT/data/registration.h" "$T/direct" <<'END'
import json, os, shutil, subprocess, sys
plan, kernel, store, registration, work = json.load(open(sys.argv[1])), *sys.argv[2:]
step = next(s for s in plan["steps"] if s["label"] == "torch-ext/torch_binding.cpp")
identity = plan["variants"][0]["id"].rsplit("_", 1)[1]
shutil.copytree(kernel, work + "/src", ignore=shutil.ignore_patterns("build", "result"))
shutil.copy(registration, work + "/src/torch-ext")
for name, digest in step["mounts"].items():
    if name != "src":
        root = f"{store}/roots/{digest}"
        tree = open(root).read().split()[1] if os.path.exists(root) else digest
        os.symlink(f"{store}/trees/{tree}", f"{work}/{name}")
objects = []
for ident in ("k0b1i8d9x0", identity):
    os.makedirs(work + "/out", exist_ok=True)
    os.makedirs(work + "/tmp", exist_ok=True)
    argv = [w.replace("k0b1i8d9x0", ident) for w in step["argv"]]
    subprocess.run(argv, cwd=work, env=dict(e.split("=", 1) for e in step["env"]), check=True)
    objects.append(open(f"{work}/{step['outputs'][0]}", "rb").read())
print(objects[0] != objects[1], objects[0].replace(b"k0b1i8d9x0", identity.encode()) == objects[1])
END
)" "True True" "an object that was given its id equals one that was compiled with it"

# Real torch 2.5.1.
"$ROOT/tools/torch_env.py" 2.5.1 "$ENVS/torch-2.5.1" 2>&1 | sed 's/^/# /'
py25=$ENVS/torch-2.5.1/bin/python
is "$(cd "$T" && PYTHONPATH=$EX/result/torch25-cxx98-cu124-x86_64-linux $py25 -c "
import torch, activation, activation.layers
ops = activation.layers.ops
key = ops.silu_and_mul.default.name()
print(torch.__version__, all(torch._C._dispatch_has_kernel_for_dispatch_key(key.replace('silu_and_mul', n), 'CUDA') for n in (
    'silu_and_mul', 'mul_and_silu', 'gelu_and_mul', 'gelu_tanh_and_mul', 'fatrelu_and_mul', 'gelu_new', 'gelu_fast', 'gelu_quick', 'silu', 'gelu', 'gelu_tanh')),
    torch.ops.activation.silu_and_mul.default is ops.silu_and_mul.default)" 2>&1)" "2.5.1+cu124 True True" "import activation of the cxx98-cu124 variant in torch 2.5.1; eleven ops for CUDA"

is "$(PATH=$ENVS/torch-2.5.1/bin:$PATH "$KB" list-variants -q --matrix host "$EX")" torch25-cxx98-cu124-x86_64-linux "--matrix host asks the Python at hand"
# CMake's check of the compiler links a program, which needs CUDA's runtime with this release.
cp -r "$EX" "$T/dev" && rm -rf "$T/dev/build" "$T/dev/result"
status 0 "devshell with CUDA 12.4" "$KB" devshell --python "$py25" "$T/dev" -- nvcc --version
like "$out" '^CMake is configured' "CMake is configured"
like "$out" 'release 12.4,' "for it"
status 0 "a CPU variant for torch 2.5.1" "$KB" build --no-lock --matrix all --variant torch25-cxx98-cpu-x86_64-linux "$EX"
status 0 "the example's tests on CPU, torch 2.5.1" env PYTHONPATH="$EX/result/torch25-cxx98-cpu-x86_64-linux" "$py25" -m pytest -q -p no:cacheprovider "$EX/tests"
like "$out" '[0-9]{3} passed' "hundreds of them"

# A current torch and the client.
"$ROOT/tools/torch_env.py" 2.15.0 "$ENVS/torch-2.15.0" kernels==0.17.2 2>&1 | sed 's/^/# /'
py=$ENVS/torch-2.15.0/bin/python
status 0 "a CPU variant for torch 2.15" "$KB" build --no-lock --matrix current --variant torch215-cxx11-cpu-x86_64-linux "$EX"
status 0 "the example's tests on CPU, torch 2.15" env PYTHONPATH="$EX/result/torch215-cxx11-cpu-x86_64-linux" "$py" -m pytest -q -p no:cacheprovider "$EX/tests"
like "$out" '[0-9]{3} passed' "hundreds of them"
is "$(cd "$T" && "$py" -c "
from pathlib import Path
import torch
from kernels import get_local_kernel
k = get_local_kernel(Path('$EX/build'), backend='cpu')
x = torch.randn(3, 64); out = torch.empty(3, 32)
k.silu_and_mul(out, x)
print(torch.allclose(out, torch.nn.functional.silu(x[:, :32]) * x[:, 32:], atol=1e-6), k.layers.SiluAndMul()(x).shape)" 2>&1 | tail -1)" "True torch.Size([3, 32])" "kernels.get_local_kernel chooses and loads the variant"
status 0 "check-load" "$KB" check-load --python "$py" --python "$py25" --python "$(command -v python3)" "$EX"
like "$out" 'torch 2\.15\.0.*, kernels 0\.17\.2: torch215-cxx11-cpu-x86_64-linux loaded' "with the client"
like "$out" 'torch 2\.5\.1.*, import: torch25-cxx98-cpu-x86_64-linux loaded' "by import, where there is no client"
mkdir -p "$T/broken/build"
cp "$EX/build.toml" "$T/broken"
cp -r "$EX"/torch-ext "$EX"/activation_* "$T/broken"
cp -r "$EX/build/torch215-cxx11-cpu-x86_64-linux" "$T/broken/build"
so=$(echo "$T/broken"/build/*/*.so)
sed -i 's/_ZN3c10/_ZN3c11/g' "$so"
status 5 "check-load of a damaged variant" "$KB" check-load --python "$py" "$T/broken"
like "$out" 'cannot be loaded' "says so"
like "$out" 'undefined symbol: _ZN.*3c11' "and why"
rm -r "$T/broken/build"/*
mkdir "$T/broken/build/x"
status 2 "check-load where nothing fits" "$KB" check-load --python "$py" "$T/broken"
cp -r "$ROOT/tests/kernels/plain" "$T/plain"
status 0 "a kernel without compiled code" "$KB" build "$T/plain"
is "$(cd "$T" && "$py" -c "
from pathlib import Path
from kernels import get_local_kernel
print(get_local_kernel(Path('$T/plain/build'), backend='cpu').twice(21))" 2>&1 | tail -1)" 42 "kernels.get_local_kernel loads it"
done_testing
