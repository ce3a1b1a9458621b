#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lays out the program's own toolchain for compiling the program itself.

    toolchain.py PROGRAM DIR MACHINE

DIR becomes: tools/ (gcc 12 with its loader and libraries), sysroot/ (headers and libraries of glibc 2.31), cc, c++, ar and ranlib
(scripts that run the former on the latter), and curl/ (the source of libcurl). MACHINE is what the result is for: x86_64 or aarch64. The
pins are those of catalog/gcc.toml and catalog/aarch64.toml, which kernels are compiled with, and of pins.toml; PROGRAM, a kernel-builder,
fetches them and checks their hashes.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
GCC = "12.2.0"
HEADERS = {"libc6-dev", "linux-libc-dev"}  # of [[tools]]; they and libraries of [[library]] are the sysroot

# The loader of the toolchain runs its programs, so the machine's C library does not matter. What the compiler finds by itself are
# its own files; collect2 is the linker, for the wrapper that gcc has in its place is in a package of 19 MB.
WRAPPER = """#!/bin/sh
d={dir}
t=$d/tools
run="$t/lib64/ld-linux-x86-64.so.2 --library-path $t/lib/x86_64-linux-gnu:$t/usr/lib/x86_64-linux-gnu"
n=$#
while [ $n -gt 0 ]; do # a g++ takes C for C++
	case $1 in
	*.c) set -- "$@" -x c "$1" -x none ;;
	*) set -- "$@" "$1" ;;
	esac
	shift
	n=$((n - 1))
done
exec $run $t/usr/bin/{triplet}-g++-12 -wrapper "$(echo "$run" | tr ' ' ',')" -B$t/usr/bin/{triplet}- --sysroot=$d/sysroot \\
	-fno-use-linker-plugin {options}"$@"
"""
CXX = "-nostdinc++ -isystem $t/usr/include/c++/12 -isystem $t/usr/include/{triplet}/c++/12 "
# ar and ranlib write the index of an archive for the machines that they know.
BINUTIL = """#!/bin/sh
t={dir}/tools
exec $t/lib64/ld-linux-x86-64.so.2 --library-path $t/lib/x86_64-linux-gnu:$t/usr/lib/x86_64-linux-gnu $t/usr/bin/{triplet}-{name} "$@"
"""


def read(name):
    with open(os.path.join(HERE, name), "rb") as f:
        return tomllib.load(f)


def replace_pins(of, by):
    """As src/resolve/catalog_target.c does."""
    new = {pin.get("replaces", pin["name"]): pin for pin in by["pin"]}
    of["pin"] = [new.get(pin["name"], pin) for pin in of["pin"]]


def read_catalog(machine):
    catalog = read("../../catalog/gcc.toml")
    if machine == "x86_64":
        return catalog
    other = read(f"../../catalog/{machine}.toml")
    for kind, key in (("tools", "name"), ("gcc", "version")):
        for by in other[kind]:
            replace_pins(next(of for of in catalog[kind] if of[key] == by[key]), by)
    catalog["library"] = other["library"]
    return catalog


def pins(machine):
    """Yields (pin, directory below DIR)."""
    catalog, own = read_catalog(machine), read("pins.toml")
    gcc = next(g for g in catalog["gcc"] if g["version"] == GCC)
    for tools in catalog["tools"]:
        if tools["name"] in gcc["tools"]:
            for pin in tools["pin"]:
                yield pin, "sysroot" if pin["name"] in HEADERS else "tools"
    for pin in gcc["pin"] + own["tools" if machine == "x86_64" else f"tools-{machine}"]:
        yield pin, "tools"
    for pin in catalog["library"]:
        if pin["name"] in ("libc6", "libgcc-s1"):
            yield pin, "sysroot"
    for pin in own["curl"].values():
        yield pin, "curl"


def is_whole(name, pin):
    """Whether the file of a pin is there, and has the bytes that it should have."""
    if not os.path.exists(name):
        return False
    with open(name, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest() == pin["sha256"]


def fetch(program, pin, to):
    """The whole file of a pin; beside a tree, the program would fetch that part only."""
    name = os.path.join(to, os.path.basename(pin["file"]))
    if not is_whole(name, pin):
        if os.path.exists(name):
            os.remove(name)
        text = {key: pin[key] for key in ("name", "file", "size", "sha256")} | {"kind": "deb", "select": [{"from": "usr/"}]}
        with open(name + ".json", "w") as f:
            json.dump(text, f)
        subprocess.run([program, "nix", "fetch", name + ".json", name], check=True, stdout=subprocess.DEVNULL)
    return name


def unpack(file, to):
    os.makedirs(to, exist_ok=True)
    if file.endswith(".deb"):
        subprocess.run(["dpkg-deb", "-x", file, to], check=True)
    elif file.endswith(".orig.tar.gz"):
        subprocess.run(["tar", "-xzf", file, "-C", to, "--strip-components=1"], check=True)
    else:
        subprocess.run(["tar", "-xJf", file, "-C", to], check=True)


def make_relative(root):
    """Links of packages name places of the machine that they are for; these lie below root."""
    for at, dirs, names in os.walk(root):
        for name in dirs + names:
            path = os.path.join(at, name)
            if os.path.islink(path) and os.readlink(path).startswith("/"):
                to = os.path.relpath(root + os.readlink(path), at)
                os.remove(path)
                os.symlink(to, path)


def join_gcc(tools):
    """A cross compiler looks for the files of gcc in a directory of its own, and the packages for that machine have them in gcc's."""
    cross, native = (os.path.join(tools, "usr/lib", d, "aarch64-linux-gnu/12") for d in ("gcc-cross", "gcc"))
    for name in os.listdir(native):
        if not os.path.lexists(os.path.join(cross, name)):
            os.symlink(os.path.join(native, name), os.path.join(cross, name))
    return cross


def write_script(path, text):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o755)


def make(program, to, machine):
    triplet = f"{machine}-linux-gnu"
    files = os.path.join(to, "files")
    os.makedirs(files, exist_ok=True)
    for d in ("tools", "sysroot", "curl"):
        shutil.rmtree(os.path.join(to, d), ignore_errors=True)
    for pin, where in pins(machine):
        unpack(fetch(program, pin, files), os.path.join(to, where))
    for d in ("tools", "sysroot"):
        make_relative(os.path.join(to, d))
    tools = os.path.join(to, "tools")
    gcc = os.path.join(tools, f"usr/lib/gcc/{triplet}/12") if machine == "x86_64" else join_gcc(tools)
    os.symlink(os.path.join(tools, f"usr/bin/{triplet}-ld.bfd"), os.path.join(gcc, "collect2"))
    for name, options in (("cc", ""), ("c++", CXX.format(triplet=triplet))):
        write_script(os.path.join(to, name), WRAPPER.format(dir=to, triplet=triplet, options=options))
    for name in ("ar", "ranlib"):
        write_script(os.path.join(to, name), BINUTIL.format(dir=to, triplet=triplet, name=name))


if __name__ == "__main__":
    make(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3])
