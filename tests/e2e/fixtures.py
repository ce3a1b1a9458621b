#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the packages that the fetch tests fetch. usage: fixtures.py DIRECTORY

Below DIRECTORY: wheels/*.whl, debian/pool/... and redist/... In DIRECTORY/facts stands for each good one
"NAME SHA256 SIZE TREE": TREE is the digest of the tree that the selection of the test must give, computed
here without any code of kernel-builder. Lines "mark NAME PLACE" say where in the wheel something lies.
"""
import hashlib
import io
import os
import random
import struct
import sys
import tarfile
import zipfile

out = sys.argv[1]
rnd = random.Random(7)
facts = []


def noise(n):
    return rnd.randbytes(n)


def text(n):
    return b"".join(b"int f%d(int);\n" % rnd.randrange(10**9) for _ in range(n))


def library(n, filler):
    """A shared library as patchelf leaves it: symbols near the beginning; their names, once stale and once
    as they are, and the section headers at the end. Returns it and the list of its symbols."""
    names, symbols, listed = bytearray(b"\0"), bytearray(24), []
    for i in range(n):
        name = b"_ZN5thing%d%x" % (i % 7, rnd.randrange(2**48))
        kind, section, visible = rnd.choice((1, 2, 6, 10, 0)), i % 9, i % 11 == 1
        symbols += struct.pack("<IBBHQQ", len(names), (rnd.choice((1, 2)) << 4) | kind, 2 if visible else 0, section,
                               rnd.randrange(2**60), rnd.randrange(2**20))
        names += name + b"\0"
        if section and not visible:
            listed.append((name, {1: b"O", 6: b"T"}.get(kind, b"F")))
    header = 64
    at = header + len(symbols) + len(filler)
    sections = struct.pack("<64x")
    sections += struct.pack("<IIQQQQIIQQ", 0, 11, 2, header, header, len(symbols), 2, 1, 8, 24)
    sections += struct.pack("<IIQQQQIIQQ", 0, 3, 2, at + len(names), at + len(names), len(names), 0, 0, 1, 0)
    elf = struct.pack("<16sHHIQQQIHHHHHH", b"\177ELF\2\1\1", 3, 62, 1, 0, 0, at + 2 * len(names), 0, 64, 56, 0, 64, 3, 0)
    text = b"kernel-builder symbols 1\n" + b"".join(k + b" " + m + b"\n" for m, k in sorted(listed))
    return elf + bytes(symbols) + filler + bytes(names).replace(b"thing", b"gniht") + bytes(names) + sections, text


def digest(tree):
    """tree: path -> (mode, bytes); mode is "644", "755" or "777" for a link."""
    lines = [b"kernel-builder tree 1\n"]
    for path in sorted(tree):
        mode, data = tree[path]
        lines.append(b"%s %s %d %s %s\n" % (b"l" if mode == "777" else b"f", mode.encode(), len(data),
                                           hashlib.sha256(data).hexdigest().encode(), path.encode()))
    return hashlib.sha256(b"".join(lines)).hexdigest()


def put(path, data, tree=None):
    path = os.path.join(out, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    if tree is not None:
        facts.append("%s %s %d %s\n" % (os.path.basename(path), hashlib.sha256(data).hexdigest(),
                                       len(data), digest(tree)))


def wheel():
    headers = {"thing/include/%d/a%d.h" % (i % 7, i): text(i * 3) for i in range(120)}
    headers["thing/include/big.h"] = text(20000)
    headers["thing/include/noise.bin"] = noise(300000)
    headers["thing/include/empty.h"] = b""
    lib, symbols = library(20000, text(30000) + noise(2400000) + text(9000))
    blob = io.BytesIO()
    with zipfile.ZipFile(blob, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("thing/before.bin", noise(100000))
        for i, name in enumerate(headers):
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.external_attr = 0o100644 << 16
            info.compress_type = zipfile.ZIP_STORED if i % 5 == 0 else zipfile.ZIP_DEFLATED
            z.writestr(info, headers[name])
        z.writestr("thing/between.bin", noise(700000))
        tool = zipfile.ZipInfo("thing/bin/tool", (2020, 1, 1, 0, 0, 0))
        tool.external_attr = 0o100755 << 16
        z.writestr(tool, b"#!/bin/sh\n")
        z.writestr("thing/lib/libx.so", lib)
        z.writestr("thing/share/cmake/x.cmake", b"set(X 1)\n")
        z.writestr("thing/include/left/out.h", b"no")
        z.writestr("thing-1.0.dist-info/RECORD", b"")
    tree = {"include/" + name.removeprefix("thing/include/"): ("644", data) for name, data in headers.items()}
    tree["bin/tool"] = ("755", b"#!/bin/sh\n")
    tree["libx.txt"] = ("644", symbols)
    with zipfile.ZipFile(blob) as z:
        at = {info.filename: info.header_offset for info in z.infolist()}
        marks = {"unused": at["thing/between.bin"] + 100, "local": at["thing/include/big.h"] + 8,
                 "data": at["thing/include/noise.bin"] + 5000, "names": at["thing/share/cmake/x.cmake"] - 40000,
                 "directory": z.start_dir + 1, "crc": z.start_dir + 46 + len("thing/before.bin") + 16}
    facts.extend("mark %s %d\n" % item for item in marks.items())
    put("wheels/thing-1.0-py3-none-any.whl", blob.getvalue(), tree)


def small_wheel():
    blob = io.BytesIO()
    with zipfile.ZipFile(blob, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("thing/include/a.h", b"int a;\n")
        lib, symbols = library(30, b"")
        z.writestr("thing/lib/libx.so", lib)
    put("wheels/small-1.0-py3-none-any.whl", blob.getvalue(),
        {"include/a.h": ("644", b"int a;\n"), "libx.txt": ("644", symbols)})


def patch(name, mark, change):
    path = "wheels/%s-1.0-py3-none-any.whl" % name
    with open(os.path.join(out, path), "rb") as f:
        z = f.read()
    at = z.find(mark)
    while at >= 0:
        z = change(z, at)
        at = z.find(mark, at + 1)
    put(path, z)


def bad_wheels():
    def one(name, *members):
        blob = io.BytesIO()
        with zipfile.ZipFile(blob, "w") as z:
            for path, mode, data in members:
                info = zipfile.ZipInfo(path)
                info.external_attr = mode << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                z.writestr(info, data)
        put("wheels/%s-1.0-py3-none-any.whl" % name, blob.getvalue())
    one("climb", ("thing/include/../../../../evil", 0o100644, b"x"))
    one("linked", ("thing/include/l", 0o120777, b"/etc"), ("thing/include/a.h", 0o100644, b"x"))
    one("device", ("thing/include/null", 0o020666, b""), ("thing/include/a.h", 0o100644, b"x"))
    one("twice", ("thing/include/a.h", 0o100644, b"x"), ("thing/include/b.h", 0o100644, b"y"))
    patch("twice", b"include/b.h", lambda z, at: z[:at] + b"include/a.h" + z[at + 11:])
    # Five members whose entries in the directory say that they unpack to 4 GiB each.
    one("bomb", *(("thing/include/%d.h" % i, 0o100644, b"x") for i in range(5)))
    patch("bomb", b"PK\1\2", lambda z, at: z[:at + 24] + b"\xfe\xff\xff\xff" + z[at + 28:])
    put("wheels/notzip-1.0-py3-none-any.whl", b"PK\5\6" + noise(5000))


def member(tar, name, data=b"", mode=0o644, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname, info.size = kind, mode, link, len(data)
    tar.addfile(info, io.BytesIO(data))


def packed(mode, fill):
    blob = io.BytesIO()
    with tarfile.open(fileobj=blob, mode="w:" + mode, format=tarfile.GNU_FORMAT) as tar:
        fill(tar)
    return blob.getvalue()


def deb(data, suffix="xz"):
    parts = [(b"debian-binary", b"2.0\n"), (b"control.tar.gz", packed("gz", lambda t: None)),
             (b"data.tar." + suffix.encode(), data)]
    ar = b"!<arch>\n"
    for name, body in parts:
        ar += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name, 0, 0, 0, b"100644", len(body))
        ar += body + b"\n" * (len(body) % 2)
    return ar


def debs():
    cicc, header = noise(500000), text(4000)

    def fill(tar):
        for name in ("./", "./usr/", "./usr/bin/", "./usr/lib/cuda/"):
            member(tar, name, kind=tarfile.DIRTYPE, mode=0o755)
        member(tar, "./usr/bin/nvcc", b"\x7fELF nvcc", 0o4755)
        member(tar, "./usr/bin/nvcc-same", kind=tarfile.LNKTYPE, link="./usr/bin/nvcc")
        member(tar, "./usr/lib/cuda/cicc", cicc, 0o755)
        member(tar, "./usr/lib/cuda/include", kind=tarfile.SYMTYPE, link="../../include")
        member(tar, "./usr/lib/cuda/abs", kind=tarfile.SYMTYPE, link="/usr/include/h.h")
        member(tar, "./usr/include/h.h", header)
        member(tar, "./usr/share/doc/x", b"left out")
    tree = {"bin/nvcc": ("755", b"\x7fELF nvcc"), "bin/nvcc-same": ("755", b"\x7fELF nvcc"),
            "cuda/cicc": ("755", cicc), "cuda/include": ("777", b"../include"),
            "cuda/abs": ("777", b"../include/h.h"), "include/h.h": ("644", header)}
    data = deb(packed("xz", fill))
    put("debian/pool/non-free/t/tool/tool_1.0~1_amd64.deb", data, tree)
    put("flat/tool_1.0~1_amd64.deb", data)

    def evil(tar):
        member(tar, "./usr/bin/x", kind=tarfile.SYMTYPE, link="../../../../tmp")
        member(tar, "./usr/bin/x/evil", b"x")
    put("debian/pool/evil.deb", deb(packed("gz", evil), "gz"))
    put("debian/pool/nodata.deb", b"!<arch>\n")


def redist():
    header = text(3000)

    def fill(tar):
        member(tar, "cuda_x-linux-1.0/include/x.h", header)
        member(tar, "cuda_x-linux-1.0/lib/libx.so.1", b"lib", 0o755)
        member(tar, "cuda_x-linux-1.0/lib/libx.so", kind=tarfile.SYMTYPE, link="libx.so.1")
        member(tar, "cuda_x-linux-1.0/LICENSE", b"free")
    tree = {"include/x.h": ("644", header), "lib/libx.so.1": ("755", b"lib"), "lib/libx.so": ("777", b"libx.so.1")}
    put("redist/cuda_x/linux-x86_64/cuda_x-linux-1.0.tar.xz", packed("xz", fill), tree)


def sdists():
    header = text(2500)

    def fill(tar):
        member(tar, "thing-1.0", kind=tarfile.DIRTYPE, mode=0o755)
        member(tar, "thing-1.0/setup.py", b"raise SystemExit('nothing of this runs')\n")
        member(tar, "thing-1.0/vendor/include/x.h", header, 0o755)
        member(tar, "thing-1.0/vendor/include/newer.h", b"left out")
        member(tar, "thing-1.0/vendor/util/y.h", b"int y;\n")
    put("wheels/thing-1.0.tar.gz", packed("gz", fill), {"include/x.h": ("644", header), "util/y.h": ("644", b"int y;\n")})
    x = "thing-1.0/vendor/include/"
    bad = {"climb": [("thing-1.0/vendor/include/../../../evil", {})], "root": [("/tmp/evil", {})],
           "linked": [(x + "l", {"kind": tarfile.SYMTYPE, "link": "../../../../etc"}), (x + "l/evil", {})],
           "hard": [(x + "h", {"kind": tarfile.LNKTYPE, "link": "/etc/passwd"})],
           "device": [(x + "null", {"kind": tarfile.CHRTYPE})], "twice": [(x + "a.h", {}), (x + "a.h", {})]}
    for name, members in bad.items():
        def write(tar):
            for path, how in members:
                member(tar, path, **how)
        put("wheels/%s-1.0.tar.gz" % name, packed("gz", write))
    put("wheels/notgz-1.0.tar.gz", b"\x1f\x8b\x08" + noise(3000))


wheel()
small_wheel()
sdists()
bad_wheels()
debs()
redist()
with open(os.path.join(out, "facts"), "w") as f:
    f.writelines(facts)
