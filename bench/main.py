# SPDX-License-Identifier: Apache-2.0
"""bench/run.sh [options] [section...]: measures what was not measured yet, and writes bench/RESULTS.md."""
import argparse
import os
import shutil
import subprocess
import sys
import traceback

import builder
import measure
import report
import rows
import sections


def options():
    text = "sections, in their order, with wall seconds on two cores, about:\n" + "".join(
        f"  {name:14} {seconds:4}  {what}\n" for name, (_, seconds, what) in sections.SECTIONS.items())
    p = argparse.ArgumentParser(prog="bench/run.sh", epilog=text, formatter_class=argparse.RawDescriptionHelpFormatter,
                                description="Plain CMake, ninja and nvcc, with and without caches, and this builder, in one go.")
    p.add_argument("section", nargs="*", help="default: all")
    p.add_argument("--budget", type=float, metavar="MINUTES", help="leave out what would take longer in all (KB_BENCH_BUDGET)",
                   default=float(os.environ.get("KB_BENCH_BUDGET") or 0) or None)
    p.add_argument("--again", action="store_true", help="measure also what was measured")
    p.add_argument("--quick", action="store_true", help="a light kernel for two architectures, to try the bench itself; no RESULTS.md")
    p.add_argument("--write", action="store_true", help="measure nothing; write RESULTS.md from what there is")
    o = p.parse_args()
    for s in o.section:
        if s not in sections.SECTIONS:
            p.error(f"no section {s}")
    return o


def plain_stamp(root):
    """Changes with what the plain rows are about, not with the builder."""
    out = subprocess.run(["git", "-C", root, "rev-parse", "HEAD:bench/activation-torch-all", "HEAD:examples/activation",
                          "HEAD:catalog"], stdout=subprocess.PIPE, text=True).stdout
    return ",".join(x[:8] for x in out.split())


def measure_sections(names, bench):
    left_out = 0
    for name in names:
        try:
            sections.SECTIONS[name][0](bench)
        except rows.OutOfTime as e:
            print(f"{name}: left out: {e}", flush=True)
            left_out += 1
        except (measure.Failed, OSError, subprocess.SubprocessError):
            print(f"{name}: failed", flush=True)
            traceback.print_exc()
            left_out += 1
    return left_out


def main():
    o = options()
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    work = os.environ.get("KB_BENCH_DIR") or f"{root}/.build/bench"
    if o.quick:
        work += "-quick"
    os.makedirs(work, exist_ok=True)
    kb = builder.Builder(root, work)
    r = rows.Rows(f"{work}/rows.json", {"builder": kb.stamp, "plain": plain_stamp(root)},
                  o.budget * 60 if o.budget else None, o.again)
    names = o.section or list(sections.SECTIONS)
    failed = 0
    if not o.write:
        if subprocess.run([f"{root}/tools/deps.sh", "bench"]).returncode:
            return 1
        print(f"about {sum(sections.SECTIONS[n][1] for n in names) / 60:.0f} minutes on two cores, less what is there in {work}",
              flush=True)
        kb.open_store([sections.TWELVE])
        failed = measure_sections(names, sections.Bench(root, work, kb, r, o.quick))
    text = report.text(r, kb)
    to = f"{work}/RESULTS.md" if o.quick else f"{root}/bench/RESULTS.md"
    with open(to, "w") as f:
        f.write(text)
    print(f"written: {to}")
    if not shutil.which("strace"):
        print("without strace, processes were not counted")
    return 1 if failed else 0


sys.exit(main())
