#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job: examples/activation for its twelve variants, and one for CPU; then both in real PyTorch on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
start=$SECONDS
./kernel-builder build examples/activation
echo "twelve variants in $((SECONDS - start)) s:"
ls -d examples/activation/result/*
./kernel-builder build --no-lock --matrix all --variant torch25-cxx98-cpu-x86_64-linux examples/activation
tools/try.sh 2.5.1 torch25-cxx98-cu124-x86_64-linux torch25-cxx98-cpu-x86_64-linux
echo "make demo took $((SECONDS - start)) s"
