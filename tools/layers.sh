#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A folder of src/ may include only itself and the folders to its left; main.c may see all. A folder's internal.h is its own. The engine
# names no compiler, and of the kinds of step none. What lies in the root of a step has its name in formats/root.h.
cd "$(dirname "$0")/../src" || exit 2
order="base usage formats elf python cxx slim device config resolve store fetch remote plan explain engine steps package wheel check publish resources diff generate scaffold advise local watch hub doctor report cmd"
grep -rnE '^#include "[a-z]+/' --include='*.c' --include='*.h' --include='*.cc' . | sed 's|^\./||' |
awk -v order="$order" 'BEGIN { n = split(order, o, " "); for (i = 1; i <= n; i++) rank[o[i]] = i }
  { split($0, f, ":"); if (split(f[1], d, "/") < 2) next
    match($0, /"[a-z]+\//); to = substr($0, RSTART + 1, RLENGTH - 2)
    if (!(d[1] in rank) || !(to in rank) || rank[to] > rank[d[1]]) {
      print "layer: " f[1] ":" f[2] ": " d[1] " must not include " to; bad = 1 }
    if (d[1] != to && f[3] ~ /\/internal\.h"/) { print "layer: " f[1] ":" f[2] ": " f[3] " is private to " to; bad = 1 } }
  END { exit bad }' || bad=1
# Names in the root of a step stand once.
if grep -rnE '"[^" ]*/kb(/|")|"([A-Z_]+=)?(gcc|cuda|py|gen|libraries|src)/' --include='*.c' --include='*.h' . | grep -vE '^./formats/root.h:|/\*|: \* '; then
	echo "layer: formats/root.h has names for these"
	bad=1
fi
kinds=$(sed -n '/^enum step_kind {/,/^};/s/^\t\(STEP_[A-Z_]*\).*/\1/p' plan/graph.h | tr '\n' '|')
if grep -rnwE "${kinds}ROOT_GCC|ROOT_CUDA|ROOT_TORCH|ROOT_PYTHON|ROOT_DEPEND|nvcc|cicc|ptxas|cudafe|fatbin|cubin|PTX|CUDA" engine; then
	echo "layer: the engine names what it must not know"
	bad=1
fi
exit "${bad:-0}"
