#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the style: clang-format changes no file (make format applies it), and no line has more than 100 columns but for a message.
cd "$(dirname "$0")/.." || exit 2
set -- src/*.c src/*/*.[ch] src/*/*.cc tests/*/*.[ch]
clang-format --dry-run -Werror --ferror-limit=5 "$@" || bad=1
awk '{ width = length($0); for (i = 1; substr($0, i, 1) == "\t"; i++) width += 7 }
	width > 100 && !/"/ { print FILENAME ":" FNR ": over 100 columns"; bad = 1 } END { exit bad }' "$@" || bad=1
exit "${bad:-0}"
