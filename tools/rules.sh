#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Rules of this code base that a compiler does not know. Prints what breaks them.
cd "$(dirname "$0")/.." || exit 2
bad=0
say() { echo "$1"; bad=1; }
files=$(find src -name '*.c' -o -name '*.h' -o -name '*.cc')
for f in $files; do
	[ "$(wc -l <"$f")" -le 700 ] || say "$f: more than 700 lines"
done
# Every file names its licence, and those of src/ say in the next line what they are for.
others=$(find Makefile tests tools bench nix docker \( -path 'tests/cases' -o -path 'tests/kernels' -o -path 'tests/fuzz/corpus' -o -path 'tests/gpu/linked-device' -o -path 'bench/*/*' \) -prune \
	-o \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name '*.nix' -o -name Makefile \) -print)
# shellcheck disable=SC2086
awk 'FNR == 1 { top = $0 } FNR == 2 && (top $0) !~ /SPDX-License-Identifier: Apache-2.0/ { print FILENAME ": no SPDX line at the top"; bad = 1 }
	FNR == 2 && FILENAME ~ /^src\/.*\.(c|h|cc)$/ && !/^\/\*/ { print FILENAME ": no heading that says what it is for"; bad = 1 }
	END { exit bad }' $files $others || bad=1
# shellcheck disable=SC2086
{
	grep -nE '\b(malloc|calloc|realloc|strdup)\(' $files | grep -vE '^src/(base|store|engine|steps|fetch|formats)/' && bad=1
	grep -nE '\bprintf\(|\bputs\(' $files | grep -vE '^src/(cmd|main\.c|base)|snprintf|buf_|arena_|EMBED|format\(printf' | grep -vE '^\S+:\s*//' && bad=1
	grep -nE '\b(TODO|FIXME|XXX)\b' $files && bad=1
}
exit $bad
