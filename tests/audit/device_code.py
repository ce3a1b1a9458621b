# SPDX-License-Identifier: Apache-2.0
"""The device code of a shared object, image by image and kernel by kernel, and what differs between two.

The container is described in src/formats/fatbin.h. Beyond that an entry's header has, when long enough: the size of the packed payload (u32 at 16), and
of the unpacked one (u64 at 56). Flags: 0x2000, packed with LZ4 (one block); 0x8000, with Zstandard. A cubin is an ELF file: .text.NAME is a
kernel or function, .nv.info.NAME, .nv.constant0.NAME, .nv.shared.NAME are its parameters, constants and memory. Found by reading files of CUDA 12.4 and 13.0.
"""
import ctypes
import re
import struct

FATBIN, PTX, CUBIN, LZ4, ZSTD = 0xBA55ED50, 1, 2, 0x2000, 0x8000
# What only tells how internal names were made unique: nvcc takes the CRC of a function's name or of the file's.
# _GLOBAL__N__805210c9_21_activation_kernels_cu_34b19962
UNIQUE = re.compile(rb"_[0-9a-f]{8}(_\d+_[A-Za-z0-9_]*?_)[0-9a-f]{8}")


class Fault(Exception):
    pass


def name_at(table, at):
    return table[at:table.index(b"\0", at)]


def sections(elf):
    """(name, type, bytes, entry size) of a little-endian ELF64 file."""
    if elf[:6] != b"\x7fELF\x02\x01":
        raise Fault("not an ELF file of 64 bits")
    offset, = struct.unpack_from("<Q", elf, 40)
    size, number, names = struct.unpack_from("<HHH", elf, 58)
    heads = [struct.unpack_from("<IIQQQQIIQQ", elf, offset + i * size) for i in range(number)]
    if not heads:
        return
    table = elf[heads[names][4]:heads[names][4] + heads[names][5]]
    for h in heads:
        yield name_at(table, h[0]), h[1], b"" if h[1] == 8 else elf[h[4]:h[4] + h[5]], h[9]


def unpack_lz4(packed, size):
    out, at = bytearray(), 0

    def length(n, at):
        if n == 15:
            while True:
                n += packed[at]
                at += 1
                if packed[at - 1] != 255:
                    break
        return n, at
    while at < len(packed) and len(out) < size:
        token = packed[at]
        n, at = length(token >> 4, at + 1)
        out += packed[at:at + n]
        at += n
        if len(out) >= size:
            break
        back = packed[at] | packed[at + 1] << 8
        n, at = length(token & 15, at + 2)
        if not 0 < back <= len(out):
            raise Fault("a packed image is broken")
        for _ in range(n + 4):
            out.append(out[-back])
    if len(out) != size:
        raise Fault("a packed image has another size than it says")
    return bytes(out)


def unpack_zstd(packed, size):
    zstd = ctypes.CDLL("libzstd.so.1")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    out = ctypes.create_string_buffer(size)
    if zstd.ZSTD_decompress(out, ctypes.c_size_t(size), packed, ctypes.c_size_t(len(packed))) != size:
        raise Fault("a packed image has another size than it says")
    return out.raw


def images(path):
    """Of each container, in the order of the link, hence of the sources: its images, [("sm_80", kind, bytes)]."""
    with open(path, "rb") as f:
        data = b"".join(b for n, _, b, _ in sections(f.read()) if n == b".nv_fatbin")
    at, out = 0, []
    while at + 16 <= len(data):
        magic, _, head, size = struct.unpack_from("<IHHQ", data, at)
        if magic != FATBIN:
            at += 8
            continue
        end, at, found = at + head + size, at + head, []
        while at + 64 <= end:
            kind, _, entry_head, payload = struct.unpack_from("<HHIQ", data, at)
            packed_size, arch = struct.unpack_from("<I", data, at + 16)[0], struct.unpack_from("<I", data, at + 28)[0]
            flags, unpacked_size = struct.unpack_from("<Q", data, at + 40)[0], struct.unpack_from("<Q", data, at + 56)[0]
            body = data[at + entry_head:at + entry_head + payload]
            if flags & (LZ4 | ZSTD):
                unpack = unpack_lz4 if flags & LZ4 else unpack_zstd
                body = unpack(body[:packed_size], unpacked_size)
            if kind in (PTX, CUBIN):
                found.append((("compute_" if kind == PTX else "sm_") + str(arch), kind, body))
            at += entry_head + payload
        at = end
        out.append(found)
    return out


def canonical(name):
    return UNIQUE.sub(rb"_\1", name)


def parts(kind, body):
    """What is compared of an image: {name: bytes}. Tables of names and symbols differ with the order of declarations; what
    the symbols are is compared instead."""
    if kind == PTX:
        text = re.sub(rb"(?m)^//.*\n", b"", canonical(body).rstrip(b"\0"))
        return {b"PTX": text}
    out, found = {}, list(sections(body))
    strings = next((b for n, _, b, _ in found if n == b".strtab"), b"")
    for name, kind_of_section, data, entry in found:
        if name in (b".strtab", b".shstrtab", b""):
            continue
        if kind_of_section == 2 and entry:  # symbols, without their numbers
            rows = (struct.unpack_from("<IBBHQQ", data, i) for i in range(0, len(data), entry))
            data = b"\n".join(sorted(canonical(name_at(strings, r[0])) + b" %d %d %d" % (r[1], r[2], r[5]) for r in rows))
        out[canonical(name)] = out.get(canonical(name), b"") + data
    return out


def kernels(found):
    """How many kernels and functions the images have."""
    return sum(sum(n.startswith(b".text.") for n in parts(kind, body)) for _, kind, body in found if kind == CUBIN)


def differences(one, other):
    """Of one container and its counterpart: lines, none when the device code is the same."""
    out = []
    if [i[:2] for i in one] != [i[:2] for i in other]:
        return [f"images {[i[0] for i in one]} and {[i[0] for i in other]}"]
    for (arch, kind, body), (_, _, body_other) in zip(one, other):
        if body == body_other:
            continue
        a, b = parts(kind, body), parts(kind, body_other)
        for name in sorted(set(a) | set(b)):
            if a.get(name) != b.get(name):
                what = "differs" if name in a and name in b else "is only in the first" if name in a else "is only in the second"
                out.append(f"{arch}: {name.decode(errors='replace')} {what}")
    return out
