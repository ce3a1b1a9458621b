#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds tools/implementation.sh against what the linker sees: of each kind of step, every object file that its function (the table in
# steps/steps.c) reaches must be among the sources that its digest is made of. Objects are those of BUILD (default .build/release).
set -eu
cd "$(dirname "$0")/.."
objects=${BUILD:-.build/release}/src
LC_ALL=C
export LC_ALL
followed=$(tools/implementation.sh --folders)
symbols=$(cd "$objects" && for d in $followed; do find "$d" -name '*.o'; done | sort | while read -r o; do [ ! -f "../../../src/${o%.o}" ] || echo "$o"; done | xargs nm -A | sed 's/\.o:/ /')
bad=0
rows=$(sed -n 's/.*\[STEP_\([A-Z_]*\)\] = \(builtin_[a-z_]*\),.*/\1 \2/p' src/steps/steps.c | tr 'A-Z_' 'a-z-' | sed 's/builtin-/builtin_/')
[ -n "$rows" ] || { echo "steps/steps.c: no table"; exit 1; }
while read -r kind function; do
	function=$(echo "$function" | tr - _)
	known=$(tools/implementation.sh --files "$kind")
	[ -n "$known" ] || { echo "$kind: no file"; bad=1; }
	for file in $(echo "$symbols" | awk -v root="$function" '
		{ type = $(NF - 1); name = $NF; file = $1
		  if (type == "U") needs[file] = needs[file] " " name
		  else if (type ~ /[TDRBVW]/) where[name] = file }
		function add(f) { if (f != "" && !(f in seen)) { seen[f] = 1; queue[++last] = f } }
		END { add(where[root]); if (last == 0) print root
		  for (at = 1; at <= last; at++) { m = split(needs[queue[at]], w, " "); for (k = 1; k <= m; k++) add(where[w[k]]) }
		  for (at = 1; at <= last; at++) print queue[at] }'); do
		echo "$known" | grep -qxF "$file" || { echo "$kind: $file is reached, but is not among its sources"; bad=1; }
	done
done <<END
$rows
END
exit $bad
