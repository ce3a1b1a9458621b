#!/usr/bin/env python3
"""Makes a virtual environment with a real torch that imports on a machine without a GPU, and little else.

Usage: torch_env.py VERSION DIR [PACKAGE...]

torch's wheel needs gigabytes of CUDA libraries that a CPU never calls. Only the CUDA runtime is installed for real (kernels register
with it when they are loaded); for every other library that is missing an empty one of that name is made, and symbols are bound
when they are called. Needs pip, cc and readelf.
"""
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


def stand_ins(site):
    """Empty libraries for whatever torch's own need and nobody provides."""
    lib = site / "torch" / "lib"
    have = {p.name for p in lib.iterdir()} | {p.name for p in (site / "nvidia").glob("*/lib/*")}
    system = set(re.findall(r"^\s*(\S+) ", run("/sbin/ldconfig", "-p"), re.M))
    missing = {n for p in list(lib.glob("*.so*")) for n in needed(p)} - have - system
    for name in sorted(missing):
        subprocess.run(["cc", "-shared", "-nostdlib", "-x", "c", "/dev/null", f"-Wl,-soname,{name}", "-o", str(lib / name)], check=True)
    return sorted(missing)


def main():
    version, target, extra = sys.argv[1], Path(sys.argv[2]).absolute(), sys.argv[3:]
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
