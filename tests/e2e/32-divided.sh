#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# nvcc's steps one by one give the bytes that nvcc gives, for every CUDA; what an edit runs again; what is shared; failures.
. "$(dirname "$0")/lib.sh"
shares_trees
SEL="--no-lock --matrix all"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
started() { steps | wc -l; }

# Suffixed and several architectures, PTX, and device code with internal names. nvcc puts a module id into those that ends with a
# CRC-32 of the first external function's name, ours with that of the file's, so that function is named like the file here.
cat >"$K/src/answer.cu" <<'C'
#include "answer.h"

extern "C" int answer_cu() { return 1; }
namespace {
__device__ int table[4] = { 1, 2, 3, 4 };
__global__ void inner(int *out) { *out = table[*out & 3] + ANSWER; }
}
static __constant__ float factor = 2;

__global__ void outer(float *out) { *out *= factor; }

extern "C" int tiny_answer()
{
	void *p = nullptr;

	inner<<<1, 1>>>((int *)p);
	outer<<<1, 1>>>((float *)p);
	return ANSWER;
}
C
sed -i 's/"8.0", "9.0"/"7.5", "8.0", "9.0+PTX", "9.0a"/' "$K/build.toml"
cp -r "$K" "$T/plain"
for variant in torch27-cxx11-cu118 torch25-cxx98-cu121 torch26-cxx98-cu124 torch211-cxx11-cu130 torch215-cxx11-cu132; do
	rm -rf "$K/build" "$T/plain/build"
	status 0 "$variant, divided" build -q --events 3 --variant "$variant-x86_64-linux" "$K" 3>"$T/events"
	n_cicc=$(grep -c '"event":"started".*: cicc ' "$T/events")
	[ "$n_cicc" -ge 3 ]
	is $? 0 "cicc runs for each architecture"
	status 0 "$variant, plain" build -q --engine=plain --events 3 --variant "$variant-x86_64-linux" "$T/plain" 3>"$T/events"
	is "$(labels | tr '|' '\n' | grep -v -e ': check-id' -e abi3)" "$(printf '%s\n' src/answer.cu torch-ext/binding.cpp)" "each source goes through its compiler, as it is"
	ok "the same bytes as nvcc's" cmp "$(so "$K")" "$(so "$T/plain")"
	rm -rf "$K/build" "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions"
	status 0 "$variant, without a sandbox" build -q --sandbox=off --events 3 --variant "$variant-x86_64-linux" "$K" 3>"$T/events"
	is "$(grep -c '"event":"started".*: cicc ' "$T/events")" "$n_cicc" "divided as well"
	ok "the same bytes" cmp "$(so "$K")" "$(so "$T/plain")"
done
like "$(python3 "$ROOT/tests/e2e/fatbin.py" "$(so "$K")")" '^compute_90 sm_75 sm_80 sm_90' "the device code of all of them"
plan() { "$KB" plan -q $SEL --variant "$variant-x86_64-linux" "$@" "$K" | grep -c '^# [0-9]*: .*: cicc [0-9]'; }
is "$(plan)" 0 "plan does not ask nvcc"
[ "$(plan --divided)" -ge 4 ]
is $? 0 "with --divided it does"
is "$(strings -a "$(so "$K")" | grep -c '/kb-test')" 0 "no name of this machine"

# Lines for debuggers name files by the directory in which a compiler ran.
for flag in -lineinfo -g; do
	rm -rf "$T/lines"
	cp -r "$K" "$T/lines"
	sed -i "/^cuda-capabilities/a cuda-flags = [\"$flag\"]" "$T/lines/build.toml"
	for sandbox in on off; do
		rm -rf "$T/lines/build" "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions"
		status 0 "$flag, sandbox $sandbox" build -q --sandbox=$sandbox --variant torch211-cxx11-cu130-x86_64-linux "$T/lines"
		cp "$(so "$T/lines")" "$T/lines-$sandbox"
	done
	ok "the same bytes" cmp "$T/lines-on" "$T/lines-off"
done
sed -i 's/^cuda-flags.*/cuda-flags = ["-G"]/' "$T/lines/build.toml"
status 0 "-G without a sandbox" build --sandbox=off --variant torch211-cxx11-cu130-x86_64-linux "$T/lines"
like "$out" '^warning: \[kernel.tiny_cuda\] uses -G without a sandbox' "is told"
sed -i 's/^cuda-flags.*/cuda-flags = ["-lineinfo"]/' "$T/lines/build.toml"
status 5 "-lineinfo, nvcc itself, without a sandbox" build --engine=plain --sandbox=off --variant torch211-cxx11-cu130-x86_64-linux "$T/lines"
like "$out" '^warning: src/answer.cu is compiled with -lineinfo by nvcc itself without a sandbox, .*; install bubblewrap, or leave out --engine=plain$' "is told"

# What an edit runs.
SEL="$SEL --variant torch211-cxx11-cu130-x86_64-linux"
build -q "$K"
status 0 "nothing is edited" build --events 3 "$K" 3>"$T/events"
is "$(started)" 0 "nothing runs"
sed -i 's/\*= factor/*= factor * 2/' "$K/src/answer.cu"
status 0 "the body of a kernel is edited" build -q --events 3 "$K" 3>"$T/events"
like "$(labels)" 'answer.cu: cicc 75.*answer.cu: cicc 80.*answer.cu: ptxas 75' "its device code is made anew"
sed -i '1i #define UNUSED' "$K/src/answer.cu"
status 0 "lines move" build -q --events 3 "$K" 3>"$T/events"
[ "$(started)" -gt 4 ]
is $? 0 "all texts are looked at"
sed -i 's/int tiny_answer()$/int tiny_answer() \/* said *\//' "$K/src/answer.cu"
status 0 "a comment is edited" build -q --events 3 "$K" 3>"$T/events"
is "$(labels | tr '|' '\n' | grep -v -e 'g++ -E' -e '^_tiny_cuda.abi3.so' -e '^$')" "" "no text changes, so only the link runs behind them"

# What was large is not kept, and made again when it is needed. PTX alone is not: what was made of it is there.
is "$(find "$KERNEL_BUILDER_HOME/objects" -type f -size +900k -print0 | xargs -0 -r grep -l '^# 1 "src' | wc -l)" 0 "no preprocessed text in the store"
lose() { # PATTERN: the objects in which it is
	rm -rf "$K/build"
	for o in "$KERNEL_BUILDER_HOME"/objects/*/*; do LC_ALL=C grep -aqP "$1" "$o" && rm -f "$o"; done
}
lose '^.target sm_80'
status 0 "PTX is gone from the store" build -q --events 3 "$K" 3>"$T/events"
is "$(labels)" "" "nothing runs"
lose '^(\x7fELF|\x50\xed\x55\xba)'
status 0 "and what was made of it" build -q --events 3 "$K" 3>"$T/events"
like "$(labels)" 'cicc 80, slim[|].*drop-macros 80[|].*g[+][+] -E 80[|]' "the text is made again, and cicc runs"
is "$(labels | grep -c 'cicc 90')" 0 "for no other architecture"
status 0 "--rebuild" build --sandbox=off --rebuild "$K"
like "$out" 'steps ran again, all with the same bytes' "gives the same bytes"

# Another torch shares what does not see torch.
SEL="--no-lock --matrix all --variant torch210-cxx11-cu130-x86_64-linux"
status 0 "another torch for the same CUDA" build -q --events 3 "$K" 3>"$T/events"
is "$(labels | tr '|' '\n' | grep -c -e cicc -e cudafe -e ptxas)" 0 "no device code is compiled for it"
rm -rf "$K/build" "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions"
SEL="--no-lock --matrix all --cuda 13.0 --torch 2.10 --torch 2.11"
status 0 "several at once, from nothing" build -q -j4 --events 3 "$K" 3>"$T/events"
is "$(grep -c 'cicc 80' "$T/events")" 1 "each architecture is compiled once for all of them"

# Texts go when they were used.
rm -rf "$K/build" "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions"
build -q -j1 --torch 2.11 "$K" &
pid=$!
texts=0
while kill -0 $pid 2>/dev/null; do
	now=$(find "$KERNEL_BUILDER_HOME"/tmp/run*/objects -type f -size +300k 2>/dev/null | wc -l)
	[ "$now" -le "$texts" ] || texts=$now
done
wait $pid
is $? 0 "one step at a time"
[ "$texts" -gt 0 ] && [ "$texts" -le 6 ]
is $? 0 "six texts at once at most, of thirteen ($texts)"

# Errors are those of nvcc; what is not understood goes undivided.
SEL="--no-lock --matrix all --variant torch211-cxx11-cu130-x86_64-linux"
cp "$K/src/answer.cu" "$T/good.cu"
echo '__global__ void broken(int *p) { *p = nonsense; }' >>"$K/src/answer.cu"
status 1 "device code that is wrong" build "$K"
like "$out" 'FAILED: src/answer.cu: (cicc|cudafe)' "says which step"
like "$out" 'answer.cu\([0-9]+\): error: identifier "nonsense" is undefined' "and what the compiler said"
cp "$T/good.cu" "$K/src/answer.cu"
sed -i 's/^cuda-capabilities.*/&\ncuda-flags = ["--no-such-flag"]/' "$K/build.toml"
status 1 "a flag that nvcc does not know" build "$K"
like "$out" "Unknown option '--no-such-flag'" "nvcc says so"
sed -i 's/^cuda-flags.*/cuda-flags = ["-t", "2", "-Xptxas", "-O3", "-t2", "--threads=2", "-DNAME=\\"a b\\""]/' "$K/build.toml"
status 0 "threads of nvcc's" build -q --events 3 "$K" 3>"$T/events"
is "$(labels | tr '|' '\n' | grep -c 'g++ -E')" 5 "are of no use to steps"
# shellcheck disable=SC2016 # a variable for nvcc's shell
sed -i 's/^cuda-flags.*/cuda-flags = ["-DNAME=a$b"]/' "$K/build.toml"
status 0 "a command that a shell would change" build -v "$K"
like "$out" 'note: src/answer.cu for .* is compiled undivided: more than words' "is not divided, and that is said"
status 2 "another engine" build --engine=fast "$K"
done_testing
