#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, by apt, on a Debian 12 (or its kin). Arguments: build, wheel, demo, check, bench, emulation, farm.
# Elsewhere: prints what is missing and fails.
set -eu
want=
for set in "$@"; do
	case $set in
	build) want="$want gcc g++ make pkg-config libcurl4-openssl-dev libarchive-dev libssl-dev zlib1g-dev
		libjansson-dev libnghttp2-dev libtomlplusplus-dev" ;;
	wheel) want="$want liblzma-dev libzstd-dev libbz2-dev python3 ca-certificates patch dpkg xz-utils" ;;
	demo) want="$want python3 python3-venv python3-pip ca-certificates bubblewrap" ;;
	check) want="$want libcmocka-dev clang clang-format clang-tidy shellcheck strace git perl procps binutils curl
		lld cmake ninja-build ccache g++-aarch64-linux-gnu python3-dev buildah crun debootstrap nix-bin mandoc zsh fish
		nginx openssl liblzma-dev libzstd-dev libbz2-dev patch xz-utils" ;;
	bench) want="$want python3 python3-pip ca-certificates cmake ninja-build ccache g++-11 g++-12 patchelf strace
		bubblewrap iproute2" ;;
	emulation) want="$want qemu-user-static debootstrap python3 python3-pip" ;;
	farm) want="$want python3 python3-venv postgresql openssl bubblewrap iproute2 slurm-wlm munge" ;;
	*) echo "deps.sh: unknown set $set" >&2; exit 2 ;;
	esac
done
missing=
for p in $want; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing" >&2
if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
$sudo apt-get update -qq || true
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
