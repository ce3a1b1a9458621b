#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Wheels: the same bytes anywhere, installed by pip beside a real torch and imported; what auditwheel, abi3audit, twine and CycloneDX's own
# schema say of them; for one torch, for the stable ABI, for CUDA, and without compiled code.
. "$(dirname "$0")/lib.sh"
shares_trees
unset PYTHONPATH VIRTUAL_ENV
E=$ROOT/.build/torch-2.15.0
P=$E/bin/python
"$ROOT/tools/torch_env.py" 2.15.0 "$E" kernels==0.17.2 2>&1 | sed 's/^/# /'
TOOLS=$ROOT/.build/wheels
if [ ! -e "$TOOLS/done" ]; then
	python3 -m venv --clear "$TOOLS" && "$TOOLS/bin/pip" -q install auditwheel==6.8.2 abi3audit==0.0.26 twine==7.0.0 \
		'cyclonedx-python-lib[validation]==11.12.0' && touch "$TOOLS/done"
fi
copy() { # kernel's directory, its copy
	mkdir -p "$2"
	(cd "$1" && tar -cf - --exclude=./build --exclude=./result --exclude=./dist .) | tar -C "$2" -xf -
}
digest() { sha256sum <"$1" | cut -d' ' -f1; }
in_wheel() { unzip -p "$1" "$2"; } # wheel, member
MACHINE=cp39-abi3-manylinux_2_28_x86_64

# ---- for one release of torch ----
K=$T/relu-cpu V=torch215-cxx11-cpu-x86_64-linux NAME=relu_cpu-1+torch215.cpu
W=$K/dist/$NAME-$MACHINE.whl INFO=$NAME.dist-info
copy "$ROOT/examples/relu-cpu" "$K"
cp "$ROOT/LICENSE" "$K"
status 0 "build --wheel" "$KB" build --wheel --variant $V "$K"
like "$out" "^$K/dist/relu_cpu-1\+torch215.cpu-$MACHINE.whl: [0-9.]+ KiB\$" "names the wheel"
is "$(ls -A "$K/dist")" "$NAME-$MACHINE.whl" "and leaves nothing else in dist"
first=$(digest "$W") inode=$(stat -c %i "$W")
status 0 "wheel, where nothing changed" "$KB" wheel --variant $V "$K"
like "$out" "$MACHINE.whl: [0-9.]+ KiB, as it was\$" "says so"
is "$(stat -c %i "$W")" "$inode" "and leaves it alone"
status 0 "--rebuild" "$KB" build --rebuild --wheel --variant $V "$K"
is "$(digest "$W")" "$first" "gives the same bytes"
mkdir "$T/else where" "$T/store2" && cp -r "$ROOT/examples/relu-cpu" "$T/else where/k" && cp "$ROOT/LICENSE" "$T/else where/k"
rm -rf "$T/else where/k/build" "$T/else where/k/result" "$T/else where/k/dist"
ln -s "$(realpath "$KERNEL_BUILDER_HOME/trees")" "$T/store2/trees"
touch "$T/else where/k/torch-ext/torch_binding.cpp"
status 0 "another directory, another store, another time zone" \
	env TZ=Asia/Tokyo KERNEL_BUILDER_HOME="$T/store2" "$KB" wheel --variant $V --wheel-dir "$T/wheels" -j1 "$T/else where/k"
is "$(digest "$T/wheels/$(basename "$W")")" "$first" "the same bytes"
[ ! -e "$T/else where/k/dist" ]
is $? 0 "--wheel-dir: there is no dist then"
status 0 "--output" "$KB" wheel --variant $V --output "$T/out" "$K"
is "$(digest "$T/out/dist/$(basename "$W")")" "$first" "wheels are in its dist"

ok "unzip -t" unzip -tq "$W"
is "$(python3 -c 'import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
print(z.testzip(), {i.date_time for i in z.infolist()})' "$W")" "None {(1980, 1, 1, 0, 0, 0)}" "zipfile reads it; it has no times"
is "$(unzip -Z1 "$W" | sed -E 's/nhlgfj6g3n|_[a-z2-7]{10}\.abi3/ID/' | tr '\n' ' ')" "relu_cpu/__init__.py relu_cpu/_ops.py relu_cpu/_relu_cpu_cpuID.so relu_cpu/layers.py relu_cpu/metadata.json $INFO/licenses/LICENSE $INFO/METADATA $INFO/WHEEL $INFO/sboms/relu-cpu.cdx.json $INFO/RECORD " "its files"
is "$(in_wheel "$W" $INFO/METADATA | grep -E '^(Name|Version|License|Requires)')" "$(printf '%s\n' 'Name: relu-cpu' 'Version: 1+torch215.cpu' 'License-Expression: Apache-2.0' 'License-File: LICENSE' 'Requires-Python: >=3.9' 'Requires-Dist: torch==2.15.*')" "METADATA"
status 0 "check-abi" "$KB" check-abi "$W"
status 0 "twine check" "$TOOLS/bin/twine" check --strict "$W"
status 0 "abi3audit" "$TOOLS/bin/abi3audit" --strict --verbose "$W"
like "$(printf '%s' "$out" | tr -s ' \n' ' ')" '1 extensions scanned; 0 ABI version mismatches and 0 ABI violations' "finds no fault with its abi3 tag"
auditwheel() { # wheel: do its symbols allow manylinux_2_28, and what is in the way of that but torch's libraries?
	PATH=$TOOLS/bin:$PATH "$TOOLS/bin/auditwheel" show --json "$1" >"$T/audit.json" && python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
away = r["policy_upgrades"]["manylinux_2_28_" + sys.argv[2]]["libs_to_eliminate"]
print(tuple(map(int, r["sym_tag"].split("_")[1:3])) <= (2, 28), [l for l in away if not l.startswith(("libtorch", "libc10", "libcudart"))])' "$T/audit.json" "$(echo "$1" | sed 's/.*_2_28_//; s/\.whl//')"
}
is "$(auditwheel "$W")" "True []" "auditwheel: its symbols are those of manylinux_2_28 or older, and it lacks libraries of torch alone"

# What went in.
in_wheel "$W" $INFO/sboms/relu-cpu.cdx.json >"$T/bom.json"
is "$("$TOOLS/bin/python" -c 'import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
print(JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read()))' "$T/bom.json")" None "the SBOM is CycloneDX 1.6"
is "$(grep -cE '://|timestamp' "$T/bom.json")" 0 "and names neither a host nor a time"
is "$(python3 - "$T/bom.json" "$K" <<'P'
import hashlib, json, sys
bom = json.load(open(sys.argv[1]))
of = {}
for c in bom["components"]:
    of.setdefault(c["name"], []).append(c)
torch = of["torch"][0]
print(torch["purl"].split("?")[0], torch["scope"], len(torch["properties"]), len(of["torch"]))
print(*(of[n][0]["scope"] for n in ("libstdc++-13-dev", "g++-13-x86-64-linux-gnu", "binutils-x86-64-linux-gnu")))
print(all(len(c["hashes"][0]["content"]) == 64 for c in bom["components"]))
sources = bom["metadata"]["component"]["components"]
own = [s for s in sources if s["name"] != "torch-ext/registration.h"]
print(len(own), all(hashlib.sha256(open(f"{sys.argv[2]}/{s['name']}", "rb").read()).hexdigest() == s["hashes"][0]["content"] for s in own))
P
)" "$(printf '%s\n' 'pkg:pypi/torch@2.15.0 required 2 1' 'required excluded excluded' True '3 True')" "its components and sources, with hashes"

# pip, which looks for the torch that METADATA asks for.
"$ROOT/tests/e2e/cpu_wheel.py" "$E" "$T/torch"
python3 -m venv "$T/venv"
pip() { "$T/venv/bin/pip" --disable-pip-version-check "$@"; }
status 1 "pip does not put it beside another torch" pip install --dry-run --find-links "$T/torch" "$W" 'torch<2.15'
like "$out" 'torch==2.15.\*|conflicting dependencies' "and names what it needs"
status 0 "pip installs it, and its torch" pip install -q --find-links "$T/torch" "$W"
status 0 "pip check" pip check
is "$(cd "$T" && venv/bin/python -c "
import torch, relu_cpu
x = torch.tensor([-1.0, 2.0])
print(relu_cpu.relu(x).tolist(), [getattr(torch.ops.relu_cpu, n) is getattr(relu_cpu._ops.ops, n) for n in ['relu']])" 2>&1 | tail -1)" "[0.0, 2.0] [True]" "import finds it, and its operators"
is "$(cd "$T" && venv/bin/python - <<'P'
import base64, hashlib, importlib.metadata as m, json
from pathlib import Path
d = m.distribution("relu-cpu")
home = Path(d.locate_file("relu_cpu"))
meta = json.loads((home / "metadata.json").read_text())
files = {p.name for p in home.iterdir() if p.is_file()} - {"metadata.json"}
right = all(base64.b64encode(hashlib.sha256((home / n).read_bytes()).digest()).decode() == h for n, h in meta["digest"]["files"].items())
print(d.version, d.requires, meta["name"], set(meta["digest"]["files"]) == files, right)
P
)" "1+torch215.cpu ['torch==2.15.*'] relu-cpu True True" "metadata.json is there, and says what lies beside it"
is "$(cd "$T" && "$P" -c "
import torch
from pathlib import Path
from kernels import get_local_kernel
print(get_local_kernel(next(Path('$T/venv/lib').glob('python3*/site-packages/relu_cpu'))).relu(torch.tensor([-3.0, 4.0])).tolist())" 2>&1 | tail -1)" "[0.0, 4.0]" "the kernels client loads it from there"
status 0 "pip uninstall" pip uninstall -y relu-cpu
[ ! -e "$(echo "$T"/venv/lib/python3*/site-packages/relu_cpu)" ]
is $? 0 "leaves nothing"

# What is not published has no wheel; what a killed builder left goes.
copy "$ROOT/tests/kernels/tiny" "$T/broken"
echo 'int broken(' >>"$T/broken/src/answer.cpp"
status 1 "a build that fails" "$KB" wheel -q --no-lock --variant $V "$T/broken"
[ ! -e "$T/broken/dist" ]
is $? 0 "makes no wheel"
touch "$K/dist/.kb-wheel-left.whl.abc" "$K/dist/other.txt"
mkdir "$T/none"
ok "the program's own wheel" sh -c "cd '$ROOT' && python3 tools/wheel/pack.py LICENSE 1 2026-11-30 '$T/none' '$T/none' '$K/dist/mine-1-py3-none-any.whl'"
status 0 "beside other files" "$KB" wheel -q --variant $V "$K"
is "$(ls -A "$K/dist" | tr '\n' ' ')" "mine-1-py3-none-any.whl other.txt $(basename "$W") " "what a killed builder left is gone"
touch "$T/file"
status 2 "--wheel-dir that is a file" "$KB" wheel -q --variant $V --wheel-dir "$T/file" "$K"
like "$out" "^error: $T/file is not a directory; move it away, or name another with --wheel-dir" "says what to do"
status 0 "clean" "$KB" clean "$K"
is "$(ls -A "$K/dist" | tr '\n' ' ')" "mine-1-py3-none-any.whl other.txt " "removes our wheels alone"

# ---- the stable ABI: one for all torch from 2.10 on ----
K=$T/rms-norm
copy "$ROOT/examples/rms-norm" "$K"
status 0 "the stable ABI" "$KB" wheel -q --variant torch-stable-abi210-cpu-x86_64-linux "$K"
W=$K/dist/rms_norm-1+torch.stable.abi210.cpu-$MACHINE.whl
like "$(in_wheel "$W" '*/METADATA')" '^Requires-Dist: torch>=2.10$' "needs torch 2.10 or later"
status 0 "abi3audit" "$TOOLS/bin/abi3audit" --strict "$W"
is "$(auditwheel "$W")" "True []" "auditwheel"
status 0 "pip installs it" pip install -q --no-index "$W"
is "$(cd "$T" && venv/bin/python -c "
import torch, rms_norm
x, w = torch.randn(3, 64), torch.randn(64)
print(torch.allclose(rms_norm.rms_norm(torch.empty_like(x), x, w), torch.nn.functional.rms_norm(x, (64,), w, 1e-6), atol=1e-6))" 2>&1 | tail -1)" True "and it works"

# ---- for another machine ----
K=$T/arm
copy "$ROOT/tests/kernels/tiny" "$K"
status 0 "aarch64" "$KB" wheel -q --no-lock --target aarch64 --torch 2.15 --backend cpu "$K"
W=$K/dist/tiny-1+torch215.cpu-cp39-abi3-manylinux_2_28_aarch64.whl
status 0 "check-abi" "$KB" check-abi "$W"
status 0 "abi3audit" "$TOOLS/bin/abi3audit" --strict "$W"
is "$(auditwheel "$W")" "True []" "auditwheel"
status 1 "pip does not install it here" pip install --no-index --no-deps "$W"
like "$out" 'not a supported wheel on this platform' "and says why"

# ---- CUDA ----
K=$T/tiny
copy "$ROOT/tests/kernels/tiny" "$K"
sed -i 's/"apache-2.0"\|"Apache-2.0"/"my own"/; s/^backends.*/&\npython-depends = ["einops"]\nsource = "https:\/\/example.org\/tiny"\nkernel-depends = [{ repo-id = "a\/b", version = 2 }]/' "$K/build.toml"
status 0 "CUDA" "$KB" wheel --no-lock --torch 2.15 --cuda 13.0 --capability 9.0 "$K"
W=$K/dist/tiny-1+torch215.cu130-$MACHINE.whl
like "$out" "^warning: .*tiny-1\+torch215.cu130.* has code for 9.0 only" "a quick try is not to be published"
like "$out" 'note: kernel-depends names other kernels' "kernels of the Hub are no packages"
is "$(in_wheel "$W" '*/METADATA' | grep -E '^(Project|License|Requires-Dist|Summary)')" "$(printf '%s\n' 'Summary: tiny, a kernel for PyTorch: torch 2.15, CUDA 13.0' 'Project-URL: Source, https://example.org/tiny' 'License: my own' 'Requires-Dist: torch==2.15.*' 'Requires-Dist: einops')" "METADATA"
is "$(python3 -c '
import json, sys
for c in json.load(sys.stdin)["components"]:
    if c["name"] in ("nvidia-cuda-nvcc", "nvidia-nvvm", "nvidia-cuda-runtime"):
        print(c["name"], c["version"].rsplit(".", 1)[0], c["scope"])' < <(in_wheel "$W" '*cdx.json'))" "$(printf '%s\n' 'nvidia-cuda-nvcc 13.0 required' 'nvidia-cuda-runtime 13.0 required' 'nvidia-nvvm 13.0 required')" "CUDA's packages are in the SBOM"
status 0 "check-abi" "$KB" check-abi "$W"
status 0 "twine check" "$TOOLS/bin/twine" check --strict "$W"
is "$(auditwheel "$W")" "True []" "auditwheel"

# ---- without compiled code: one for all backends ----
K=$T/plain
copy "$ROOT/tests/kernels/plain" "$K"
sed -i 's/^\[torch-noarch\]/[general.cuda]\npython-depends = ["nvidia-cutlass-dsl"]\n\n&/' "$K/build.toml"
status 0 "without compiled code" "$KB" wheel -q "$K"
W=$K/dist/plain-3-py3-none-any.whl
is "$(ls "$K/dist")" plain-3-py3-none-any.whl "one wheel"
first=$(digest "$W")
is "$(in_wheel "$W" '*/METADATA' | grep -E '^(Requires-Dist|Provides)')" "$(printf '%s\n' 'Requires-Dist: torch' 'Requires-Dist: nvidia-cutlass-dsl; extra == "cuda"' 'Provides-Extra: cuda')" "what one backend needs is an extra"
status 0 "of one backend" "$KB" wheel -q --backend cuda --wheel-dir "$T/one" "$K"
is "$(digest "$T/one/plain-3-py3-none-any.whl")" "$first" "the same wheel"
status 0 "twine check" "$TOOLS/bin/twine" check --strict "$W"
status 0 "pip installs it" pip install -q --no-index "$W"
ok "import" env -C "$T" "$T/venv/bin/python" -c 'import plain'
done_testing
