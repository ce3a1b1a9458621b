#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How much of the sources was run: per folder and in all, and the ten files with most that was not.
# usage: coverage.sh BUILD (make coverage builds there with --coverage and runs the tests first)
set -eu
build=${1:?usage: coverage.sh BUILD}
cd "$(dirname "$0")/.."
find "$build/src" -name '*.gcda' -exec gcov -n {} + 2>/dev/null | awk '
	/^File / { file = $2; gsub("\047", "", file) }
	/^Lines executed:/ && file ~ /^src\/.*\.(c|cc)$/ {
		split($0, part, /[:% ]+/) # Lines executed:83.33% of 120
		all = part[5]; run = int(all * part[3] / 100 + 0.5)
		folder = file; sub("^src/", "", folder); sub("/?[^/]*$", "", folder); if (folder == "") folder = "main"
		lines[folder] += all; hit[folder] += run; lines["all"] += all; hit["all"] += run
		printf "%6d %5.1f %% of %5d  %s\n", all - run, part[3], all, file | "sort -rn >'"$build"'/least"
		file = ""
	}
	END {
		close("sort -rn >'"$build"'/least")
		if (!lines["all"]) { print "coverage.sh: nothing was run" >"/dev/stderr"; exit 1 }
		for (f in lines) if (f != "all") printf "%-10s %5.1f %% of %6d lines\n", f, 100 * hit[f] / lines[f], lines[f] | "sort"
		close("sort")
		printf "%-10s %5.1f %% of %6d lines\n", "all", 100 * hit["all"] / lines["all"], lines["all"]
	}'
echo
echo "lines not run, of the ten files with most of them:"
head -n 10 "$build/least"
