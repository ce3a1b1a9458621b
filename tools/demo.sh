#!/usr/bin/env bash
# The main job: examples/activation for its twelve variants, then one of them in real PyTorch on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
start=$SECONDS
./kernel-builder build examples/activation
echo "built in $((SECONDS - start)) s:"
ls -d examples/activation/result/*
tools/try.sh examples/activation torch25-cxx98-cu124-x86_64-linux
