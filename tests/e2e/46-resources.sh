#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What kernels take of a GPU: kept with each build, a warning when one spills that did not, with a ptxas that prints it (12.4) and one
# that writes it into the cubin (13.0). diff of builds.
. "$(dirname "$0")/lib.sh"
shares_trees
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
SEL="--no-lock --matrix all --capability 8.0 --variant torch25-cxx11-cu124-x86_64-linux --variant torch211-cxx11-cu130-x86_64-linux"
source_with() { # launch bounds
	cat >"$K/src/answer.cu" <<C
#include "answer.h"

template <typename T>
__global__ void $1 mix(volatile T *out)
{
	T v[48];

#pragma unroll
	for (int i = 0; i < 48; i++)
		v[i] = out[i];
#pragma unroll
	for (int i = 0; i < 48; i++)
		out[47 - i] = v[i] + ANSWER;
}

__global__ void other(int *out)
{
	__shared__ int all[64];

	all[threadIdx.x] = out[threadIdx.x];
	__syncthreads();
	out[threadIdx.x] = all[threadIdx.x ^ 1];
}

extern "C" int tiny_answer()
{
	mix<<<1, 1>>>((float *)nullptr);
	other<<<1, 64>>>(nullptr);
	return ANSWER;
}
C
}
# The rows of the report's table of kernels, with blanks between cells and parts of them.
rows() { # option...
	"$KB" report -o "$T/page.html" "$@" "$K" >/dev/null || return
	sed -n '/<h2 id="kernels">/,/<[/]section>/p' "$T/page.html" | grep '^<tr>' | sed -E 's/<wbr>//g; s/<[^>]*>/ /g; s/ +/ /g; s/&lt;/</g; s/&gt;/>/g'
}
kept() { cat "$KERNEL_BUILDER_HOME"/published/* | grep -a "^kernel 8.0 .* $1\$"; } # mangled name
spilled() { printf '%s\n' "$1" | grep -c '^warning: .* spills registers'; }        # output of a build

source_with ""
out=$(build "$K")
is "$?:$(spilled "$out")" 0:0 "a first build"
is "$(printf '%s\n' "$out" | grep -c 'ptxas info')" 0 "what ptxas -v prints is no message"
is "$(kept _Z5otherPi | cut -d' ' -f4-8 | sort -u)" "0 256 360 0 0" "stack, shared and constant memory and spills are kept"
is "$(kept _Z5otherPi | wc -l)" 2 "of each variant"
is "$(rows | grep -c ' was ')" 0 "its report has nothing to compare with"
like "$(rows | tail -n 1)" '^ other\(int[*]\) src/answer.cu, 2 variants .* 8.0 [0-9]+ 0 256 0 $' "and what kernels take, once for variants where it is the same"
cp -r "$K/build" "$T/before"

source_with "__launch_bounds__(1024, 2)"
out=$(build "$K")
is "$?:$(spilled "$out")" 0:1 "an edit makes a kernel spill: one warning"
like "$out" '^warning: void mix<float>\(float volatile\*\) in src/answer.cu spills registers for 8.0, and did not: [1-9][0-9]* bytes of stores, [1-9][0-9]* of loads; 32 registers, before [45][0-9]; stack of [1-9][0-9]* bytes, before 0 \(torch.* and 1 more variant\)$' "which, where, how much, and of how many variants"
like "$out" '^hint: ' "what to do"
is "$(kept _Z3mixIfEvPVT_ | cut -d' ' -f7,8 | grep -cE '^[1-9][0-9]* [1-9][0-9]*$')" 2 "an old ptxas and a new one tell it"
mix=$(kept _Z3mixIfEvPVT_ | cut -d' ' -f3,4,7,8 | sort -u) # registers, stack, stores and loads
is "$(rows | sed -nE 's/^ void mix<float>.* 8.0 ([0-9]+) was [45][0-9] ([0-9]+) [/] ([0-9]+) was 0 0 ([0-9]+) was 0 $/\1 \4 \2 \3/p' | sort)" "$mix" "the report has the figures, and those of before"
is "$(rows | sed -nE 's/^ (void mix|other).*/\1/p' | uniq | tr '\n' ' ')" "void mix other " "the kernel that spills first"
out=$(build "$K")
is "$?:$(spilled "$out")" 0:0 "nothing changed: no warning"
sed -i 's/ANSWER;$/ANSWER + 1;/' "$K/src/answer.cu"
out=$(build "$K")
is "$?:$(spilled "$out")" 0:0 "it spilled before: no warning"
is "$(rows | grep -c ' was ')" 0 "no figure changed"
is "$(rows --baseline "$T/before" | grep -cE ' 32 was [45][0-9] ')" "$(printf '%s\n' "$mix" | uniq | wc -l)" "report --baseline has those of another build"
is "$(grep -c "Figures of before are those of <code>.*</code>" "$T/page.html")" 1 "and says so"
status 2 "report --baseline of nothing" "$KB" report --baseline "$T/nowhere" "$K"
like "$out" '^error: --baseline: .*/nowhere has none of the variants' "says what it wants"

# diff of two builds, variants, libraries and wheels.
diff() { "$KB" diff "$@"; }
cu130=torch211-cxx11-cu130-x86_64-linux
status 1 "diff of two builds" diff "$T/before" "$K"
like "$out" "^$cu130\$" "by variant"
like "$out" '^  ~ _tiny_cuda_\*\.abi3\.so: ([0-9]+ -> [0-9]+|other contents of [0-9]+) bytes$' "the extension is found again, though its name differs"
is "$(printf '%s\n' "$out" | grep -cE '^      ~ kernel 8.0 void mix<float>\(float volatile\*\): registers [45][0-9] -> 32, .*stack 0 -> [1-9]')" 2 "kernels, of each variant"
like "$out" "~ kernel 8.0 .*spill stores 0 -> [1-9][0-9]*, spill loads 0 -> [1-9]" "with spills"
is "$(printf '%s\n' "$out" | grep -c 'other(int')" 0 "nothing of a kernel that is the same"
is "$(printf '%s\n' "$out" | tail -n 1)" "2 of 2 variants differ" "a last line"
status 0 "of a build with itself" diff "$K" "$K/build"
is "$out" "2 variants, the same" "says so"
status 1 "of a variant, as JSON" diff --json "$T/before/$cu130" "$K/build/$cu130"
is "$(printf '%s' "$out" | python3 -c 'import json, sys
d = json.load(sys.stdin)
print(d["format"], d["variants"], d["differ"], sorted({x["what"] for x in d["differences"]}), [x["name"] for x in d["differences"] if x["what"] == "kernel"])')" \
	"1 1 1 ['file', 'kernel'] ['8.0 _Z3mixIfEvPVT_']" "the same"
status 1 "of two libraries" diff "$T/before/torch25-cxx11-cu124-x86_64-linux"/*.so "$K/build/$cu130"/*.so
like "$out" '^      - needs libcudart.so.12$' "what they need"
like "$out" '^      \+ imports __cudaGetKernel@libcudart.so.13$' "and import"
for w in before after; do
	from=$T/before
	[ $w = before ] || from=$K/build
	rm -rf "$T/wheel" && mkdir -p "$T/wheel/tiny" "$T/wheel/tiny-$w.dist-info"
	cp "$from/$cu130"/*.so "$T/wheel/tiny"
	echo "Version: $w" >"$T/wheel/tiny-$w.dist-info/METADATA"
	echo same >"$T/wheel/tiny-$w.dist-info/WHEEL"
	echo 1 >"$T/wheel/tiny/$w.py"
	(cd "$T/wheel" && python3 -m zipfile -c "$T/$w-1-cp39-abi3-linux_x86_64.whl" tiny "tiny-$w.dist-info")
done
status 1 "of two wheels" diff "$T/before-1-cp39-abi3-linux_x86_64.whl" "$T/after-1-cp39-abi3-linux_x86_64.whl"
like "$out" 'kernel 8.0 void mix<float>' "their kernels"
is "$(printf '%s\n' "$out" | grep -E '^  [-+~]' | sed -E 's/: .*//' | sort | tr '\n' ' ')" \
	"  + tiny/after.py   - tiny/before.py   ~ *.dist-info/METADATA   ~ tiny/_tiny_cuda_*.abi3.so " "their other files, and what is said of them"
status 1 "of a variant and a wheel" diff "$T/before/$cu130" "$T/after-1-cp39-abi3-linux_x86_64.whl"
is "$(printf '%s\n' "$out" | grep -cE '^  [-+]')" 0 "compares libraries"
like "$out" '^  ~ library: .* bytes$' "and no files"
status 0 "of a variant and its library" diff "$K/build/$cu130"/*.so "$K/build/$cu130"
status 2 "of a library and all variants" diff "$K/build/$cu130"/*.so "$K"
like "$out" '^error: .*[.]so is one file, and the other side has 2 variants; name the variant' "is refused"
status 2 "of a variant and a text" diff "$K/build/$cu130" "$K/build.toml"
like "$out" '^error: .*/build.toml is neither a library nor a wheel; diff takes directories with variants, variants, libraries' "says what it takes"
head -c 2000 "$(ls "$K/build/$cu130"/*.so)" >"$T/cut.so"
status 2 "of a damaged library" diff "$T/cut.so" "$K/build/$cu130"
like "$out" '^error: .*/cut.so cannot be read as a library: ' "says what it is"
rm -rf "$T/one"
mkdir "$T/one"
cp -r "$T/before/$cu130" "$T/one"
rm "$T/one/$cu130/_ops.py"
status 1 "a variant and a file less" diff "$T/before" "$T/one"
like "$out" '^- torch25-cxx11-cu124-x86_64-linux$' "are named"
like "$out" '^  - _ops.py: [0-9]+ bytes$' "both"
status 2 "diff of one build" diff "$K"
status 2 "of nothing" diff "$K" "$T/nowhere"
like "$out" '^error: there is no file or directory .*/nowhere$' "says so"

# Beside another build.
status 0 "--baseline" build --baseline "$T/before" "$K"
is "$(spilled "$out")" 1 "warns again"
status 0 "--baseline, and nothing to do" build --baseline "$T/before" "$K"
is "$(spilled "$out")" 1 "warns each time"
status 0 "--baseline of itself" build --baseline "$K" "$K"
is "$(spilled "$out")" 0 "does not"
mkdir "$T/nothing"
status 2 "--baseline of nothing" build --baseline "$T/nothing" "$K"
like "$out" '^error: --baseline: .*/nothing has none of the variants' "says what it wants"

# Without nvcc's steps, what cubins tell.
SEL="--no-lock --matrix all --capability 8.0 --variant torch211-cxx11-cu130-x86_64-linux"
status 0 "plain" build -q --engine=plain --output "$T/plain" --baseline "$T/before" "$K"
is "$(spilled "$out")" 1 "warns, too"
done_testing
