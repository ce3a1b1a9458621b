#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the simulated farm: small graphs whose answers are known, as TAP."""
import farm_graph
import farm_grow
import farm_sim
from farm_graph import Graph, Step

# A farm where nothing costs anything but steps.
IDEAL = {"client": 0.0, "rate": 1e12, "latency": 0.0, "overhead": 0.0, "warm": 0.0, "home": 0.0, "uplink": 1e18, "downlink": 1e18,
         "egress": 1e18, "ingress": 1e18, "line": 1e18, "own": "farm", "links": "farm", "remote_from": 0.0}
number = failed = 0


def result(good, text, note=""):
    global number, failed
    number += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} - {text}{'' if good else f' # {note}'}")


def near(got, wanted, text):
    result(abs(got - wanted) < 1e-6 * max(1.0, abs(wanted)), text, f"got {got}, wanted {wanted}")


def same(got, wanted, text):
    result(got == wanted, text, f"got {got}, wanted {wanted}")


def run(steps, mounts=(), **settings):
    farm = farm_sim.Farm(Graph("", "", mounts, steps), farm_sim.Settings(**{**IDEAL, **settings}))
    farm.simulate()
    return farm


def chain(n, seconds):
    return [Step("cicc", f"s{i}", seconds=seconds, inputs=[(i - 1, 0)] if i else []) for i in range(n)]


def wide(n, seconds, **more):
    return [Step("cicc", f"w{i}", seconds=seconds, **more) for i in range(n)]


def test_workers():
    near(run(chain(3, 10), workers=100).last, 30, "a chain takes what its steps take, however many workers there are")
    near(run(wide(10, 10), workers=2).last, 50, "ten steps on two workers")
    near(run(wide(10, 10), workers=1, slots=5).last, 20, "and on one with five slots")
    near(run(wide(11, 10), workers=2).last, 60, "one more step is one more round")
    near(run(wide(4, 10), workers=0, local=2).last, 20, "without workers all runs at home")


def test_use():
    farm = run([Step("cicc", "a", seconds=10), Step("cicc", "b", seconds=5)], workers=2)
    same([round(u, 6) for u in farm.in_use(4)], [1.0, 1.0, 0.5, 0.5], "what share of the workers is held, by quarters")
    near(farm.limits()[0]["workers"], 7.5, "and for how long each is, on average")


def test_order():
    steps = wide(2, 3) + chain(3, 3)[:1] + [Step("cicc", "b", seconds=3, inputs=[(2, 0)]), Step("cicc", "c", seconds=3, inputs=[(3, 0)])]
    near(run(steps, workers=2, ahead=0.0).last, 9, "longest path first")
    near(run(steps, workers=2, ahead=0.0, order="plan").last, 12, "in the order of the plan, the chain begins late")
    steps = wide(4, 10) + wide(20, 1)
    near(run(steps, workers=4, rate=1.0).last, 28, "longest first, a slow server has nothing to do until the first long one ends")
    near(run(steps, workers=4, rate=1.0, order="mixed").last, 25, "by turns, it always has")


def test_costs():
    farm = run(wide(20, 1), workers=100, rate=1.0)
    near(farm.last, 21, "a server that takes one a second")
    limits, _ = farm.limits()
    same(max(limits, key=limits.get), "server rate", "is what limits")
    near(run(wide(1, 5), workers=1, latency=1.0, overhead=2.0, warm=0.5, client=0.25).last, 8.75, "each cost of an action counts once")
    near(run(wide(2, 5), workers=1, latency=1.0, overhead=2.0).last, 15, "latency holds no worker: the next action is there before")
    near(run(wide(2, 5), workers=1, latency=1.0, overhead=2.0, ahead=0.0).last, 16, "unless none is sent ahead")


def test_transfers():
    tree = [("cuda", 1000, 10)]
    near(run(wide(2, 1, mounts=[0]), tree, workers=2, uplink=100).last, 11, "a tree is sent to the server once")
    near(run(wide(2, 1, mounts=[0]), tree, workers=2, line=100).last, 11, "each worker fetches it, at once")
    near(run(wide(2, 1, mounts=[0]), tree, workers=2, egress=100).last, 21, "one after another, where the server's line is the limit")
    near(run(wide(4, 1, mounts=[0]), tree, workers=2, line=100).last, 12, "a worker that has it does not fetch it again")
    near(run(wide(2, 1, mounts=[0]), tree, workers=2, line=100, uplink=100, seeded=True).last, 2 - 1, "nobody, if it is there before")
    near(run(wide(2, 1, mounts=[0]), tree, workers=2, per_file=1.0).last, 11, "files take time")
    made = [Step("cicc", "a", seconds=1, outputs=[100, 7]), Step("ptxas", "b", seconds=1, outputs=[0], inputs=[(0, 0)])]
    near(run(made, workers=1, line=10).last, 12.7, "what a worker made it stores, and need not fetch")
    near(run(made[:1], workers=1, downlink=1.0).last, 108, "what no step uses comes home")


def test_home():
    steps = [Step("preprocess", "a", seconds=1, outputs=[100]), Step("slim", "b", seconds=1, outputs=[50], inputs=[(0, 0)]),
             Step("cicc", "c", seconds=1, outputs=[0], inputs=[(1, 0)])]
    near(run(steps, workers=1, local=1, own="home", uplink=10, downlink=10).last, 18, "a step at home: its input comes, its output goes")
    near(run(steps, workers=1, local=1, own="farm", uplink=10, downlink=10).last, 3, "on the farm nothing moves")
    steps = steps[:2] + [Step("trap", "b", seconds=1, outputs=[0], inputs=[(0, 0)])]
    near(run(steps, workers=1, local=2, own="home", downlink=10).last, 12, "what two steps at home need comes once")
    near(run(wide(4, 0.5), workers=4, local=1, remote_from=1.0).last, 2, "short steps stay at home, one job")
    farm = run(wide(4, 0.5) + wide(2, 4), workers=2, local=1, remote_from=1.0)
    near(farm.remote_seconds(), 8, "and are not counted as the workers'")


def test_wants():
    steps = [Step("device", "a", seconds=5), Step("cicc", "b", seconds=5, wants=[[0]]), Step("cicc", "c", seconds=1, wants=[[0], [1]])]
    near(run(steps, workers=3).last, 10, "a lazy step begins when it is wanted")
    near(run(steps, workers=3, eager=True).last, 5, "eagerly, at once")
    near(run(steps, workers=3).ended[2], 6.0, "by the first of those that want it")
    same(farm_sim.critical(steps, lambda i: steps[i].seconds), [0, 1], "the critical path goes over what it waits for")
    try:
        run([Step("cicc", "a", inputs=[(1, 0)]), Step("cicc", "b", inputs=[(0, 0)])])
        result(False, "steps that wait for each other are refused")
    except ValueError:
        result(True, "steps that wait for each other are refused")


def test_changes():
    steps = [Step("cicc", "90", "torch24-cxx11-cu124", seconds=9, outputs=[99]), Step("compile-or-decline", "slim", seconds=1, outputs=[26]),
             Step("audit", "proof", inputs=[(1, 0), (0, 0)]), Step("cicc", "80", "torch24-cxx11-cu124", seconds=5, inputs=[(2, 0)]),
             Step("cicc", "80", "torch25-cxx98-cu124", seconds=5, inputs=[(2, 0)]), Step("cicc", "80", "torch25-cxx98-cu121", seconds=5),
             Step("ptxas", "80", seconds=1, inputs=[(4, 0)])]
    g = Graph("", "", [], steps)
    near(run(farm_graph.early_audits(g).steps, workers=9).last, 9, "a proof declined early waits for nothing else")
    near(run(g.steps, workers=9).last, 15, "and now it does")
    one = farm_graph.one_abi(g).steps
    same([s.label for s in one], ["90", "slim", "proof", "80", "80", "80"], "cicc once for both ABIs, but for each CUDA release")
    same(one[5].inputs, [(3, 0)], "what waited for the other waits for that")


def planned(i, kind, inputs=(), lazy=False, key=None, early=0):
    return {"step": i, "kind": kind, "label": f"x.cu: {kind}", "variant": "v", "lazy": lazy, "early": early, "key": key or f"k{i}",
            "mounts": {"cuda": "t"}, "inputs": [{"step": a, "output": o} for a, o in inputs]}


def events(ended):
    yield {"event": "ready"}
    for i, ran, digest in ended:
        if ran:
            yield {"event": "started", "step": i}
        yield {"event": "ended", "step": i, "state": "done" if ran else "cached", "cpu": 1.0 + i, "peak": 1 << 20,
               "outputs": [{"digest": digest, "bytes": 10 + i}]}


def test_recording():
    plan = {"steps": [
        planned(0, "preprocess"), planned(1, "device", [(0, 0)]),
        planned(2, "cicc", [(0, 0)], lazy=True), planned(3, "choose", [(1, 0), (2, 0)]), planned(4, "ptxas", [(3, 0)]),
        planned(5, "preprocess"), planned(6, "ptxas", [(5, 0)], key="k4"), planned(7, "cicc", [(0, 0)], lazy=True),
        planned(8, "choose", [(4, 0), (7, 0)]), planned(9, "link", [(6, 0), (8, 0)]), planned(10, "choose", [(1, 0), (7, 0)]),
        planned(11, "fatbin", [(10, 0)]), planned(12, "choose", [(11, 0), (2, 0)])]}
    r = farm_graph.Recording(plan, events([(0, True, "text"), (1, True, "declined"), (2, True, "ptx"), (3, False, "ptx"), (4, True, "cubin"),
                                           (5, True, "ptx"), (6, False, "cubin"), (7, True, "other"), (8, False, "cubin"), (9, True, "so"),
                                           (10, False, "other"), (11, True, "fat"), (12, False, "ptx")]))
    g = r.graph("n", "a", lambda d: (7, 3))
    same([s.kind for s in g.steps], ["preprocess", "device", "cicc", "ptxas", "preprocess", "cicc", "link", "fatbin"], "steps that ran")
    same(g.steps[5].wants, [[1]], "not by a choice that did not come to it")
    same(g.steps[3].inputs, [(1, 0), (2, 0)], "behind a choice one waits for all that it looked at")
    same(g.steps[2].wants, [[1]], "a lazy step is wanted when the choice has passed over the one before, unless that ended after it had begun")
    same(g.steps[6].inputs, [(3, 0)], "a step that found another's result stands for that one; a choice takes the first that is not declined")
    same((g.mounts, g.steps[0].mounts, g.steps[2].seconds, g.steps[2].outputs), ([("cuda", 7, 3)], (0,), 3.0, [12]), "trees, seconds, bytes")
    import json
    again = farm_graph.graph_of(json.loads(g.to_json()))
    same([[getattr(s, n) for n in Step.__slots__] for s in again.steps], [[getattr(s, n) for n in Step.__slots__] for s in g.steps],
         "a file gives the same graph")


def test_growth():
    def step(kind, label, inputs=(), outputs=(100,), seconds=1.0, cuda=124):
        return Step(kind, f"x.cu: {label}" if kind != "link" else "x.so", f"torch25-cu{cuda}", seconds=seconds, outputs=outputs, inputs=inputs)
    g = Graph("n", "", [], [step("preprocess", "g++ -E 70"), step("cicc", "cicc 70", [(0, 0)]), step("preprocess", "g++ -E 75"),
                            step("cicc", "cicc 75", [(2, 0)]), step("ptxas", "ptxas 70", [(1, 0), (3, 0)]),
                            step("fatbin", "fatbinary", [(4, 0), (3, 0)]), step("link", "", [(5, 0)]), step("cicc", "cicc 70", [(0, 0)], cuda=118)])
    files = ["src/flash_fwd_hdim32_fp16_sm80.cu", "src/flash_fwd_hdim64_bf16_sm80.cu", "src/flash_fwd_hdim64_fp16_causal_sm80.cu"]
    measured = {files[0]: {"124": {"cicc 80": [10, 1, [100]], "ptxas 80": [5, 1, [60]], "cicc 75": [2, 1, [1]], "ptxas 75": [1, 1, [1]]},
                           "118": {"cicc 80": [30, 1, [100]]}},
                "flash_fwd_hdim32_fp16_causal_sm80": {"124": {"cicc 80": [5, 1, [100]]}},
                "flash_fwd_hdim128_fp16_sm80": {"124": {"cicc 80": [40, 1, [100]], "ptxas 80": [5, 1, [60]], "cicc 90": [80, 1, [100]]}}}
    how = {"source": "x.cu", "like": "70", "reference": "75", "files": files, "archs": ["70", "80", "86"], "highest": "90", "ptx": 0.5,
           "measured": measured}
    big = farm_grow.grown(g, how)
    by = {s.label: s for s in big.steps if "cu124" in s.variant}
    old = {s.label: s for s in big.steps if "cu118" in s.variant}
    same(len(big.steps), 3 * (4 * 3 + 2 + 1) + 1, "each step for each file, and for each architecture that it is of")
    near(by[f"{files[0]}: cicc 86"].seconds, 10, "8.6 takes what 8.0 took")
    near(by[f"{files[1]}: cicc 80"].seconds, 20, "between two dimensions, in logarithms")
    near(by[f"{files[0]}: cicc 90"].seconds, 20, "9.0 by what it took of 8.0 elsewhere")
    near(by[f"{files[2]}: cicc 70"].seconds, 2, "7.0 takes what 7.5 took")
    near(by[f"{files[2]}: cicc 86"].seconds, 10, "causal by what it took of the other elsewhere")
    near(old[f"{files[0]}: cicc 86"].seconds, 30, "another CUDA release by what it took of this one")
    near(by["x.so"].seconds, 1 + farm_grow.LINK * (sum(big.steps[i].outputs[0] for i, _ in by["x.so"].inputs) - 100), "a link by its bytes")
    of = lambda label: [big.steps[i].label for i, _ in by[label].inputs]
    same(of(f"{files[1]}: ptxas 80"), [f"{files[1]}: cicc 80", f"{files[1]}: cicc 90"], "a copy waits for its own file's")
    same(len(by[f"{files[1]}: fatbinary"].inputs), 4, "a fatbinary for all architectures")
    near(by[f"{files[0]}: fatbinary"].outputs[0], 1 + 60 + 60 + 50, "and is as large as they are")
    same(len(by["x.so"].inputs), 3, "a link for all files")


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
