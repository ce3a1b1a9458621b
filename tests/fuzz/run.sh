#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every coverage-guided fuzzer for some seconds, on a scratch copy of its corpus, and fails on
# a finding, which is left in the directory that the last line names. Build them with `make fuzzers`.
# usage: run.sh SECONDS [FUZZER...]
set -eu
seconds=${1:?usage: run.sh SECONDS [FUZZER...]}
shift
cd "$(dirname "$0")/../.."
bin=.build/fuzz/fuzz
[ $# -gt 0 ] || set -- "$bin"/fuzz_*
scratch=$(mktemp -d)
findings=$scratch/findings
mkdir "$findings"
failed=
for fuzzer; do
	name=$(basename "$fuzzer" | sed 's/^fuzz_//')
	[ -x "$bin/fuzz_$name" ] || { echo "run.sh: $bin/fuzz_$name is not built; run make fuzzers" >&2; exit 1; }
	mkdir -p "$scratch/$name"
	[ ! -d "tests/fuzz/corpus/$name" ] || cp -R "tests/fuzz/corpus/$name/." "$scratch/$name"
	# Weights by entropy take two thirds of the time where an input has thousands of features, as those of the slimmer.
	set -- "$scratch/$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -entropic=0 \
		-artifact_prefix="$findings/$name-" -print_final_stats=1
	dict=$name
	[ "$name" != update ] || dict=project
	[ ! -f "tests/fuzz/$dict.dict" ] || set -- "$@" -dict="tests/fuzz/$dict.dict"
	if "$bin/fuzz_$name" "$@" >"$scratch/$name.log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/$name.log")
		echo "ok - fuzz_$name: ${runs:-?} runs in $seconds s"
	else
		echo "not ok - fuzz_$name"
		sed 's/^/# /' "$scratch/$name.log" | tail -n 60
		failed=yes
	fi
done
if [ -n "$failed" ]; then
	echo "findings: $findings" >&2
	exit 1
fi
rm -rf "$scratch"
