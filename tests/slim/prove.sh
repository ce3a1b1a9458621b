#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles features.cpp whole and slim with this machine's g++: the same symbols, and the same classes.
set -eu
cd "$(dirname "$0")/../.."
make .build/release/slim/slim_file >/dev/null
text=$(mktemp --suffix=.ii)
trap 'rm -f "$text"' EXIT
g++ -std=c++20 -E tests/slim/features.cpp -o "$text"
prove="python3 tests/slim/prove.py --user tests/slim/"
$prove symbols "$text" g++ -std=c++20 -O2 -fno-devirtualize -fno-devirtualize-speculatively -c -fpreprocessed '{in}' -o '{out}'
$prove layouts "$text" g++ -std=c++20 -fsyntax-only -c -fpreprocessed '{in}'
