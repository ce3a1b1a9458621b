# SPDX-License-Identifier: Apache-2.0
"""Other people's kernels: a checkout of kernels-community (KB_BENCH_COMMUNITY), one CUDA variant of each kernel that is named here."""
import os
import shutil

import kernels

VARIANT = "torch211-cxx11-cu130-x86_64-linux"
# Kernel: the capabilities (None: its own), and wall seconds of both builds on two cores, about.
KERNELS = {
    "relu": (None, 130), "tinygrad-rms": (None, 130), "rwkv": (None, 50), "mra": (None, 140), "yoso": (None, 100),
    "deformable-detr": (None, 190), "cv-utils": (None, 300), "rotary": (None, 240),
    "causal-conv1d": (["9.0"], 320), "mamba-ssm": (["9.0"], 1600), "vllm-moe": (["8.0"], 1300),
}
CHECKOUT = os.environ.get("KB_BENCH_COMMUNITY")
SECONDS = sum(seconds for _, seconds in KERNELS.values()) if CHECKOUT else 0
CASES = [f"{tool} {name}" for name in KERNELS for tool in ("plain", "this")]


def arguments(capabilities):
    return ["--matrix", "all", "--variant", VARIANT] + [w for c in capabilities or () for w in ("--capability", c)]


def measure_one(b, name, source, capabilities, seconds):
    names = [f"community/this {name}", f"community/plain {name}"]

    def sequence():
        b.rows.check_time(names[0], seconds * b.unit)
        to = f"{b.work}/community-{name}"
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(source, to, symlinks=True, ignore=shutil.ignore_patterns("build", "result", "kernel-builder.lock"))
        k = kernels.Kernel(name, to)
        b.builder.fetch(k.dir, arguments(capabilities))
        note = "capability " + ", ".join(capabilities) if capabilities else ""
        for row, options in zip(names, (["--cache=off"], ["--cache=off", "--engine=plain"])):
            b.ours(row, k, arguments(capabilities), options, seconds / 2, note)
            shutil.rmtree(f"{to}/build")
    b.run(names, sequence)


def section(b):
    for name, (capabilities, seconds) in KERNELS.items():
        source = CHECKOUT and f"{CHECKOUT}/{name}"
        if not source or not os.path.exists(f"{source}/build.toml"):
            if b.rows.wants([f"community/this {name}"]):
                b.rows.miss([f"community/{tool} {name}" for tool in ("plain", "this")],
                            "not in that checkout" if source else "KB_BENCH_COMMUNITY names no checkout")
        else:
            measure_one(b, name, source, capabilities, seconds)
