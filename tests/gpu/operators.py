# SPDX-License-Identifier: Apache-2.0
"""On a machine with an NVIDIA GPU: the operators of bench/activation-torch-all, in each variant directory given, against torch's own, and
bit for bit against each other.

usage: operators.py DIR [DIR...]"""
import importlib
import subprocess
import sys

OPS = ["silu_and_mul", "mul_and_silu", "gelu_and_mul", "gelu_tanh_and_mul", "fatrelu_and_mul",
       "gelu_new", "gelu_fast", "gelu_quick", "silu", "gelu", "gelu_tanh"]


def expected(torch, name, x):
    from torch.nn.functional import gelu, silu
    d = x.shape[-1] // 2
    a, b = x[..., :d], x[..., d:]
    return {
        "silu_and_mul": lambda: silu(a) * b,
        "mul_and_silu": lambda: a * silu(b),
        "gelu_and_mul": lambda: gelu(a) * b,
        "gelu_tanh_and_mul": lambda: gelu(a, approximate="tanh") * b,
        "fatrelu_and_mul": lambda: torch.where(a > 0.5, a, torch.zeros_like(a)) * b,
        "gelu_new": lambda: gelu(x, approximate="tanh"),
        "gelu_fast": lambda: gelu(x, approximate="tanh"),
        "gelu_quick": lambda: x * torch.sigmoid(1.702 * x),
        "silu": lambda: silu(x),
        "gelu": lambda: gelu(x),
        "gelu_tanh": lambda: gelu(x, approximate="tanh"),
    }[name]()


def run(directory):
    """In a process of its own: prints a digest of every result."""
    import hashlib

    import torch
    sys.path.insert(0, directory)
    ops = importlib.import_module("activation_torch_all").ops
    torch.manual_seed(7)
    worst, digest, n = 0.0, hashlib.sha256(), 0
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        for shape in ((7, 512), (83, 1024), (2, 3, 4096)):
            x = torch.randn(*shape, device="cuda").to(dtype)
            for name in OPS:
                gated = name.endswith("_and_mul") or name == "mul_and_silu"
                out = torch.empty(*shape[:-1], shape[-1] // 2 if gated else shape[-1], device="cuda", dtype=dtype)
                arguments = (0.5,) if name == "fatrelu_and_mul" else ()
                getattr(ops, name)(out, x, *arguments)
                want = expected(torch, name, x.double())
                scale = {torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 1.6e-2}[dtype]
                error = ((out.double() - want).abs() / (want.abs() + 1)).max().item() / scale
                assert error < 1, f"{name} {dtype} {shape}: {error * scale}"
                worst = max(worst, error)
                digest.update(out.cpu().view(torch.uint8).numpy().tobytes())
                n += 1
    print(f"{n} results are right, the worst by {worst:.2f} of what is allowed: {digest.hexdigest()[:16]}")


if len(sys.argv) == 3 and sys.argv[1] == "--one":
    run(sys.argv[2])
else:
    outputs = []
    for d in sys.argv[1:]:
        p = subprocess.run([sys.executable, __file__, "--one", d], stdout=subprocess.PIPE, text=True, check=True)
        print(d, p.stdout, end="", flush=True)
        outputs.append(p.stdout.rsplit(" ", 1)[1])
    assert outputs and len(set(outputs)) == 1, "they differ"
    print(f"{len(outputs)} variants give the same bits")
