#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# watch: builds after each way of saving a file, and not otherwise; with mistakes in between; and ends.
. "$(dirname "$0")/lib.sh"
shares_trees
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
SEL="--no-lock --matrix all --variant torch211-cxx11-cpu-x86_64-linux"
LOG=$T/log
# shellcheck disable=SC2086
start() { # option...
	: >"$LOG"
	"$KB" watch $SEL "$@" "$K" >"$LOG" 2>&1 &
	pid=$!
	trap 'kill -INT $pid 2>/dev/null; chmod -R u+w "$T" 2>/dev/null; rm -rf "$T"' EXIT
}
seen=0
wait_for() { # pattern text: a new line, within a minute
	for _ in $(seq 600); do
		new=$(tail -n +$((seen + 1)) "$LOG" | grep -nE -m 1 -e "$1" | cut -d: -f1)
		[ -z "$new" ] || break
		sleep 0.1
	done
	if [ -n "$new" ]; then
		seen=$((seen + new))
		result ok "$2"
	else
		result 'not ok' "$2"
		sed 's/^/# /' "$LOG"
	fi
}
end() { # signal, status
	kill "-$1" "$pid"
	wait "$pid"
	is "$?" "$2" "SIG$1 ends it"
}
at='^[0-9]{2}:[0-9]{2}:[0-9]{2}'

start
wait_for '^watching .*/tiny: [0-9]+ directories' "it says what it watches"
wait_for "$at built, [0-9.]+ s\$" "and builds"
before=$(bits "$K")
printf '#define ANSWER 7\n' >>"$K/src/answer.h"
sed -i '/define ANSWER 42/d' "$K/src/answer.h"
wait_for "$at built, [0-9.]+ s: src/answer.h changed\$" "a file that is written"
[ "$(bits "$K")" != "$before" ]
is $? 0 "something else is built"
sed 's/7/8/' "$K/src/answer.h" >"$K/src/.new" && mv "$K/src/.new" "$K/src/answer.h"
wait_for "$at built, [0-9.]+ s: src/answer.h changed\$" "a file that is renamed into its place"
echo 'int broken(' >>"$K/src/answer.cpp"
wait_for '^FAILED: src/answer.cpp' "a mistake is shown"
wait_for "$at build failed \\(exit status 1\\), [0-9.]+ s: src/answer.cpp changed\$" "and told"
sed -i '$d' "$K/src/answer.cpp"
wait_for "$at built, .*: src/answer.cpp changed\$" "until it is mended"
sed -i 's|"src/answer.h"\]|"src/answer.h", "more/new.h"]|' "$K/build.toml"
wait_for '^error: .*/build.toml:[0-9]+:[0-9]+: .*more/new.h' "build.toml lists a file that is not there"
wait_for "$at build failed \\(exit status 3\\), .*: build.toml changed\$" "and told"
mkdir "$K/more" && : >"$K/more/new.h"
wait_for "$at built, .*: what build.toml lists changed\$" "a new file in a new directory"
echo '// x' >>"$K/more/new.h"
wait_for "$at built, .*: more/new.h changed\$" "is watched"
lines=$(wc -l <"$LOG")
echo text >"$K/README.md"
touch "$K/src/answer.cpp"
mkdir "$K/other" && echo x >"$K/other/x"
echo x >"$K/build/x"
sleep 2
is "$(wc -l <"$LOG")" "$lines" "what the build does not read, or is the same, builds nothing"
ticks=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
sleep 2
[ $(($(awk '{ print $14 + $15 }' "/proc/$pid/stat") - ticks)) -lt 20 ]
is $? 0 "waiting costs nothing"
end INT 130

# With tests.
seen=0
start --test
wait_for "$at built, " "with --test, it builds"
wait_for "$at tests failed \\(exit status [0-9]+\\), [0-9.]+ s\$" "and tests, as far as it can here"
mkdir -p "$K/tests" && echo 'x = 1' >"$K/tests/test_x.py"
wait_for "$at built, .*: tests/test_x.py changed\$" "a test counts, too"
end TERM 143
status 3 "not a kernel" "$KB" watch "$T/home"
like "$out" '^error: .*/home/build.toml: no such file; name the directory of a kernel' "is refused"
done_testing
