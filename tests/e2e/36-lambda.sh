#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Extended lambdas, whose kernels are types of the host's code: every architecture but one is compiled from a slimmed text, and to the same code as nvcc's.
. "$(dirname "$0")/lib.sh"
shares_trees
SEL="--no-lock --matrix all --variant torch211-cxx11-cu130-x86_64-linux"
K=$T/lambda
cp -r "$ROOT/tests/kernels/device" "$K"
cp "$K"/lambda/* "$K/src"
sed -i 's|^src = .\"src/device.cu\".|src = ["src/lambdas.cu", "src/lambdas.cuh", "src/nameless.cu"]|; s|"8.0", "8.6", "9.0"|"8.0", "9.0"|' "$K/build.toml"

status 0 "lambdas in every place" build -q --events 3 "$K" 3>"$T/events"
for source in lambdas nameless; do
	is "$(ran "$source.cu: cicc 90\$") $(ran "$source.cu: cicc 80\$")" "1 0" "$source: the whole text for one architecture"
	is "$(ran "$source.cu: cicc [89]0, slim\$") $(ran "$source.cu: slim: proof by 90\$")" "2 1" "$source: the slimmed one for both"
done
cp -r "$K" "$T/off"
rm -rf "$T/off/build" "$T/off/result"
status 0 "the whole text for each" build -q --device-only=off "$T/off"
ok "the same bytes" cmp "$(so "$K")" "$(so "$T/off")"


# Of one architecture nothing needs a proof.
sed -i 's|"8.0", "9.0"|"9.0"|' "$K/build.toml"
rm -rf "$K/build"
status 0 "one architecture" build -q --cache=off --events 3 "$K" 3>"$T/events"
is "$(ran ": cicc 90\$") $(ran "cicc 90, slim\$") $(ran "proof by")" "2 0 0" "one text of it is compiled"
done_testing
