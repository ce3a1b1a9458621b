#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A disk that is full, a store that is not ours to write, several builders at once, clocks that were wrong.
. "$(dirname "$0")/lib.sh"
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
forget() { rm -rf "$KERNEL_BUILDER_HOME"/{objects,actions,published} "$K/build" "$K/result"; }
one_error() { is "$(printf '%s\n' "$out" | grep -c '^error: ')" 1 "one error"; }

status 0 "builds" "$KB" build -q $SEL "$K"
first=$(bits "$K")

# Times of tomorrow: what was made when the clock was ahead.
find "$K" "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions" "$KERNEL_BUILDER_HOME/published" -exec touch -d tomorrow {} +
mkdir "$KERNEL_BUILDER_HOME/tmp/of-tomorrow"
touch -d tomorrow "$KERNEL_BUILDER_HOME/tmp/of-tomorrow"
status 0 "with files from tomorrow" "$KB" build $SEL "$K"
is "$(bits "$K")" "$first" "the same bits"
[ ! -e "$KERNEL_BUILDER_HOME/tmp/of-tomorrow" ]
is $? 0 "what a builder left tomorrow is removed"
sed -i 's/42/43/' "$K/src/answer.h"
touch -d yesterday "$K/src/answer.h"
status 0 "an edit from yesterday" "$KB" build $SEL "$K"
like "$out" '1 written' "is seen"
[ "$(bits "$K")" != "$first" ]
is $? 0 "other bits"
sed -i 's/43/42/' "$K/src/answer.h"
touch -d 1971-01-01 "$K/src/answer.h"
status 0 "the edit is taken back in 1971" "$KB" build $SEL "$K"
is "$(bits "$K")" "$first" "the first bits"
status 0 "the collector, with room for all of it" "$KB" store gc --keep 10G
status 0 "and still nothing is to do" "$KB" build $SEL "$K"
like "$out" '0 written' "nothing is written"

# Four builders, one store: two of one kernel, two of copies.
forget
cp -r "$K" "$T/copy1"
cp -r "$K" "$T/copy2"
rm -rf "$T"/copy?/build
pids=
for dir in "$K" "$K" "$T/copy1" "$T/copy2"; do
	"$KB" build -q $SEL "$dir" >>"$T/together" 2>&1 &
	pids="$pids $!"
done
failed_ones=0
for p in $pids; do wait "$p" || failed_ones=$((failed_ones + 1)); done
is "$failed_ones" 0 "four builders at once"
is "$(bits "$K") $(bits "$T/copy1") $(bits "$T/copy2")" "$first $first $first" "the same bits from each"
is "$(ls -A "$KERNEL_BUILDER_HOME/tmp")" "" "nothing is left in tmp"

if ! bwrap --unshare-all --dev-bind / / true 2>/dev/null; then
	skip "full and read-only disks" "user namespaces are closed"
	done_testing
fi
# in_space BYTES DIR command...: DIR is an empty disk of that size
in_space() {
	_size=$1 _dir=$2
	shift 2
	bwrap --dev-bind / / --size "$_size" --tmpfs "$_dir" "$@"
}
forget
mkdir "$T/full"
status 6 "a full disk under build/" in_space 40960 "$T/full" sh -c "cp -r '$ROOT/tests/kernels/tiny/.' '$T/full' || exit 99
	'$KB' build $SEL '$T/full'; s=\$?; ls -A '$T/full/build'; exit \$s"
like "$out" 'No space left on device' "says so"
one_error
is "$(printf '%s\n' "$out" | grep -c '^torch\|^\.kb')" 0 "nothing is left there"
mkdir "$T/small"
status 6 "a full disk under the store" in_space 30000000 "$T/small" sh -c "
	'$KB' build $SEL --store '$T/small' '$K'; s=\$?; ls -A '$T/small/tmp'; exit \$s"
like "$out" 'No space left on device' "says so"
one_error
[ ! -e "$K/build" ]
is $? 0 "nothing is published"
status 0 "with room again" "$KB" build -q $SEL "$K"
is "$(bits "$K")" "$first" "the same bits"

read_only() { bwrap --dev-bind / / --ro-bind "$KERNEL_BUILDER_HOME" "$KERNEL_BUILDER_HOME" "$@"; }
status 6 "a read-only store" read_only "$KB" build $SEL "$K"
like "$out" 'Read-only file system' "says why"
like "$out" "$KERNEL_BUILDER_HOME" "says which"
one_error
rm -rf "$T/copy1/build"
status 6 "a read-only kernel" bwrap --dev-bind / / --ro-bind "$T/copy1" "$T/copy1" "$KB" build $SEL "$T/copy1"
like "$out" 'Read-only file system' "says why"
one_error
done_testing
