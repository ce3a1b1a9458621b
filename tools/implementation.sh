#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/implementation.sh [--folders | --files KIND]: for each step of the program's own (src/steps/sources.txt) a digest of the sources that
# implement it, as rows of C; or the folders that are followed, or the files of one.
#
# A source needs the headers that it includes, and what implements these: files of the header's folder that define a function or a constant that
# it declares (names of definitions stand at the beginning of a line). Folders to the right of device but steps are left aside: what the engine does
# is the same for all steps, and what the plan says is in their keys. tools/implementation-check.sh holds this against what the linker sees.
set -eu
cd "$(dirname "$0")/../src"
LC_ALL=C
export LC_ALL
folders="base formats elf cxx slim device steps"
if [ "${1:-}" = --folders ]; then
	echo "$folders"
	exit
fi
closure=$(for d in $folders engine; do find "$d" -name "*.[ch]" -o -name "*.cc"; done | sort | xargs awk -v only="$folders" -v table=steps/sources.txt '
	function folder(f) { sub("/.*", "", f); return f }
	BEGIN { n = split(only, f, " "); for (i = 1; i <= n; i++) follow[f[i]] = 1 }
	/^#include "steps\/does.h"/ { next }
	/^#include "/ { split($0, q, "\""); if (folder(q[2]) in follow) includes[FILENAME] = includes[FILENAME] " " q[2]; next }
	FILENAME ~ /\.h$/ {
		line = $0
		while (match(line, /[a-z_][a-z0-9_]*\(/)) {
			declares[FILENAME, substr(line, RSTART, RLENGTH - 1)] = 1
			line = substr(line, RSTART + RLENGTH)
		}
		if (/^extern/ && match($0, /[a-z_][a-z0-9_]*(\[[^\]]*\])?;/)) {
			name = substr($0, RSTART, RLENGTH); sub(/[\[;].*/, "", name); declares[FILENAME, name] = 1
		}
		next
	}
	match($0, /^[a-z_][a-z0-9_]*\(/) { define(substr($0, 1, RLENGTH - 1)); next }
	/^const .*=/ { name = $0; sub(/ *=.*/, "", name); sub(/\[.*/, "", name); sub(/.*[ *]/, "", name); define(name) }
	function define(name) { defines[++n_defines] = FILENAME " " name }
	function add(file) { if (!(file in seen)) { seen[file] = 1; queue[++last] = file } }
	END {
		for (i = 1; i <= n_defines; i++) {
			split(defines[i], d, " ")
			at_name[d[2]] = at_name[d[2]] " " d[1]
		}
		for (k in declares) {
			split(k, d, SUBSEP)
			m = split(at_name[d[2]], w, " ")
			for (i = 1; i <= m; i++) if (folder(w[i]) == folder(d[1])) implements[d[1]] = implements[d[1]] " " w[i]
		}
		while ((getline line < table) > 0) {
			if (line ~ /^#/ || line == "") continue
			n = split(line, w, " "); split("", seen); last = 0
			for (i = 2; i <= n; i++) add(index(w[i], "/") ? w[i] : "steps/" w[i])
			for (at = 1; at <= last; at++) {
				m = split(includes[queue[at]] " " implements[queue[at]], inc, " ")
				for (k = 1; k <= m; k++) add(inc[k])
			}
			for (at = 1; at <= last; at++) print w[1], queue[at]
		}
	}')
if [ "${1:-}" = --files ]; then
	echo "$closure" | sed -n "s/^$2 //p" | sort
	exit
fi
digest() {
	echo "$closure" | sed -n "s/^$1 //p" | sort | xargs sha256sum | sha256sum | cut -c1-16
}
echo '/* Made by tools/implementation.sh. */'
echo "#define STUBS_IMPLEMENTATION \"$(digest +stubs)\""
echo 'static const char *const implementation[STEP_KINDS] = {'
echo "$closure" | cut -d' ' -f1 | uniq | grep -v '^+' | while read -r kind; do
	printf '\t[STEP_%s] = "%s",\n' "$(echo "$kind" | tr 'a-z-' 'A-Z_')" "$(digest "$kind")"
done
echo '};'
