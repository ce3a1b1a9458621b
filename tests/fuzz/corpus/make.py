#!/usr/bin/env python3
"""Makes the binary files of the corpora zip/, tarball/, fatbin/, elf/, symbols/ and object/, in the directory of this script;
cc for the last three."""
import gzip
import io
import os
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib

here = os.path.dirname(os.path.abspath(__file__))
TIME = (2020, 1, 1, 0, 0, 0)


def put(path, data):
    path = os.path.join(here, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def a_zip(method, comment=b"", zip64=False):
    blob = io.BytesIO()
    with zipfile.ZipFile(blob, "w", method) as z:
        for name, data, mode in (("d/", b"", 0o40755), ("d/a.h", b"int a;\n" * 20, 0o100644),
                                 ("tool", b"#!/bin/sh\n", 0o100755)):
            info = zipfile.ZipInfo(name, TIME)
            info.external_attr = mode << 16
            info.compress_type = method
            with z.open(info, "w", force_zip64=zip64) as f:
                f.write(data)
        z.comment = comment
    return blob.getvalue()


def a_tar(mode, kind=tarfile.GNU_FORMAT):
    blob = io.BytesIO()
    with tarfile.open(fileobj=blob, mode="w:" + mode, format=kind) as tar:
        for name, what, link, data in (("./", tarfile.DIRTYPE, "", b""), ("./usr/a.h", tarfile.REGTYPE, "", b"int a;\n" * 9),
                                       ("./usr/b", tarfile.LNKTYPE, "./usr/a.h", b""), ("./l", tarfile.SYMTYPE, "/usr/a.h", b""),
                                       ("x" * 120, tarfile.REGTYPE, "", b"long")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = what, link, len(data)
            tar.addfile(info, io.BytesIO(data))
    return blob.getvalue()


def a_deb(data, name):
    out = b"!<arch>\n"
    for member, body in ((b"debian-binary", b"2.0\n"), (name, data)):
        out += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (member, 0, 0, 0, b"100644", len(body)) + body + b"\n" * (len(body) % 2)
    return out


def a_fatbin(*images):
    """images: kind (1 PTX, 2 cubin), architecture, flags, payload"""
    body = b"".join(struct.pack("<HHIQIIIIIIQQQQ", kind, 0x101, 72, len(data), 0, 0, 0, arch, 0, 0, flags, 0, 0, 0) + data
                    for kind, arch, flags, data in images)
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body


def an_elf(source, *options, versions=None):
    """a small shared library or program, without a debugger's symbols"""
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/a.c", "w") as f:
            f.write(source)
        if versions:
            with open(d + "/map", "w") as f:
                f.write(versions)
            options += ("-Wl,--version-script=" + d + "/map",)
        subprocess.run(["cc", "-O1", "-s", "-fno-asynchronous-unwind-tables", "-nostartfiles", "-Wl,--build-id=none",
                        "-Wl,-z,noseparate-code,-z,max-page-size=16,-z,common-page-size=16", *options, "-o", d + "/a",
                        d + "/a.c"], check=True)
        with open(d + "/a", "rb") as f:
            return f.read()


put("zip/stored", a_zip(zipfile.ZIP_STORED))
put("zip/deflated", a_zip(zipfile.ZIP_DEFLATED, b"a comment"))
put("zip/zip64", a_zip(zipfile.ZIP_DEFLATED, zip64=True))
put("tarball/plain", b"\0\1" + a_tar("").rstrip(b"\0") + b"\0" * 1024)
put("tarball/pax", b"\0\7" + a_tar("", tarfile.PAX_FORMAT).rstrip(b"\0") + b"\0" * 1024)
put("tarball/gz", b"\0\1" + gzip.compress(a_tar(""), mtime=0))
put("tarball/xz", b"\0\7" + a_tar("xz"))
put("tarball/deb", b"\1\7" + a_deb(a_tar("").rstrip(b"\0") + b"\0" * 1024, b"data.tar"))
put("tarball/deb-xz", b"\1\7" + a_deb(a_tar("xz"), b"data.tar.xz"))
one = a_fatbin((2, 80, 0x11, b"cubin..."))
put("fatbin/two", a_fatbin((2, 80, 0x11, b"cubin..."), (1, 90, 0x100011, b"ptx!")) + b"\0" * 4 +
    a_fatbin((2, 100, 0x200011, b"........")) + b"\0" * 8)
put("fatbin/none", b"\0" * 32)
put("fatbin/cut", one[:-3])
put("fatbin/long-entry", one[:24] + b"\xff" * 8 + one[32:])
library = an_elf("int putenv(char *); int f(void) { return putenv(0); } __thread int t = 1;", "-shared", "-fPIC",
                 "-Wl,-soname,liba.so.1,-rpath,/x", versions="A_1 { f; }; A_2 { t; } A_1;")
put("elf/library", library)
put("elf/cut", library[:-700])
put("symbols/library", library)
put("symbols/list", b"kernel-builder symbols 1\nF f\nT t\n")
put("symbols/deflated", zlib.compress(library * 20, 6)[2:-4])
put("symbols/object", an_elf("int putenv(char *); int f(void) { return putenv(0); }", "-c"))
put("elf/program", an_elf("int puts(const char *); void _start(void) { puts(\"a\"); }", "-pie", "-fPIE"))
put("object/fatbin", an_elf("int puts(const char *); __attribute__((section(\".nv_fatbin\"))) const long fat[3] = {1, 2, 3};"
                           "const void *at = fat; int f(void) { return puts(\"a\"); }", "-c"))
