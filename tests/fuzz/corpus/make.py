#!/usr/bin/env python3
"""Makes the binary files of the corpora zip/, tarball/, fatbin/, elf/, symbols/, object/, wire/ and
h2/, in the directory of this script; cc for elf/, symbols/ and object/."""
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


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def a_number(field, n):
    return varint(field << 3) + varint(n)


def a_message(field, *parts):
    return varint(field << 3 | 2) + varint(len(b"".join(parts))) + b"".join(parts)


def a_digest(field, size):
    return a_message(field, a_message(1, b"5e" * 32), a_number(2, size))


def a_frame(kind, flags, stream, body):
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


def headers(stream, flags, *pairs):
    block = b"".join(b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value for name, value in pairs)
    return a_frame(1, flags, stream, block)


def an_answer(stream, message, status=b"0", prefix=b"\0", size=None):
    data = prefix + struct.pack(">I", len(message) if size is None else size) + message
    return (headers(stream, 4, (b":status", b"200"), (b"content-type", b"application/grpc")) + a_frame(0, 0, stream, data) +
            headers(stream, 5, (b"grpc-status", status), (b"grpc-message", b"a%20word%2")))


SETTINGS = a_frame(4, 0, 0, b"") + a_frame(4, 1, 0, b"")
a_result = (a_message(2, a_message(1, b"out/a.o"), a_digest(2, 300), a_number(4, 1)) + a_number(4, 3) + a_message(5, b"text") +
            a_digest(6, 4) + a_message(8) + a_message(9, a_message(7, a_number(1, 4)), a_message(8, a_number(1, 6), a_number(2, 5))))
missing = a_message(1, b"type.googleapis.com/google.rpc.PreconditionFailure") + a_message(2, a_message(1, a_message(1, b"MISSING")))
put("wire/result", a_result)
put("wire/link", a_result + a_message(12, a_message(1, b"x")))
put("wire/outside", a_message(2, a_message(1, b"../a.o"), a_digest(2, 300)))
put("wire/operation", a_message(1, b"name") + a_number(3, 1) + a_message(5, a_message(2, a_message(1, a_result), a_number(2, 1))))
put("wire/status", a_number(1, 9) + a_message(2, b"gone") + a_message(3, missing))
put("wire/capabilities", a_message(1, a_message(1, b"\1\2"), a_message(2, a_number(1, 1)), a_number(4, 4194304)) + a_message(2, a_number(2, 1)))
put("wire/answer", a_digest(1, 4) + a_message(2, b"data") + a_message(3, a_number(1, 5), a_message(2, b"none")))
run = a_number(1, 5) + a_number(2, 1) + a_message(5, a_message(1, b"d" * 32), a_number(2, 1), a_message(3, b"/a")) + a_number(6, 1) + a_message(7, b"d" * 32)
put("wire/request", struct.pack("<I", len(run)) + run)
end = a_number(1, 1) + a_number(2, 1) + a_message(4, a_result) + a_message(12, b"why") + a_number(13, 1000)
put("wire/reply", struct.pack("<I", len(end)) + end)
put("h2/answers", SETTINGS + an_answer(1, b"an answer") + an_answer(3, b"", b"5") + an_answer(5, b"an end"))
put("h2/stopped", SETTINGS + an_answer(1, b"end") + an_answer(3, b"end"))
put("h2/packed", SETTINGS + an_answer(1, b"answer", prefix=b"\1") + an_answer(3, b"answer", size=1 << 31))
put("h2/cut", SETTINGS + an_answer(1, b"answer", size=100) + a_frame(3, 0, 3, b"\0\0\0\7") + a_frame(7, 0, 0, b"\0\0\0\3\0\0\0\0"))
put("h2/leaving", SETTINGS + a_frame(7, 0, 0, b"\0\0\0\1\0\0\0\0") + an_answer(1, b"answer"))
put("h2/other", SETTINGS + headers(1, 5, (b":status", b"502"), (b"content-type", b"text/html")) + a_frame(6, 0, 0, b"ping ping"[:8]))
