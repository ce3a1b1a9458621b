# SPDX-License-Identifier: Apache-2.0
"""Times the example's ops against torch's own functions on one GPU: medians of CUDA event timings, in microseconds."""
import statistics

import torch
import torch.nn.functional as F

import activation


def time_us(fn, repeats=50):
    for _ in range(10):
        fn()
    torch.cuda.synchronize()
    out = []
    for _ in range(repeats):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(10):
            fn()
        end.record()
        torch.cuda.synchronize()
        out.append(begin.elapsed_time(end) * 100)
    return statistics.median(out)


def silu_and_mul(x):
    d = x.shape[-1] // 2
    return F.silu(x[..., :d]) * x[..., d:]


print(torch.cuda.get_device_name(), "torch", torch.__version__)
for rows, width in ((64, 4096), (4096, 4096), (8192, 11008)):
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        x = torch.randn(rows, 2 * width, device="cuda", dtype=dtype)
        out = torch.empty(rows, width, device="cuda", dtype=dtype)
        y = torch.randn(rows, width, device="cuda", dtype=dtype)
        ours = time_us(lambda: activation.silu_and_mul(out, x))
        theirs = time_us(lambda: silu_and_mul(x))
        gelu = time_us(lambda: activation.gelu(out, y))
        gelu_torch = time_us(lambda: F.gelu(y))
        print(
            f"{rows:5d} x {width:5d} {str(dtype)[6:]:9s}"
            f" silu_and_mul {ours:8.1f} us, torch {theirs:8.1f} us ({theirs / ours:4.1f}x)"
            f"   gelu {gelu:8.1f} us, torch {gelu_torch:8.1f} us ({gelu_torch / gelu:4.1f}x)"
        )
