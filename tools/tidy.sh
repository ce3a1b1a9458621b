#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over the C sources, or over those that are named.
cd "$(dirname "$0")/.." || exit 2
[ $# -gt 0 ] || set -- src/*.c src/*/*.c
clang-tidy --quiet "$@" -- -std=c17 -D_GNU_SOURCE -DKB_VERSION='"0"' -DKB_DATE='"0"' -DKB_ROOT='"."' -Isrc
