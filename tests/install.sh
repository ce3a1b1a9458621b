#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs the wheel and the tarball in small roots of other distributions, as a user who is not root, and builds a kernel there.
# Usage: tests/install.sh [--roots DIR] [--files DIR] [SUITE...]     bullseye, bookworm and trixie by default
# --roots: where roots stay for the next run. --files: the wheel and the tarball are there, and are not made.
# Needs root, the network and debootstrap. Ubuntu's suites (jammy) want KB_UBUNTU_MIRROR=URL; options for debootstrap are in KB_DEBOOTSTRAP.
set -u
cd "$(dirname "$0")/.." || exit 2
make=${MAKE:-make}
T=$(mktemp -d "${TMPDIR:-/tmp}/kb-install.XXXXXX")
roots=$T/roots files=
while [ $# -gt 1 ]; do
	case $1 in
	--roots) roots=$(realpath -m "$2") ;;
	--files) files=$(realpath "$2") ;;
	*) break ;;
	esac
	shift 2
done
[ $# -gt 0 ] || set -- bullseye bookworm trixie
trap 'rm -rf --one-file-system "$T"' EXIT
passed=0 failed=0 skipped=0
check() { # text command...
	local text=$1
	shift
	if "$@" >"$T/log" 2>&1; then passed=$((passed + 1)); echo "ok - $text"; else
		failed=$((failed + 1))
		echo "not ok - $text"
		tail -15 "$T/log" | sed 's/^/# /'
	fi
}
skip() { skipped=$((skipped + 1)); echo "ok - $1 # SKIP $2"; }

. tests/roots.sh

prepare() { # suite
	local home=$roots/$1/home/user
	new_home "$1" "$wheel" "$tarball"
	cp -r examples/relu-cpu "$home/k"
	rm -rf "$home/k/build" "$home/k/result"
	cat >"$home/uvx" <<'UVX'
set -e
cd
python3 -m venv tools
tools/bin/pip install -q uv pipx
tools/bin/uvx --from ./kernel_builder-*.whl kernel-builder --version
tools/bin/pipx run --spec ./kernel_builder-*.whl kernel-builder --version
tools/bin/uvx --from ./kernel_builder-*.whl kernel-builder build --no-lock --torch 2.15 --store other --rebuild k
UVX
	chown -R 1000:1000 "$home"
}
bits() { (cd "$roots/$1/home/user/k/build" 2>/dev/null && find . -type f ! -name 'compile_commands.json*' ! -path './clangd/*' -print0 | LC_ALL=C sort -z | xargs -0r sha256sum | sort); }
# What is built is there, and is what the first root built.
same() { # suite
	local built
	built=$(bits "$1")
	[ -n "$first" ] || first=$built
	[ -n "$built" ] && [ "$built" = "$first" ]
}

try() { # suite
	local home=$roots/$1/home/user python
	prepare "$1"
	check "$1: not root" inside "$1" sh -c '[ "$(id -u)" = 1000 ] && ! touch /etc/x 2>/dev/null'
	check "$1: no compiler, no make" inside "$1" sh -c '! command -v gcc || ! command -v cc || ! command -v make'
	check "$1: a virtual environment" inside "$1" python3 -m venv /home/user/venv
	python=$(inside "$1" python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	# pip before 20.3 (Ubuntu 20.04) knows no manylinux_2_28.
	[ "$python" != 3.8 ] || check "$1: a pip that knows manylinux_2_28" inside "$1" pip install -q --upgrade pip
	check "$1: pip install ($(inside "$1" pip --version | cut -d' ' -f1,2), Python $python)" inside "$1" sh -c 'pip install -q /home/user/*.whl'
	check "$1: --version" inside "$1" sh -c 'kernel-builder --version | grep -x "kernel-builder [0-9.]*"'
	check "$1: pip finds nothing amiss" inside "$1" pip check
	check "$1: builds" inside "$1" kernel-builder build --no-lock --torch 2.15 --sandbox=off -v /home/user/k
	echo "# $1: $(inside "$1" getconf GNU_LIBC_VERSION)"
	check "$1: the same bits as in the first root" same "$1"
	check "$1: what is built passes the checks" inside "$1" kernel-builder check-builds /home/user/k/build
	check "$1: tar" inside "$1" sh -c 'cd && tar xzf kernel-builder-*.tar.gz && mv kernel-builder-*-linux static'
	check "$1: the static program builds, with no store" inside "$1" /home/user/static/bin/kernel-builder build --no-lock --torch 2.15 --store /home/user/other --rebuild -v /home/user/k
	check "$1: the same bits" same "$1"
	check "$1: uvx and pipx" inside "$1" sh /home/user/uvx
	check "$1: the same bits" same "$1"
	check "$1: removed" inside "$1" sh -c 'pip uninstall -q -y kernel-builder && ! command -v kernel-builder'
	rm -rf --one-file-system "$home/other"
}
# The same once more, with bubblewrap, which needs no root.
try_sandboxed() { # suite
	chroot "$roots/$1" sh -c 'command -v bwrap' >/dev/null ||
		chroot "$roots/$1" apt-get install -y -qq --no-install-recommends bubblewrap >/dev/null 2>&1
	prepare "$1"
	check "$1: installs" inside "$1" sh -c 'python3 -m venv /home/user/venv && pip install -q /home/user/*.whl'
	check "$1: builds" inside "$1" kernel-builder build --no-lock --torch 2.15 -v /home/user/k
	cp "$T/log" "$T/built"
	check "$1: in a sandbox" grep -qx 'sandbox: on' "$T/built"
	check "$1: the same bits in the sandbox" same "$1"
}

[ -n "$files" ] || { "$make" -s wheel static && files=.; } || exit
wheel=$(echo "$files"/kernel_builder-*.whl) tarball=$(echo "$files"/kernel-builder-*-linux.tar.gz) first=
for suite; do
	if ! make_root "$suite" >"$T/debootstrap" 2>&1; then
		tail -5 "$T/debootstrap" | sed 's/^/# /'
		skip "$suite" "debootstrap made no root"
		continue
	fi
	try "$suite"
	try_sandboxed "$suite"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
