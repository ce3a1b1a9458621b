#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/audit/units.py [options] DIR...: audits real CUDA sources one by one, with `build --slim=audit -k`: device code by the short way and
as the whole text gives it, and the host's object from the slimmed text and from the whole one. Nothing needs to be linked, so a
kernel that cannot be built on this machine counts with the sources that can.

Prints for each source whether device code and object were equal, and which way its device code went, and counts them. Options are those
of run.py: --checkout, --only, --variant, --capabilities (default here: 8.0), --minutes, --json."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import run


def build(o, directory):
    """The steps that ended: [(label, kind, state)], and what was said."""
    with tempfile.TemporaryFile("w+") as events:
        r = subprocess.run([run.KB, "build", "-k", "-v", "--no-check", *run.select(o), "--slim=audit", "--events", str(events.fileno()), directory],
                           pass_fds=(events.fileno(),), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        events.seek(0)
        labels, ended = {}, []
        for line in events:
            e = json.loads(line)
            if e.get("event") == "started":
                labels[e["step"]] = e["label"]
            elif e.get("event") == "ended" and e["step"] in labels:
                ended.append((labels[e["step"]], e["state"]))
    return ended, r.stdout


def judge(source, ended, said):
    """(state, words) of one source. Device code is audited by steps "SOURCE: audit ARCH", the object by "SOURCE: audit"."""
    ours = re.compile(re.escape(source) + r": audit( \S+)?$")
    audits = [(label, state) for label, state in ended if ours.match(label)]
    way = re.search(r"note: device code of \S*%s for .* is compiled with the host's: (.*)" % re.escape(source), said)
    words = "the long way: " + way[1] if way else "the short way"
    if any(state == "failed" for _, state in audits):
        why = re.search(r"audit: it is not what the whole text gives: .*", said)
        return "differs", why[0] if why else "audit"
    device = [label for label, _ in audits if not label.endswith(": audit")]
    if not device or len(audits) == len(device):
        what = "device code" if not device else "host's object"
        return "not audited", "no %s: %s" % (what, next((x[:160] for x in said.splitlines() if "error" in x), "a step before it failed"))
    return "equal", words


def main():
    o = run.options()
    if "--capabilities" not in " ".join(sys.argv):
        o.capabilities = "8.0"
    begin, rows = time.monotonic(), []
    with tempfile.TemporaryDirectory() as work:
        for directory, name in o.kernels:
            if o.minutes and time.monotonic() - begin > o.minutes * 60:
                print(f"{name}: no time left")
                continue
            copy = f"{work}/{name}"
            shutil.copytree(directory, copy, symlinks=True, ignore=shutil.ignore_patterns("build", "result", "kernel-builder.lock", ".git"))
            run.choose_capabilities(f"{copy}/build.toml", o.capabilities)
            sources, why = run.planned(o, copy)
            if sources is None:
                print(f"{name}: {why}")
                continue
            ended, said = build(o, copy)
            for source, _ in sources:
                state, words = judge(source, ended, said)
                rows.append({"kernel": name, "source": source, "variant": o.variant, "state": state, "words": words})
                print(f"{name}/{source}: {state}; {words}", flush=True)
            shutil.rmtree(copy)
            if o.json:
                with open(o.json, "w") as f:
                    json.dump(rows, f, indent=1)
    count = {s: sum(r["state"] == s for r in rows) for s in ("equal", "differs", "not audited")}
    print(", ".join(f"{n} {s}" for s, n in count.items()))
    return 1 if count["differs"] or not count["equal"] else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main())
