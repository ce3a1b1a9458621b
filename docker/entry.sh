#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the image runs: kernel-builder with the arguments of `docker run`, on the kernel that is mounted at /kernelcode, as the
# owner of that directory.
set -eu
[ $# -gt 0 ] || set -- build

die() { # exit-status message
	echo "error: $2" >&2
	exit "$1"
}

# Whether the commands that read a kernel will find one: here, or in a directory that an argument names.
finds_kernel() {
	case $1 in build | advise | list-variants | plan | check-config | fetch | lock | create-pyproject | clean-pyproject) ;; *) return 0 ;; esac
	[ ! -e build.toml ] || return 0
	for word; do
		case $word in -h | --help) return 0 ;; esac
		[ ! -e "${word#--*=}/build.toml" ] || return 0
	done
	return 1
}
# The program would have one activate an environment, which nobody can in here.
needs_python() {
	last=
	for word; do
		case $word in -h | --help) return 1 ;; esac
	done
	case $1 in test | testshell | devshell | check-load) return 0 ;; esac
	for word; do
		case $last=$word in -m=host | --matrix=host | *=-mhost | *=--matrix=host) return 0 ;; esac
		last=$word
	done
	return 1
}
if needs_python "$@"; then
	die 3 "$1 needs a Python with torch, and this image has none: it builds. For the rest, start kernel-builder outside of it"
fi
if ! finds_kernel "$@"; then
	[ -z "$(ls -A)" ] && why="nothing is mounted there, or an empty directory" || why="what is mounted there holds no build.toml"
	die 3 "no build.toml in $PWD: $why. In the directory of a kernel, the one with build.toml, run
    docker run --rm -v \"\$(pwd):/kernelcode\" kernel-builder:dev"
fi

# The wheel index in /etc/xdg is pip's default; who sets pip's variable means it.
if [ -z "${KERNEL_BUILDER_WHEEL_INDEX-}" ] && [ -n "${PIP_INDEX_URL-}" ]; then
	export KERNEL_BUILDER_WHEEL_INDEX="$PIP_INDEX_URL"
fi

# Started with --user: that one it is.
if [ "$(id -u)" != 0 ]; then
	[ -w /cache ] || die 6 "user $(id -u) may not write to the store in /cache, which is user $(stat -c %u /cache)'s: mount another \
volume there, or leave out --user, and it goes to the owner of $PWD"
	exec kernel-builder "$@"
fi

# All that is written belongs to the owner of the mounted directory. Where Docker itself runs without root, that is root in here.
user=$(stat -c %u .) group=$(stat -c %g .) as=
if [ "$user" != 0 ]; then
	as="setpriv --reuid=$user --regid=$group --clear-groups --inh-caps=-all --"
	$as true 2>/dev/null || die 6 "this container may not become user $user, who owns $PWD: run it with --user $user:$group"
fi
[ "$(stat -c %u /cache)" = "$user" ] || chown -R "$user:$group" /cache
exec $as kernel-builder "$@"
