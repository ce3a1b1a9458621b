#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs what was built for aarch64, under emulation: Debian's Python for arm64 and torch's wheels for it, with qemu-user.

Usage: tests/aarch64.py DIR

DIR gets the root, the wheels and the variants. Of CUDA variants all is tried that needs no GPU, with torch for CUDA and the wheels of
NVIDIA that it is linked with. Six minutes, 2.5 GB fetched, 4.5 GB on disk. Needs apt, pip, debootstrap, qemu-user-static.
"""
import glob
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KB = os.environ.get("KB", ROOT / "kernel-builder")
PURE = ["filelock", "sympy<1.14", "networkx", "jinja2", "fsspec", "typing_extensions", "mpmath", "packaging", "pytest", "pluggy", "iniconfig",
        "pygments"]
PLATFORMS = [f"manylinux_2_{n}_aarch64" for n in (28, 27, 25, 18, 17)] + ["manylinux2014_aarch64"]
# What libtorch_cuda.so of torch 2.11 needs to be loaded, in the releases that the wheel asks for. What it opens later is not among them:
# cuSOLVER and NVRTC.
NVIDIA = ["nvidia-cublas==13.1.0.3", "nvidia-cuda-cupti==13.0.85", "nvidia-cuda-runtime==13.0.96", "nvidia-cudnn-cu13==9.19.0.56",
          "nvidia-cufft==12.0.0.61", "nvidia-cufile==1.15.1.6", "nvidia-curand==10.4.0.35", "nvidia-cusparse==12.6.3.3",
          "nvidia-cusparselt-cu13==0.8.0", "nvidia-nccl-cu13==2.28.9", "nvidia-nvjitlink==13.0.88", "nvidia-nvshmem-cu13==3.4.5"]


def run(*argv, **more):
    return subprocess.run([str(a) for a in argv], check=True, stdout=subprocess.PIPE, text=True, **more).stdout


def root(to):
    """Debian's packages are unpacked, not configured: no program of theirs has to run for that."""
    if (to / "usr/bin/python3").exists():
        return
    mirror = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").split()[0]
    run("debootstrap", "--foreign", "--arch=arm64", "--variant=minbase", "--include=python3", "bookworm", to, mirror)
    for deb in glob.glob(f"{to}/var/cache/apt/archives/*.deb"):
        run("dpkg", "-x", deb, to)


def wheels(to, *names):
    """Unpacked side by side."""
    where = to.parent / (to.name + "-wheels")
    run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--python-version", "3.11", "-d", where,
        *[f"--platform={p}" for p in PLATFORMS], *names)
    for wheel in where.iterdir():
        zipfile.ZipFile(wheel).extractall(to)
        wheel.unlink()


def python(guest, path, *argv):
    env = {**os.environ, "PYTHONPATH": ":".join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
    return run("qemu-aarch64-static", "-L", guest, guest / "usr/bin/python3", *argv, env=env, timeout=1800)


def build(kernel, variant, to):
    run(KB, "build", "-q", "--no-lock", "--matrix", "all", "--variant", variant, "-o", to, ROOT / kernel)
    return to / variant


ACTIVATION = """
import torch, activation
for t in (torch.float32, torch.float16, torch.bfloat16):
    for shape in ((1, 2), (7, 512), (3, 5, 26)):
        x = torch.randn(shape).to(t)
        out = torch.empty(*shape[:-1], shape[-1] // 2, dtype=t)
        activation.silu_and_mul(out, x)
        n = shape[-1] // 2
        want = torch.nn.functional.silu(x[..., :n].float()) * x[..., n:].float()
        torch.testing.assert_close(out.float(), want, rtol=2e-2, atol=1e-2 if t != torch.float32 else 1e-5)
print("right")
"""


ON_CUDA = """
import torch, activation
from activation._ops import ops
assert torch.version.cuda == "13.0" and not torch.cuda.is_available()
names = [n for n in dir(activation) if n.endswith("_and_mul") or n.endswith("_and_silu")]
assert len(names) >= 5, names
has = torch._C._dispatch_has_kernel_for_dispatch_key
for n in names:
    full = getattr(ops, n).default.name()
    assert [k for k in ("CUDA", "Meta", "CPU") if has(full, k)] == ["CUDA", "Meta"], full
meta = torch.empty(3, 4, device="meta"), torch.empty(3, 8, device="meta")
assert activation.silu_and_mul(*meta) is meta[0]
try:
    activation.silu_and_mul(torch.empty(3, 4), torch.empty(3, 8))
except NotImplementedError as e:
    assert "with arguments from the 'CPU' backend" in str(e), e
else:
    raise AssertionError("CPU tensors are taken")
print("right:", " ".join(names))
"""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    work = Path(sys.argv[1]).resolve()
    work.mkdir(parents=True, exist_ok=True)
    guest, cpu, cuda = work / "root", work / "torch210", work / "torch211"
    failed = 0

    def check(text, is_right):
        nonlocal failed
        failed += not is_right
        print("ok" if is_right else "not ok", "-", text, flush=True)

    root(guest)
    wheels(cpu, "torch==2.10.0", "numpy==1.26.4", "markupsafe", *PURE)
    at = build("examples/relu-cpu", "torch210-cxx11-cpu-aarch64-linux", work / "relu")
    tests = python(guest, [at, cpu], "-m", "pytest", "-q", "-p", "no:cacheprovider", ROOT / "examples/relu-cpu/tests")
    print(tests)
    check("examples/relu-cpu passes its tests", re.search(r"\d+ passed", tests) and "failed" not in tests)
    at = build("examples/activation", "torch210-cxx11-cpu-aarch64-linux", work / "activation")
    check("examples/activation computes what torch does", "right" in python(guest, [at, cpu], "-c", ACTIVATION))
    wheels(cuda, "torch==2.11.0", "numpy==1.26.4", "markupsafe", *PURE)
    for name in NVIDIA:
        wheels(cuda, name)
    at = build("examples/activation", "torch211-cxx11-cu130-aarch64-linux", work / "activation")
    said = python(guest, [at, cuda], "-c", ON_CUDA)
    print(said)
    check("examples/activation for CUDA is loaded, and refuses tensors of CPUs", "right" in said)
    sys.exit(failed > 0)


main()
