# SPDX-License-Identifier: Apache-2.0
"""RESULTS.md: the goals first, then every row."""
import os
import platform
import re
import subprocess
import time

import community

CASES = {
    "one": ("One variant, torch 2.5, CUDA 12.4, capabilities 7.0 to 9.0: bench/activation-torch-all",
            ["plain cold", "ccache cold", "ccache warm", "sccache cold", "sccache warm", "this cold", "this cold, trusted",
             "this all edited", "this unchanged"]),
    "added": ("The same, one more variant", ["this other ABI", "this other torch"]),
    "twelve": ("Twelve variants of it: torch 2.4 and 2.5, both ABIs, CUDA 11.8, 12.1, 12.4",
               ["plain one of CUDA 11.8", "this cold", "this unchanged"]),
    "edits": ("One variant for one architecture of it, edited", [
        f"{tool} {case}" for case in ("cold", "warm", "touched", "body", "device", "host", "binding", "architecture")
        for tool in ("ccache", "sccache", "this") if (tool, case) not in (("this", "warm"), ("ccache", "device"), ("sccache", "device"))]),
    "memory": ("One variant of it within 4 GiB", ["this 2 jobs", "this 2 jobs, 4G"]),
    "engines": ("One variant for one architecture of it, cold", ["this nothing left out", "this nvcc itself"]),
    "activation": ("examples/activation, one variant", ["plain cold", "this cold", "this unchanged", "this body", "this binding"]),
    "many": ("A kernel of many .cu files that include torch/all.h, one variant, one architecture",
             ["plain cold", "this cold", "this unchanged", "this body"]),
    "every": ("All variants of a small kernel, 62 for x86-64", ["this unchanged"]),
    "community": ("Kernels of kernels-community, torch 2.11, CUDA 13.0, cold; plain is nvcc and g++ on whole texts by kernel-builder itself",
                  community.CASES),
    "fetch": ("Into an empty store, one variant and twelve", ["this one variant", "this twelve variants"]),
}
WORDS = """The tools: **plain** is CMake with ninja and `nvcc --threads 0`; **ccache** and **sccache** are launchers before its compilers; **this** is
kernel-builder. All use the same nvcc, headers of torch, flags and architectures; plain uses Debian's g++ of the same major version. Plain links without
looking for what is undefined and checks nothing; kernel-builder does. CPU seconds are user and system time of all processes. Peak is the largest process,
together the largest sum over all at one time (shared pages count twice). The edits: *body* inside a `__global__` function, *device* in another device
function, *host* in a host function of the `.cu`, *binding* in the C++ file that registers the operators, *touched* in no file, *architecture* adds 9.0 to 8.0."""


def mib(n):
    return f"{n / 2**20:.0f}" if n else "-"


def size(n):
    return "-" if n is None else f"{n / 2**20:.1f} MiB" if n else "0"


class Goals:
    """The table of what is wanted. A figure is None when a row that it needs was not measured."""

    def __init__(self, rows):
        self.rows = rows
        self.lines = []

    def value(self, name, field):
        row = self.rows.get(name)
        return None if row is None else row.get(field)

    def over(self, a, b):
        return None if a is None or b is None else a / max(b, 0.001)

    def add(self, what, figure, unit, wanted, good, note=""):
        told = "not measured" if figure is None else f"{figure:.2f}{unit}"
        met = "" if figure is None else "yes" if good(figure) else "**no**"
        self.lines.append(f"| {what} | {told} | {wanted} | {met} | {note} |")

    def twelve_plain(self):
        """CPU seconds of twelve plain variants, of which one for each compiler was measured."""
        new, old = self.value("one/plain cold", "cpu"), self.value("twelve/plain one of CUDA 11.8", "cpu")
        return None if new is None or old is None else 8 * new + 4 * old

    def community(self):
        """Of the kernels that were measured."""
        pairs = {n: (self.value(f"community/plain {n}", "cpu"), self.value(f"community/this {n}", "cpu")) for n in community.KERNELS}
        ratios = {n: plain / this for n, (plain, this) in pairs.items() if plain and this}
        done = [pairs[n] for n in ratios]
        slowest = min(ratios, key=ratios.get, default=None)
        self.add("other people's kernels, sum: plain / this, CPU", self.over(sum(p for p, _ in done), sum(t for _, t in done)) if done else None, "",
                 ">= 4 (aim 7)", lambda x: x >= 4, f"{len(done)} of {len(pairs)} kernels")
        self.add("the slowest of them", ratios.get(slowest), "", ">= 1.3 (aim 2.5)", lambda x: x >= 1.3, slowest or "")

    def table(self):
        v, plain = self.value, self.value("one/plain cold", "cpu")
        at_least, at_most = (lambda n: lambda x: x >= n), (lambda n: lambda x: x <= n)
        self.add("one variant, cold, with verification: plain / this, CPU", self.over(plain, v("one/this cold", "cpu")), "", ">= 5 (aim 8)", at_least(5))
        self.add("six .cu files with torch/all.h, cold: plain / this, CPU", self.over(v("many/plain cold", "cpu"), v("many/this cold", "cpu")), "", ">= 3.5 (aim 6)", at_least(3.5))
        self.add("the same, acceptance remembered: all sources edited", self.over(plain, v("one/this all edited", "cpu")), "", ">= 3.5 (aim 9)", at_least(3.5))
        self.add("the same, trusted", self.over(plain, v("one/this cold, trusted", "cpu")), "", ">= 3.5 (aim 9)", at_least(3.5))
        self.add("twelve variants, cold: plain / this, CPU", self.over(self.twelve_plain(), v("twelve/this cold", "cpu")), "", ">= 10 (aim 14)", at_least(10),
                 "plain: 4 times one variant of CUDA 11.8, 8 times one of 12.4 (12.1 is built with that compiler)")
        for case in ("other ABI", "other torch"):
            self.add(f"one more variant, {case}: this / plain, CPU", self.over(v(f"added/this {case}", "cpu"), plain), "", "<= 0.25 (aim 0.08)", at_most(0.25))
        self.add("edit inside a kernel's body, until loadable", v("edits/this body", "wall"), " s", "<= 2.5 s (aim 1.5 s)", at_most(2.5))
        self.add("the same: warm ccache / this, wall", self.over(v("edits/ccache body", "wall"), v("edits/this body", "wall")), "", ">= 8", at_least(8))
        self.add("edit of host code in the .cu, until loadable", v("edits/this host", "wall"), " s", "<= 8 s (aim 4 s)", at_most(8))
        self.add("the same: warm ccache / this, wall", self.over(v("edits/ccache host", "wall"), v("edits/this host", "wall")), "", ">= 2", at_least(2))
        unchanged = v("twelve/this unchanged", "wall")
        self.add("nothing changed, twelve variants", None if unchanged is None else unchanged * 1000, " ms", "<= 50 ms", at_most(50))
        unchanged = v("every/this unchanged", "wall")
        self.add("nothing changed, all variants", None if unchanged is None else unchanged * 1000, " ms", "<= 100 ms (aim 50)", at_most(100))
        self.community()
        started = v("twelve/this unchanged", "processes")
        self.add("processes that it starts", started, "", "0", at_most(0))
        ours, theirs = v("one/this cold", "cicc"), v("one/plain cold", "cicc")
        self.add("memory of a device pass / of plain cicc", self.over(ours and ours[1], theirs and theirs[1]), "", "<= 0.5", at_most(0.5),
                 f"medians: of {ours[0]} cicc {mib(ours[1])} MiB, the largest {mib(ours[2])} MiB; plain: of {theirs[0]} {mib(theirs[1])} MiB" if ours and theirs else "")
        self.add("within --memory 4G, 2 jobs: time / without", self.over(v("memory/this 2 jobs, 4G", "wall"), v("memory/this 2 jobs", "wall")), "", "<= 1.3", at_most(1.3),
                 f"all processes together {mib(v('memory/this 2 jobs, 4G', 'together'))} MiB, without {mib(v('memory/this 2 jobs', 'together'))} MiB")
        return ["| | figure | wanted | met | |", "|---|---|---|---|---|"] + self.lines


def machine():
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*: (.*)", f.read())
    with open("/proc/meminfo") as f:
        memory = int(f.read().split()[1]) / 2**20
    return f"{model[1] if model else platform.machine()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB"


def section(rows, name, title, cases):
    out = [f"## {title}", "", "| case | wall s | CPU s | peak MiB | together MiB | fetched | |", "|---|---|---|---|---|---|---|"]
    for case in cases:
        r = rows.get(f"{name}/{case}")
        if r is None:
            out.append(f"| {case} | | | | | | {rows.why(f'{name}/{case}')} |")
        else:
            out.append(f"| {case} | {r['wall']:.2f} | {r['cpu']:.2f} | {mib(r['peak'])} | {mib(r['together'])} | {size(r.get('fetched'))} | {r['note']} |")
    return out + [""]


def text(rows, builder):
    commit = subprocess.run(["git", "-C", builder.root, "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True).stdout.strip()
    out = ["# Results", "", f"Made by `make bench` on {time.strftime('%Y-%m-%d')} of {commit}: {machine()}. Ratios, not times, are what to compare between machines.",
           "", WORDS, "", "## Goals", ""] + Goals(rows).table() + [""]
    for name, (title, cases) in CASES.items():
        out += section(rows, name, title, cases)
    return "\n".join(out)
