#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs what was built for aarch64, under emulation: Debian's Python for arm64 and torch's wheels for it, with qemu-user.

Usage: tests/aarch64.py DIR

DIR gets the root, the wheels and the variants; ten minutes and 1 GB. CUDA variants are not tried: there is no GPU in there. Needs apt,
pip, debootstrap, qemu-user-static.
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
PLATFORMS = [f"manylinux_2_{n}_aarch64" for n in (28, 27, 17)] + ["manylinux2014_aarch64"]


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


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    work = Path(sys.argv[1]).resolve()
    work.mkdir(parents=True, exist_ok=True)
    guest, cpu = work / "root", work / "torch210"
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
    sys.exit(failed > 0)


main()
