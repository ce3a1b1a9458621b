#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The action for GitHub (action.yml): its steps are run here as a runner would, with its cache between two runs.
. "$(dirname "$0")/lib.sh"
YAML=$ROOT/.build/yaml
if [ ! -e "$YAML/done" ]; then
	python3 -m venv --clear "$YAML" && "$YAML/bin/pip" -q install PyYAML==6.0.2 && touch "$YAML/done"
fi
unset KERNEL_BUILDER_HOME # as on a runner: the store is below HOME
mkdir "$T/caches" "$T/ws"
cp -r "$ROOT/examples/relu-cpu" "$T/ws/k"
rm -rf "$T/ws/k/build" "$T/ws/k/result"
cd "$T/ws" || exit
action() { RUN_ID=$1 && shift && env RUN_ID="$RUN_ID" "$YAML/bin/python" "$ROOT/tests/e2e/action.py" "$ROOT/action.yml" "$T/caches" directory=k "$@"; }

status 0 "list" action 1 command=list select=
like "$out" '^output: variants=\["torch214-cxx11-cpu-x86_64-linux","torch215-cxx11-cpu-x86_64-linux"\]$' "gives a matrix of jobs"
is "$(printf '%s\n' "$out" | grep -c -e '^step: ')" 2 "and does no more"
status 0 "list for aarch64" action 1 command=list select="--no-lock --target aarch64 --torch 2.15"
like "$out" '^output: variants=\["torch215-cxx11-cpu-aarch64-linux"\]$' "gives those"

variant=torch215-cxx11-cpu-x86_64-linux
status 0 "builds one of them" action 2 select="--variant $variant" cache-key=$variant artifact=$variant
like "$out" '^cache: none' "the first time, without a store"
like "$out" '^1 variant in k/build, 1 written, [1-9]' "from packages"
like "$out" "^- .$variant/" "and says what in the summary"
like "$out" "^artifact: $variant [1-9]" "and keeps it"
first=$(bits k)
rm -rf k/build k/result "$HOME/.cache"
status 0 "builds again, on another runner" action 3 select="--variant $variant" cache-key=$variant
like "$out" "^cache: kernel-builder-x86_64-.*-$variant-2-1" "with the store of the first run"
like "$out" '^1 variant in k/build, 1 written, 0 B fetched' "which has all"
is "$(bits k)" "$first" "the same bits"
rm -rf k/build k/result "$HOME/.cache"
status 0 "another key" action 4 command=list select= cache-key=other
is "$(find "$T/caches" -mindepth 1 -maxdepth 1 | wc -l)" 2 "each run keeps its store"

# Options that list-variants has not, on a runner whose settings have the store elsewhere.
rm -rf "$HOME/.cache"
mkdir -p "$XDG_CONFIG_HOME/kernel-builder"
echo "store = \"$T/disk\"" >"$XDG_CONFIG_HOME/kernel-builder/config.toml"
status 0 "other options" action 4 select="--variant $variant" args="-j2 --no-check --output $T/out" cache-key=$variant
like "$out" "^1 variant in $T/out, 1 written, 0 B fetched" "reach the build, and the cache the store"
is "$(ls -d "$HOME/.cache/kernel-builder" k/build 2>/dev/null)" "" "nothing is elsewhere"
rm -r "$XDG_CONFIG_HOME/kernel-builder"

# What is in the store is built and uploaded by a job that has the token.
mkdir "$T/hub"
TOKEN=hf_T0kenOfTheTests
echo $TOKEN >"$T/hub/token"
mkfifo "$T/stop"
python3 "$ROOT/tests/hub/server.py" "$T/hub" <"$T/stop" >"$T/port" &
exec 9>"$T/stop"
until [ -s "$T/port" ]; do sleep 0.1; done
HF_ENDPOINT=http://127.0.0.1:$(cat "$T/port")
export HF_ENDPOINT HF_HUB_DISABLE_XET=1 HF_HOME=$T/hf
sed -i 's/^license = .*/&\nhub = { repo-id = "me\/relu-cpu" }/' k/build.toml
status 3 "upload without a token" action 5 select="--variant $variant" cache-key=$variant upload=true
status 0 "with one" env HF_TOKEN=$TOKEN RUN_ID=6 "$YAML/bin/python" "$ROOT/tests/e2e/action.py" "$ROOT/action.yml" "$T/caches" directory=k select="--variant $variant" cache-key=$variant upload=true
like "$out" 'committed to v1: [1-9][0-9]* added' "is uploaded"
is "$(printf '%s\n' "$out" | grep -c $TOKEN)" 0 "and the log does not have the token"
exec 9>&-

status 2 "a command that there is not" action 7 command=publish
like "$out" '::error::command must be build, wheel or list, not publish' "is refused"
sed -i 's/relu_cpu\/relu.cpp/relu_cpu\/none.cpp/' k/build.toml
status 3 "a mistake in build.toml" action 8
like "$out" 'none.cpp' "ends the job, and the log says why"
done_testing
