#!/usr/bin/env python3
"""Packs the torch of an environment of tools/torch_env.py as a wheel that says it is for CPUs, with what it needs from there.

Usage: cpu_wheel.py ENVIRONMENT DIR

Such wheels are on other indexes than most machines have. Everything is stored as it is, so this and pip take seconds.
"""
import re
import sys
import zipfile
from pathlib import Path

NEEDS = ["filelock", "typing-extensions", "sympy", "networkx", "jinja2", "fsspec"]


def main():
    site = next((Path(sys.argv[1]) / "lib").glob("python3*")) / "site-packages"
    python = "cp" + site.parent.name.removeprefix("python").replace(".", "")
    version = next(site.glob("torch-*.dist-info")).name.split("-")[1].removesuffix(".dist") + "+cpu"
    info = f"torch-{version}.dist-info"
    texts = {f"{info}/METADATA": f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n" + "".join(f"Requires-Dist: {n}\n" for n in NEEDS),
             f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: {python}-{python}-linux_x86_64\n"}
    record = []
    with zipfile.ZipFile(Path(sys.argv[2]) / f"torch-{version}-{python}-{python}-linux_x86_64.whl", "w") as z:
        for top in ("torch", "torchgen", "functorch", "nvidia", "lazy_binding.pth"):
            path = site / top
            for p in [path] if path.is_file() else sorted(path.rglob("*")):
                name = str(p.relative_to(site))
                if not p.is_file() or "__pycache__" in name or name.startswith("torch/test/"):
                    continue
                record.append(name)
                if name == "torch/version.py":
                    text = re.sub(r"(?m)^cuda.*= '.*'$", "cuda = None", p.read_text())
                    texts[name] = re.sub(r"(?m)^__version__ = .*$", f"__version__ = '{version}'", text)
                else:
                    z.write(p, name)
        record += [n for n in texts if n not in record] + [f"{info}/RECORD"]
        texts[f"{info}/RECORD"] = "".join(f"{n},,\n" for n in record)
        for name, text in texts.items():
            z.writestr(name, text)


if __name__ == "__main__":
    main()
