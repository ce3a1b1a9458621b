#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays the recorded steps of builds on 1 to 1,000 simulated workers of a farm. bench/README.md says how, and what is measured.

    bench/farm.py bench/farm/*.json                  tables for all recordings
    bench/farm.py --changes bench/farm/rotary.json   and what changes of the plan or the farm would bring
    bench/farm.py record --name NAME --about TEXT --store DIR PLAN EVENTS >bench/farm/NAME.json
    bench/farm.py grow RECORDING --files PLAN --source FILE --like 70 --reference 75 --archs 70,80 --highest 90 \
        --measured FILE,CUDA,PLAN,EVENTS... >bench/farm/NAME.json"""
import argparse
import functools
import json
import os
import sys

import farm_graph
import farm_grow
import farm_sim

WORKERS = (1, 2, 4, 8, 16, 32, 64, 100, 200, 400, 1000)
# Two servers that were measured, both on two cores that their workers and the client shared.
SERVERS = {
    "buildgrid": {"rate": 5.3, "latency": 0.37, "overhead": 0.35},
    "casd": {"rate": 20.0, "latency": 0.0, "overhead": 0.07},
}
EVERY = {"remote_from": 0.0}
GOOD = {"local": 8, "rate": 50.0, "uplink": 1e9, "downlink": 1e9}
# name: settings, and changes of the graph. Each by itself, and some together.
CHANGES = {
    "as given": ({},),
    "short steps on the farm, too": (EVERY,),
    "all steps on the farm": ({**EVERY, "own": "farm", "links": "farm"},),
    "all steps on the farm, 100 a second": ({**EVERY, "own": "farm", "links": "farm", "rate": 100.0},),
    "links on the farm": ({"links": "farm"},),
    "steps under 5 s at home": ({"remote_from": 5.0},),
    "8 jobs at home": ({"local": 8},),
    "server as casd": (SERVERS["casd"],),
    "server takes 50 a second": ({"rate": 50.0},),
    "none sent ahead": ({"ahead": 0.0},),
    "client's lines 1 GB/s": ({"uplink": 1e9, "downlink": 1e9},),
    "client's lines 10 MB/s": ({"uplink": 1e7, "downlink": 1e7},),
    "trees in the server's store before": ({"stored": True},),
    "trees on the workers before": ({"seeded": True},),
    "1 ms for each file that is staged cold": ({"per_file": 0.001},),
    "longest and shortest by turns": ({"order": "mixed"},),
    "steps under 2.5 s at home, 8 jobs": ({"remote_from": 2.5, "local": 8},),
    "order of the plan": ({"order": "plan"},),
    "seconds guessed by kind": ({"order": "kinds"},),
    "lazy steps at once": ({"eager": True},),
    "a proof is declined early": ({}, farm_graph.early_audits),
    "cicc once for both ABIs": ({}, farm_graph.one_abi),
    "8 jobs, 50 a second, 1 GB/s": (GOOD,),
    "the same, order of the plan": ({**GOOD, "order": "plan"},),
    "the same, a proof declined early": (GOOD, farm_graph.early_audits),
    "the same, and cicc once for both ABIs": (GOOD, farm_graph.early_audits, farm_graph.one_abi),
}


def load(path):
    with open(path) as f:
        o = json.load(f)
    graph = farm_graph.graph_of(o)
    return farm_grow.grown(graph, o["grow"]) if "grow" in o else graph


def name_of(step):
    return f"{step.label}, {step.variant}" if step.label else step.kind


class Result:
    def __init__(self, graph, settings):
        self.farm = farm_sim.Farm(graph, settings)
        self.makespan = self.farm.simulate()
        slots = settings.workers * settings.slots
        self.efficiency = self.farm.remote_seconds() / (slots * self.makespan) if self.makespan and slots else 0.0
        self.limits, self.chain = self.farm.limits()
        self.limit = max(self.limits, key=self.limits.get)

    def row(self, name, width):
        return (f"{name:>{width}} {self.makespan:10.0f} {self.farm.graph.seconds() / self.makespan:8.1f} {100 * self.efficiency:9.1f} %"
                f"  {self.limit}, {self.limits[self.limit]:.0f} s")


def heading(name, width):
    return f"{name:>{width}} {'makespan s':>10} {'speed-up':>8} {'efficiency':>11}  limit: no less than"


def describe(graph):
    home = sum(s.seconds for s in graph.steps if s.kind in farm_sim.OWN)
    made = sum(sum(s.outputs) for s in graph.steps)
    return (f"{len(graph.steps)} steps that ran, {graph.seconds():.0f} s of processors, {home:.0f} of them quick own steps; "
            f"they gave {made / 1e9:.1f} GB; the trees have {sum(m[1] for m in graph.mounts) / 1e9:.2f} GB; "
            f"the largest step takes {max((s.peak for s in graph.steps), default=0)} MiB")


def print_chain(result, shown):
    """The critical path: its longest steps, in their order."""
    farm, chain = result.farm, result.chain
    cost = [farm.cost(i) for i in chain]
    own = sum(farm.steps[i].seconds for i in chain)
    print(f"\ncritical path: {len(chain)} steps, {sum(cost):.1f} s, of which the steps themselves {own:.1f}")
    least = sorted(cost, reverse=True)[:shown][-1] if cost else 0.0
    for i, c in zip(chain, cost):
        if c >= least:
            print(f"  {c:8.1f}  {name_of(farm.steps[i])}")


def print_limits(result, workers):
    print(f"\nat {workers} workers, in {result.makespan:.0f} s, busy alone for")
    for name, seconds in sorted(result.limits.items(), key=lambda x: -x[1]):
        print(f"  {seconds:8.1f}  {name}")
    print("workers held, in each tenth of that: " + " ".join(f"{100 * u:.0f} %" for u in result.farm.in_use()))


def numbers(text):
    found = [int(n) for n in text.split(",")]
    if min(found) < 1:
        raise ValueError
    return found


def options():
    p = argparse.ArgumentParser(prog="bench/farm.py", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    p.add_argument("recording", nargs="+")
    p.add_argument("--workers", type=numbers, default=WORKERS, metavar="N,N...", help="the rows of the table")
    p.add_argument("--at", type=int, default=100, metavar="N", help="workers for what limits, and for --changes (100)")
    p.add_argument("--server", choices=sorted(SERVERS), default="buildgrid", help="rate, latency and overhead as they were measured (buildgrid)")
    p.add_argument("--changes", action="store_true", help="what changes would bring")
    p.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting: farm_sim.py lists them")
    p.add_argument("--chain", type=int, default=8, metavar="N", help="steps of the critical path that are named (8)")
    return p.parse_args()


def settings_of(o):
    given = dict(SERVERS[o.server])
    for word in o.set:
        name, _, value = word.partition("=")
        kind = type(getattr(farm_sim.Settings, name, None))
        if kind not in (int, float, bool, str):
            sys.exit(f"--set: no setting {name}")
        try:
            given[name] = value == "True" if kind is bool else kind(value)
        except ValueError:
            sys.exit(f"--set: {name} is a number, not \"{value}\"")
    return given


def report(graph, o):
    given = settings_of(o)
    print(f"\n# {graph.name}\n\n{graph.about}\n{describe(graph)}\n")
    print(heading("workers", 7))
    results = {n: Result(graph, farm_sim.Settings(**{**given, "workers": n})) for n in dict.fromkeys([*o.workers, o.at])}
    for n in o.workers:
        print(results[n].row(str(n), 7))
    print_limits(results[o.at], o.at)
    print_chain(results[o.at], o.chain)
    if o.changes:
        width = max(len(n) for n in CHANGES)
        print(f"\n{heading(f'{o.at} workers', width)}")
        for name, (change, *plans) in CHANGES.items():
            changed = functools.reduce(lambda g, f: f(g), plans, graph)
            print(Result(changed, farm_sim.Settings(**{**given, "workers": o.at, **change})).row(name, width))


def record():
    p = argparse.ArgumentParser(prog="bench/farm.py record")
    p.add_argument("plan", help="of kernel-builder plan --divided --json, with the options of the build")
    p.add_argument("events", help="of kernel-builder build --cache=off --events")
    p.add_argument("--name", required=True)
    p.add_argument("--about", default="")
    p.add_argument("--store", default=os.path.expanduser("~/.cache/kernel-builder"), help="for the sizes of trees")
    o = p.parse_args(sys.argv[2:])
    recording = farm_graph.read_recording(o.plan, o.events)
    sys.stdout.write(recording.graph(o.name, o.about, farm_graph.sizes_in(o.store)).to_json())


def grow():
    """Adds to a recording of one file how to grow it (farm_grow.py)."""
    p = argparse.ArgumentParser(prog="bench/farm.py grow")
    p.add_argument("recording")
    p.add_argument("--files", required=True, metavar="PLAN", help="of the whole kernel: its CUDA files")
    for name in ("source", "like", "reference", "highest"):
        p.add_argument(f"--{name}", required=True)
    p.add_argument("--archs", required=True, help="those beside the highest, with commas")
    p.add_argument("--ptx", type=float, default=0.22, help="what fatbinary makes of a byte of PTX (0.22)")
    p.add_argument("--measured", nargs="+", default=[], metavar="FILE,CUDA,PLAN,EVENTS")
    o = p.parse_args(sys.argv[2:])
    with open(o.recording) as f:
        out = json.load(f)
    with open(o.files) as f:
        files = sorted({s["source"] for s in json.load(f)["steps"] if s.get("source", "").endswith(".cu")})
    measured = {}
    for file, cuda, plan, events in (word.split(",") for word in o.measured):
        row = farm_grow.measured_of(farm_graph.read_recording(plan, events))
        measured.setdefault(file, {}).setdefault(cuda, {}).update(row)
    how = {"source": o.source, "like": o.like, "reference": o.reference, "highest": o.highest, "archs": o.archs.split(","), "ptx": o.ptx,
           "files": files, "measured": measured}
    sys.stdout.write(farm_graph.graph_of(out).to_json({"grow": how}))


def main():
    if sys.argv[1:2] == ["record"]:
        return record()
    if sys.argv[1:2] == ["grow"]:
        return grow()
    o = options()
    for path in o.recording:
        report(load(path), o)


if __name__ == "__main__":
    main()
