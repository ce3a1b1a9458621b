#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What those who keep the catalog do, with the real index: a release for aarch64, and the symbols that targets share.
. "$(dirname "$0")/lib.sh"
shares_trees
C=$T/catalog

# A release that is dropped and added again is what it was.
cp -r "$ROOT/catalog" "$C"
cat >"$T/drop.py" <<'PY'
import re
import sys

file, version = sys.argv[1:]
entries = re.split(r"(?m)^(?=\[\[)", open(file).read())
left = [e for e in entries if not (e.startswith("[[torch]]") and f'version = "{version}"' in e)]
assert len(left) == len(entries) - 1
open(file, "w").write("".join(left))
PY
python3 "$T/drop.py" "$C/aarch64.toml" 2.15.0
is "$("$KB" list-variants --catalog "$C" --matrix all --torch 2.15 --target aarch64 "$ROOT/examples/relu-cpu" 2>&1 | grep -c '^torch')" 0 "without its entry, torch 2.15 is not there for aarch64"
status 0 "catalog add, where only aarch64 lacks the release" "$KB" catalog add torch 2.15.0 --catalog "$C"
is "$out" "torch 2.15.0 for aarch64: torch-2.15.0-cp311-cp311-manylinux_2_28_aarch64.whl" "says what it took"
ok "the entry is the same, where it was" cmp "$C/aarch64.toml" "$ROOT/catalog/aarch64.toml"
ok "and x86-64's is as it was" cmp "$C/torch.toml" "$ROOT/catalog/torch.toml"
status 3 "not twice" "$KB" catalog add torch 2.15.0 --catalog "$C"
like "$out" 'has torch 2.15.0 already$' "which is said"

# Link stubs of CUDA's libraries are made of the symbols in x86-64's wheels, for aarch64, too.
sed -n '/^#/p; /^$/p' "$ROOT/catalog/libraries.toml" >"$C/libraries.toml"
awk -v RS= '/^\[\[library\]\]/ { keep = /"nvJitLink"/ && /"13.0"/ } keep { print; print "" }' "$ROOT/catalog/libraries.toml" >>"$C/libraries.toml"
status 0 "nvJitLink's symbols for aarch64 are read and compared" "$KB" catalog compare --catalog "$C"
is "$out" "CUDA 13.0, nvJitLink, aarch64: the same symbols in nvidia_nvjitlink-13.0.88-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl" "and the same"
sed -i 's/^tree = "..../tree = "0000/' "$C/libraries.toml"
status 5 "symbols that differ" "$KB" catalog compare --catalog "$C"
like "$out" '^CUDA 13.0, nvJitLink, aarch64: other symbols in ' "are named"
sed -i 's/nvidia_nvjitlink-13.0.88/nvidia_nvjitlink-13.0.0/' "$C/libraries.toml"
status 5 "so is a release without a wheel" "$KB" catalog compare --catalog "$C"
like "$out" '^CUDA 13.0, nvJitLink, aarch64: the index has no manylinux wheel of nvidia-nvjitlink 13.0.0$' "for the target"
status 3 "where there is nothing to compare" "$KB" catalog compare --catalog "$C" --cuda 13.2
like "$out" 'nothing to compare' "it is said"
done_testing
