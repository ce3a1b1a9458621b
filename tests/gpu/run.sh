#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# On a machine with an NVIDIA GPU, torch and pytest: runs the example's tests on a variant that was built before, and times it.
# Usage: tests/gpu/run.sh [VARIANT]
set -eu
cd "$(dirname "$0")/../.."
variant=${1:-torch211-cxx11-cu130-x86_64-linux}
dir=$PWD/examples/activation/build/$variant
[ -d "$dir" ] || { echo "build it first: kernel-builder build examples/activation --no-lock --matrix all --variant $variant" >&2; exit 2; }
PYTHONPATH=$dir python3 -m pytest -q -p no:cacheprovider examples/activation/tests
PYTHONPATH=$dir python3 tests/gpu/timing.py
linked=$PWD/tests/gpu/linked-device/build/$variant # kernel-builder build tests/gpu/linked-device ... likewise
[ ! -d "$linked" ] || python3 tests/gpu/linked.py "$linked"
