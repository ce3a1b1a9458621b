#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build --trace: what ran when, for Chrome's trace viewer.
. "$(dirname "$0")/lib.sh"
shares_trees
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
# Says what is wrong with a trace; or "N events of M steps in L lanes".
look() {
	python3 - "$1" <<'P'
import json, sys
t = json.load(open(sys.argv[1]))
xs = [e for e in t["traceEvents"] if e["ph"] == "X"]
named = {e["tid"] for e in t["traceEvents"] if e["ph"] == "M"}
lanes = {}
for e in xs:
    assert e["pid"] == 1 and e["dur"] >= 0 and e["ts"] >= 0, e
    assert e["tid"] in named, e
    lanes.setdefault(e["tid"], []).append(e)
for es in lanes.values():
    es.sort(key=lambda e: e["ts"])
    for a, b in zip(es, es[1:]):
        assert a["ts"] + a["dur"] <= b["ts"] + 0.01, ("overlap", a, b)
steps = [e for e in xs if e["tid"] > 0]
run = [e for e in xs if e["name"] == "run"]
# What the steps took is within the phase that ran them, in each lane.
for tid, es in lanes.items():
    if tid:
        assert sum(e["dur"] for e in es) <= sum(e["dur"] for e in run), tid
for e in steps:
    a = e["args"]
    if "exit_status" in a:
        # In the same unit. The clock of a step starts before it is told of, which takes a while on a busy machine.
        assert a["seconds"] * 1e6 <= e["dur"] * 2 + 500000, e
        assert a["peak_bytes"] > 1 << 20 or a["exit_status"], e
print(len(steps), "steps,", len([t for t in lanes if t]), "lanes,",
      "phases:", *[e["name"] for e in lanes.get(0, [])])
print(*sorted(f'{e["name"]} {e["args"]["variant"]} {e["args"]["kind"]} {e["args"].get("exit_status")}' for e in steps), sep="\n")
P
}

status 0 "builds with a trace" build -j2 --trace "$T/trace" "$K"
out=$(look "$T/trace" 2>&1)
like "$out" '^9 steps, 2 lanes, phases: plan .*look up .*fetch run publish evict compile_commands.json$' "steps in lanes, and phases"
like "$out" '^src/answer.cpp: g[+][+], slim torch211-cxx11-cpu-x86_64-linux compile-or-decline 0$' "a step with its variant, kind and exit status"
status 0 "one job" build -j1 --rebuild --trace "$T/trace1" "$K"
like "$(look "$T/trace1" 2>&1)" '^9 steps, 1 lanes' "one lane"

# The events, and the plan whose numbers they use: which steps ran, what they read, and what they gave.
status 0 "a build from nothing, with events" build --cache=off --no-check --output "$T/again" --events 3 "$K" 3>"$T/events"
# shellcheck disable=SC2086
status 0 "its plan" "$KB" plan -q --divided --json $SEL "$K"
printf '%s' "$out" >"$T/plan"
fits() {
	python3 - "$T/plan" "$T/events" "$(stat -c %s "$T"/again/*/*.so)" <<'P'
import json, sys
steps = json.load(open(sys.argv[1]))["steps"]
events = [json.loads(line) for line in open(sys.argv[2])]
started = [e for e in events if e["event"] == "started"]
ended = {e["step"]: e for e in events if e["event"] == "ended"}
assert [(e["label"], e["variant"]) for e in started] == [(steps[e["step"]]["label"], steps[e["step"]]["variant"]) for e in started]
for i, e in ended.items():
    s, given = steps[i], [o for n in steps[i]["inputs"] for o in ended.get(n["step"], {"outputs": []})["outputs"]]
    assert len(e["outputs"]) == len(s["outputs"]), e
    assert all(len(o["digest"]) == 64 and o["bytes"] > 0 for o in e["outputs"]), e
    assert s["kind"] == "choose" or all(n["step"] in ended for n in s["inputs"]), e
    assert s["kind"] != "choose" or e["outputs"][0] in given, e
    assert s["kind"] != "link" or e["outputs"][0]["bytes"] == int(sys.argv[3]), e
idle = {s["step"] for s in steps} - set(ended)
assert idle and all(steps[i]["lazy"] for i in idle), idle
print(len(started), "of", len(steps), "steps ran")
P
}
like "$(fits 2>&1)" '^[0-9]* of [0-9]* steps ran$' "each step that ended says what it gave, and what did not run is lazy"

status 0 "nothing to do" build --trace "$T/trace" "$K"
like "$(look "$T/trace" 2>&1)" '^0 steps, 0 lanes, phases: plan .*look up publish compile_commands.json$' "a trace of that"
echo 'int broken(' >>"$K/src/answer.cpp"
status 1 "a step fails" build --trace "$T/trace" "$K"
like "$(look "$T/trace" 2>&1)" '^src/answer.cpp .* cxx 1$' "the trace shows it"
mkdir "$T/empty"
status 3 "no kernel" build --trace "$T/trace3" "$T/empty"
like "$(look "$T/trace3" 2>&1)" '^0 steps, 0 lanes, phases: plan$' "the trace ends there"
status 2 "a file in no directory" build --trace "$T/none/trace" "$K"
like "$out" '^error: --trace' "is said before anything runs"
done_testing
