#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/audit/run.py [options] DIR...: builds one variant of each kernel as the builder does it, and again with nothing left out,
and compares their device code, kernel by kernel. Prints for each source whether it is equal, and which way it went.

With --checkout the kernels of tests/audit/kernels.txt that lie in that directory are taken. Results of compilers stay in the store
(KERNEL_BUILDER_HOME): a run that was interrupted goes on. Two architectures by default: of one, all is compiled in full anyway."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import device_code

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KB = os.environ.get("KB") or f"{ROOT}/kernel-builder"
NOTHING_RAN = "passes: 0 of device code only, 0 in full"  # their results were in the store
FULL_WAY = "the full way: "  # every architecture was compiled in full
PASS_SECONDS, HOST_SECONDS = 25, 40  # CPU, of a source that includes all of torch; most take less


def options():
    p = argparse.ArgumentParser(prog="tests/audit/run.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("directory", nargs="*")
    p.add_argument("--checkout", metavar="DIR", help="where the kernels of kernels.txt are")
    p.add_argument("--only", action="append", metavar="KERNEL", help="of those")
    p.add_argument("--variant", default="torch211-cxx11-cu130-x86_64-linux")
    p.add_argument("--capabilities", default="8.0,9.0",
                   help="default 8.0,9.0; of a kernel that has others, its own first two; 'own' takes all of them")
    p.add_argument("--reference", choices=("off", "plain"),
                   help="--device-only=off --slim=off, or nvcc itself; default: off, where the program has it")
    p.add_argument("--minutes", type=float, help="start no kernel after so many")
    p.add_argument("--list", action="store_true", help="only what would be built, and CPU seconds of it in full, at most")
    p.add_argument("--json", metavar="FILE", help="write what is found there, after each kernel; which way a source went is "
                   "kept from there when its results were in the store")
    o = p.parse_args()
    o.kernels = [(d, os.path.basename(os.path.abspath(d))) for d in o.directory]
    if o.checkout:
        o.kernels += [(f"{o.checkout}/{name}", name) for name, variants in listed() if o.variant.startswith(variants)]
    if o.only:
        o.kernels = [k for k in o.kernels if k[1] in o.only]
    if not o.kernels:
        p.error("no kernel")
    return o


def listed():
    with open(f"{HERE}/kernels.txt") as f:
        for line in f:
            words = line.split("#")[0].split()
            if words:
                yield words[0], tuple(words[1:])


def has(option):
    text = subprocess.run([KB, "help", "build"], stdout=subprocess.PIPE, text=True).stdout
    return re.search(re.escape(option) + r"\b", text) is not None


def choose_capabilities(path, wanted):
    """Rewrites build.toml."""
    if wanted == "own":
        return
    wanted = wanted.split(",")
    with open(path) as f:
        text = f.read()

    def shorter(m):
        own = re.findall(r'"([^"]+)"', m[1])
        chosen = [c for c in own if c.removesuffix("+PTX") in wanted] or own[:2]
        return "cuda-capabilities = [" + ", ".join(f'"{c}"' for c in chosen) + "]"
    parts = re.split(r"(?m)^(?=\[kernel\.)", text)
    for i, part in enumerate(parts[1:], 1):
        if not re.search(r'(?m)^backend = "cuda"', part):
            continue
        if "cuda-capabilities" in part:
            parts[i] = re.sub(r"cuda-capabilities = \[(.*?)\]", shorter, part, flags=re.S)
        else:
            head, rest = part.split("\n", 1)
            parts[i] = head + "\ncuda-capabilities = [" + ", ".join(f'"{c}"' for c in wanted) + "]\n" + rest
    with open(path, "w") as f:
        f.write("".join(parts))


def select(o):
    return ["--no-lock", "--matrix", "all", "--variant", o.variant]


def planned(o, directory):
    """The CUDA sources in the order of the link, and how many device passes each has; or (None, why not)."""
    r = subprocess.run([KB, "plan", "-q", "--json", *select(o), directory], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if r.returncode:
        return None, r.stderr.strip().split("\n")[-1]
    return [(s["source"], len({w.split(",")[0] for w in s["argv"] if w.startswith("arch=")}))
            for s in json.loads(r.stdout)["steps"] if s["kind"] == "cuda"], None


def build(o, directory, more):
    """Returns (shared object, what steps ran: [(label, seconds, state)], None), or (None, steps, why not)."""
    with tempfile.TemporaryFile("w+") as events:
        r = subprocess.run([KB, "build", "--no-check", *select(o), *more, "--events", str(events.fileno()), directory],
                           pass_fds=(events.fileno(),), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        events.seek(0)
        steps, label = [], {}
        for line in events:
            e = json.loads(line)
            if e.get("event") == "started":
                label[e["step"]] = e["label"]
            elif e.get("event") == "ended" and e["step"] in label:
                steps.append((label.pop(e["step"]), e["cpu"], e["state"]))
    if r.returncode:
        lines = [line for line in r.stdout.split("\n") if re.search(r"\berror\b( #[\w-]+)?:", line)]
        return None, steps, (lines or r.stdout.strip().split("\n"))[0][:300]
    found = [f"{d}/{n}" for d, _, names in os.walk(f"{directory}/build") for n in names if n.endswith(".so")]
    return found[0], steps, None


def reference_options(o):
    off = [x for x in ("--device-only=off", "--slim=off") if has(x.partition("=")[0])]
    if o.reference == "plain" or (o.reference is None and not off):
        return ["--engine=plain"]
    return off


def ways(source, steps):
    """Of one source: device passes in full, and of device code only, that ran."""
    mine = [s for s in steps if s[0].startswith(source + ":")]
    only = sum("device code only" in s[0] for s in mine)
    return sum(": cicc" in s[0] for s in mine) - only, only


def compare(o, directory, sources, work):
    """[(source, state, words)]: state equal, differs, or failed."""
    both = []
    for name, more in (("ours", []), ("reference", reference_options(o))):
        copy = f"{work}/{name}/{os.path.basename(directory)}"
        shutil.copytree(directory, copy, symlinks=True, ignore=shutil.ignore_patterns("build", "result", "kernel-builder.lock", ".git"))
        choose_capabilities(f"{copy}/build.toml", o.capabilities)
        path, steps, why = build(o, copy, more)
        if path is None:
            return [(s, "failed", f"{name}: {why}") for s, _ in sources]
        both.append((device_code.images(path), steps, sum(s[1] for s in steps)))
    (ours, steps, cpu), (reference, _, cpu_reference) = both
    print(f"  CPU seconds of steps that ran: {cpu:.0f}, reference {cpu_reference:.0f}")
    # A source without device code has no container, nor would it be known which one lacks.
    if len(ours) != len(sources) or len(reference) != len(sources):
        sources = [(f"container {i}", 0) for i in range(max(len(ours), len(reference)))]
    if len(ours) != len(reference):
        return [(s, "differs", f"{len(ours)} containers, {len(reference)} in the reference") for s, _ in sources]
    out = []
    for (source, _), one, other in zip(sources, ours, reference):
        found = device_code.differences(one, other)
        full, only = ways(source, steps)
        words = f"{device_code.kernels(one)} kernels; passes: {only} of device code only, {full} in full"
        if full and full >= len({arch.split("_")[1] for arch, _, _ in one}):
            words = FULL_WAY + words
        out.append((source, "differs" if found else "equal", "; ".join(found[:5]) if found else words))
    return out


def listing(o):
    total = 0
    for directory, name in o.kernels:
        with tempfile.TemporaryDirectory() as work:
            copy = f"{work}/{name}"
            shutil.copytree(directory, copy, symlinks=True, ignore=shutil.ignore_patterns("build", ".git"))
            choose_capabilities(f"{copy}/build.toml", o.capabilities)
            sources, why = planned(o, copy)
        if sources is None:
            print(f"{name}: {why}")
            continue
        cost = sum(n * PASS_SECONDS + HOST_SECONDS for _, n in sources)
        total += cost
        print(f"{name}: {len(sources)} sources, {sum(n for _, n in sources)} device passes, {cost} CPU s at most")
    print(f"{total} CPU s at most, in full; what is compared takes less than as much again")
    return 0


def main():
    o = options()
    if o.list:
        return listing(o)
    begin, rows, before = time.monotonic(), [], {}
    if o.json and os.path.exists(o.json):
        with open(o.json) as f:
            before = {(r["kernel"], r["source"]): r for r in json.load(f)}
    for directory, name in o.kernels:
        if o.minutes and time.monotonic() - begin > o.minutes * 60:
            print(f"{name}: not tried, no time left")
            continue
        sources, why = planned(o, directory)
        if sources is None:
            print(f"{name}: not tried: {why}")
            continue
        print(f"{name}: {len(sources)} sources", flush=True)
        with tempfile.TemporaryDirectory() as work:
            try:
                found = compare(o, directory, sources, work)
            except (device_code.Fault, OSError) as e:
                found = [(s, "failed", str(e)) for s, _ in sources]
        for source, state, words in found:
            print(f"  {state}: {source}: {words}", flush=True)
            old = before.get((name, source), {})
            if state == "equal" and old.get("state") == "equal" and words.endswith(NOTHING_RAN):
                words = old["words"]
            rows.append({"kernel": name, "source": source, "state": state, "words": words})
        if o.json:
            with open(o.json, "w") as f:
                json.dump(rows, f, indent=1)
    count = {s: sum(r["state"] == s for r in rows) for s in ("equal", "differs", "failed")}
    full = sum(r["words"].startswith(FULL_WAY) for r in rows)
    print(f"{len(rows)} tried, {count['equal']} equal ({full} of them went the full way), "
          f"{count['differs']} differ, {count['failed']} failed")
    return 0 if rows and count["equal"] == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
