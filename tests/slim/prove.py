#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is what a compiler makes of a slim text the same as of the whole one?

usage: prove.py [--slim PROGRAM] [--pass cxx|host|device] [--user PREFIX] WAY TEXT COMMAND...

COMMAND compiles {in} to {out}; it runs in the current directory. WAY is
  same      the two outputs are the same bytes (PTX)
  object    the two objects have the same symbols, sections and relocations, by name; order does not count. Give g++
            -fno-devirtualize -fno-devirtualize-speculatively -ffunction-sections -fdata-sections: it guesses what a
            virtual call does from the classes that it sees, and writes functions in the order of what it has read
  symbols   the two objects have the same symbols
  layouts   COMMAND is g++ -fsyntax-only: every class that both texts define has the same size, bases and virtual functions
"""
import argparse
import difflib
import os
import re
import struct
import subprocess
import sys
import tempfile
import time


def read_elf(path):
    """Sections as (name, type, bytes, link, info), and symbols as (name, info, section, value)."""
    data = open(path, "rb").read()
    shoff, = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<HHH", data, 58)
    heads = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * size) for i in range(count)]
    if names == 0xFFFF:
        names = heads[0][6]
    if count == 0:
        heads = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * size) for i in range(heads[0][5])]

    def text(table, at):
        begin = heads[table][4] + at
        return data[begin : data.index(b"\0", begin)].decode()

    sections = []
    for h in heads:
        sections.append((text(names, h[0]), h[1], b"" if h[1] == 8 else data[h[4] : h[4] + h[5]], h[6], h[7], h[5]))
    symbols = []
    wide = {}
    for i, s in enumerate(sections):
        if s[1] == 18:  # SHT_SYMTAB_SHNDX
            wide[s[3]] = struct.unpack("<%dI" % (len(s[2]) // 4), s[2])
    for i, s in enumerate(sections):
        if s[1] != 2:
            continue
        for k in range(0, len(s[2]), 24):
            name, info, _, index, value, _ = struct.unpack_from("<IBBHQQ", s[2], k)
            if index == 0xFFFF:
                index = wide[i][k // 24]
            symbols.append((text(s[3], name), info, index, value))
    return sections, symbols


def describe(path):
    """What an object says, without the numbers that stand for names and the order of things."""
    sections, symbols = read_elf(path)
    at = {}
    for name, info, index, value in symbols:
        if name and not name.startswith(".L") and 0 < index < 0xFF00:
            at.setdefault((index, value), []).append(name)

    def meaning(symbol, kind, addend):
        name, info, index, value = symbols[symbol]
        if name and not name.startswith(".L"):
            return (name, addend)
        section = sections[index] if index < len(sections) else ("?",) * 6
        if info & 15 == 3 and kind == 1:
            # In data, an address in a section.
            value, addend = value + addend, 0
        if section[0].startswith(".rodata"):
            # A constant: the compiler numbers them.
            if ".str" in section[0]:
                return (".str", section[2][value : section[2].find(b"\0", value)], addend)
            if ".cst" in section[0]:
                width = int(re.search(r"cst(\d+)", section[0]).group(1))
                return (".cst", section[2][value : value + width], addend)
        named = at.get((index, value), [section[0]])
        return (section[0] if info & 15 == 3 else sorted(named)[0], addend + value if info & 15 == 3 else addend)

    relocations = {}
    for name, kind, body, _, target, _ in sections:
        if kind == 4:
            for k in range(0, len(body), 24):
                offset, info, addend = struct.unpack_from("<QQq", body, k)
                relocations.setdefault(target, []).append((offset, info & 0xFFFFFFFF, meaning(info >> 32, info & 0xFFFFFFFF, addend)))
    out = {}
    for i, (name, kind, body, _, _, size) in enumerate(sections):
        # Tables of names and groups, what describes other sections, and constants, which are read where they are used.
        if kind not in (1, 8, 14, 15) or re.match(r"\.(rodata.*\.(str|cst)|eh_frame|comment|note)", name) or size == 0:
            continue
        out.setdefault(name, []).append(repr((size, body, sorted(relocations.get(i, []), key=repr))))
    kinds = {}
    for name, info, index, value in symbols:
        if name and not name.startswith(".L") and info & 15 != 4 and info & 15 != 3:
            kinds.setdefault(name, []).append((info, "undefined" if index == 0 else "defined"))
    return {n: sorted(v) for n, v in out.items()}, {n: sorted(v) for n, v in kinds.items()}


def differences(what, a, b):
    bad = 0
    for title, names in (
        ("only without", sorted(set(a) - set(b))),
        ("only with", sorted(set(b) - set(a))),
        ("another one", sorted(n for n in a if n in b and a[n] != b[n])),
    ):
        for n in names[:20]:
            print("%s: %s slimming: %s" % (what, title, n))
        bad += len(names)
    print("%s: %d and %d, %d differ" % (what, len(a), len(b), bad))
    return bad


def layouts(path):
    """g++ -fdump-lang-class: sizes, alignments, bases and tables of virtual functions by class."""
    out, name = {}, None
    for line in open(path, errors="replace"):
        line = re.sub(r"(0x)+[0-9a-f]+", "", line.rstrip())
        m = re.match(r"(?:Class|Vtable for|Construction vtable for|VTT for) (.*)", line)
        if m:
            name = line
            # Unnamed ones, and those in functions, share a name: one of them has to be the same.
            out.setdefault(name, []).append([])
        elif name and line:
            # Default arguments are written out or not, by which name of a class was met first.
            while re.search(r"<[^<>]*>", line):
                line = re.sub(r"<[^<>]*>", "", line)
            out[name][-1].append(line.strip())
        elif not line:
            name = None
    return out


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--slim", default=".build/release/slim/slim_file")
    p.add_argument("--pass", dest="kind", default="cxx")
    p.add_argument("--user", default="src/")
    p.add_argument("way", choices=("same", "object", "symbols", "layouts"))
    p.add_argument("text")
    p.add_argument("command", nargs=argparse.REMAINDER)
    o = p.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        suffix = os.path.splitext(o.text)[1]
        slim = os.path.join(tmp, "slim" + suffix)
        begin = time.monotonic()
        subprocess.run([o.slim, o.text, slim, o.kind, o.user], check=True)
        print("slimming: %.2f s" % (time.monotonic() - begin))
        outs = []
        for name, text in (("whole", o.text), ("slim", slim)):
            out = os.path.join(tmp, name + ".o")
            command = [a.replace("{in}", text).replace("{out}", out) for a in o.command]
            before = os.times()
            if o.way == "layouts":
                command += ["-fdump-lang-class", "-dumpdir", os.path.join(tmp, name + "-")]
            subprocess.run(command, check=True)
            print("%s: %.2f s" % (name, os.times().children_user - before.children_user))
            if o.way == "layouts":
                dumps = [f for f in os.listdir(tmp) if f.startswith(name + "-") and f.endswith(".class")]
                out = os.path.join(tmp, dumps[0])
            outs.append(out)
        if o.way == "same":
            bad = open(outs[0], "rb").read() != open(outs[1], "rb").read()
            print("other bytes" if bad else "the same bytes")
        elif o.way == "layouts":
            a, b = layouts(outs[0]), layouts(outs[1])
            both = [n for n in a if n in b]
            bad = [n for n in both if not all(one in a[n] for one in b[n])]
            for n in bad[:20]:
                print(n)
                for one in b[n]:
                    print("".join(difflib.unified_diff([x + "\n" for x in a[n][0]], [x + "\n" for x in one], n=0)))
            print("%d and %d, %d in both, %d differ" % (len(a), len(b), len(both), len(bad)))
            bad = bad or not both
        else:
            (sa, na), (sb, nb) = describe(outs[0]), describe(outs[1])
            bad = differences("symbols", na, nb)
            if o.way == "object":
                bad += differences("sections", sa, sb)
        return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
