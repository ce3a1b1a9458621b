#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What runs when: within the memory that there is, what takes longest first, and what was killed once more, alone.
# Runs alone.
. "$(dirname "$0")/lib.sh"
shares_trees
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
sed -i 's|src = \["src/answer.cpp", "src/answer.h"\]|src = ["src/answer.cpp", "src/answer.h", "src/quick.cpp", "src/slow.cpp"]|' "$K/build.toml"
echo 'int quick_one() { return 1; }' >"$K/src/quick.cpp"
printf '#include <%s>\n' regex filesystem random functional map thread future >"$K/src/slow.cpp"
cat >>"$K/src/slow.cpp" <<'C'
bool slow_one(const std::string &s) { return std::regex_match(s, std::regex("a(b|c)*d")); }
C
forget() { # objects, not what is known of the steps
	rm -rf "$KERNEL_BUILDER_HOME/objects" "$K/build"
}
most() { # the most steps at once in the last build
	sed -n 's/.*"event":"\(started\|ended\)".*/\1/p' "$T/events" | awk '$1 == "started" { n++; if (n > m) m = n } $1 == "ended" && n > 0 { n-- } END { print m + 0 }'
}

status 0 "builds" build -j4 --events 3 "$K" 3>"$T/events"
first=$(bits "$K")
[ "$(most)" -gt 1 ]
is $? 0 "steps run at once"
forget
status 0 "with hardly any memory" build -j4 --memory 1M --events 3 "$K" 3>"$T/events"
is "$(most)" 1 "one step at a time, but each"
is "$(sed -n 's/.*"event":"started".*"label":"\([^"]*\)".*/\1/p' "$T/events" | head -1)" "src/slow.cpp: g++ -E" "what took longest last time comes first"
is "$(bits "$K")" "$first" "the same bits"
status 2 "no size" build --memory much "$K"

forget
build -j1 --events 3 --trace "$T/trace" "$K" 3>"$T/events" >"$T/out" &
pid=$!
killed=0
for _ in $(seq 400); do
	if grep -q '"label":"src/slow.cpp: g++, slim"' "$T/events"; then
		for p in $(pgrep -x cc1plus); do
			grep -qz 'slow.cpp' "/proc/$p/cmdline" 2>/dev/null && kill -9 "$p" && killed=1
		done
	fi
	[ $killed = 0 ] || break
	sleep 0.01
done
wait $pid
is $? 0 "a compiler is killed"
is $killed 1 "(it was)"
like "$(cat "$T/out")" 'src/slow.cpp: g[+][+], slim for torch211.* was killed, perhaps for lack of memory' "says so, and tries again"
is "$(grep -c '"event":"started".*"label":"src/slow.cpp: g++, slim"' "$T/events")" 2 "twice in all"
is "$(grep -c '"name": "src/slow.cpp: g++, slim"' "$T/trace")" 2 "a trace shows both"
is "$(bits "$K")" "$first" "the same bits"
done_testing
