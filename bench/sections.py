# SPDX-License-Identifier: Apache-2.0
"""The parts of the bench. A row is named section/tool case; the tools are plain, ccache, sccache, and this.

A sequence is what must be measured in one go, because each row begins where the one before it ended."""
import subprocess
import tempfile

import community
import kernels
import measure
import plain
from builder import bytes_fetched

V124 = "torch25-cxx98-cu124-x86_64-linux"
V118 = "torch25-cxx98-cu118-x86_64-linux"
ABI = "torch25-cxx11-cu124-x86_64-linux"
OTHER_TORCH = "torch24-cxx98-cu124-x86_64-linux"
TWELVE = ["--matrix", "2025-01"]


def only(variant):
    return ["--matrix", "2025-01", "--variant", variant]


class Bench:
    """quick: a light kernel in the place of the heavy one, two architectures, for trying the bench itself."""

    def __init__(self, root, work, builder, rows, quick):
        self.root, self.work, self.builder, self.rows, self.quick = root, work, builder, rows, quick
        self.heavy = "examples/activation" if quick else "bench/activation-torch-all"
        self.every = ["8.0", "9.0"] if quick else None  # None: the default, 7.0 to 9.0
        self.files = 1 if quick else 6
        self.unit = self.speed()

    def speed(self):
        """What to multiply estimates by: they are of two cores of 2026."""
        known = self.rows.get("one/plain cold")
        return 0.15 if self.quick else known["wall"] / 110 if known else 1.0

    def kernel(self, source, name, capabilities=None):
        return kernels.copy(self.root, source, f"{self.work}/{name}", capabilities, self.files)

    def plain_cold(self, row, kernel, variant, estimate):
        """A build of the CMake project without a cache."""
        if self.rows.wants([row]):
            self.rows.check_time(row, estimate * self.unit)
            p = plain.Project(self.builder, kernel, variant, self.work, "project")
            t = p.build()
            self.rows.put(row, t)
            self.unit = self.speed()

    def ours(self, row, kernel, arguments, options=(), estimate=60, note=""):
        """One build; the caller has brought the store to where it begins."""
        self.rows.check_time(row, estimate * self.unit)
        t = self.builder.build(kernel.dir, arguments, options)
        self.rows.put(row, t, note)

    def unchanged(self, row, kernel, arguments):
        t = min((self.builder.build(kernel.dir, arguments, watch=False) for _ in range(5)), key=lambda t: t.wall)
        t.processes = self.builder.processes(kernel.dir, arguments)
        self.rows.put(row, t, "the best of 5" if t.processes is None else f"the best of 5; {t.processes} processes started")

    def run(self, row_names, sequence):
        """Measures the rows of a sequence, if one lacks."""
        if self.rows.wants(row_names):
            sequence()


def one(b):
    """Also one more variant, and all sources edited, because both begin where the cold build ends."""
    k = b.kernel(b.heavy, "one", b.every)
    b.plain_cold("one/plain cold", k, V124, 110)
    names = ["one/this cold", "one/this unchanged", "added/this other ABI", "added/this other torch", "one/this all edited"]

    def sequence():
        b.builder.empty()
        b.ours(names[0], k, only(V124), estimate=50)
        b.unchanged(names[1], k, only(V124))
        b.ours(names[2], k, only(ABI), estimate=30, note=f"{ABI}, after {V124}")
        b.ours(names[3], k, only(OTHER_TORCH), estimate=30, note=f"{OTHER_TORCH}, after these two")
        for what in ("body", "host", "binding"):
            k.edit(what)
        b.ours(names[4], k, only(V124), estimate=40, note="every text that a compiler gets is new, but not what was accepted before")
    b.run(names, sequence)


def trusted(b):
    name = "one/this cold, trusted"

    def sequence():
        b.builder.empty()
        b.ours(name, b.kernel(b.heavy, "one", b.every), only(V124), ["--device-only=trust"], 40)
    if not b.builder.has("--device-only=trust"):
        return b.rows.miss([name], "this program has no --device-only=trust")
    b.run([name], sequence)


def twelve(b):
    k = b.kernel(b.heavy, "twelve", b.every)

    def sequence():
        b.builder.empty()
        b.ours("twelve/this cold", k, TWELVE, estimate=200)
        b.unchanged("twelve/this unchanged", k, TWELVE)
    b.run(["twelve/this cold", "twelve/this unchanged"], sequence)
    b.plain_cold("one/plain cold", k, V124, 110)
    b.plain_cold("twelve/plain one of CUDA 11.8", k, V118, 110)


CACHED = ("warm", "touched", "body", "host", "binding", "architecture")


def edited_with(b, tool, cache, estimate):
    """One architecture, with a compiler cache: cold, warm, and after edits."""
    k = b.kernel(b.heavy, f"edits-{tool}", ["8.0"])
    servers = [cache.server.pid] if tool == "sccache" else []

    def build(case, seconds):
        row = f"edits/{tool} {case}"
        b.rows.check_time(row, seconds * b.unit)
        t = project.build(servers)
        b.rows.put(row, t, cache.counts())

    project = plain.Project(b.builder, k, V124, b.work, "project", cache.launcher, cache.env)
    cache.counts()
    build("cold", estimate)
    project.clean()
    build("warm", 5)
    k.touch()
    build("touched", 5)
    for what, seconds in (("body", estimate), ("host", estimate), ("binding", 20)):
        k.edit(what)
        build(what, seconds)
    k.set_capabilities(["8.0", "9.0"])
    project = plain.Project(b.builder, k, V124, b.work, "project", cache.launcher, cache.env)
    build("architecture", estimate * 1.4)


def edits(b):
    ours = ["edits/this " + c for c in ("cold", "touched", "body", "device", "host", "binding", "architecture")]

    def sequence():
        k = b.kernel(b.heavy, "edits", ["8.0"])
        b.builder.empty()
        b.ours(ours[0], k, only(V124), estimate=40)
        k.touch()
        b.ours(ours[1], k, only(V124), estimate=1)
        for name, what in zip(ours[2:], ("body", "device", "host", "binding")):
            k.edit(what)
            b.ours(name, k, only(V124), estimate=20)
        k.set_capabilities(["8.0", "9.0"])
        b.ours(ours[6], k, only(V124), estimate=30)
    b.run(ours, sequence)
    b.run(["edits/ccache " + c for c in ("cold",) + CACHED],
          lambda: edited_with(b, "ccache", plain.Ccache(b.work), 65))


def ccache(b):
    def sequence():
        b.rows.check_time("one/ccache cold", 115 * b.unit)
        c = plain.Ccache(b.work)
        p = plain.Project(b.builder, b.kernel(b.heavy, "one-ccache", b.every), V124, b.work, "project", c.launcher, c.env)
        c.counts()
        b.rows.put("one/ccache cold", p.build(), c.counts())
        p.clean()
        b.rows.put("one/ccache warm", p.build(), c.counts())
    b.run(["one/ccache cold", "one/ccache warm"], sequence)


def with_sccache(b, names, sequence):
    if not b.rows.wants(names):
        return
    program, why = plain.install_sccache(b.work)
    if program is None:
        return b.rows.miss(names, f"sccache does not run here: {why}")
    with plain.Sccache(b.work, program) as cache:
        sequence(cache)


def sccache(b):
    def sequence(cache):
        b.rows.check_time("one/sccache cold", 120 * b.unit)
        k = b.kernel(b.heavy, "one-sccache", b.every)
        p = plain.Project(b.builder, k, V124, b.work, "project", cache.launcher, cache.env)
        cache.counts()
        b.rows.put("one/sccache cold", p.build([cache.server.pid]), cache.counts())
        p.clean()
        b.rows.put("one/sccache warm", p.build([cache.server.pid]), cache.counts())
    with_sccache(b, ["one/sccache cold", "one/sccache warm"], sequence)


def sccache_edits(b):
    with_sccache(b, ["edits/sccache " + c for c in ("cold",) + CACHED],
                 lambda cache: edited_with(b, "sccache", cache, 70))


def memory(b):
    names = ["memory/this 2 jobs", "memory/this 2 jobs, 4G"]
    k = b.kernel(b.heavy, "memory", b.every)
    options = ["--max-jobs", "2"]

    def sequence():
        for name, more in zip(names, ([], ["--memory", "4G"])):
            b.builder.empty()
            k_now = b.kernel(b.heavy, "memory", b.every)
            b.ours(name, k_now, only(V124), options + more, 50)
    b.run(names, sequence)


def engines(b):
    """What the builder takes without its two ways to compile less."""
    off = [o for o in ("--device-only=off", "--slim=off") if b.builder.has(o)]

    def measured(name, options):
        def sequence():
            b.builder.empty()
            b.ours(name, b.kernel(b.heavy, "engines", ["8.0"]), only(V124), options, 50)
        b.run([name], sequence)
    measured("engines/this nothing left out", off)
    measured("engines/this nvcc itself", ["--engine=plain"])


def activation(b):
    names = ["activation/this " + c for c in ("cold", "unchanged", "body", "binding")]
    k = b.kernel("examples/activation", "activation", b.every)
    b.plain_cold("activation/plain cold", k, V124, 40)

    def sequence():
        b.builder.empty()
        b.ours(names[0], k, only(V124), estimate=30)
        b.unchanged(names[1], k, only(V124))
        for name in names[2:]:
            k.edit(name.split()[1])
            b.ours(name, k, only(V124), estimate=15)
    b.run(names, sequence)


def many(b):
    names = ["many/this cold", "many/this unchanged", "many/this body"]
    k = b.kernel("many", "many", ["8.0"])

    def sequence():
        b.builder.empty()
        b.ours(names[0], k, only(V124), estimate=80)
        b.unchanged(names[1], k, only(V124))
        k.edit("body")
        b.ours(names[2], k, only(V124), estimate=10)
    b.run(names, sequence)
    b.plain_cold("many/plain cold", b.kernel("many", "many-plain", ["8.0"]), V124, 40 * b.files)


def every(b):
    """All variants that there are of a small kernel. Building them also fetches, so no row tells of that."""
    name, matrix = "every/this unchanged", ["--matrix", "all"]
    k = b.kernel("tests/kernels/tiny", "every", ["9.0"])

    def sequence():
        b.rows.check_time(name, 300 * b.unit)
        b.builder.build(k.dir, matrix, watch=False)
        b.unchanged(name, k, matrix)
    b.run([name], sequence)


def fetch(b):
    def sequence():
        k = b.kernel(b.heavy, "fetch", b.every)
        for name, arguments, seconds in (("fetch/this one variant", only(V124), 30), ("fetch/this twelve variants", TWELVE, 60)):
            b.rows.check_time(name, seconds)
            whole = b.builder.whole_files(k.dir, arguments)
            with tempfile.TemporaryDirectory(dir=b.work) as store:
                t = measure.run([b.builder.program, "fetch", "--no-lock", *arguments, k.dir],
                                env={**b.builder.env, "KERNEL_BUILDER_HOME": store})
                t.fetched = bytes_fetched(t.text)
                subprocess.run(["chmod", "-R", "u+w", store], check=True)
            b.rows.put(name, t, f"the files that these are of have {whole / 2**20:.0f} MiB")
    b.run(["fetch/this one variant", "fetch/this twelve variants"], sequence)


# In the order of their worth; wall seconds on two cores are estimated for the table of --help.
SECTIONS = {
    "one": (one, 260, "one variant, cold: plain and this; another ABI, another torch; all edited"),
    "edits": (edits, 410, "one variant of one architecture, edited: ccache and this"),
    "twelve": (twelve, 310, "twelve variants: this, and plain for one of each CUDA compiler"),
    "memory": (memory, 100, "within 4 GiB"),
    "trusted": (trusted, 40, "one variant, cold, without verification"),
    "activation": (activation, 100, "examples/activation"),
    "many": (many, 260, "many .cu files"),
    "every": (every, 240, "all variants of a small kernel, unchanged"),
    "community": (community.section, community.SECONDS, "other people's kernels, where KB_BENCH_COMMUNITY names a checkout of kernels-community"),
    "fetch": (fetch, 60, "bytes fetched into an empty store"),
    "ccache": (ccache, 130, "one variant with ccache"),
    "sccache": (sccache, 150, "one variant with sccache"),
    "engines": (engines, 110, "the builder without its ways to compile less"),
    "sccache-edits": (sccache_edits, 350, "edits with sccache"),
}
