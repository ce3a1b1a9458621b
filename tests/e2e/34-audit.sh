#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/audit compares device code: the same of two engines, and finds what differs.
. "$(dirname "$0")/lib.sh"
shares_trees
export KB REAL_KB=$KB
AUDIT="python3 -B $ROOT/tests/audit/run.py"
cat >"$T/other" <<'S'
#!/bin/bash
# The builder, but the reference is built of other sources.
case " $* " in *--engine=plain*|*--device-only=off*) sed -i 's/ANSWER 42/ANSWER 43/' "${@: -1}/src/answer.h" ;; esac
exec "$REAL_KB" "$@"
S
chmod +x "$T/other"
for variant in torch25-cxx98-cu124 torch211-cxx11-cu130; do # packed with LZ4, and with Zstandard
	status 0 "$variant: two engines" $AUDIT --variant $variant-x86_64-linux --json "$T/found.json" "$ROOT/tests/kernels/tiny"
	like "$out" '^1 tried, 1 equal .* 0 differ, 0 failed' "the same device code"
	like "$out" 'equal: src/answer.cu: (the full way: )?2 kernels; passes: [0-9]+ of device code only, [1-9][0-9]* in full' "of each architecture"
	KB=$T/other status 1 "$variant: another constant in a kernel" $AUDIT --variant $variant-x86_64-linux "$ROOT/tests/kernels/tiny"
	like "$out" 'differs: src/answer.cu: sm_80: .text._Z6answerPi differs; .*sm_90: .text._Z6answerPi differs' "is found in both architectures"
done
status 0 "the results are in the store" $AUDIT --json "$T/found.json" "$ROOT/tests/kernels/tiny"
like "$out" 'passes: [0-9]+ of device code only, 0 in full' "nothing ran"
like "$(cat "$T/found.json")" 'passes: [0-9]+ of device code only, [1-9][0-9]* in full' "which way it went is kept"
cp -r "$ROOT/tests/kernels/tiny" "$T/broken"
echo '#error broken' >>"$T/broken/src/answer.cu"
status 1 "a kernel that does not build" $AUDIT "$T/broken"
like "$out" 'failed: src/answer.cu: ours: ' "is told"
done_testing
