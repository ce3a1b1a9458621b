#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Imports built variants of examples/activation in a real torch on this machine, and calls an op of the CPU variant.
# Usage: tools/try.sh TORCH-VERSION VARIANT...
set -euo pipefail
cd "$(dirname "$0")/.."
torch=$1
shift
env=${KB_TORCH_ENVS:-.build}/torch-$torch
tools/torch_env.py "$torch" "$env"
for variant in "$@"; do
	echo "import activation from $variant:"
	PYTHONPATH=examples/activation/result/$variant "$env/bin/python" - <<'END'
import torch
import activation

name = activation.layers.ops.silu_and_mul.default.name()
print(f"  torch {torch.__version__}, {name.split('::')[0]}, torch.ops.activation has", *sorted(
    n for n in ("silu_and_mul", "gelu_and_mul", "gelu") if hasattr(torch.ops.activation, n)))
device = next((d for d, key in (("cuda", "CUDA"), ("cpu", "CPU"))
               if torch._C._dispatch_has_kernel_for_dispatch_key(name, key)), None)
if device == "cuda" and not torch.cuda.is_available():
    print("  ops are registered for CUDA; there is no GPU here to call them on")
else:
    x = torch.randn(4, 512, device=device)
    out = torch.empty(4, 256, device=device)
    torch.ops.activation.silu_and_mul(out, x)
    expected = torch.nn.functional.silu(x[:, :256]) * x[:, 256:]
    print(f"  silu_and_mul on {device}: largest difference to torch {float((out - expected).abs().max()):.1e}")
    assert torch.allclose(out, expected, rtol=1e-5, atol=1e-6)
END
done
