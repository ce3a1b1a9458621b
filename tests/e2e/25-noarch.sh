#!/bin/bash
# Kernels without compiled code: built without fetching anything; a package with a module of its own name.
. "$(dirname "$0")/lib.sh"
out= # set by status
K=$T/plain
cp -r "$ROOT/tests/kernels/plain" "$K"
status 0 "builds" "$KB" build "$K" --wheel-index "$T/absent" --debian-mirror "$T/absent"
like "$out" '2 variants .* 2 written, 0 B fetched' "fetches nothing"
like "$out" 'has a module plain of its own' "says that there is no alias"
is "$(cd "$K/result" && find . -type f | LC_ALL=C sort | tr '\n' ' ')" "./torch-cpu/__init__.py ./torch-cpu/_ops.py ./torch-cpu/metadata.json ./torch-cpu/plain.py ./torch-cuda/__init__.py ./torch-cuda/_ops.py ./torch-cuda/metadata.json ./torch-cuda/plain.py " "the files of both variants"
is "$(python3 -c "
import json, sys
m = json.load(open('$K/result/torch-cuda/metadata.json'))
print(m['name'], m['version'], m['id'][:12], m['backend'])")" "plain 3 _plain_cuda_ {'type': 'cuda'}" "metadata.json"
mv "$K/torch-ext/plain/plain.py" "$K/torch-ext/plain/other.py"
sed -i 's/from .plain/from .other/' "$K/torch-ext/plain/__init__.py"
status 0 "without such a module" "$KB" build "$K"
is "$(ls "$K"/result/torch-cpu/plain)" __init__.py "there is an alias"
status 3 "a variant that is not there" "$KB" build "$K" --variant torch-xpu
done_testing
