#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a virtual environment with a real torch that imports on a machine without a GPU, and little else.
One that is there already is left as it is; of two that want the same one at once, the second waits.

Usage: torch_env.py VERSION DIR [PACKAGE...]

torch's wheel needs gigabytes of CUDA libraries that a CPU never calls. Only the CUDA runtime is installed for real (kernels register
with it when they are loaded); for every other library that is missing an empty one of that name is made, and symbols are bound
when they are called. Needs pip, cc and readelf.
"""
import fcntl
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

PYTHON_NEEDS = ["filelock", "sympy", "networkx", "jinja2", "fsspec", "typing_extensions", "mpmath", "MarkupSafe", "numpy<2.3",
                "setuptools", "pytest", "packaging"]


def run(*argv):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout


def needed(lib):
    return re.findall(r"NEEDED.*\[(.+)\]", run("readelf", "-dW", str(lib)))


def runtime_package(pip, version):
    """The CUDA runtime wheel that this torch asks for, as `name==version`."""
    text = run(*pip, "show", "--verbose", "torch")
    meta = Path(re.search(r"^Location: (.*)$", text, re.M)[1]) / f"torch-{version}.dist-info" / "METADATA"
    for line in meta.read_text().splitlines():
        m = re.match(r"Requires-Dist: (nvidia-cuda-runtime[\w-]*)\s*\(?==([\d.]+)", line)
        if m:
            return f"{m[1]}=={m[2]}"
    # Since 2.11 the wheel names a bundle instead; its version is that of the CUDA release.
    m = re.search(r"cuda-toolkit.*?==([\d.]+)", meta.read_text())
    return f"nvidia-cuda-runtime=={m[1].rsplit('.', 1)[0]}.*"


def versioned(lib):
    """{library: {version: {symbol}}} of what lib wants from others by version."""
    file_of, out, file = {}, {}, None
    for line in run("readelf", "-VW", str(lib)).splitlines():
        if m := re.search(r"Version: \d+\s+File: (\S+)", line):
            file = m[1]
        elif (m := re.search(r"Name: (\S+)\s+Flags", line)) and file:
            file_of[m[1]] = file
    for line in run("nm", "-D", "--undefined-only", str(lib)).splitlines():
        if (m := re.search(r"(\w+)@@?(\S+)$", line)) and m[2] in file_of:
            out.setdefault(file_of[m[2]], {}).setdefault(m[2], set()).add(m[1])
    return out


def stand_ins(site):
    """Libraries for whatever torch's own need and nobody provides: empty but for the symbols that are wanted by version, since some
    of those are data, which is bound at once."""
    lib = site / "torch" / "lib"
    have = {p.name for p in lib.iterdir()} | {p.name for p in (site / "nvidia").glob("*/lib/*")}
    system = set(re.findall(r"^\s*(\S+) ", run("/sbin/ldconfig", "-p"), re.M))
    own = list(lib.glob("*.so*"))
    missing = {n for p in own for n in needed(p)} - have - system
    wanted = {}
    for p in own:
        for name, versions in versioned(p).items():
            for version, symbols in versions.items():
                wanted.setdefault(name, {}).setdefault(version, set()).update(symbols)
    for name in sorted(missing):
        versions = wanted.get(name, {})
        source, script = lib / f"{name}.c", lib / f"{name}.map"
        source.write_text("".join(f"char {s}[64];\n" for v in versions.values() for s in sorted(v)) or "\n")
        script.write_text("".join(f"{v} {{ global: {' '.join(s + ';' for s in sorted(names))} }};\n" for v, names in versions.items()))
        flags = [f"-Wl,--version-script={script}"] if versions else []
        subprocess.run(["cc", "-shared", "-fPIC", "-w", "-nostdlib", str(source), f"-Wl,-soname,{name}", *flags, "-o", str(lib / name)], check=True)
        source.unlink()
        script.unlink()
    return sorted(missing)


def main():
    version, target, extra = sys.argv[1], Path(sys.argv[2]).absolute(), sys.argv[3:]
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.parent / f"{target.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make(version, target, extra)


def make(version, target, extra):
    done = target / "ready"
    wanted = " ".join([version, *extra])
    if done.exists() and done.read_text() == wanted:
        return
    venv.create(target, with_pip=True, clear=True)
    python = str(target / "bin" / "python")
    pip = [python, "-m", "pip"]
    quiet = ["install", "-q", "--disable-pip-version-check", "--no-compile", "--no-cache-dir", "--no-deps"]
    run(*pip, *quiet, f"torch=={version}")
    run(*pip, *quiet, runtime_package(pip, version), *PYTHON_NEEDS, "iniconfig", "pluggy", "pygments")
    if extra:
        run(*pip, "install", "-q", "--disable-pip-version-check", "--no-cache-dir", *extra)
    site = next((target / "lib").glob("python3*")) / "site-packages"
    made = stand_ins(site)
    (site / "lazy_binding.pth").write_text("import os, sys; sys.setdlopenflags(os.RTLD_LAZY)\n")
    print(run(python, "-c", "import torch; print('torch', torch.__version__)").strip(), f"with {len(made)} stand-ins", file=sys.stderr)
    done.write_text(wanted)


if __name__ == "__main__":
    main()
