#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build --explain: why steps ran, after real edits.
. "$(dirname "$0")/lib.sh"
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
explain() { "$KB" build $SEL --explain "$@" 2>&1 | sed -n 's/^explain: //p'; }
V=torch211-cxx11-cpu-x86_64-linux

status 0 "a first build" "$KB" build $SEL --explain "$K"
like "$out" '^explain: 9 steps ran: no earlier build of this kernel is recorded$' "nothing to compare with"
is "$(explain "$K")" "no step ran: every result is there" "nothing changed"
sed -i 's/42/43/' "$K/src/answer.h"
is "$(explain "$K")" "5 steps: src/answer.h changed" "a header: its source's steps, and the link"
echo '// a comment' >>"$K/src/answer.cpp"
is "$(explain "$K")" "2 steps: src/answer.cpp changed" "a comment: one step, and the link for the id"
sed -i 's/43/44/' "$K/src/answer.h"
out=$(explain -v "$K")
like "$out" '^5 steps: src/answer.h changed' "with -v, too"
is "$(printf '%s\n' "$out" | grep -c "^    .* for $V\$")" 5 "each step by name"
echo '# a comment' >>"$K/torch-ext/tiny/__init__.py"
like "$(explain "$K")" "^_tiny_cpu_.*\.abi3\.so for $V: torch-ext/tiny/__init__.py changed\$" "a Python file is in the id"
sed -i '/^\[kernel.tiny\]/a cxx-flags = ["-DX=1"]' "$K/build.toml"
out=$(explain "$K")
like "$out" '^src/answer.cpp: .*: its command has now -DX=1$' "a flag"
like "$out" 'abi3.so for .*: build.toml changed$' "is in build.toml"
sed -i 's/-DX=1/-DX=2/' "$K/build.toml"
like "$(explain "$K")" 'its command has now -DX=2, no longer -DX=1$' "another flag"
printf 'int unused;\n' >"$K/src/new.h"
sed -i 's|"src/answer.h"\]$|"src/answer.h", "src/new.h"]|' "$K/build.toml"
like "$(explain "$K")" ': src/new.h is new$' "a header that is new could be included"
cp "$KB" "$T/another"
echo "// $(date +%N)" >>"$K/torch-ext/binding.cpp"
is "$(KB=$T/another explain "$K" | head -n 1)" "2 steps: torch-ext/binding.cpp changed" "an equal program in another place changes nothing"
like "$(SEL="--no-lock --matrix all --torch 2.11 --torch 2.10 --backend cpu" explain "$K")" '^[0-9]+ steps: torch210-cxx11-cpu-x86_64-linux is built for the first time$' "another variant"
is "$(explain "$K")" "no step ran: every result is there" "the first alone"

# What the store lost.
chmod -R u+w "$KERNEL_BUILDER_HOME/objects"
rm -r "$KERNEL_BUILDER_HOME/objects"
like "$(explain "$K" | tail -n 1)" 'no result is in the store any more: evicted, damaged or removed$' "evicted results"
for o in "$KERNEL_BUILDER_HOME"/objects/*/*; do chmod u+w "$o" && echo damaged >"$o"; done
rm -r "$K/build"
like "$(explain "$K" | tail -n 1)" 'no result is in the store any more: evicted, damaged or removed$' "damaged results"

# A build that fails leaves the reasons for the next one.
echo 'int broken(' >>"$K/src/answer.cpp"
status 1 "a build that fails" "$KB" build $SEL --explain "$K"
like "$out" '^explain: .*: src/answer.cpp changed$' "says why as well"
sed -i '$d' "$K/src/answer.cpp"
sed -i 's/44/45/' "$K/src/answer.h"
is "$(explain "$K")" "5 steps: src/answer.h changed" "compared with the last one that ended well"
like "$(explain --rebuild "$K")" '^all steps: --rebuild runs them' "--rebuild"
record=$(grep -rl '^kernel-builder why 1' "$KERNEL_BUILDER_HOME/published")
printf 'kernel-builder why 2\n' >"$record"
sed -i 's/45/46/' "$K/src/answer.h"
like "$(explain "$K")" 'steps ran: no earlier build of this kernel is recorded$' "a record of another version"
printf 'kernel-builder why 1\ne 7 7\nl x\n' >"$record"
sed -i 's/46/47/' "$K/src/answer.h"
like "$(explain "$K")" 'steps ran: no earlier build of this kernel is recorded$' "a damaged record"
"$KB" build $SEL "$K" >/dev/null 2>&1
before=$(stat -c %Y.%i "$record")
"$KB" build $SEL "$K" >/dev/null 2>&1
is "$(stat -c %Y.%i "$record")" "$before" "where nothing runs the record stays"
done_testing
