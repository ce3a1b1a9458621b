# SPDX-License-Identifier: Apache-2.0
"""A kernel of many large CUDA files, from a recording of one file for architectures that take little time, and from what some files took.

"grow" of a file of bench/farm: "source", "like" and "reference" as in farm_graph.Growth; "files", "archs" and "highest"; "ptx", the share of
its size that PTX has in a fatbinary; and "measured": {file: {CUDA: {"cicc 80": [seconds, peak MiB, [bytes, ...]], ...}}}. What was not measured
is inferred by the rules of Costs."""
import math
import re

import farm_graph

# The architecture whose seconds stand for those of others: below 8.0 the kernels are empty.
STANDS = {"70": "75", "72": "75", "75": "75", "80": "80", "86": "80", "87": "80", "89": "80", "90": "90"}
HEAVY = ("cicc", "ptxas")
HOST = "g++, slim"
LINK = 2.7e-9  # seconds for each byte: of two links that were measured, 0.39 and 2.22 MB, what the second took longer


def parts(file):
    """bwd, fwd or split; head dimension; causal; of flash_fwd_split_hdim64_fp16_causal_sm80.cu."""
    m = re.search(r"flash_(fwd_split|fwd|bwd)_hdim(\d+)_\w+?(_causal)?_sm80", file)
    return m[1], int(m[2]), bool(m[3])


class Costs:
    """Of a file that was not measured:
    - bf16 takes what fp16 takes;
    - a family of which none was measured is as fwd;
    - a head dimension between two of its family that were measured lies between them, in logarithms; one outside is as the nearest;
    - 8.6, 8.7 and 8.9 take what 8.0 takes; 9.0 that, times what 9.0 took of 8.0 in the files where both were measured;
    - causal takes its family's seconds, times what a causal file took of the other where both were measured;
    - a CUDA release takes 12.4's seconds, times what it took of them in the file where both were measured."""

    def __init__(self, measured):
        self.measured = measured
        self.known = {}

    def rows(self, name, cuda="124"):
        """{(family, dimension, causal): row} of those that have it."""
        return {parts(f): by[cuda][name] for f, by in self.measured.items() if name in by.get(cuda, {})}

    def ratio(self, name, other, cuda="124", other_cuda="124"):
        """Seconds of one to those of the other, over all files that have both; 1 if none has."""
        both = [(by[cuda][name][0], by[other_cuda][other][0]) for by in self.measured.values()
                if name in by.get(cuda, {}) and other in by.get(other_cuda, {})]
        return sum(a for a, _ in both) / sum(b for _, b in both) if both else 1.0

    def causal_ratio(self, name):
        rows = self.rows(name)
        both = [(r[0], rows[f, d, False][0]) for (f, d, causal), r in rows.items() if causal and (f, d, False) in rows]
        return sum(a for a, _ in both) / sum(b for _, b in both) if both else 1.0

    def plain(self, name, family, dimension):
        """[seconds, peak, bytes] of a file that is not causal, by CUDA 12.4."""
        rows = sorted((d, r) for (f, d, causal), r in self.rows(name).items() if f == family and not causal)
        below = [x for x in rows if x[0] <= dimension][-1:] or rows[:1]
        above = [x for x in rows if x[0] >= dimension][:1] or rows[-1:]
        (d, a), (e, b) = below[0], above[0]
        share = 0.0 if d >= e else math.log(dimension / d) / math.log(e / d)
        between = lambda x, y: math.exp((1 - share) * math.log(max(x, 1e-3)) + share * math.log(max(y, 1e-3)))
        return [between(a[0], b[0]), round(between(a[1], b[1])), [round(between(x, y)) for x, y in zip(a[2], b[2])]]

    def of(self, what, arch, file, cuda):
        """what: cicc, ptxas, or HOST, with no architecture."""
        key = what, arch, parts(file), cuda
        if key not in self.known:
            self.known[key] = self.infer(what, arch, file, cuda)
        return self.known[key]

    def infer(self, what, arch, file, cuda):
        family, dimension, causal = parts(file)
        stands = STANDS.get(arch)
        base = "75" if stands == "75" else "80"
        name = f"{what} {base}" if arch else what
        own = self.rows(f"{what} {stands}" if arch else what).get((family, dimension, causal))
        if own:
            row = list(own)
        else:
            row = self.plain(name, family if self.has_family(name, family) else "fwd", dimension)
            row[0] *= (self.causal_ratio(name) if causal else 1.0) * (self.ratio(f"{what} 90", name) if stands == "90" else 1.0)
        row[0] *= self.ratio(name, name, cuda, "124")
        return row

    def has_family(self, name, family):
        return any(f == family and not causal for f, _, causal in self.rows(name))


def what_of(s):
    """The name by which its seconds are known; None: they are those of the recording."""
    if farm_graph.is_declined(s):
        return None
    if s.kind in HEAVY:
        return s.kind
    return HOST if s.label.endswith(f": {HOST}") else None


def grown(graph, how):
    costs = Costs(how["measured"])

    def cost(s, file, arch, cuda):
        what = what_of(s)
        return (s.seconds, s.peak, list(s.outputs)) if what is None else costs.of(what, arch, file, cuda)
    growth = farm_graph.Growth(graph, how["source"], how["like"], how["reference"])
    out = growth.grow(how["files"], how["archs"], how["highest"], cost, graph.name, graph.about)
    resize(graph, out, how["ptx"])
    return out


def resize(small, big, ptx):
    """What holds the device code of several architectures, or files, grows with it, and so do the seconds of a link."""
    was = {s.variant: (s.seconds, sum(small.steps[i].outputs[o] for i, o in s.inputs)) for s in small.steps if s.kind == "link"}
    for s in big.steps:
        if s.kind not in ("fatbin", "embed-fatbin", "check-id", "link") or farm_graph.is_declined(s):
            continue
        given = [(big.steps[i].kind, big.steps[i].outputs[o]) for i, o in s.inputs]
        s.outputs[0] = round(sum(n * (ptx if s.kind == "fatbin" and kind == "cicc" else 1) for kind, n in given))
        if s.kind == "link":
            seconds, n = was[s.variant]
            s.seconds = seconds + LINK * (sum(n for _, n in given) - n)


def measured_of(recording):
    """What the heavy steps of one file took: for "measured"."""
    out = {}
    for i, e in recording.ran.items():
        s = recording.plan[i]
        step = farm_graph.Step(s["kind"], s["label"], outputs=[o["bytes"] for o in e["outputs"]])
        what = what_of(step) if s.get("source", "").endswith(".cu") else None
        if what:
            arch = farm_graph.arch_of(step) if what != HOST else None
            out[f"{what} {arch}" if arch else what] = [round(e["cpu"], 2), e["peak"] >> 20, step.outputs]
    return out
