# SPDX-License-Identifier: Apache-2.0
"""Prints what a shared object's .nv_fatbin, or another section, holds: one word per image, such as sm_80 or compute_90, sorted.

usage: fatbin.py FILE [SECTION]

The container is NVIDIA's fat binary: a header (magic 0xBA55ED50, version u16, header size u16, size u64), then entries
(kind u16: 1 PTX, 2 cubin; version u16; header size u32; payload size u64; ...; architecture u32 at offset 28).
"""
import struct
import subprocess
import sys


def section(path, name):
    out = subprocess.run(["readelf", "-SW", path], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        words = line.replace("[ ", "[").split()
        if name in words:
            i = words.index(name)
            return int(words[i + 3], 16), int(words[i + 4], 16)
    return 0, 0


def images(data):
    at = 0
    while at + 16 <= len(data):
        magic, _, head, size = struct.unpack_from("<IHHQ", data, at)
        if magic != 0xBA55ED50:
            at += 8
            continue
        end = at + head + size
        at += head
        while at + 32 <= end:
            kind, _, entry_head, payload = struct.unpack_from("<HHIQ", data, at)
            arch = struct.unpack_from("<I", data, at + 28)[0]
            yield ("compute_" if kind == 1 else "sm_") + str(arch)
            at += entry_head + payload
        at = end


offset, size = section(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ".nv_fatbin")
with open(sys.argv[1], "rb") as f:
    f.seek(offset)
    print(" ".join(sorted(set(images(f.read(size))))))
