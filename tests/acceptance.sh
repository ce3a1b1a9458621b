#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The long proofs, on the real kernel: kills at random moments, a flipped byte in each kind of fetched file, full hashes of all pins.
# Usage: tests/acceptance.sh [KILLS]. Needs the network and about two hours; prints "N passed, N failed".
# With KB_COMMUNITY=DIR, a checkout of other people's kernels, those are built, loaded and tested too: hours more.
set -u
cd "$(dirname "$0")/.." || exit 2
kills=${1:-50}
T=$(mktemp -d "${TMPDIR:-/tmp}/kb-acceptance.XXXXXX")
trap 'chmod -R u+w "$T"; rm -rf "$T"' EXIT
export KERNEL_BUILDER_HOME=$T/store
passed=0 failed=0
check() { # text command...
	local text=$1
	shift
	if "$@"; then passed=$((passed + 1)); echo "ok - $text"; else failed=$((failed + 1)); echo "not ok - $text"; fi
}
bits() { (cd "$T/k/build" && find . -type f ! -path '*__pycache__*' ! -path './clangd/*' ! -name 'compile_commands.json*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum); }
refused() { # expected status; nothing may have changed in build/
	local before after
	before=$(bits)
	./kernel-builder build -q "$T/k" 2>"$T/err"
	local got=$?
	after=$(bits)
	[ "$got" = "$1" ] && [ "$before" = "$after" ] || { echo "# exit status $got: $(cat "$T/err")"; return 1; }
}

cp -r examples/activation "$T/k"
rm -rf "$T/k/build" "$T/k/result"
check "twelve variants from an empty store" ./kernel-builder build -q "$T/k"
first=$(bits)
check "a second build of everything gives the same bytes" bash -c "rm -rf $T/k/build $T/store/objects/* $T/store/actions/* && ./kernel-builder build -q $T/k"
check "the same bytes" test "$(bits)" = "$first"

healed=0
for _ in $(seq "$kills"); do
	rm -rf "$T/k/build"
	# Some results stay, so that kills fall on every part of a build.
	find "$T/store/actions" -type f | shuf -n $((RANDOM % 60 + 1)) | xargs -r rm -f
	./kernel-builder build -q "$T/k" 2>/dev/null &
	pid=$!
	sleep "$(awk -v r=$RANDOM 'BEGIN { printf "%.3f", r / 32768 * 25 }')"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	./kernel-builder build -q "$T/k" && [ "$(bits)" = "$first" ] && healed=$((healed + 1))
done
check "killed $kills times, healed $healed times" test $healed = "$kills"

# One file of each tree that the build uses; a source is edited so that the trees are needed.
for tree in "$T"/store/trees/*/; do
	f=$(find "$tree" -type f -size +200c | shuf -n 1)
	[ -n "$f" ] || continue
	cp -p "$f" "$T/saved"
	chmod u+w "$f"
	printf '\001' | dd of="$f" conv=notrunc bs=1 seek=150 2>/dev/null
	touch -r "$T/saved" "$f"
	cmp -s "$f" "$T/saved" && continue
	echo "// $RANDOM" >>"$T/k/activation_common/checks.h"
	check "refused: ${f#"$T/store/trees/"}" refused 6
	check "verify finds it" bash -c "! ./kernel-builder store verify >/dev/null 2>&1"
	cat "$T/saved" >"$f"
	chmod u-w "$f"
done
cp examples/activation/activation_common/checks.h "$T/k/activation_common/checks.h"
check "healed: builds again" ./kernel-builder build -q "$T/k"
check "the same bytes" test "$(bits)" = "$first"
check "every pin of the lock, whole files and trees" ./kernel-builder lock --verify-full -q "$T/k"
tools/torch_env.py 2.5.1 "$T/torch" >/dev/null
check "declarations as clang finds them" env STD=c++17 TORCH="$(echo "$T"/torch/lib/python3*/site-packages/torch)" sh tests/slim/declarations.sh
check "names of headers, whole and slim" sh tests/slim/names.sh "$T/k" torch25-cxx98-cu124-x86_64-linux
check "results in a bucket of S3" bash -c "tests/farm/s3.sh get $T/s3 && KB_S3=$T/s3 tests/e2e/91-http-cache.sh"
check "a farm of BuildGrid" env KB_TEST_TREES="$T/store/trees" tests/farm/acceptance.sh
check "what is built for aarch64, under emulation" tests/aarch64.py "$T/aarch64"
check "the same bytes on an aarch64 machine, under emulation" tests/aarch64-machine.sh "$T/machine"
check "the wheel and the tarball in Debian 11, 12 and 13" tests/install.sh
check "a newcomer's first minutes in Debian 12" tests/first-minutes.sh
[ -z "${KB_COMMUNITY:-}" ] || check "other people's kernels" tests/community.sh --work "$T/community" "$KB_COMMUNITY"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
