#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What would be built: list-variants and plan, without a store.
# Needs neither network nor root.
. "$(dirname "$0")/lib.sh"
EX=$ROOT/examples/activation

cat >"$T/twelve" <<'END'
torch24-cxx11-cu118-x86_64-linux
torch24-cxx11-cu121-x86_64-linux
torch24-cxx11-cu124-x86_64-linux
torch24-cxx98-cu118-x86_64-linux
torch24-cxx98-cu121-x86_64-linux
torch24-cxx98-cu124-x86_64-linux
torch25-cxx11-cu118-x86_64-linux
torch25-cxx11-cu121-x86_64-linux
torch25-cxx11-cu124-x86_64-linux
torch25-cxx98-cu118-x86_64-linux
torch25-cxx98-cu121-x86_64-linux
torch25-cxx98-cu124-x86_64-linux
END
is "$("$KB" list-variants -q "$EX" | sort)" "$(cat "$T/twelve")" "the lock of the example has the twelve variants"
is "$("$KB" list-variants -q --no-lock --matrix 2025-01 --backend cuda "$EX" | sort)" "$(cat "$T/twelve")" "so has the matrix 2025-01"
is "$("$KB" list-variants -q --cuda 12.1 --abi cxx98 "$EX")" "torch24-cxx98-cu121-x86_64-linux
torch25-cxx98-cu121-x86_64-linux" "filters by CUDA and ABI"
is "$("$KB" list-variants -q --variant torch25-cxx98-cu124-x86_64-linux "$EX")" torch25-cxx98-cu124-x86_64-linux "picks one"
status 3 "an unknown variant" "$KB" list-variants --variant torch99-cxx11-cu118-x86_64-linux "$EX"
like "$out" torch25-cxx98-cu124-x86_64-linux "lists what there is"
like "$out" '/kernel-builder.lock; there are .*; --no-lock ignores it, `kernel-builder lock` updates it$' "and names the lock"
mkdir "$T/locked" && cp -r "$EX"/* "$T/locked" && (cd "$T/locked" && "$KB" lock -q --matrix current --backend cpu)
status 0 "a lock without CUDA" "$KB" list-variants "$T/locked"
like "$out" '^note: backend cuda is skipped: .*/kernel-builder.lock has no variant of it: --no-lock ignores it, `kernel-builder lock` updates it$' "is named, with the way out"
status 3 "asked for CUDA" "$KB" list-variants --backend cuda "$T/locked"
like "$out" '^error: .*build.toml: no variant of .*/kernel-builder.lock fits --backend cuda: backend cuda is skipped: .*/kernel-builder.lock has no variant of it: --no-lock ignores it, `kernel-builder lock` updates it$' "names it, too"
status 3 "no variant that fits" "$KB" list-variants --no-lock --matrix all --torch 2.14 --torch 2.15 --cuda 11.8 --backend cuda "$EX"
like "$out" 'no variant of matrix all fits --torch 2.14 --torch 2.15 --cuda 11.8 --backend cuda$' "the options that were given"
status 3 "an unknown matrix" "$KB" list-variants --matrix 1999-01 "$EX"
like "$out" 2025-01 "lists what there is"

"$KB" plan -q "$EX" >"$T/plan.txt"
is $? 0 "plan"
is "$(grep -c 'cuda/bin/nvcc' "$T/plan.txt")" 12 "one nvcc command for each variant"
"$KB" plan -q --json "$EX" >"$T/plan.json"
is $? 0 "plan --json"
is "$(python3 - "$T/plan.json" <<'END'
import json, sys
p = json.load(open(sys.argv[1]))
bad = [s for s in p["steps"] for w in s["argv"] if w.startswith("/") and not w.startswith("/kb/src/")]
links = [v["step"] for v in p["variants"]]
print(len(p["variants"]), len(bad), len(set(links)) == 12, all(p["steps"][i]["kind"] == "link" for i in links))
END
)" "12 0 True True" "twelve variants, no path of this machine in any command, a link for each"
like "$("$KB" plan -q --dot "$EX")" '^digraph plan' "plan --dot"
status 2 "plan --json --dot" "$KB" plan --json --dot "$EX"
is "$("$KB" plan -q --cuda 11.8 "$EX" | grep nvcc | grep -o 'arch=[^ ]*' | sort -u | tr '\n' ' ')" \
	"arch=compute_70,code=sm_70 arch=compute_72,code=sm_72 arch=compute_75,code=sm_75 arch=compute_80,code=sm_80 arch=compute_86,code=sm_86 arch=compute_87,code=sm_87 arch=compute_89,code=sm_89 arch=compute_90,code=compute_90 arch=compute_90,code=sm_90 " \
	"default capabilities of CUDA 11.8"
[ ! -e "$KERNEL_BUILDER_HOME" ]
is $? 0 "looking makes no store"
ok "check-config" "$KB" check-config "$EX"
is "$("$KB" list-variants -q "$ROOT/tests/kernels/tiny" --torch 2.11 --no-lock --matrix all --cuda 13.0)" torch211-cxx11-cu130-x86_64-linux "another kernel, another matrix"
is "$("$KB" list-variants --no-lock --variant torch211-cxx11-cu130-x86_64-linux "$ROOT/tests/kernels/tiny" 2>&1)" torch211-cxx11-cu130-x86_64-linux "a variant of matrix all is found without a word"
done_testing
