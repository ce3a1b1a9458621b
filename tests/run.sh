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
trap 'rm -rf "$log"' EXIT
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
		tail -n 60 "$3"
	else
		echo "ok $1: $((p - s)) passed$([ "$s" = 0 ] || echo ", $s skipped")"
	fi
}
run() { # name command...
	local name=$1 start=$SECONDS
	shift
	"$@" >"$log/out" 2>&1
	tap "$name" $? "$log/out"
	[ $((SECONDS - start)) -lt 20 ] || echo "   $name took $((SECONDS - start)) s"
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
for t in "$@"; do
	case $t in
	*.sh) run "e2e/$(basename "$t")" bash "$t" ;;
	*) run "unit/$(basename "$t")" "$t" ;;
	esac
done

if [ $skipped = 0 ]; then echo "$passed passed, $failed failed"; else echo "$passed passed, $failed failed, $skipped skipped"; fi
[ $failed = 0 ]
