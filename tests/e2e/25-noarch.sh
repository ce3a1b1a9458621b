#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Kernels without compiled code, a package with a module of its own name.
# Needs neither network nor root.
. "$(dirname "$0")/lib.sh"
K=$T/plain
cp -r "$ROOT/tests/kernels/plain" "$K"
status 0 "builds" "$KB" build "$K" --wheel-index "$T/absent" --debian-mirror "$T/absent"
like "$out" '2 variants .* 2 written, 0 B fetched' "fetches nothing"
like "$out" 'has its own module plain' "says that there is no alias"
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

# A variant is what was built. What others put there ships and is loaded, so it goes, and is told; what importing leaves is no reason to write.
made=$(bits "$K")
for option in "" --rebuild; do
	echo 'x = 1' >"$K/build/torch-cpu/left.py"
	# shellcheck disable=SC2086
	status 0 "a file of another in a variant, build $option" "$KB" build -q $option "$K"
	is "$out" "warning: $K/build/torch-cpu/left.py was not made by a build, and was removed" "is told"
	is "$(bits "$K")" "$made" "and gone"
done
mkdir -p "$K/build/torch-cpu/notes" && touch "$K/build/torch-cpu/notes/"{1,2,3,4,5,6}
status 0 "many" "$KB" build -q "$K"
is "$out" "warning: $K/build/torch-cpu: 6 files that were not made by a build were removed: notes/1, notes/2, notes/3, notes/4, notes/5, ..." "are told in one line"
python3 -m compileall -q "$K/build/torch-cpu" && echo '{}' >"$K/build/torch-cpu/metadata.json.sigstore"
status 0 "bytecode and a signature" "$KB" build "$K"
like "$out" ' 0 written' "stay"
is "$(printf '%s\n' "$out" | grep -c warning) $(find "$K/build/torch-cpu" -name '*.pyc' -o -name '*.sigstore' | wc -l)" "0 5" "in silence"
rm "$K/build/torch-cpu/metadata.json.sigstore"

# Nothing is written where it would ship: in a variant, or among the kernel's files.
ln -s k/torch-ext/plain "$T/link"
mv "$K" "$T/k" && ln -s k "$K"
while read -r said where command; do
	# shellcheck disable=SC2086
	status 2 "$command $where" sh -c 'cd "$1" && shift && exec "$@"' - "$T/k" "$KB" $command "$where"
	case $said in
	variant) like "$out" "^error: .*: $where would lie in the variant torch-cpu and ship with it; name a place outside of it" "is told" ;;
	files) like "$out" "^error: .*: $where lies among the kernel's files, in ./torch-ext; name another directory" "is told" ;;
	own) like "$out" "^error: --output: $where is the kernel's own directory; name another, or leave the option out" "is told" ;;
	esac
done <<'END'
variant build/torch-cpu build -q -o
variant result/torch-cpu/a/b build -q -o
files torch-ext/out build -q -o
files ../link build -q -o
own . build -q -o
own ../plain build -q -o
variant build/torch-cpu wheel -q --wheel-dir
files torch-ext wheel -q --wheel-dir
variant build/torch-cpu/page.html report -o
variant build/torch-cpu/lock lock -q -o
variant build/torch-cpu/kernels.lock lock-kernel-deps -o
variant build/torch-cpu/other init -q
variant build/torch-cpu create-pyproject -q .
files torch-ext/plain create-pyproject -q .
END
rm "$K" "$T/link" && mv "$T/k" "$K"
is "$(bits "$K")" "$made" "nothing was written"

# What clients are told: the oldest of them that can load it, who built it, and from where it came.
said() { # KEY...: of torch-cuda's metadata.json, as JSON
	python3 -c 'import json, sys
m = json.load(open(sys.argv[1]))
print(*(json.dumps(m.get(k), separators=(",", ":")) for k in sys.argv[2:]))' "$K/result/torch-cuda/metadata.json" "$@"
}
is "$(said kernels-minver provenance upstream kernel-depends)" '"0.14.0" {"kernel-builder":{"version":"0.1.0"}} null []' "metadata.json of a plain kernel"
sed -i 's|^license = .*|&\nupstream = "https://example.org/one"\nkernel-depends = [{ repo-id = "a/b", version = 2 }]|' "$K/build.toml"
status 0 "depends on another kernel" "$KB" build -q "$K"
is "$(said kernels-minver upstream kernel-depends)" '"0.17.0" "https://example.org/one" [{"repo-id":"a/b","version":2}]' "needs a client that knows that"
sed -i 's|^upstream = .*|upstream = ["https://example.org/one", "https://example.org/two"]|; s/^edition = 5/edition = 6/' "$K/build.toml"
status 0 "edition 6, two upstreams" "$KB" build -q "$K"
is "$(said kernels-minver upstream)" '"0.18.0" ["https://example.org/one","https://example.org/two"]' "are a list, for clients that read one"

# Of which commit it is: only when asked for.
status 2 "a tree that is none" "$KB" build -q "$K" --tree "$T/gone"
is "$out" "error: --tree: there is no directory $T/gone" "is told, though nothing is to be built"
status 2 "a file for a tree" "$KB" build -q "$K" --tree "$K/build.toml"
status 2 "a baseline that is none" "$KB" build -q "$K" --baseline "$T/gone"
is "$out" "error: --baseline: there is no directory $T/gone" "is told, also of a kernel without code for GPUs"
like "$("$KB" build "$K" --baseline "$K" 2>&1)" '^note: --baseline: no variant that was built has code for GPUs' "which says that there is nothing to compare"
status 2 "a commit that is none" "$KB" build -q "$K" --provenance 0123
like "$out" "40 or 64 digits" "says what a commit looks like"
sha=0123456789012345678901234567890123456789
status 0 "a commit" "$KB" build -q "$K" --provenance $sha+dirty
is "$(said provenance)" '{"kernel-builder":{"version":"0.1.0"},"kernel":{"commit":"'$sha'","dirty":true}}' "is in metadata.json"
status 2 "no checkout" env GIT_CEILING_DIRECTORIES="$T" "$KB" build -q "$K" --provenance git
like "$out" "in no git checkout" "is said"
in_git() {
	git -C "$K" -c user.name=a -c user.email=a@b "$@" >/dev/null 2>&1
}
in_git init -q && in_git add -f . && in_git commit -qm one
sha=$(git -C "$K" rev-parse HEAD)
status 0 "of a checkout" "$KB" build -q "$K" --provenance git
is "$(said provenance)" '{"kernel-builder":{"version":"0.1.0"},"kernel":{"commit":"'"$sha"'","dirty":false}}' "its commit"
echo "# edited" >>"$K/build.toml"
status 0 "with a change" "$KB" build -q "$K" --provenance git
like "$(said provenance)" '"dirty":true' "is dirty"
in_git checkout build.toml
in_git rm -q --cached build.toml
in_git commit -qm two
status 0 "with a file that git does not track" "$KB" build -q "$K" --provenance git
like "$(said provenance)" '"dirty":true' "is dirty"
done_testing
