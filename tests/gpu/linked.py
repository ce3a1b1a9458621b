# SPDX-License-Identifier: Apache-2.0
"""On a machine with an NVIDIA GPU and torch: tests/gpu/linked-device, whose files use each other's device code, in a variant that was built
before, against torch's own.

usage: linked.py [DIR]      DIR: tests/gpu/linked-device/build/torch211-cxx11-cu130-x86_64-linux, unless given"""
import importlib
import pathlib
import sys

import torch

here = pathlib.Path(__file__).resolve().parent
directory = sys.argv[1] if len(sys.argv) > 1 else here / "linked-device/build/torch211-cxx11-cu130-x86_64-linux"
sys.path.insert(0, str(directory))
ops = importlib.import_module("linked_device").ops

x = torch.randn(100_003, device="cuda")
at = torch.arange(x.numel(), device="cuda")


def same(got, want, what):
    torch.testing.assert_close(got, want, rtol=1e-6, atol=1e-6, msg=lambda m: f"{what}: {m}")
    print(f"ok - {what}")


for values in ([2.0, 3.0, 5.0, 7.0], [0.5, -1.0, 0.25, 4.0]):
    table = torch.tensor(values)
    ops.set_table(table)
    got = x.clone()
    ops.apply(got)
    same(got, x * table[0].item() + table.cuda()[at & 3], f"constant memory and a function of another file, {values}")
assert ops.applied() == 2, ops.applied()
print("ok - a variable of another file counts calls")

got = x.clone()
ops.alone(got)
same(got, x + (at + 1000), "a file without -rdc keeps its own function")

got = x.clone()
ops.nested(got, 3.0)
torch.cuda.synchronize()
same(got, x * 3, "a kernel starts a kernel of another file")

stream = torch.cuda.Stream()
with torch.cuda.stream(stream):
    got = x.clone()
    for _ in range(10):
        ops.nested(got, 2.0)
    stream.synchronize()
same(got, x * 1024, "and again, ten times, in a stream")
print(f"all right on {torch.cuda.get_device_name()}, torch {torch.__version__}")
