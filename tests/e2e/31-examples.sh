#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The examples but activation: built from their locks, imported in real torch, their own tests run there.
. "$(dirname "$0")/lib.sh"
ENVS=$ROOT/.build
for e in relu-cpu rms-norm; do
	mkdir "$T/$e"
	(cd "$ROOT/examples/$e" && tar -cf - --exclude=./build --exclude=./result .) | tar -C "$T/$e" -xf -
done
"$ROOT/tools/torch_env.py" 2.15.0 "$ENVS/torch-2.15.0" kernels==0.17.2 2>&1 | sed 's/^/# /'
"$ROOT/tools/torch_env.py" 2.11.0 "$ENVS/torch-2.11.0" 2>&1 | sed 's/^/# /'
py=$ENVS/torch-2.15.0/bin/python
py211=$ENVS/torch-2.11.0/bin/python

# A kernel for CPUs alone.
K=$T/relu-cpu V=torch215-cxx11-cpu-x86_64-linux
is "$("$KB" list-variants -q "$K" | tr '\n' ' ')" "torch214-cxx11-cpu-x86_64-linux $V " "relu-cpu: a variant for each torch"
status 0 "relu-cpu: builds" "$KB" build --variant $V "$K"
is "$(printf '%s\n' "$out" | grep -A1 warning)" "" "and nothing is found fault with"
is "$(find "$KERNEL_BUILDER_HOME/trees" -name nvcc | wc -l)" 0 "nothing of CUDA was fetched"
status 0 "relu-cpu: its tests" env PYTHONPATH="$K/result/$V" "$py" -m pytest -q -p no:cacheprovider "$K/tests"
like "$out" '^34 passed' "all of them"

# One for torch's stable ABI.
K=$T/rms-norm V=torch-stable-abi210-cpu-x86_64-linux C=torch-stable-abi210-cu130-x86_64-linux
is "$("$KB" list-variants -q "$K" | grep -c '^torch-stable-abi210-')" 4 "rms-norm: a variant for each CUDA release, and one for CPUs"
status 0 "rms-norm: builds" "$KB" build --variant $V --variant $C "$K"
is "$(nm -D --undefined-only "$K"/build/*/*.so | grep -cE ' _Z.*(2at|3c10|5torch)')" 0 "no C++ of torch is asked for"
status 0 "check-abi" "$KB" check-abi "$K"
status 0 "rms-norm: its tests, torch 2.15" env PYTHONPATH="$K/result/$V" "$py" -m pytest -q -p no:cacheprovider "$K/tests"
like "$out" '^38 passed, 2 skipped' "all but those for GPUs"
status 0 "rms-norm: the same file, torch 2.11" env PYTHONPATH="$K/result/$V" "$py211" -m pytest -q -p no:cacheprovider "$K/tests"
like "$out" '^38 passed, 2 skipped' "all but those for GPUs"
is "$(cd "$T" && PYTHONPATH=$K/result/$C $py -c "
import torch, rms_norm
print(torch._C._dispatch_has_kernel_for_dispatch_key(rms_norm.layers.ops.rms_norm.default.name(), 'CUDA'))" 2>&1 | tail -1)" True "the CUDA variant registers its operator"
is "$(python3 "$ROOT/tests/e2e/fatbin.py" "$(echo "$K"/build/$C/*.so)")" "compute_121 sm_100 sm_103 sm_110 sm_120 sm_121 sm_75 sm_80 sm_86 sm_87 sm_89 sm_90" "with code for every capability"
is "$(cd "$T" && "$py" -c "
from pathlib import Path
import torch
from kernels import get_local_kernel
k = get_local_kernel(Path('$K/build'), backend='cpu')
x, w = torch.randn(3, 64), torch.randn(64)
print(torch.allclose(k.rms_norm(torch.empty_like(x), x, w), torch.nn.functional.rms_norm(x, (64,), w, 1e-6), atol=1e-6))" 2>&1 | tail -1)" True "kernels.get_local_kernel finds the variant"
done_testing
