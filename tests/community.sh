#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds other people's kernels, loads and tests what this machine can, and prints a table: see tests/community/run.py.
exec python3 "$(dirname "$0")/community/run.py" "$@"
