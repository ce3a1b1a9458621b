# SPDX-License-Identifier: Apache-2.0
"""What a build did, as a graph of the steps that ran: made of `plan --divided --json` and `build --events`, kept in a file, and grown.

A file of bench/farm is JSON: "name", "about", "mounts" ([name, bytes, files]), "kinds", "labels", "variants", and "steps", each
    [kind, label, variant, mounts, seconds of processors, peak MiB, bytes of each output, inputs, wants]
where kind, label and variant are numbers of those lists, inputs are pairs (step, output), and wants are lists of steps: a lazy step may begin
when all of one of these lists have ended, any other when its inputs are there."""
import json
import os
import re


class Step:
    __slots__ = ("kind", "label", "variant", "mounts", "seconds", "peak", "outputs", "inputs", "wants")

    def __init__(self, kind, label="", variant="", mounts=(), seconds=0.0, peak=0, outputs=(0,), inputs=(), wants=()):
        self.kind, self.label, self.variant, self.mounts = kind, label, variant, tuple(mounts)
        self.seconds, self.peak, self.outputs = seconds, peak, list(outputs)
        self.inputs, self.wants = [tuple(i) for i in inputs], [list(w) for w in wants]

    def waits_for(self):
        """Steps that must, or may have to, end before it."""
        return {i for i, _ in self.inputs} | {i for w in self.wants for i in w}


class Graph:
    def __init__(self, name, about="", mounts=(), steps=()):
        self.name, self.about, self.mounts, self.steps = name, about, [tuple(m) for m in mounts], list(steps)

    def seconds(self):
        return sum(s.seconds for s in self.steps)

    def to_json(self, more=None):
        """more: members that stand in front of the steps."""
        names = {what: sorted({getattr(s, what) for s in self.steps}) for what in ("kind", "label", "variant")}
        at = {what: {n: i for i, n in enumerate(v)} for what, v in names.items()}
        rows = [[at["kind"][s.kind], at["label"][s.label], at["variant"][s.variant], list(s.mounts), round(s.seconds, 3), s.peak, s.outputs,
                 [list(i) for i in s.inputs], s.wants] for s in self.steps]
        head = {"name": self.name, "about": self.about, "mounts": self.mounts, "kinds": names["kind"], "labels": names["label"],
                "variants": names["variant"], **(more or {})}
        lines = [f" {json.dumps(n)}: {json.dumps(v)}" for n, v in head.items()]
        return "{\n" + ",\n".join(lines) + ',\n "steps": [\n' + ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows) + "\n ]\n}\n"


def graph_of(o):
    """Of a file that was read."""
    steps = [Step(o["kinds"][k], o["labels"][la], o["variants"][v], *rest) for k, la, v, *rest in o["steps"]]
    return Graph(o["name"], o["about"], o["mounts"], steps)


# ---- of a real build ----

class Recording:
    """Which of the plan's steps ran, and for whom the others stand: a choice for what it took, and a step whose result another one made
    for that one."""

    def __init__(self, plan, events):
        self.plan = plan["steps"]
        self.ended, self.ran = {}, {}
        self.started_at, self.ended_at = {}, {}
        for at, e in enumerate(events):
            if e["event"] == "started":
                self.started_at.setdefault(e["step"], at)
            elif e["event"] == "ended":
                self.ended[e["step"]] = e
                if e["step"] in self.started_at and e["step"] not in self.ran and e["state"] == "done":
                    self.ran[e["step"]] = e
                    self.ended_at[e["step"]] = at
        self.makers = {}
        for i in self.ran:
            self.makers.setdefault(self.result(i), i)
        self.users = {}
        for s in self.plan:
            for k, given in enumerate(s["inputs"]):
                self.users.setdefault(given["step"], []).append((s["step"], k))
        self.known_sources, self.known_wants = {}, {}

    def result(self, i):
        return (self.plan[i]["key"],) + tuple(o["digest"] for o in self.ended[i].get("outputs", ()))

    def digest(self, i, output):
        return self.ended[i]["outputs"][output]["digest"] if i in self.ended and self.ended[i].get("outputs") else None

    def taken(self, i):
        """How many of its first inputs a choice looked at."""
        s = self.plan[i]
        for k, given in enumerate(s["inputs"]):
            if self.digest(given["step"], given["output"]) == self.digest(i, 0):
                return k + 1
        return len(s["inputs"])

    def looked_at(self, i):
        """Inputs of a step that did not run, but has a result."""
        s = self.plan[i]
        if s["kind"] == "choose":
            return s["inputs"][:self.taken(i)]
        return s["inputs"][:s["early"]] if s["early"] else s["inputs"]

    def sources(self, i, output):
        """The (step, output) that ran and that i's output waits for."""
        if i in self.ran:
            return [(i, output)]
        if (i, output) not in self.known_sources:
            found = []
            twin = self.makers.get(self.result(i)) if i in self.ended else None
            if twin is not None:
                found.append((twin, output))
            elif i in self.ended:
                for given in self.looked_at(i):
                    found += self.sources(given["step"], given["output"])
            self.known_sources[i, output] = list(dict.fromkeys(found))
        return self.known_sources[i, output]

    def wants(self, i):
        """Sets of steps that ran; when all of one have ended, the lazy step i is wanted. None: from the beginning."""
        if not self.plan[i]["lazy"]:
            return None
        if i not in self.known_wants:
            self.known_wants[i] = set()  # no step waits for itself
            found = [self.wanted_by(user, k) for user, k in self.users.get(i, ())]
            self.known_wants[i] = None if any(f is None for f in found) else set().union(*found) if found else set()
        return self.known_wants[i]

    def wanted_by(self, user, k):
        """The same for the k-th input of a step."""
        s = self.plan[user]
        wants = self.wants(user)
        if s["kind"] == "choose":
            if user not in self.ended or k >= self.taken(user):
                return set()
            if k == 0:
                return wants
            before = frozenset(a for g in s["inputs"][:k] for a, _ in self.sources(g["step"], g["output"]))
            return {before | w for w in wants} if wants else {before}
        if user in self.ran:
            return wants
        return set()  # it was known without

    def graph(self, name, about, sizes):
        """sizes: {identity of a mount: (bytes, files)}."""
        order = [s["step"] for s in self.plan if s["step"] in self.ran]
        at = {i: n for n, i in enumerate(order)}
        mounts, steps = {}, []
        for i in order:
            s, e = self.plan[i], self.ran[i]
            inputs = [x for g in s["inputs"] for x in self.sources(g["step"], g["output"])]
            wants = [w for w in self.wants(i) or () if all(self.ended_at[a] < self.started_at[i] for a in w)]
            sees = [mounts.setdefault((n, d), len(mounts)) for n, d in sorted(s["mounts"].items()) if n not in ("src", "gen")]
            steps.append(Step(s["kind"], s["label"], s["variant"], sees, e["cpu"], e["peak"] >> 20, [o["bytes"] for o in e["outputs"]],
                              [(at[a], o) for a, o in dict.fromkeys(inputs)], sorted(sorted(at[a] for a in w) for w in wants)))
        return Graph(name, about, [(n,) + tuple(sizes(d)) for n, d in mounts], steps)


def read_recording(plan, events):
    with open(plan) as f:
        p = json.load(f)
    with open(events) as f:
        return Recording(p, last_run([json.loads(line) for line in f]))


def last_run(events):
    """The questions to nvcc and the plan's steps are runs of their own, each with "ready" in front."""
    begins = [i for i, e in enumerate(events) if e["event"] == "ready"]
    return events[begins[-1]:] if begins else []


def sizes_in(store):
    """Bytes and files of a mount: a tree of the store, or a root, which names one."""
    def size(identity):
        tree = f"{store}/trees/{identity}"
        if not os.path.isdir(tree) and os.path.isfile(f"{store}/roots/{identity}"):
            with open(f"{store}/roots/{identity}") as f:
                tree = f"{store}/trees/{f.read().split()[1]}"
        found = [os.path.join(d, n) for d, _, names in os.walk(tree) for n in names]
        found = [f for f in found if not os.path.islink(f)]
        return sum(os.path.getsize(f) for f in found), len(found)
    return size


# ---- grown: many files, and more architectures, of one file's steps ----

def arch_of(s):
    found = re.search(r" (\d+)$", s.label)
    return found[1] if found else None


class Growth:
    """The steps of one CUDA source of a recording stand for those of many, those of one architecture (`like`) for those of others, and those
    of its highest one (`reference`) for those of another."""

    def __init__(self, graph, source, like, reference):
        self.graph, self.source, self.like, self.reference = graph, source, like, reference

    def copies(self, files, archs, highest):
        """(file, arch) for each step of the recording; (None, None): it stays one."""
        for s in self.graph.steps:
            if not s.label.startswith(self.source):
                yield [(None, None)]
            elif arch_of(s) == self.like:
                yield [(f, a) for f in files for a in archs]
            else:
                yield [(f, highest if arch_of(s) == self.reference else None) for f in files]

    def grow(self, files, archs, highest, cost, name, about):
        """cost(step, file, arch, CUDA): seconds, peak MiB and bytes of its outputs."""
        at, steps = {}, []
        for i, places in enumerate(self.copies(files, archs, highest)):
            for place in places:
                at.setdefault(i, {})[place] = len(steps)
                steps.append((i, place))
        out = [self.copy(i, place, at, cost) for i, place in steps]
        return Graph(name, about, self.graph.mounts, out)

    def copy(self, i, place, at, cost):
        s, (file, arch) = self.graph.steps[i], place
        new = Step(s.kind, s.label, s.variant, s.mounts, s.seconds, s.peak, s.outputs)
        new.inputs = [(n, o) for a, o in s.inputs for n in self.found(at[a], place)]
        new.wants = self.copy_wants(s, place, at)
        if file:
            new.label = s.label.replace(self.source, file)
            if arch:
                new.label = re.sub(r"\d+$", arch, new.label)
            new.seconds, new.peak, new.outputs = cost(s, file, arch, re.search(r"cu(\d+)", s.variant)[1])
        return new

    def copy_wants(self, s, place, at):
        """What one architecture's step made wanted, that of any does."""
        out = []
        for w in s.wants:
            found = [self.found(at[a], place) for a in w]
            for k in range(max(len(f) for f in found)):
                out.append(sorted({f[k % len(f)] for f in found}))
        return sorted(map(list, set(map(tuple, out))))

    @staticmethod
    def found(there, place):
        """The copies that a copy waits for: of its own file and architecture where there is one, else all of its file, else all."""
        for key in (place, (None, None)):
            if key in there:
                return [there[key]]
        return [n for p, n in there.items() if place[0] in (None, p[0])]


# ---- changes of the plan ----

def is_declined(s):
    return all(n <= 26 for n in s.outputs)


def early_audits(graph):
    """A proof that one way was declined is declined at once, without the other way."""
    steps = []
    for s in graph.steps:
        declined = [(i, o) for i, o in s.inputs if is_declined(graph.steps[i])]
        inputs = declined if s.kind == "audit" and declined else s.inputs
        steps.append(Step(s.kind, s.label, s.variant, s.mounts, s.seconds, s.peak, s.outputs, inputs, s.wants))
    return Graph(graph.name, graph.about, graph.mounts, steps)


def one_abi(graph):
    """cicc runs once for both C++ ABIs of a CUDA release."""
    first, stands = {}, {}
    for i, s in enumerate(graph.steps):
        if s.kind == "cicc":
            stands[i] = first.setdefault((s.label, re.sub(r"-cxx\d+|torch\d+", "", s.variant)), i)
    keep = [i for i in range(len(graph.steps)) if stands.get(i, i) == i]
    at = {i: n for n, i in enumerate(keep)}
    to = lambda i: at[stands.get(i, i)]
    steps = []
    for i in keep:
        s = graph.steps[i]
        wants = [sorted({to(a) for a in w} - {at[i]}) for w in s.wants]
        steps.append(Step(s.kind, s.label, s.variant, s.mounts, s.seconds, s.peak, s.outputs, dict.fromkeys((to(a), o) for a, o in s.inputs),
                          [w for w in wants if w]))
    return Graph(graph.name, graph.about, graph.mounts, steps)
