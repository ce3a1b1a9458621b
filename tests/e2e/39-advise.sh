#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# advise: what includes cost, measured, narrower ones, tried, and what the stable ABI would merge.
. "$(dirname "$0")/lib.sh"
shares_trees
SEL="--no-lock --matrix all --torch 2.11 --torch 2.10 --backend cpu"
K=$T/wide
cp -r "$ROOT/tests/kernels/tiny" "$K"
cat >"$K/src/answer.cpp" <<'C'
#include <ATen/ATen.h>
#include <algorithm>
#include "answer.h"

int answer_of(const at::Tensor &t) {
	TORCH_CHECK(t.is_contiguous(), "not contiguous");
	return std::max<int>(answer(), 0);
}
int answer() { return ANSWER; }
C
printf '#pragma once\n#define ANSWER 42\nint answer();\n' >"$K/src/answer.h"
advise() { "$KB" advise $SEL "$@" 2>"$T/err"; }
traced() { strace -f -o "$T/trace" -e trace=execve "$KB" advise $SEL "$@" 2>"$T/err"; }
get() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); s = {x["path"]: x for x in d["sources"]}; print(eval(sys.argv[2]))' "$T/json" "$1"; }

status 0 "advises" advise "$K"
like "$out" '^torch211-cxx11-cpu-x86_64-linux, seconds' "names the variant"
like "$out" '^src/answer.cpp: [0-9.]+ s$' "what a source takes"
like "$out" '^  src/answer.cpp:1: <ATen/ATen.h>: [0-9.]+ s$' "what an include takes"
like "$out" 'these would do instead of the wide ones, tried: [0-9.]+ s$' "narrower ones"
like "$out" '^    #include <c10/util/Exception.h>$' "by what the source names"
like "$out" '^  torch-stable-abi210-cpu-x86_64-linux would stand for torch210-cxx11-cpu-x86_64-linux torch211-cxx11-cpu-x86_64-linux$' "what the stable ABI would merge"
first=$out
is "$(ls "$K")" "$(ls "$ROOT/tests/kernels/tiny")" "the kernel's directory is as it was"
status 0 "once more" traced "$K"
is "$(grep -c 'execve(.*cc1plus' "$T/trace")" 0 "compiles nothing"
is "$out" "$first" "the same figures"
advise --json "$K" >"$T/json"
is "$(get 's["src/answer.cpp"]["instead"]["headers"]')" "['ATen/core/Tensor.h', 'c10/util/Exception.h']" "as JSON"
is "$(get 's["src/answer.cpp"]["instead"]["seconds"]["once"] < s["src/answer.cpp"]["seconds"]["once"]')" True "the narrower ones take less"
is "$(get '[i["include"] for i in s["src/answer.cpp"]["includes"]]')" "['<ATen/ATen.h>', '<algorithm>', '\"answer.h\"']" "every include"
is "$(get '"instead" in s["torch-ext/binding.cpp"]')" False "nothing for a source without wide ones"
is "$(get 'd["stable_abi"]["merges"][0]["for"]')" "['torch210-cxx11-cpu-x86_64-linux', 'torch211-cxx11-cpu-x86_64-linux']" "merges"

# What was recommended, done as it says.
sed -i 's|#include <ATen/ATen.h>|#include <ATen/core/Tensor.h>\n#include <c10/util/Exception.h>|' "$K/src/answer.cpp"
status 0 "the advice builds" "$KB" build -q $SEL --torch 2.11 "$K"
status 0 "and is not given again" advise "$K"
is "$(printf '%s\n' "$out" | grep -c 'these would do')" 0 "(it is not)"
# A name that no narrower header has: not recommended.
printf '#include <ATen/ATen.h>\nat::Tensor f(const at::Tensor &t) { return at::matmul(t, t); }\n' >"$K/src/answer.cpp"
status 0 "a source that needs more" advise "$K"
is "$(printf '%s\n' "$out" | grep -c 'these would do')" 0 "what does not compile is not recommended"
like "$out" 'narrower includes were tried, and do not do or save nothing' "but said to have been tried"
status 2 "options that it has not" advise --rebuild "$K"
done_testing
