#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Our TOML reader against Python's tomllib: the same verdict on every document, and for those that
# both read the same values in the same order. Needs Python 3.11 or later.
set -eu
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
${CC:-cc} -std=c17 -D_GNU_SOURCE -Isrc -O1 -g -c -o "$out/dump.o" tests/diff/toml_dump.c
for f in src/base/*.c src/formats/toml.c; do
	${CC:-cc} -std=c17 -D_GNU_SOURCE -Isrc -O1 -g -c -o "$out/$(basename "$f").o" "$f"
done
${CXX:-c++} -std=c++17 -D_GNU_SOURCE -Isrc -O1 -g -c -o "$out/toml.cc.o" src/formats/toml.cc
${CXX:-c++} -o "$out/toml_dump" "$out"/*.o -lcrypto
exec python3 tests/diff/toml.py "$out/toml_dump" "$out" tests/cases/config tests/fuzz/corpus/toml
