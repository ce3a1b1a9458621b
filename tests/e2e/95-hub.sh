#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is published: digests, verify, card, and uploads by the real huggingface_hub to a hub of the tests, from which the real kernels
# client loads.
. "$(dirname "$0")/lib.sh"
shares_trees
ENVS=$ROOT/.build
"$ROOT/tools/torch_env.py" 2.15.0 "$ENVS/torch-2.15.0" kernels==0.17.2 2>&1 | sed 's/^/# /'
py=$ENVS/torch-2.15.0/bin/python
K=$T/plain
cp -r "$ROOT/tests/kernels/plain" "$K"
mkdir "$K/benchmarks"
echo "# measures" >"$K/benchmarks/benchmark.py"
echo "# no benchmark" >"$K/benchmarks/other.py"
python3 -m venv --without-pip "$T/bare"
bare=$T/bare/bin/python3

# ---- digests ----
status 0 "builds" "$KB" build -q "$K"
V=$K/build/torch-cpu
status 0 "hash" "$KB" hash "$K"
is "$out" "torch-cpu: has the digest of its files
torch-cuda: has the digest of its files" "changes nothing of what we built"
status 0 "verify" "$KB" verify "$K"
like "$out" '^torch-cuda: 3 files, all as the digest says$' "says so"
echo "# edited" >>"$V/plain.py"
echo "x" >"$V/more.txt"
rm "$V/_ops.py"
mkdir "$V/__pycache__" && echo x >"$V/__pycache__/plain.pyc"
status 5 "a variant that was changed" "$KB" verify "$K"
is "$(printf '%s\n' "$out" | grep '^torch-cpu')" "torch-cpu/_ops.py: is missing: the digest in metadata.json has it
torch-cpu/plain.py: differs from the digest in metadata.json
torch-cpu/more.txt: is not in the digest in metadata.json" "what differs, but what Python compiled"
like "$out" '^error: 1 of 2 variants is not what its digest says; build or download again, or, .*: kernel-builder hash$' "how many, and what to do"
ln -s ../torch-cuda "$V/linked"
status 0 "hash" "$KB" hash "$K"
like "$out" '^torch-cpu: digest written$' "writes a new one"
status 0 "verify" "$KB" verify "$K"
is "$(printf '%s\n' "$out" | grep warning)" "warning: torch-cpu/__pycache__/plain.pyc is no part of the digest; remove it and verify again
warning: torch-cpu/linked is no part of the digest; remove it and verify again" "names what no digest covers"
rm "$V/linked"
printf 'x' >"$V/caf"$'\351'.py
for command in hash verify "upload --repo-id me/plain"; do
	# shellcheck disable=SC2086
	status 5 "$command: a name that is not UTF-8" "$KB" $command "$K"
	LC_ALL=C like "$out" 'torch-cpu/caf..py: this name is not UTF-8; rename the file' "is refused"
done
rm "$V"/caf*
status 2 "a variant that is not there" "$KB" verify "$K" --variant torch-cpu --variant torch-rocm
like "$out" 'has no variant torch-rocm; it has torch-cpu, torch-cuda$' "is named, with those that there are"
theirs() { # the digest that the kernels client makes, and that of metadata.json
	"$py" -c 'import json, sys
from kernels._rust import Digest, DigestAlgorithm, Metadata
d = Digest.hash_variant(DigestAlgorithm.SHA256, sys.argv[1])
Metadata.read_from_file(sys.argv[1] + "/metadata.json").digest.validate(d)
print("the same")' "$1" 2>&1 | tail -1
}
is "$(theirs "$V")" "the same" "the kernels client makes the same digest"
python3 - "$V" <<'P'
import json, sys
p = sys.argv[1] + "/metadata.json"
m = json.load(open(p))
del m["digest"]
json.dump(m, open(p, "w"))
P
status 5 "without a digest" "$KB" verify "$K"
like "$out" '^torch-cpu: metadata.json has no digest' "says so"
like "$out" '^error: 1 of 2 variants has no digest to compare with; ' "and not that files differ"
echo '{"bundle": 1}' >"$V/metadata.json.sigstore"
status 0 "hash" "$KB" hash "$V"
like "$out" 'warning: .*metadata.json.sigstore signs it no more' "knows that a signature is of the text"
is "$(theirs "$V")" "the same" "writes one"
status 2 "nothing built" "$KB" verify "$T/bare/lib"
echo "[" >"$V/metadata.json"
status 3 "metadata.json that is no JSON" "$KB" verify "$V"
like "$out" "torch-cpu/metadata.json:1:1: this is no JSON object|torch-cpu/metadata.json:2:" "says where"
status 0 "builds again" "$KB" build -q "$K"

# ---- against a rebuild ----
cp -r "$K/build" "$T/copy"
"$KB" report "$K" --output "$T/report.html" >/dev/null
status 0 "verify --against" "$KB" verify -q "$T/copy" --against "$K"
like "$out" '^torch-cuda: the same as the rebuild$' "says so"
"$KB" report "$K" --output "$T/report2.html" >/dev/null
ok "the record of the kernel's last build stays" cmp "$T/report.html" "$T/report2.html"
mkdir "$T/copy/torch-cpu/__pycache__"
echo x >"$T/copy/torch-cpu/__pycache__/plain.cpython-311.pyc"
ln -s ../torch-cuda "$T/copy/torch-cpu/linked"
status 5 "with bytecode and a link more" "$KB" verify -q "$T/copy" --against "$K"
is "$(printf '%s\n' "$out" | grep rebuild)" "torch-cpu/__pycache__/plain.cpython-311.pyc: is not in the rebuild
torch-cpu/linked: is not in the rebuild
torch-cuda: the same as the rebuild
error: 1 of 2 variants is not what the rebuild gave: files were changed, or $K has other sources or another lock than they were built from" "what is too much"
rm -r "$T/copy/torch-cpu/__pycache__" "$T/copy/torch-cpu/linked"
echo "# edited" >>"$T/copy/torch-cuda/plain.py"
sed -i 's/"Apache-2.0"/"MIT"/' "$T/copy/torch-cpu/metadata.json"
"$KB" hash -q "$T/copy" >/dev/null
status 5 "of other bytes" "$KB" verify -q "$T/copy" --against "$K"
is "$(printf '%s\n' "$out" | grep rebuild)" "torch-cpu/metadata.json: license: differs from the rebuild
torch-cuda/plain.py: differs from the rebuild
error: 2 of 2 variants are not what the rebuild gave: files were changed, or $K has other sources or another lock than they were built from" "what differs"
status 5 "one of them" "$KB" verify -q "$T/copy" --against "$K" --variant torch-cpu
like "$out" '1 of 1 variants' "alone"
is "$(ls "$KERNEL_BUILDER_HOME/tmp")" "" "the rebuild leaves nothing"

# ---- the card ----
cat >"$K/CARD.md" <<'P'
---
{% if license %}license: {{ license }}
{% endif %}---
{{ repo_id }} {{ version }} {{ upstream }} {{ has_benchmark }}
{% for f in functions %}
- {{ f }}
{% endfor %}
{% if layers %}layers{% endif %}
{{ variants | join(" ") }}
P
status 3 "card of a kernel without a repository" "$KB" card "$K" --python "$py"
like "$out" 'build.toml names no repository; write repo-id' "says what to write"
status 0 "card" "$KB" card "$K" --repo-id me/plain --python "$py"
is "$out" "---
license: apache-2.0
---
me/plain 3 none true
- twice
torch-cpu torch-cuda" "is filled"
status 3 "a Python without jinja2" "$KB" card "$K" --repo-id me/plain --python "$bare"
like "$out" 'has no jinja2, which fills cards; install it: .* -m pip install jinja2' "says how to get it"
echo '{% for %}' >"$T/CARD.md.bad"
mv "$K/CARD.md" "$T/CARD.md"
cp "$T/CARD.md.bad" "$K/CARD.md"
status 3 "a template that is none" "$KB" card "$K" --repo-id me/plain --python "$py"
like "$out" '/CARD.md:1:1: .*; correct the template' "has its place"
mv "$T/CARD.md" "$K/CARD.md"

# ---- a hub ----
S=$T/hub
mkdir "$S"
TOKEN=hf_T0kenOfTheTests
echo $TOKEN >"$S/token"
mkfifo "$T/stop"
python3 "$ROOT/tests/hub/server.py" "$S" <"$T/stop" >"$T/port" &
exec 9>"$T/stop"
until [ -s "$T/port" ]; do sleep 0.1; done
export HF_ENDPOINT HF_HUB_DISABLE_XET=1 HF_HOME=$T/hf
HF_ENDPOINT=http://127.0.0.1:$(cat "$T/port")
unset HF_TOKEN HUGGING_FACE_HUB_TOKEN HF_HUB_OFFLINE
upload() { "$KB" upload --python "$py" "$@"; }
head_of() { # branch or pull request, what of its commit as Python
	python3 -c 'import json, sys
d = sys.argv[1]
c = json.load(open(d + "/commits/" + json.load(open(d + "/refs.json"))[sys.argv[2]] + ".json"))
print(eval(sys.argv[3]))' "$S/repos/${R:-kernel/me/plain}" "$1" "$2"
}
files_of() { head_of "$1" '" ".join(sorted(c["files"]))'; }
sent() { grep -c "^PUT /lfs/" "$S/log"; }
said= # all that uploads printed
note() { said+=$out; }
status 3 "a Python without huggingface_hub" "$KB" upload "$K" --repo-id me/plain --python "$bare"
like "$out" 'has no (huggingface_hub|jinja2).*; install it: ' "says how to get it"
status 3 "without a token" upload "$K" --repo-id me/plain
like "$out" 'does not know who you are: run `hf auth login`, or set HF_TOKEN' "says what to do"
mkdir -p "$HF_HOME"
printf %s $TOKEN >"$HF_HOME/token"
status 3 "a token that is none" env HF_TOKEN=hf_other "$KB" upload -q --python "$py" "$K" --repo-id me/plain
is "$out" "error: $HF_ENDPOINT does not take your token: correct HF_TOKEN" "says which"
status 3 "where one may not" upload "$K" --repo-id closed/plain
note
like "$out" '^error: closed/plain is not there, and you may not create it: use a token that may write there .*, or --repo-id .* needs an approval, for which you ask at https' "says whom to ask"
status 3 "an owner that is not there" upload -q "$K" --repo-id nowhere/plain
note
is "$out" "error: $HF_ENDPOINT makes no repository nowhere/plain (HTTP 404): correct the owner in --repo-id, and HF_ENDPOINT if it is set (There is no such namespace)" "is named"
for bad in "me/bad name" a/b/c me/../x; do
	status 3 "no repository's name: $bad" upload -q "$K" --repo-id "$bad"
	is "${out%%;*}" "error: \"$bad\" cannot be a repository: write OWNER/NAME after --repo-id, or in [general.hub] of build.toml" "says what one is"
done
status 4 "no name server knows the hub" env HF_ENDPOINT=http://hub.invalid "$KB" upload -q --python "$py" "$K" --repo-id me/plain
like "$out" '^error: cannot reach http://hub.invalid: [^:;]*; look at the network, .* and at HF_ENDPOINT if it is set$' "says so, in one line"
status 4 "nobody listens" env HF_ENDPOINT=http://127.0.0.1:1 "$KB" upload -q --python "$py" "$K" --repo-id me/plain
is "${out%%;*}" "error: cannot reach http://127.0.0.1:1: Connection refused" "says so"
is "$(printf '%s\n' "$out" | grep -c .)" 1 "and says nothing of package indexes"
status 3 "offline" env HF_HUB_OFFLINE=1 "$KB" upload -q --python "$py" "$K" --repo-id me/plain
is "$out" "error: HF_HUB_OFFLINE is set, so the hub is not asked: unset it" "says which variable"
status 0 "upload" upload "$K" --repo-id me/plain --output-json "$T/out.json"
note
like "$out" "^uploaded to $HF_ENDPOINT/kernels/me/plain/tree/v3$" "says where"
is "$(tr -d ' \n' <"$T/out.json")" '{"status":"uploaded","repo_id":"me/plain","branch":"v3","url":"'"$HF_ENDPOINT"'/kernels/me/plain/tree/v3","pull_requests":[]}' "and writes it"
is "$(files_of v3)" ".gitattributes benchmarks/benchmark.py build/torch-cpu/__init__.py build/torch-cpu/_ops.py build/torch-cpu/metadata.json build/torch-cpu/plain.py build/torch-cuda/__init__.py build/torch-cuda/_ops.py build/torch-cuda/metadata.json build/torch-cuda/plain.py" "the branch has the variants and benchmarks"
is "$(files_of main)" ".gitattributes README.md" "main has the card"
is "$(cat "$S/repos/kernel/me/plain/visibility")" public "it is public"
status 0 "again" upload "$K" --repo-id me/plain --output-json "$T/out.json"
note
like "$out" '^nothing to upload: me/plain has all of it$' "there is nothing to do"
like "$(cat "$T/out.json")" '"status": "no_changes"' "and that is written"

# What goes: in the commit that brings what takes its place, and of the variants that are uploaded only.
mv "$K/torch-ext/plain/plain.py" "$K/torch-ext/plain/other.py"
sed -i 's/from .plain/from .other/' "$K/torch-ext/plain/__init__.py"
mv "$K/benchmarks/benchmark.py" "$K/benchmarks/benchmark_all.py"
status 0 "build-and-upload" "$KB" build-and-upload -q "$K" --variant torch-cpu --repo-id me/plain --python "$py"
note
is "$(head_of v3 'c["adds"], c["deletes"]')" "(['benchmarks/benchmark_all.py', 'build/torch-cpu/__init__.py', 'build/torch-cpu/_ops.py', 'build/torch-cpu/metadata.json', 'build/torch-cpu/other.py', 'build/torch-cpu/plain/__init__.py'], ['benchmarks/benchmark.py', 'build/torch-cpu/plain.py'])" "one commit replaces the variant that was built"
like "$(files_of v3)" 'build/torch-cuda/plain.py' "the other one stays"
sed -i 's/^version = 3/version = 4/; s/^backends = .*/&\nhub = { repo-id = "me\/plain" }/' "$K/build.toml"
rm -r "$K/build/torch-cuda"
"$KB" build -q "$K" --variant torch-cpu
python3 - "$S/repos/kernel/me/plain" <<'P'
# main has a variant of old, as repositories had that began without branches
import json, sys
refs = json.load(open(sys.argv[1] + "/refs.json"))
p = sys.argv[1] + "/commits/" + refs["main"] + ".json"
c, v3 = json.load(open(p)), json.load(open(sys.argv[1] + "/commits/" + refs["v3"] + ".json"))
c["files"].update({"build/torch-universal/x.py": v3["files"]["build/torch-cuda/plain.py"], "benchmarks/x.txt": v3["files"]["build/torch-cuda/plain.py"]})
json.dump(c, open(p, "w"))
P
status 0 "a new version" upload "$K"
note
is "$(files_of v4)" ".gitattributes README.md benchmarks/benchmark_all.py build/torch-cpu/__init__.py build/torch-cpu/_ops.py build/torch-cpu/metadata.json build/torch-cpu/other.py build/torch-cpu/plain/__init__.py" "begins as main, without its variants"
like "$(files_of main)" 'build/torch-universal/x.py' "which main keeps"
status 0 "to a branch" upload "$K" --branch try --private
note
is "$(files_of try)" "$(files_of v4)" "of that name"
sed -i 's/"version": 4/"version": 5/' "$K/build/torch-cpu/metadata.json"
cp -r "$T/copy/torch-cuda" "$K/build/"
status 5 "variants of two versions" upload "$K"
like "$out" 'torch-cuda is of another version of the kernel \(v3\) than others there \(v5\)' "are refused"
echo "# edited" >>"$K/build/torch-cuda/plain.py"
status 5 "a variant that was changed" upload "$K" --branch try
like "$out" 'torch-cuda: plain.py differs from the digest in metadata.json; build the variant again' "is refused"
rm -r "$K/build/torch-cuda"
"$KB" build -q "$K" --variant torch-cpu

# Pull requests.
status 0 "upload --create-pr" upload "$K" --create-pr --branch v3 --output-json "$T/out.json"
note
like "$out" "^pull request for v3: $HF_ENDPOINT/kernels/me/plain/discussions/1$" "says where"
like "$(tr -d ' \n' <"$T/out.json")" '"status":"pull_request_created".*"url":null,"pull_requests":\[\{"branch":"v3","url":"http.*/discussions/1"' "and writes it"
like "$(head_of refs/pr/1 'c["adds"]')" 'metadata.json' "it has the change"
status 0 "an old repository" upload "$K" --repo-type model --repo-id me/old
note
is "$(R=model/me/old files_of main)" ".gitattributes README.md" "is of type model"

# What goes wrong at the hub.
echo "# more" >>"$K/torch-ext/plain/other.py"
"$KB" build -q "$K" --variant torch-cpu
for fault in 'fail-commit 4 failed.\(HTTP.500\):.Internal.error' 'no-write 3 you.may.not.write.to.me/plain:.use.a.token.that.may.*.or.--create-pr' 'conflict 4 somebody.changed.the.repository.in.the.meantime;.upload.again' 'ignore 3 .gitignore.leaves.out.build/torch-cpu'; do
	# shellcheck disable=SC2086
	set -- $fault
	echo "$1 echo-token" >"$S/fault"
	status "$2" "the hub: $1" upload "$K"
	note
	like "$out" "$3" "says so"
done
echo cut-commit >"$S/fault"
status 4 "the hub: the answer is lost" upload "$K"
note
like "$out" "the connection to $HF_ENDPOINT broke: .*; run it again" "says what to do"
rm "$S/fault"
status 0 "again" upload "$K"
note
like "$out" '^nothing to upload' "it was there"

# ---- interrupted, and loaded ----
cp -r "$ROOT/examples/relu-cpu" "$T/relu"
rm -rf "$T"/relu/build "$T"/relu/result
K=$T/relu R=kernel/me/relu-cpu N=torch215-cxx11-cpu-x86_64-linux
status 0 "relu-cpu builds" "$KB" build -q --variant $N "$K"
cp -r "$K/build/$N" "$K/build/torch214-cxx11-cpu-x86_64-linux"
echo >>"$(echo "$K"/build/torch214-*/*.so)"
"$KB" hash -q "$K" >/dev/null
echo "stall-put:1" >"$S/fault"
"$KB" upload --python "$py" "$K" --repo-id me/relu-cpu >"$T/cut.log" 2>&1 &
pid=$!
for _ in $(seq 300); do [ -e "$S/stalled" ] && [ "$(sent)" = 1 ] && break; sleep 0.1; done
is "$(cat /proc/$pid/task/*/children | wc -w)" 1 "one Python uploads"
is "$(for p in $pid $(cat /proc/$pid/task/*/children); do cat "/proc/$p/cmdline" "/proc/$p/environ"; done | grep -ac $TOKEN)" 0 "the token is in no argument and no environment"
kill -KILL $pid
wait $pid 2>/dev/null
is "$(tr -d ' \n' <"$S/repos/$R/refs.json" | grep -c v1)" 0 "killed amidst the bytes: there is no branch"
rm "$S/fault"
status 0 "again" upload "$K" --repo-id me/relu-cpu
note
is "$(sent) $(grep "^PUT /lfs/" "$S/log" | sort -u | wc -l)" "2 2" "what had been sent is not sent again"
is "$(head_of v1 'len([f for f in c["files"].values() if f["lfs"]])')" 2 "all is there"
rm "$S/stalled"
echo "stall-put:2" >"$S/fault"
echo >>"$(echo "$K"/build/torch214-*/*.so)"
"$KB" hash -q "$K" >/dev/null
before=$(cat "$S/repos/$R/refs.json")
"$KB" upload --python "$py" "$K" --repo-id me/relu-cpu >"$T/cut2.log" 2>&1 &
pid=$!
for _ in $(seq 300); do [ -e "$S/stalled" ] && break; sleep 0.1; done
child=$(cat /proc/$pid/task/*/children)
kill -TERM $pid
wait $pid
is $? 143 "interrupted"
is "$(ls -d "/proc/$child" 2>/dev/null)" "" "Python ends, too"
is "$(cat "$S/repos/$R/refs.json")" "$before" "the branch is as it was"
echo signed >"$S/fault"
status 4 "an address with a signature" upload "$K" --repo-id me/relu-cpu
note
like "$out" '/lfs/[0-9a-f]{64}' "the error names the address"
is "$(printf %s "$out" | grep -c Signature)" 0 "without what stands behind the ?"
rm "$S/fault"
rm -r "$K"/build/torch214-*
load() {
	"$py" -c 'import sys, torch
from kernels import get_kernel
k = get_kernel("me/relu-cpu", version=1, backend="cpu")
print(k.relu(torch.tensor([-1.0, 2.0])).tolist(), k.__file__.split("/")[-2])' 2>&1 | tail -1
}
# A variant for another machine beside it.
ARM=torch215-cxx11-cpu-aarch64-linux
status 0 "build-and-upload --target all" "$KB" build-and-upload -q --no-lock --target all --torch 2.15 "$K" --repo-id me/relu-cpu --python "$py"
note
is "$(files_of v1 | tr ' ' '\n' | sed -n 's|^build/\([^/]*\)/.*\.so$|\1|p')" "$(printf '%s\n' torch214-cxx11-cpu-x86_64-linux $ARM $N)" "the branch has both"
is "$("$py" -c '
import platform, sys
from huggingface_hub import HfApi
from kernels.variants import get_variants, resolve_variant
there = get_variants(HfApi(), repo_id="me/relu-cpu", revision="v1")
for machine in "aarch64", "x86_64", "ppc64le":
    platform.machine = lambda: machine
    found = resolve_variant(there, backend="cpu")[0]
    print(found and found.variant_str)' 2>&1)" "$(printf '%s\n' $ARM $N None)" "the kernels client takes the one for its machine"
is "$(theirs "$K/build/$ARM")" "the same" "and makes the same digest"
rm -r "$K/build/$ARM"
is "$(load)" "[0.0, 2.0] $N" "the kernels client loads it from there"
D=$(echo "$T"/hf/hub/kernels--me--relu-cpu/snapshots/*)
status 0 "verify of what it downloaded" "$KB" verify "$D"
like "$out" "^$N: [0-9]+ files, all as the digest says" "is well"
find "$D" -name __pycache__ -prune -exec rm -r {} +
# Stopped amidst the rebuild, for longer than a directory that nobody holds would live in the store.
"$KB" verify -q "$D" --against "$K" >"$T/against.log" 2>&1 &
pid=$!
while kill -0 $pid 2>/dev/null && ! compgen -G "$KERNEL_BUILDER_HOME/tmp/verify*/build" >/dev/null; do :; done
kill -STOP $pid
tmp=$(echo "$KERNEL_BUILDER_HOME"/tmp/verify*)
touch -d "1 hour ago" "$tmp"
status 0 "another one uses the store" "$KB" store info
ok "the rebuild is still there" test -d "$tmp/build"
kill -CONT $pid
wait $pid
is $? 0 "verify --against the sources"
like "$(cat "$T/against.log")" "^$N: the same as the rebuild" "as well"
is "$(ls "$KERNEL_BUILDER_HOME/tmp")" "" "the rebuild leaves nothing"
status 0 "what was downloaded can be uploaded" upload "$D" --repo-id me/copy
note
is "$(R=kernel/me/copy head_of v1 'sorted(f["sha256"] for p, f in c["files"].items() if p.startswith("build"))')" "$(head_of v1 "sorted(f['sha256'] for p, f in c['files'].items() if p.startswith('build/$N'))")" "elsewhere, with the same bytes"

# ---- kernels that depend on kernels ----
K=$T/user
cp -r "$ROOT/tests/kernels/plain" "$K"
status 3 "lock-kernel-deps of a kernel without" "$KB" lock-kernel-deps "$K" --python "$py"
like "$out" 'kernel-depends names no kernel, so there is nothing to lock' "says so"
depends() { sed -i "/^kernel-depends/d; s|^license = .*|&\nkernel-depends = [$1]|" "$K/build.toml"; }
lock() { "$KB" lock-kernel-deps --python "$py" "$K"; }
depends '{ repo-id = "me/relu-cpu", version = 1 }'
status 0 "lock-kernel-deps" lock
is "$(tr -d ' \n' <"$K/kernels.lock")" '[{"dependency":{"repo-id":"me/relu-cpu","version":1},"lock":{"commit":"'"$(head_of v1 'json.load(open(d+"/refs.json"))["v1"]')"'"}}]' "kernels.lock has the commit"
is "$("$py" -c 'import sys
from kernels._rust import KernelLocks
print([d.repo_id for d in KernelLocks.from_json(open(sys.argv[1]).read()).keys()])' "$K/kernels.lock")" "['me/relu-cpu']" "the kernels client reads it"
status 0 "builds" "$KB" build -q --variant torch-cpu "$K"
status 0 "check-load" "$KB" check-load "$K" --python "$py"
like "$out" 'torch-cpu loaded' "loads it with the kernel that it depends on"
like "$(grep -c "resolve/$(head_of v1 'json.load(open(d+"/refs.json"))["v1"]')" "$S/log")" '^[1-9]' "at that commit"
status 0 "upload" upload "$K" --repo-id me/user
note
depends '{ repo-id = "me/user", version = 3 }, { repo-id = "me/relu-cpu", revision = "v1" }'
status 0 "lock-kernel-deps" lock
is "$(python3 -c 'import json, sys
print(*(":".join(map(str, e["dependency"].values())) + "@" + str(len(e["lock"]["commit"])) for e in json.load(open(sys.argv[1]))))' "$K/kernels.lock")" "me/relu-cpu:1@40 me/relu-cpu:v1@40 me/user:3@40" "with what those depend on"
before=$(cat "$K/kernels.lock")
depends '{ repo-id = "me/user", version = 7 }'
status 3 "a version that is not there" lock
like "$out" 'me/user has no version 7; its versions are: 3' "says which are"
depends '{ repo-id = "me/none", version = 7 }'
status 3 "a kernel that is not there" lock
like "$out" 'me/none does not exist, or is private: correct the name, or run `hf auth login`' "is named"
echo hide >"$S/fault"
status 3 "a kernel that is not there, or hidden" lock
like "$out" 'me/none does not exist, or is private: ' "is named"
status 3 "a pull request to one" upload "$K" --create-pr --repo-id me/none
note
like "$out" 'me/none does not exist, or is private: ' "it is named"
rm "$S/fault"
depends '{ repo-id = "me/relu-cpu", revision = "main" }'
status 3 "a revision without variants" lock
like "$out" 'me/relu-cpu has no variants at [0-9a-f]{40}' "is named"
python3 - "$S/repos/kernel/me/relu-cpu" <<'P'
# a variant without metadata.json
import json, sys
p = sys.argv[1] + "/commits/" + json.load(open(sys.argv[1] + "/refs.json"))["main"] + ".json"
c = json.load(open(p))
c["files"]["build/x/y.py"] = c["files"][".gitattributes"]
json.dump(c, open(p, "w"))
P
status 3 "a variant without metadata.json" lock
like "$out" 'me/relu-cpu has no build/x/metadata.json at [0-9a-f]{40}' "is named"
depends '{ repo-id = "me/relu-cpu", version = 1 }'
echo fail-file >"$S/fault"
HF_HUB_CACHE=$T/empty status 4 "the hub is gone amidst" lock
like "$out" "cannot fetch build/torch[0-9a-z_-]+/metadata.json of me/relu-cpu: " "says of what"
rm "$S/fault"
is "$(cat "$K/kernels.lock")" "$before" "the lock is as it was"
sed -i 's|"me/relu-cpu"|"me/user"|; s|"version": 1|"version": 3|' "$K/build/torch-cpu/metadata.json"
upload -q "$K" --repo-id me/user >/dev/null 2>&1
depends '{ repo-id = "me/user", version = 3 }'
status 3 "kernels in a circle" lock
like "$out" 'kernels depend on each other in a circle: me/user, me/user' "are named"

# The token is nowhere.
is "$(printf %s "$said$(cat "$T"/*.log)" | grep -c $TOKEN)" 0 "the token is in nothing that was printed"
is "$(grep -rlF $TOKEN "$T" | grep -v -e "^$S/token$" -e "^$HF_HOME/token$")" "" "nor in any file"
exec 9>&-
done_testing
