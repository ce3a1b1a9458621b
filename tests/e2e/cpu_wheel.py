#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a wheel of torch for CPUs of an environment of tools/torch_env.py, with what it needs from there.

Usage: cpu_wheel.py ENVIRONMENT DIR

Such wheels are on other indexes than most machines have. The wheel has the name, the version and the needs; what Python imports lies
in DIR/site, as links to the environment's files, and a .pth file of the wheel names it: a gigabyte is neither packed nor unpacked.
"""
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

NEEDS = ["filelock", "typing-extensions"]  # pip brings these; what is larger is linked as well
LINKED = ["torch", "torchgen", "functorch", "nvidia", "sympy", "mpmath", "networkx", "jinja2", "markupsafe", "fsspec"]


def link(source, target):
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def main():
    site = next((Path(sys.argv[1]) / "lib").glob("python3*")) / "site-packages"
    python = "cp" + site.parent.name.removeprefix("python").replace(".", "")
    version = next(site.glob("torch-*.dist-info")).name.split("-")[1].removesuffix(".dist") + "+cpu"
    here = Path(sys.argv[2]).absolute()
    for top in LINKED:
        shutil.copytree(site / top, here / "site" / top, copy_function=link)
    text = (site / "torch" / "version.py").read_text()
    text = re.sub(r"(?m)^cuda.*= '.*'$", "cuda = None", text)
    text = re.sub(r"(?m)^__version__ = .*$", f"__version__ = '{version}'", text)
    (here / "site" / "torch" / "version.py").unlink()
    (here / "site" / "torch" / "version.py").write_text(text)
    info = f"torch-{version}.dist-info"
    texts = {f"{info}/METADATA": f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n" + "".join(f"Requires-Dist: {n}\n" for n in NEEDS),
             f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: {python}-{python}-linux_x86_64\n",
             "lazy_binding.pth": (site / "lazy_binding.pth").read_text(),
             "torch_of_test.pth": f"{here}/site\n"}
    texts[f"{info}/RECORD"] = "".join(f"{n},,\n" for n in [*texts, f"{info}/RECORD"])
    with zipfile.ZipFile(here / f"torch-{version}-{python}-{python}-linux_x86_64.whl", "w") as z:
        for name, text in texts.items():
            z.writestr(name, text)


if __name__ == "__main__":
    main()
