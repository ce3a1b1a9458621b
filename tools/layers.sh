#!/bin/sh
# A folder of src/ may include only itself and the folders to its left; main.c may see all.
cd "$(dirname "$0")/../src" || exit 2
order="base usage formats slim config resolve store fetch plan explain exec package check publish generate advise cmd"
grep -rnE '^#include "[a-z]+/' --include='*.c' --include='*.h' --include='*.cc' . | sed 's|^\./||' |
awk -v order="$order" 'BEGIN { n = split(order, o, " "); for (i = 1; i <= n; i++) rank[o[i]] = i }
  { split($0, f, ":"); if (split(f[1], d, "/") < 2) next
    match($0, /"[a-z]+\//); to = substr($0, RSTART + 1, RLENGTH - 2)
    if (!(d[1] in rank) || !(to in rank) || rank[to] > rank[d[1]]) {
      print "layer: " f[1] ":" f[2] ": " d[1] " must not include " to; bad = 1 } }
  END { exit bad }'
