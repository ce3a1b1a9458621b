#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes data/manylinux.toml, data/abi3.toml, data/torch-shims.toml and data/newer-symbols.toml from their sources.

    tools/policies.py --auditwheel auditwheel-6.8.2-py3-none-any.whl \\
        --cpython stable_abi.toml --cpython-version 3.14.0 \\
        --torch shim_function_versions.txt --torch-version 2.15.0 \\
        --debian libstdc++6_14.2.0-19_amd64.deb --debian libc6_2.41-12+deb13u4_amd64.deb

The sources: auditwheel/policy/manylinux-policy.json in the wheel; Misc/stable_abi.toml of CPython;
torch/csrc/stable/c/shim_function_versions.txt of PyTorch; the libraries in Debian's packages libstdc++6 and libc6,
which catalog/gcc.toml pins. Each table is made only when its source is given. The formats
are described in src/resolve/policy.c, which reads them.
"""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile
import textwrap
import tomllib
import zipfile

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
LOADER = {"x86_64": "ld-linux-x86-64.so.2", "aarch64": "ld-linux-aarch64.so.1"}
# Symbols of these builds of CPython only are in no library that kernels meet.
ELSEWHERE = {"MS_WINDOWS", "USE_STACKCHECK", "Py_REF_DEBUG", "Py_TRACE_REFS"}


def strings(items):
    return "[" + ", ".join(f'"{i}"' for i in items) + "]"


def line(key, items):
    text = f"{key} = {strings(items)}"
    return text if len(text) < 100 else key + " = [\n" + textwrap.indent(
        "\n".join(textwrap.wrap(", ".join(f'"{i}"' for i in items), 92)), "  ") + ",\n]"


def added(policies, get):
    """What each policy has that older ones lack. A policy that takes something back is not known to exist."""
    seen = []
    for p in policies:
        now = get(p)
        gone = [x for x in seen if x not in now]
        if gone:
            raise SystemExit(f"{p['name']} lacks {gone}, which older policies have: the format cannot say that")
        new = [x for x in now if x not in seen]
        seen = now
        if new:
            yield line(p["name"], new)


def manylinux(wheel):
    version = re.match(r"auditwheel-([0-9.]+)-", pathlib.Path(wheel).name).group(1)
    with zipfile.ZipFile(wheel) as z:
        policies = [p for p in json.loads(z.read("auditwheel/policy/manylinux-policy.json")) if p["priority"]]
    policies.sort(key=lambda p: -p["priority"])
    out = [f"# Made by tools/policies.py from auditwheel {version}, auditwheel/policy/manylinux-policy.json.",
           "# Every policy has what older ones have, and what is listed here under its name.", "format = 1",
           line("policies", [p["name"] for p in policies]), "", "[alias]"]
    out += [f'{a} = "{p["name"]}"' for p in policies for a in p["aliases"]]
    out += ["", "[libraries]", *added(policies, lambda p: p["lib_whitelist"])]
    for machine, loader in LOADER.items():
        has = [p for p in policies if machine in p["symbol_versions"]]
        out += ["", f"[{machine}]", f'first = "{has[0]["name"]}"', f'loader = "{loader}"']
        for family in sorted({f for p in has for f in p["symbol_versions"][machine]}):
            out += ["", f"[{machine}.{family}]",
                    *added(has, lambda p, f=family, m=machine: p["symbol_versions"][m].get(f, []))]
    (DATA / "manylinux.toml").write_text("\n".join(out) + "\n")


def abi3(paths, version):
    table = {"function": {}, "data": {}}
    for path in paths:
        with open(path, "rb") as f:
            source = tomllib.load(f)
        for kind, symbols in table.items():
            symbols.update({n: s["added"] for n, s in source.get(kind, {}).items() if s.get("ifdef") not in ELSEWHERE})
    out = [f"# Made by tools/policies.py from CPython {version}, Misc/stable_abi.toml.",
           "# Symbols of the limited API, and the version that added each. Those that only Windows or a debug build has are left out."]
    for kind, symbols in table.items():
        out += ["", f"[{kind}]", *(f'{n} = "{symbols[n]}"' for n in sorted(symbols))]
    (DATA / "abi3.toml").write_text("\n".join(out) + "\n")


def shims(path, version):
    rows = {}
    for text in pathlib.Path(path).read_text().splitlines():
        if text and not text.startswith("#"):
            name, major, minor, patch = re.fullmatch(r"(\w+): TORCH_VERSION_(\d+)_(\d+)_(\d+)", text).groups()
            rows[name] = f"{major}.{minor}" + (f".{patch}" if patch != "0" else "")
    out = [f"# Made by tools/policies.py from PyTorch {version}, torch/csrc/stable/c/shim_function_versions.txt.",
           "# C functions and types of the stable ABI, and the release that added each. Older ones are not listed.",
           "", "[shim]", *(f'{n} = "{rows[n]}"' for n in sorted(rows))]
    (DATA / "torch-shims.toml").write_text("\n".join(out) + "\n")


def newer(packages):
    """Symbols that the libraries have only since a version that manylinux_2_28 does not have."""
    limits = {"GLIBC": (2, 28), "GLIBCXX": (3, 4, 24), "CXXABI": (1, 3, 11)}
    first = {}
    for package in packages:
        with tempfile.TemporaryDirectory() as root:
            subprocess.run(["dpkg-deb", "-x", package, root], check=True)
            libraries = sorted(str(p) for p in pathlib.Path(root).glob("usr/lib/x86_64-linux-gnu/*.so*") if p.is_file() and not p.is_symlink())
            out = subprocess.run(["nm", "-D", "--defined-only", *libraries], check=True, capture_output=True, text=True).stdout
        for name, family, number in re.findall(r"^\S* \S (\S+?)@@?(GLIBC|GLIBCXX|CXXABI)_([0-9.]+)$", out, re.M):
            number = tuple(map(int, number.split(".")))
            if name not in first or number < first[name][1]:
                first[name] = family, number
    names = [f"{pathlib.Path(p).name.rsplit('_', 1)[0].replace('_', ' ')}" for p in packages]
    out = [f"# Made by tools/policies.py from Debian's {' and '.join(names)}.",
           "# Symbols that libstdc++ or glibc have only since a version newer than manylinux_2_28 allows, and the oldest version that has each.",
           "", "[since]"]
    out += [f'{n} = "{f}_{".".join(map(str, v))}"' for n, (f, v) in sorted(first.items()) if v > limits[f]]
    (DATA / "newer-symbols.toml").write_text("\n".join(out) + "\n")


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--auditwheel", metavar="WHEEL")
parser.add_argument("--cpython", metavar="FILE", action="append", help="may be given again: later files add to earlier ones")
parser.add_argument("--cpython-version", default="of an unknown version")
parser.add_argument("--torch", metavar="FILE")
parser.add_argument("--torch-version", default="of an unknown version")
parser.add_argument("--debian", metavar="DEB", action="append", help="libstdc++6 and libc6; may be given again")
args = parser.parse_args()
if args.auditwheel:
    manylinux(args.auditwheel)
if args.cpython:
    abi3(args.cpython, args.cpython_version)
if args.torch:
    shims(args.torch, args.torch_version)
if args.debian:
    newer(args.debian)
