#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the program for any machine: make.sh wheel|static PROGRAM DIR [x86_64|aarch64]
#
# wheel: DIR/wheel/kernel-builder, by the toolchain that kernels are compiled with, for glibc 2.28 and later; all other libraries are
# in it. static: DIR/static/kernel-builder, by this machine's compiler, with its C library in it, too. PROGRAM, any kernel-builder,
# fetches the toolchain; static is for this kind of machine only. What is up to date is not made again.
set -eu
kind=$1 program=$2 machine=${4:-x86_64}
[ "$(uname -m)" = x86_64 ] || { echo "make.sh: this is done on x86-64, also for aarch64 (make wheel MACHINE=aarch64)" >&2; exit 1; }
mkdir -p "$3"
dir=$(cd "$3" && pwd) here=$(dirname "$0")
toolchain=$dir/toolchain libraries=$dir/libraries lib=$dir/libraries/lib
make=${MAKE:-make}
exec 9>"$dir/lock"
flock 9 # two may make at once

# stamp DIR FILE...: whether DIR was made of these files as they are.
stamp() {
	made=$1/.made
	shift
	digest=$(cat "$@" | sha256sum)
	[ "$(cat "$made" 2>/dev/null)" = "$digest" ]
}
stamp "$toolchain" catalog/gcc.toml catalog/aarch64.toml "$here/pins.toml" "$here/toolchain.py" || {
	python3 "$here/toolchain.py" "$program" "$toolchain" "$machine"
	echo "$digest" >"$made"
}
stamp "$libraries" "$toolchain/.made" "$here/libraries.sh" "$here/compat.c" /usr/lib/x86_64-linux-gnu/lib*.a || {
	sh "$here/libraries.sh" "$toolchain" "$libraries" "$machine"
	echo "$digest" >"$made"
}

set --
for l in curl archive ssl crypto nghttp2 z jansson lzma zstd bz2; do set -- "$@" "$lib/lib$l.a"; done
case $kind in
wheel)
	# Of the system calls that are made by number, Linux 5.10 has not all names.
	cc=$toolchain/cc cxx=$toolchain/c++ define="-DSYS_close_range=436 -DCLOSE_RANGE_CLOEXEC=4" harden="-pie -Wl,-z,relro,-z,now"
	system="$lib/compat.o -static-libgcc -Wl,--start-group $* -l:libstdc++.a -lgcc -lgcc_eh -lm -lpthread -ldl -lc -Wl,--end-group"
	;;
static)
	cc=${CC:-cc} cxx=${CXX:-c++} define=-DKB_STATIC harden="-static-pie -Wl,-z,relro,-z,now"
	system="-Wl,--start-group $* -lstdc++ -lm -Wl,--end-group"
	;;
esac
$make -s BUILD="$dir/$kind" CC="$cc" CXX="$cxx" LIB_CFLAGS="-I$libraries/include" CFLAGS=-O2 CXXFLAGS=-O2 \
	CPPFLAGS="-DKB_PORTABLE -DCURL_STATICLIB $define" LDHARDEN="$harden" LDFLAGS="-s -Wl,--build-id=none" LDLIBS="$system" \
	"$dir/$kind/kernel-builder"
