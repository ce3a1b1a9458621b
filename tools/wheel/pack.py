#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs a portable program as a wheel: the same bytes each time.

    pack.py PROGRAM VERSION DATE SHARE LICENSES OUT.whl

SHARE has man pages and completions, as make pages leaves them; LICENSES has a file for each library that is in the program. DATE,
such as 2026-11-30, becomes the time of all files. The tag of the wheel is in the name OUT.
"""
import base64
import hashlib
import os
import sys
import zipfile

# pip says which index there is, has certificates where the system has none, and makes the environments of `testshell`.
METADATA = """Metadata-Version: 2.1
Name: kernel-builder
Version: {version}
Summary: Builds PyTorch kernels for every torch, CUDA and C++ ABI
License: Apache-2.0
Keywords: pytorch,cuda,kernels,build
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: C
Classifier: Topic :: Software Development :: Build Tools
Requires-Python: >=3.8
Requires-Dist: pip
Description-Content-Type: text/markdown

{text}"""
# Another generator than that of kernels, whose wheels `clean` removes.
WHEEL = """Wheel-Version: 1.0
Generator: kernel-builder-pack {version}
Root-Is-Purelib: false
Tag: {tag}
"""


def read(*path):
    with open(os.path.join(*path), "rb") as f:
        return f.read()


def shared(share, to):
    """Man pages and completions: what a shell finds beside a program that is in PATH."""
    for at, _, names in os.walk(share):
        below = os.path.relpath(at, share)
        if below.split(os.sep)[0] in ("man", "bash-completion", "zsh", "fish"):
            for name in names:
                yield f"{to}/{below}/{name}", read(at, name)


def description():
    """The part of README.md that needs no other file."""
    text = read("README.md").decode()
    return text.split("\n## ")[0].rstrip() + "\n\n`kernel-builder help` lists the commands.\n"


def contents(program, version, share, licenses, tag):
    base = f"kernel_builder-{version}"
    yield f"{base}.data/scripts/kernel-builder", read(program)
    yield from shared(share, f"{base}.data/data/share")
    yield f"{base}.dist-info/METADATA", METADATA.format(version=version, text=description()).encode()
    yield f"{base}.dist-info/WHEEL", WHEEL.format(version=version, tag=tag).encode()
    yield f"{base}.dist-info/licenses/LICENSE", read("LICENSE")
    for name in os.listdir(licenses):
        yield f"{base}.dist-info/licenses/{name}", read(licenses, name)


def record(files, name):
    lines = []
    for path, data in files:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(data)}\n")
    return "".join(lines + [f"{name},,\n"]).encode()


def main(program, version, date, share, licenses, out):
    tag = os.path.basename(out).removesuffix(".whl").split("-", 2)[2]
    files = sorted(contents(program, version, share, licenses, tag))
    name = f"kernel_builder-{version}.dist-info/RECORD"
    files.append((name, record(files, name)))
    time = (*map(int, date.split("-")), 0, 0, 0)
    with zipfile.ZipFile(out + ".tmp", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for path, data in files:
            info = zipfile.ZipInfo(path, time)
            info.create_system = 3
            info.external_attr = (0o100755 if path.endswith("scripts/kernel-builder") else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, data)
    os.replace(out + ".tmp", out)


if __name__ == "__main__":
    main(*sys.argv[1:])
