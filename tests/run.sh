#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every test and ends with "N passed, N failed, N skipped". TAP from unit programs (built with
# sanitizers), replayed fuzzers, and end-to-end scripts; arguments, if any, name the scripts and unit programs to run.
# --offline: what needs neither network nor root, without sanitizers; a script of tests/e2e says so in its heading
# ("Needs neither network nor root.").
# In CI a skip that tests/skips-allowed.txt does not list is a failure.
set -u
cd "$(dirname "$0")/.." || exit 2
passed=0 failed=0 skipped=0
log=$(mktemp -d)
trap 'chmod -R u+w "$log"; rm -rf "$log"' EXIT
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0

# tap NAME STATUS FILE: counts the lines of one test program
tap() {
	local p f s
	p=$(grep -cE '^ok ' "$3")
	f=$(grep -cE '^not ok ' "$3")
	s=$(grep -cE '^ok .*# SKIP' "$3")
	if [ -n "${CI:-}" ]; then
		while IFS= read -r line; do
			grep -qxF -- "${line#*# SKIP }" tests/skips-allowed.txt || { f=$((f + 1)); echo "not allowed in CI: $line"; }
		done < <(grep -E '^ok .*# SKIP' "$3")
	fi
	if [ "$2" != 0 ] && [ "$f" = 0 ]; then f=1; echo "$1: exit status $2"; fi
	if [ "$p$f" = 00 ]; then f=1; echo "$1: printed no test"; fi
	passed=$((passed + p - s)) failed=$((failed + f)) skipped=$((skipped + s))
	if [ "$f" != 0 ]; then
		echo "FAILED $1"
		awk '/^ok /{ bad = 0 } /^not ok /{ bad = 1 } bad' "$3" | head -n 200
		tail -n 20 "$3"
	else
		echo "ok $1: $((p - s)) passed$([ "$s" = 0 ] || echo ", $s skipped")"
	fi
}
# report NAME STATUS FILE SECONDS
report() {
	tap "$1" "$2" "$3"
	[ "$4" -lt 20 ] || echo "   $1 took $4 s"
}
run() { # name command...
	local name=$1 start=$SECONDS
	shift
	"$@" >"$log/out" 2>&1
	report "$name" $? "$log/out" $((SECONDS - start))
}
# Scripts side by side, as many as there are processors, in the order in which they are named; each has a store of its own. One that counts
# what else runs, or that kills, says in its heading that it runs alone.
JOBS=${KB_TEST_JOBS:-$(nproc)}
side_by_side() { # script...
	local t name start
	for t in "$@"; do
		while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n; done
		ended
		name=$(basename "$t")
		(
			start=$SECONDS
			bash "$t" >"$log/$name.out" 2>&1
			echo "$? $((SECONDS - start))" >"$log/$name.new"
			mv "$log/$name.new" "$log/$name.end"
		) &
	done
	wait
	ended
}
ended() { # reports those that have ended since
	local f name status seconds
	for f in "$log"/*.end; do
		[ -f "$f" ] || continue
		name=$(basename "$f" .end)
		read -r status seconds <"$f"
		report "e2e/$name" "$status" "$log/$name.out" "$seconds"
		rm "$f"
	done
}
simple() { # name command...: one test, passed when the command succeeds
	local name=$1
	shift
	if "$@" >"$log/out" 2>&1; then echo "ok 1 - $name" >"$log/tap"; else { echo "not ok 1 - $name"; cat "$log/out"; } >"$log/tap"; fi
	tap "$name" 0 "$log/tap"
}

static() { # what needs no program
	simple layers tools/layers.sh
	simple rules tools/rules.sh
	simple shellcheck tools/shellcheck.sh
	if [ -n "${CI:-}" ] || command -v clang-format >/dev/null; then simple format tools/format.sh; fi
}
programs() { # build folder: unit tests and fuzzers
	local t name
	simple circles env BUILD="$1" tools/circles.py
	for t in tests/unit/*_test.c; do
		name=$(basename "$t" .c)
		run "unit/$name" "$1/unit/$name"
	done
	for t in tests/fuzz/fuzz_*.c; do
		name=$(basename "$t" .c)
		[ -d "tests/fuzz/corpus/${name#fuzz_}" ] && simple "fuzz/$name (corpus)" "$1/fuzz/$name" "tests/fuzz/corpus/${name#fuzz_}"
	done
}

case ${1:-} in
'')
	static
	programs .build/asan
	simple "slim/prove.sh" sh tests/slim/prove.sh
	simple "slim/names.sh" sh tests/slim/names.sh
	for t in tests/diff/*.sh; do [ -f "$t" ] && run "diff/$(basename "$t")" bash "$t"; done
	set -- tests/e2e/[0-9]*.sh
	;;
--offline)
	static
	programs "${BUILD:-.build/release}"
	mapfile -t scripts < <(grep -lxF '# Needs neither network nor root.' tests/e2e/[0-9]*.sh)
	set -- "${scripts[@]}"
	;;
esac
# Trees that many scripts need are fetched once: see shares_trees in tests/e2e/lib.sh.
export KB_TEST_TREES=$log/trees
mkdir "$KB_TEST_TREES"
alone=() others=()
for t in "$@"; do
	case $t in
	*.sh) if grep -qxF '# Runs alone.' "$t"; then alone+=("$t"); else others+=("$t"); fi ;;
	*) run "unit/$(basename "$t")" "$t" ;;
	esac
done
side_by_side "${others[@]}"
for t in "${alone[@]}"; do run "e2e/$(basename "$t")" bash "$t"; done

if [ $skipped = 0 ]; then echo "$passed passed, $failed failed"; else echo "$passed passed, $failed failed, $skipped skipped"; fi
[ $failed = 0 ]
