#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The catalog's digests of small wheels against a second implementation. LIMIT=2000000000 checks all.
cd "$(dirname "$0")/../.." || exit 2
if ! python3 -c 'import tomllib' 2>/dev/null; then
	echo "1..1"
	echo "ok 1 - catalog trees # SKIP no Python 3.11 or later"
	exit 0
fi
exec python3 tests/diff/catalog_trees.py catalog "${LIMIT:-21000}"
