#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds kernels on an aarch64 machine, and compares their bytes with those of the cross build on x86-64. The machine is emulated: a
# root of Debian 12 for arm64 with the program's wheel for aarch64, and compilers for it, of which the kernel starts each with qemu.
# Usage: tests/aarch64-machine.sh DIR
# DIR gets the root and stores: 2 GB, of which 0.5 GB are fetched. Fifteen minutes on two cores. Needs root, apt, debootstrap, and
# qemu-user-static registered with binfmt_misc; where it is not, nothing is tried, and that is said.
set -u
cd "$(dirname "$0")/.." || exit 2
[ $# = 1 ] || { sed -n '3,7s/^# //p' "$0" >&2; exit 2; }
here=/proc/sys/fs/binfmt_misc/qemu-aarch64
if ! grep -qs '^flags: .*F' $here || ! grep -qs '^enabled' $here || [ "$(id -u)" != 0 ]; then
	echo "ok - builds on an aarch64 machine # SKIP the kernel starts no programs for aarch64 here: that needs root, and qemu-user-static in binfmt_misc"
	exit 0
fi
mkdir -p "$1"
T=$(realpath "$1") R=$T/root KB=$PWD/kernel-builder
passed=0 failed=0
check() { # text command...
	local text=$1
	shift
	if "$@" >"$T/log" 2>&1; then passed=$((passed + 1)); echo "ok - $text"; else
		failed=$((failed + 1))
		echo "not ok - $text"
		tail -15 "$T/log" | sed 's/^/# /'
	fi
}
there() { chroot "$R" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root KERNEL_BUILDER_HOME=/store "$@"; }
leave() { for d in proc dev; do mountpoint -q "$R/$d" && umount "$R/$d"; done; }
trap leave EXIT
prepare() {
	local mirror deb
	[ -e "$R/ready" ] && return
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
	debootstrap --foreign --arch=arm64 --variant=minbase --include=python3 bookworm "$R" "$mirror" || return
	for deb in "$R"/var/cache/apt/archives/*.deb; do dpkg -x "$deb" "$R" || return; done
	touch "$R/ready"
}
install_program() {
	python3 -m zipfile -e "$T"/kernel_builder-*_aarch64.whl "$T/wheel" &&
		install -m 755 "$T"/wheel/*.data/scripts/kernel-builder "$R/usr/bin/kernel-builder"
}
# What compiles it is fetched on x86-64, for the other machine. Nothing of what is compiled is shared.
both() { # kernel options...
	local k=$1
	shift
	rm -rf "$R/k" "$T/here" "$R/there"
	cp -r "$k" "$R/k" || return
	rm -rf "$R/k/build" "$R/k/result"
	[ -n "${LOCK:-}" ] && cp "$LOCK" "$R/k/kernel-builder.lock"
	KERNEL_BUILDER_HOME=$R/store "$KB" fetch -q --machine aarch64 "$@" "$R/k" || return
	KERNEL_BUILDER_HOME=$T/store "$KB" build -q "$@" -o "$T/here" "$R/k" || return
	there kernel-builder build -v "$@" -o /there /k || return
	rm -rf "$R/k"
	[ "$(find "$T/here" -name '*.so' | wc -l)" -gt 0 ] && diff -r "$T/here" "$R/there"
}
cpu() { both examples/relu-cpu --no-lock --matrix all --variant "$1-aarch64-linux"; }
refuses() {
	cp "$LOCK" "$R/k/kernel-builder.lock" && ! there kernel-builder build /k 2>"$T/err" &&
		grep -q '^error: torch211-cxx11-cu130-x86_64-linux cannot be built on an aarch64 machine' "$T/err"
}

check "the wheel for aarch64" make -s wheel MACHINE=aarch64 WHEEL="$T/kernel_builder-0-py3-none-manylinux_2_28_aarch64.whl"
check "a root of Debian 12 for arm64" prepare
mount --bind /proc "$R/proc" && mount --bind /dev "$R/dev" || exit 1
check "the wheel's program" install_program
check "runs there" there kernel-builder --version
check "and knows the machine" bash -c "chroot '$R' kernel-builder doctor | grep -q '^ok *machine: .*aarch64'"
check "tests/kernels/tiny, CUDA 12.6 (nvcc 12.5)" both tests/kernels/tiny --no-lock --matrix all --variant torch211-cxx11-cu126-aarch64-linux
LOCK=$T/lock
check "a lock for both targets, made on x86-64" "$KB" lock -q --matrix all --torch 2.11 --cuda 13.0 --target all -o "$LOCK" tests/kernels/tiny
check "tests/kernels/tiny by that lock, CUDA 13.0" both tests/kernels/tiny --target aarch64
cp -r tests/kernels/tiny "$R/k"
check "what it has for x86-64 is refused" refuses
check "a lock that is made there is the same" there kernel-builder lock -q --matrix all --torch 2.11 --cuda 13.0 --target all -o /lock /k
check "byte for byte" cmp "$LOCK" "$R/lock"
rm -rf "$R/k"
LOCK=
check "examples/relu-cpu, torch 2.4 (gcc 12)" cpu torch24-cxx98-cpu
check "examples/relu-cpu, torch 2.15 (gcc 13)" cpu torch215-cxx11-cpu
check "examples/activation, CUDA 13.0" both examples/activation --no-lock --matrix all --variant torch211-cxx11-cu130-aarch64-linux --capability 9.0
echo "$passed passed, $failed failed"
[ $failed = 0 ]
