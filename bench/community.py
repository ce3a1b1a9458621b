# SPDX-License-Identifier: Apache-2.0
"""Other people's kernels: a checkout of kernels-community (KB_BENCH_COMMUNITY), one CUDA variant of each kernel that is named here."""
import os
import re
import shutil

import kernels



class Of:
    """seconds: of both builds on two cores, about. cuda: of the variant, without the point. capabilities: None: the kernel's own. files: the
    .cu files that are built, None: all of them; the others are left out of build.toml."""

    def __init__(self, seconds, capabilities=None, cuda="130", files=None):
        self.seconds, self.capabilities, self.files = seconds, capabilities, files
        self.variant = f"torch211-cxx11-cu{cuda}-x86_64-linux"

    def arguments(self):
        return ["--matrix", "all", "--variant", self.variant] + [w for c in self.capabilities or () for w in ("--capability", c)]

    def note(self):
        """What differs from most rows."""
        words = ["capability " + ", ".join(self.capabilities)] if self.capabilities else []
        words += [f"{len(self.files)} .cu files"] if self.files else []
        return ", ".join(words + ([] if "cu130" in self.variant else [self.variant]))


LAYER_NORM = [f"layer_norm/ln_{what}_1024.cu" for what in ("fwd", "bwd", "parallel_fwd", "parallel_bwd")]
KERNELS = {
    "relu": Of(130), "tinygrad-rms": Of(130), "rwkv": Of(50), "mra": Of(140), "yoso": Of(100), "deformable-detr": Of(190),
    "cv-utils": Of(300), "rotary": Of(240), "causal-conv1d": Of(320, ["9.0"]), "mamba-ssm": Of(1600, ["9.0"]),
    "vllm-moe": Of(1300, ["8.0"], "129"), "layer-norm": Of(900, ["9.0"], files=LAYER_NORM),
}
CHECKOUT = os.environ.get("KB_BENCH_COMMUNITY")
SECONDS = sum(k.seconds for k in KERNELS.values()) if CHECKOUT else 0
CASES = [f"{tool} {name}" for name in KERNELS for tool in ("plain", "this")]


def keep_files(build_toml, files):
    """Leaves the other .cu files out of the lists of sources. They stay on disk, where the kept ones may include them."""
    with open(build_toml) as f:
        text = f.read()
    for name in files:
        if f'"{name}"' not in text:
            raise SystemExit(f"bench: {build_toml} has no source {name}")
    text = re.sub(r'^\s*"([^"\n]*\.cu)",\n', lambda m: m[0] if m[1] in files else "", text, flags=re.M)
    kernels.write(build_toml, text)


def measure_one(b, name, source, of):
    rows = [f"community/this {name}", f"community/plain {name}"]

    def sequence():
        b.rows.check_time(rows[0], of.seconds * b.unit)
        to = f"{b.work}/community-{name}"
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(source, to, symlinks=True, ignore=shutil.ignore_patterns("build", "result", "kernel-builder.lock"))
        if of.files:
            keep_files(f"{to}/build.toml", of.files)
        k = kernels.Kernel(name, to)
        b.builder.fetch(k.dir, of.arguments())
        for row, options in zip(rows, (["--cache=off"], ["--cache=off", "--engine=plain"])):
            b.ours(row, k, of.arguments(), options, of.seconds / 2, of.note())
            shutil.rmtree(f"{to}/build")
    b.run(rows, sequence)


def section(b):
    for name, of in KERNELS.items():
        source = CHECKOUT and f"{CHECKOUT}/{name}"
        if not source or not os.path.exists(f"{source}/build.toml"):
            if b.rows.wants([f"community/this {name}"]):
                b.rows.miss([f"community/{tool} {name}" for tool in ("plain", "this")],
                            "not in that checkout" if source else "KB_BENCH_COMMUNITY names no checkout")
        else:
            measure_one(b, name, source, of)
