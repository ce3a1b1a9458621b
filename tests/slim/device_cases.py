#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sources that compile to something else when torch's headers are left out: what becomes of each.

    device_cases.py PROGRAM ROOT ARCH OUT

The arguments are those of device_try.py; the cases of tests/cases/device are copied into ROOT/src. Prints TAP.
"""
import json
import os
import shutil
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
cases = os.path.join(here, "..", "cases", "device")


def differs(result):
    """Compared and refused at each level."""
    return "equal" not in result and len(result["levels"]) == 3 and all("differs: " in l.get("compare", "") for l in result["levels"])


# Of each case: what the comparison must say, and a name that the guards must find at level 0.
EXPECT = {
    "host_overload": (differs, "pick"),
    "host_decltype": (differs, "size_of"),
    "using_namespace": (lambda r: r.get("equal") == 2 and "differs: " in r["levels"][0]["compare"], "ceil_div"),
    "unnamed": (lambda r: r.get("equal") == 0 and r["words"] == [], None),
    "extended_lambda": (lambda r: "an extended lambda" in r.get("why", "") and r["levels"] == [], None),
}


def hits(program, out):
    p = subprocess.run([program, "guard", out + "/dd.ii", out + "/full.stub.c", out + "/prelude0.ii"], stdout=subprocess.PIPE, text=True)
    return [line.split()[1].rstrip(":") for line in p.stdout.splitlines()]


def main():
    program, root, arch, out = sys.argv[1:5]
    bad = 0
    print("1..%d" % len(EXPECT))
    for n, (name, (is_right, guard)) in enumerate(EXPECT.items(), 1):
        source, at = os.path.join(cases, name + ".cu"), os.path.join(out, name)
        shutil.copy(source, os.path.join(root, "src", name + ".cu"))
        p = subprocess.run([sys.executable, os.path.join(here, "device_try.py"), program, root, arch, at, "src/%s.cu" % name],
                           stdout=subprocess.PIPE, text=True, check=True)
        result = json.loads(p.stdout)
        ok = is_right(result) and (guard is None or guard in hits(program, at))
        bad += not ok
        print("%sok %d - %s" % ("" if ok else "not ", n, name), flush=True)
        if not ok:
            print("# " + p.stdout.strip())
    sys.exit(bad > 0)


main()
