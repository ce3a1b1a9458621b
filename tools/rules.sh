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
# A file name means one thing in the tree: internal.h is private to its folder, X/X.c conducts folder X, cmd/NAME.c is the command NAME.
find src -mindepth 2 -name '*.[ch]' ! -name internal.h | sed 's|^src/||; s|\.[ch]$||' | sort -u | awk -F/ -v table=src/cmd/command_table.c '
	BEGIN { while ((getline line < table) > 0) if (match(line, /^\t\{ "[a-z]+/)) command[substr(line, 5, RLENGTH - 4)] = 1 }
	{ folder[$1] = 1 } $1 == "cmd" && $2 in command { next } { n[$2]++; where[$2] = where[$2] " " $1 }
	END { for (f in n) if (n[f] > 1) { print "src/: folders" where[f] " all have a file " f; bad = 1 }
		else if (f in folder && where[f] != " " f) { print "src/" substr(where[f], 2) "/" f ": is named like the folder " f; bad = 1 }
		exit bad }' || bad=1
# Every file names its licence, and those of src/ say in the next line what they are for.
others=$(find Makefile tests tools bench nix docker \( -path 'tests/cases' -o -path 'tests/kernels' -o -path 'tests/fuzz/corpus' -o -path 'tests/gpu/linked-device' -o -path 'bench/*/*' \) -prune \
	-o \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name '*.nix' -o -name Makefile \) -print)
# shellcheck disable=SC2086
awk 'FNR == 1 { top = $0 } FNR == 2 && (top $0) !~ /SPDX-License-Identifier: Apache-2.0/ { print FILENAME ": no SPDX line at the top"; bad = 1 }
	FNR == 2 && FILENAME ~ /^src\/.*\.(c|h|cc)$/ && !/^\/\*/ { print FILENAME ": no heading that says what it is for"; bad = 1 }
	END { exit bad }' $files $others || bad=1
# shellcheck disable=SC2086
{
	grep -nE '\b(malloc|calloc|realloc|strdup)\(' $files | grep -vE '^src/(base|store|engine|steps|fetch|formats|remote)/' && bad=1
	grep -nE '\bprintf\(|\bputs\(' $files | grep -vE '^src/(cmd|main\.c|base)|snprintf|buf_|arena_|EMBED|format\(printf' | grep -vE '^\S+:\s*//' && bad=1
	grep -nE '\b(TODO|FIXME|XXX)\b' $files && bad=1
}
# An option that a message names is one of a command, or of the program that it is about. A page that is named is there.
options=" $(sed -nE "s/^.*[{ \t](0|'.'), \"([a-z-]+)\", .*/\\2/p" src/cmd/command_table.c | tr '\n' ' ')help version \
build cmdline compile-only coverage dryrun expt-relaxed-constexpr hash ignore-submodules index-url init name others porcelain recursive untracked-files "
# shellcheck disable=SC2086
grep -noE '"([^"\\]|\\.)*"' $files | grep ' ' | grep -oE '^[^:]+:[0-9]+|(^|[^-A-Za-z0-9])--[a-z][a-z-]+' |
	awk -v options="$options" '/^src/ { at = $0; next }
		{ sub(/^[^-]*--/, ""); if (!index(options, " " $0 " ")) { print at ": there is no option --" $0; bad = 1 } } END { exit bad }' || bad=1
for f in $(git grep -ohE '(^|[^/a-z])docs/[a-z-]+\.md' -- src docker nix README.md docs | sed 's/^[^d]//' | sort -u); do
	[ -e "$f" ] || say "there is no $f"
done
# ARCHITECTURE.md and HACKING.md name files that are there; their paragraphs are short. Each folder of src/ has its chapter.
for page in ARCHITECTURE.md HACKING.md; do
	for f in $(grep -oE '`[A-Za-z0-9_.-]+/[A-Za-z0-9_./-]+`' $page | tr -d '`' | sort -u); do
		case $f in *NAME*) continue ;; esac
		[ -d "src/${f%%/*}" ] || [ -d "${f%%/*}" ] || continue # of a kernel, a project or the store
		[ -e "$f" ] || [ -e "src/$f" ] || say "$page: there is no $f"
	done
done
awk 'function end() { if (words > 100) { print at ": a paragraph of " words " words; at most 100"; bad = 1 } words = 0 }
	FNR == 1 { end(); code = 0 }
	/^```/ { code = !code }
	code || /^( *$|    |\t|\||#|```)/ { end(); next }
	/^ *(-|[0-9]+\.) / { end() }
	{ if (!words) at = FILENAME ":" FNR; words += NF }
	END { end(); exit bad }' ARCHITECTURE.md HACKING.md || bad=1
heads=$(grep -rhoE '"kernel-builder [a-z-]+ [0-9]+' src | sed 's/"kernel-builder //' | sort -u)
table=$(sed -n '/^## Formats on disk/,/^## Decisions/s/^|\([^|]*\).*/\1/p' ARCHITECTURE.md | grep -oE '`[a-z-]+ [0-9]+`' | tr -d '`' | sort -u)
[ "$heads" = "$table" ] || say "ARCHITECTURE.md: formats on disk are others in src/: $(printf '%s\n' "$heads" "$table" | sort | uniq -u | tr '\n' ';')"
for w in $(grep -oE '`(struct |enum )?([a-z]+_[a-z0-9_]+|[A-Z]+_[A-Z_]+)`' ARCHITECTURE.md | tr -d '`' | sed 's/.* //' | sort -u); do
	grep -rqw -- "$w" src || say "ARCHITECTURE.md: nothing in src/ is called $w"
done
folders=$(cd src && echo */)
awk -v folders="$folders" 'function end() { if (name in words && words[name] > 250) { print "ARCHITECTURE.md: the chapter " name " has " words[name] " words; at most 250"; bad = 1 } }
	/^#/ { end(); name = $2; inside = /^### [a-z]+$/ }
	inside { words[name] += NF }
	END { end(); n = split(folders, f, "/ *"); for (i = 1; i < n; i++) if (!(f[i] in words)) { print "ARCHITECTURE.md: no chapter on src/" f[i]; bad = 1 }
		exit bad }' ARCHITECTURE.md || bad=1
exit $bad
