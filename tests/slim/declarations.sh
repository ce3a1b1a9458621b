#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The declarations of torch/all.h and of the C++ library, beside clang's: declarations.py on what this machine's g++
# makes of them. Needs a torch, for its headers: TORCH is the directory that torch/include lies in, else Python is asked. STD: c++20, or c++17 for a torch before 2.12.
set -eu
STD=${STD:-c++20}
cd "$(dirname "$0")/../.."
make .build/release/slim/decls >/dev/null
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q libclang
torch=${TORCH:-$(python3 -c 'import importlib.util; print(importlib.util.find_spec("torch").submodule_search_locations[0])')}
python=$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')
printf '#include <torch/all.h>\n#include <map>\n#include <regex>\n#include <thread>\n' |
	g++ -std="$STD" -E -x c++ -isystem "$torch/include" -isystem "$torch/include/torch/csrc/api/include" -isystem "$python" - -o "$dir/text.ii"
"$dir/venv/bin/python" tests/slim/declarations.py --std "gnu++${STD#*++}" "$dir/text.ii"
