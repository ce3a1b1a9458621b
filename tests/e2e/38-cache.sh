#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is kept of results: --cache, --cache-size, builders that evict what others use, damaged records.
. "$(dirname "$0")/lib.sh"
shares_trees
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
sed -i 's|src = \["src/answer.cpp", "src/answer.h"\]|src = ["src/answer.cpp", "src/answer.h", "src/slow.cpp"]|' "$K/build.toml"
echo 'int slow_one() { return 1; }' >"$K/src/slow.cpp"
build() { "$KB" build $SEL --events 3 "$@" 3>"$T/events" 2>&1; }
ran() { grep '"event":"started"' "$T/events" | grep -vc -e ': check-id"' -e ': g++ -E"' -e ': slim"'; } # compilers and the linker
kept() { find "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions" -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum | sha256sum; }
entries() { find "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions" -type f | wc -l; }

status 0 "--cache=ro with nothing in it" build --cache=ro "$K"
first=$(bits "$K")
is "$(ran)" 4 "every step runs"
is "$(entries)" 0 "nothing is kept"
status 0 "once more" build --cache=ro "$K"
is "$(ran)" 4 "every step runs again"
like "$out" '0 written' "with the same bytes"
status 0 "--cache=rw" build --cache=rw "$K"
is "$(bits "$K")" "$first" "the same bytes"
before=$(kept)
[ "$(entries)" -gt 8 ]
is $? 0 "results are kept"
sed -i 's/42/43/' "$K/src/answer.h"
status 0 "an edit with --cache=ro" build --cache=ro "$K"
is "$(ran)" 2 "results that are there are used"
is "$(kept)" "$before" "no new ones are kept"
status 0 "--rebuild --cache=ro" build --rebuild --cache=ro "$K"
is "$(kept)" "$before" "keeps nothing, too"
sed -i 's/43/42/' "$K/src/answer.h"
rm -rf "$K/build"
status 0 "--cache=off" build --cache=off "$K"
is "$(ran)" 4 "every step runs"
is "$(kept)" "$before" "nothing is kept"
is "$(bits "$K")" "$first" "the same bytes"
echo 'int broken(' >>"$K/src/answer.cpp"
status 1 "a step fails with --cache=off" build --cache=off "$K"
sed -i '$d' "$K/src/answer.cpp"
status 2 "there is nothing to compare with" build --rebuild --cache=off "$K"
status 2 "no such mode" build --cache=no "$K"
like "$out" 'cache must be rw, ro or off' "says which there are"
status 2 "no size" build --cache-size=many "$K"
status 2 "nor in the environment" env KERNEL_BUILDER_CACHE=maybe "$KB" build $SEL "$K"
mkdir -p "$XDG_CONFIG_HOME/kernel-builder"
printf 'cache = "ro"\ncache-size = "1K"\n' >"$XDG_CONFIG_HOME/kernel-builder/config.toml"
sed -i 's/42/44/' "$K/src/answer.h"
status 0 "the configuration file says ro and 1K" build "$K"
is "$(kept)" "$before" "with ro nothing is kept and nothing goes"
rm "$XDG_CONFIG_HOME/kernel-builder/config.toml"
sed -i 's/44/42/' "$K/src/answer.h"
is "$(ls -A "$KERNEL_BUILDER_HOME/tmp")" "" "nothing is left in tmp"

# The bound: what was not used for the longest time goes, once something new was made.
find "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions" -type f -exec touch -d '3 days ago' {} +
sed -i 's/42/45/' "$K/src/answer.h"
status 0 "an edit" build "$K"
total=$(entries)
blocks=$(find "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions" -type f -printf '%b\n' | awk '{ n += $1 } END { print n * 512 }')
sed -i 's/45/46/' "$K/src/answer.h"
status 0 "another, with no room for both" build --cache-size "$blocks" "$K"
is "$(ran)" 2 "runs what it must"
now=$(find "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions" -type f -printf '%b\n' | awk '{ n += $1 } END { print n * 512 }')
[ "$now" -le "$blocks" ]
is $? 0 "the bound holds ($now of $blocks bytes)"
[ "$(entries)" -le "$total" ] && [ "$(entries)" -gt 8 ]
is $? 0 "no more went than had to"
status 0 "the last one" build --cache-size "$blocks" "$K"
is "$(ran)" 0 "is there"
sed -i 's/46/45/' "$K/src/answer.h"
status 0 "the one before" build "$K"
is "$(ran)" 0 "too"
sed -i 's/45/42/' "$K/src/answer.h"
status 0 "the oldest" build "$K"
[ "$(ran)" -gt 0 ]
is $? 0 "is not"
is "$(bits "$K")" "$first" "but is made again"

# Builders that evict everything, whoever uses it, beside one that works.
printf '#include <%s>\n' regex random functional >"$K/src/slow.cpp"
echo 'bool slow_one(const std::string &s) { return std::regex_match(s, std::regex("a(b|c)*d")); }' >>"$K/src/slow.cpp"
status 0 "a slow one" build "$K"
first=$(bits "$K")
cp -r "$ROOT/tests/kernels/tiny" "$T/other"
status 0 "the other builder" build --cache-size 1 "$T/other"
other=$(bits "$T/other")
is "$(entries)" 0 "evicts everything"
for round in new held; do
	[ $round = new ] || { build "$K" >/dev/null; echo "// $round" >>"$K/src/slow.cpp"; }
	"$KB" build -q -j1 --cache-size 1 $SEL "$K" >"$T/out" 2>&1 &
	pid=$!
	times=0 bad=0
	while kill -0 $pid 2>/dev/null; do
		"$KB" build -q --cache-size 1 $SEL "$T/other" || bad=$((bad + 1))
		times=$((times + 1))
	done
	wait $pid
	is "$? $bad" "0 0" "$round: both succeed, $times times"
	[ $times -gt 1 ]
	is $? 0 "(more than once)"
	[ $round = held ] || is "$(bits "$K")" "$first" "the same bytes"
	is "$(bits "$T/other")" "$other" "the same bytes of the other"
done
sed -i '$d' "$K/src/slow.cpp"
is "$(ls -A "$KERNEL_BUILDER_HOME/tmp")" "" "nothing is left in tmp"

# Records that say something else.
status 0 "builds" build "$K"
for f in "$KERNEL_BUILDER_HOME"/actions/*/*; do
	printf X | dd of="$f" conv=notrunc bs=1 seek=30 2>/dev/null
done
rm -rf "$K/build"
status 0 "damaged records" build "$K"
is "$(ran)" 4 "are not believed"
is "$(bits "$K")" "$first" "the same bytes"
status 0 "and" build "$K"
is "$(ran)" 0 "are put right"
done_testing
