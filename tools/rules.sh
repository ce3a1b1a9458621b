#!/usr/bin/env bash
# Rules of this code base that a compiler does not know. Prints what breaks them.
cd "$(dirname "$0")/.." || exit 2
bad=0
say() { echo "$1"; bad=1; }
files=$(find src -name '*.c' -o -name '*.h' -o -name '*.cc')
for f in $files; do
	[ "$(wc -l <"$f")" -le 700 ] || say "$f: more than 700 lines"
done
# shellcheck disable=SC2086
{
	grep -nE '\b(malloc|calloc|realloc|strdup)\(' $files | grep -vE '^src/(base|store|engine|steps|fetch|formats)/' && bad=1
	grep -nE '\bprintf\(|\bputs\(' $files | grep -vE '^src/(cmd|main\.c|base)|snprintf|buf_|arena_|EMBED|format\(printf' | grep -vE '^\S+:\s*//' && bad=1
	grep -nE '\b(TODO|FIXME|XXX)\b' $files && bad=1
}
exit $bad
