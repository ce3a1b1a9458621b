#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bench/farm.py: the simulated farm on small graphs whose answers are known, on its recordings, and what bench/README.md says of them.
# Needs neither network nor root.
. "$(dirname "$0")/lib.sh"
export PYTHONDONTWRITEBYTECODE=1
FARM=$ROOT/bench/farm.py
python3 "$ROOT/bench/farm_test.py" >"$T/tests"
is $? 0 "the simulator's own tests"
like "$(tail -1 "$T/tests")" '^1\.\.[0-9]+$' "all of them ran"
grep '^not ok' "$T/tests" | sed 's/^/# /'
missing=
for f in "$ROOT"/bench/farm/*.json; do
	python3 "$FARM" --workers 1,100 "$f" >"$T/out" 2>&1 || missing="$missing $f fails"
	while IFS= read -r row; do
		grep -qxF -- "$row" "$ROOT/bench/README.md" || missing="$missing $(basename "$f"): $row"
	done < <(grep -E '^ +(1|100) |^# ' "$T/out" | sed 's/^# /### /')
done
is "$missing" "" "bench/README.md has the rows for 1 and 100 workers of every recording"
is "$(find "$ROOT/bench/farm" -name '*.json' -size +200k)" "" "no recording is large"
status 2 "no recording" python3 "$FARM"
status 2 "no number" python3 "$FARM" --workers 0,x "$ROOT/bench/farm/relu-cpu.json"
status 1 "a setting that there is none of" python3 "$FARM" --set sped=1 "$ROOT/bench/farm/relu-cpu.json"
like "$out" 'no setting sped' "is named"

# A recording of a build: made here, of a plan and events.
cat >"$T/plan" <<'END'
{"steps": [{"step": 0, "kind": "preprocess", "label": "x.cpp: g++ -E", "variant": "v", "lazy": false, "early": 0, "key": "a", "mounts": {}, "inputs": []},
 {"step": 1, "kind": "cxx", "label": "x.cpp", "variant": "v", "lazy": false, "early": 0, "key": "b", "mounts": {}, "inputs": [{"step": 0, "output": 0}]}]}
END
cat >"$T/events" <<'END'
{"event": "ready", "steps": 2, "cached": 0}
{"event": "started", "step": 0}
{"event": "ended", "step": 0, "state": "done", "cpu": 2.5, "peak": 1048576, "outputs": [{"digest": "t", "bytes": 100}]}
{"event": "started", "step": 1}
{"event": "ended", "step": 1, "state": "done", "cpu": 7.5, "peak": 1048576, "outputs": [{"digest": "o", "bytes": 10}]}
END
python3 "$FARM" record --name two --store "$T" "$T/plan" "$T/events" >"$T/two.json"
like "$(python3 "$FARM" --workers 1 --at 1 "$T/two.json")" '^2 steps that ran, 10 s of processors' "is read again"
done_testing
