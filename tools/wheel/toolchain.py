#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lays out the program's own toolchain for compiling the program itself.

    toolchain.py PROGRAM DIR

DIR becomes: tools/ (gcc 12 with its loader and libraries), sysroot/ (headers and libraries of glibc 2.31), cc and c++ (scripts
that run the former on the latter), and curl/ (the source of libcurl). The pins are those of catalog/gcc.toml, which kernels are
compiled with, and of pins.toml; PROGRAM, a kernel-builder, fetches them and checks their hashes.
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
exec $run $t/usr/bin/x86_64-linux-gnu-g++-12 -wrapper "$(echo "$run" | tr ' ' ',')" -B$t/usr/bin/x86_64-linux-gnu- --sysroot=$d/sysroot \\
	-fno-use-linker-plugin {options}"$@"
"""
CXX = "-nostdinc++ -isystem $t/usr/include/c++/12 -isystem $t/usr/include/x86_64-linux-gnu/c++/12 "


def pins():
    """Yields (pin, directory below DIR)."""
    with open(os.path.join(HERE, "../../catalog/gcc.toml"), "rb") as f:
        catalog = tomllib.load(f)
    with open(os.path.join(HERE, "pins.toml"), "rb") as f:
        own = tomllib.load(f)
    gcc = next(g for g in catalog["gcc"] if g["version"] == GCC)
    for tools in catalog["tools"]:
        if tools["name"] in gcc["tools"]:
            for pin in tools["pin"]:
                yield pin, "sysroot" if pin["name"] in HEADERS else "tools"
    for pin in gcc["pin"] + own["tools"]:
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


def make(program, to):
    files = os.path.join(to, "files")
    os.makedirs(files, exist_ok=True)
    for d in ("tools", "sysroot", "curl"):
        shutil.rmtree(os.path.join(to, d), ignore_errors=True)
    for pin, where in pins():
        unpack(fetch(program, pin, files), os.path.join(to, where))
    for d in ("tools", "sysroot"):
        make_relative(os.path.join(to, d))
    gcc = os.path.join(to, "tools/usr/lib/gcc/x86_64-linux-gnu/12")
    os.symlink(os.path.join(to, "tools/usr/bin/x86_64-linux-gnu-ld.bfd"), os.path.join(gcc, "collect2"))
    for name, options in (("cc", ""), ("c++", CXX)):
        path = os.path.join(to, name)
        with open(path, "w") as f:
            f.write(WRAPPER.format(dir=to, options=options))
        os.chmod(path, 0o755)


if __name__ == "__main__":
    make(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
