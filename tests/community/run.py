#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/community.sh [options] DIR [KERNEL...]: builds the kernels below DIR, each for one current variant of every backend, and
prints a table: what was built, failed (why) or skipped (why), and CPU seconds. What was built is loaded in real torch. A kernel's
own tests are run: those of variants for CPUs that need no GPU, and where there is a GPU those of CUDA variants. Nothing below DIR is
written. What is built for another kind of machine (--target) is not loaded, and check-abi, which every build runs, judges it.

Exit status 0 when nothing failed, 1 when something did, 2 usage. tests/community/limits.txt says what is cut and how."""
import argparse
import ast
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KB = os.environ.get("KB") or str(ROOT / "kernel-builder")
CUDA = ("130", "132", "129", "128", "126")  # the order in which one is chosen for a kernel
NEEDS_GPU = re.compile(r"Found no NVIDIA driver|not compiled with CUDA|No CUDA GPUs|CUDA driver|no kernel image|cuda\w* is not available|"
                       r"0 active drivers|Expected a cuda device|Torch not compiled|invalid device ordinal|cannot find a GPU|[Nn]o GPU|libcuda\.so", re.S)
MISSING = re.compile(r"No module named '([\w.]+)'")


def options():
    p = argparse.ArgumentParser(prog="tests/community.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("directory", metavar="DIR", type=Path)
    p.add_argument("kernels", metavar="KERNEL", nargs="*")
    p.add_argument("--torch", default="2.11", help="release, two numbers; default 2.11")
    p.add_argument("--target", choices=("x86_64", "aarch64"), help="the machine to build for; default: this one")
    p.add_argument("--capability", default="", help="for kernels that limits.txt gives none: this one instead of all")
    p.add_argument("--files", type=int, default=0, help="of a kernel's CUDA sources compile only so many, and link only if that is all")
    p.add_argument("--seconds", type=int, help="stop a build after so long")
    p.add_argument("--backend", action="append", choices=("cpu", "cuda", "noarch"), help="only these")
    p.add_argument("--plain", action="store_true", help="build again with --engine=plain and no results kept, for CPU seconds beside ours")
    p.add_argument("--plan", action="store_true", help="read and plan; build nothing")
    p.add_argument("--whole", action="store_true", help="cut nothing")
    p.add_argument("--work", type=Path, default=ROOT / ".build/community", help="copies and what is built; default .build/community")
    p.add_argument("--jobs", default="2")
    p.add_argument("--python", help="a Python with that torch; default: an environment is made (pip)")
    p.add_argument("--test-seconds", type=int, default=180, help="stop a kernel's tests after so long; default 180")
    p.add_argument("--json", type=Path, metavar="FILE", help="write all that is known there, after each kernel")
    o = p.parse_args()
    o.found = {d.parent.name: d.parent for d in sorted([*o.directory.glob("build.toml"), *o.directory.glob("*/build.toml"),
                                                        *o.directory.glob("*/*/build.toml")])}
    unknown = [k for k in o.kernels if k not in o.found]
    if unknown or not o.found:
        p.error(f"no build.toml below {o.directory} for {', '.join(unknown) or 'anything'}")
    o.gpu = None
    o.only = ["--target", o.target] if o.target else []
    o.native = not o.target or o.target == os.uname().machine
    o.limits = {} if o.whole else limits()
    return o


def limits():
    out = {}
    for line in (HERE / "limits.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            out[words[0]] = dict(w.split("=") for w in words[1:])
    return out


def run(argv, seconds=None, **more):
    """(exit status, output, CPU seconds of it and its children)"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    p = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace", start_new_session=True, **more)
    try:
        out = p.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        out = p.communicate()[0]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return p.returncode, out, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_error(out):
    lines = [x for x in out.splitlines() if re.match(r"(\S+:\d+:\d+: )?(error|warning: no variant)", x) or ": error: " in x or "fatal error" in x]
    lines = [x for x in lines if x.startswith("error")] or lines
    hints = [x[6:] for x in out.splitlines() if x.startswith("hint: ")]
    if hints and lines and "failed; see above" in lines[0]:
        return hints[0]
    return re.sub(r"^error: ", "", lines[0]) if lines else (out.strip().splitlines() or ["no output"])[-1]


def choose(names, torch):
    """One variant for each backend that this program builds."""
    release = int(torch.replace(".", ""))

    def serves(name, tail):
        m = re.match(r"torch-stable-abi(\d)(\d+)-" + tail, name)
        return name.startswith(f"torch{release}-cxx11-{tail}-") or m and int(m[1]) * 100 + int(m[2]) <= int(torch.split(".")[0]) * 100 + int(torch.split(".")[1])
    out = []
    cpu = [n for n in names if serves(n, "cpu")]
    if cpu:
        out.append(("cpu", cpu[0]))
    cuda = [n for c in CUDA for n in names if serves(n, f"cu{c}")]
    if cuda:
        out.append(("cuda", cuda[0]))
    noarch = [n for n in ("torch-cpu", "torch-universal", "torch-cuda", "torch-rocm", "torch-xpu", "torch-metal") if n in names]
    if noarch:
        out.append(("noarch", noarch[0]))
    return out


def cut_sources(path, keep):
    """Leaves `keep` .cu files in build.toml, shared out over its CUDA sections, or all if they are no more. Returns how many there were."""
    parts = re.split(r"(?m)^(?=\[)", path.read_text())
    cuda = [i for i, p in enumerate(parts) if p.startswith("[kernel.") and re.search(r'(?m)^(backend|language) *= *"(cuda|cpp-cuda)"', p)
            and re.search(r'\.cu"', p)]
    total = sum(len(re.findall(r'\.cu"', parts[i])) for i in cuda)
    for place, i in enumerate(cuda if total > keep else []):
        mine, seen = keep // len(cuda) + (place < keep % len(cuda)), [0]

        def line(m):
            seen[0] += 1
            return m[0] if seen[0] <= max(mine, 1) else ""
        parts[i] = re.sub(r'(?m)^\s*"[^"]+\.cu",?\s*\n', line, parts[i])
    path.write_text("".join(parts))
    return total


def copied(o, name):
    """A fresh copy of the sources; what this run built of other variants stays in its build/."""
    to, kept = o.work / name, o.work / f"{name}.kept"
    shutil.rmtree(kept, ignore_errors=True)
    if (to / "build").is_dir():
        (to / "build").rename(kept)
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(o.found[name], to, symlinks=True, ignore=shutil.ignore_patterns("build", "result", "__pycache__"))
    if kept.is_dir():
        kept.rename(to / "build")
    return to


def steps(events):
    """How the steps of a run ended, from the lines of --events."""
    label, out = {}, []
    for line in events.read_text().splitlines():
        e = json.loads(line)
        if e["event"] == "started":
            label[e["step"]] = e["label"]
        elif e["event"] == "ended":
            out.append((label.get(e["step"], ""), e["state"]))
    return out


def timed(o, name, what, argv, is_cut):
    """What was wrong, and CPU seconds. Where sources were left out, a link that lacks them is not wrong."""
    events = o.work / f"{name}.events"
    with open(events, "w") as f:
        status, out, seconds = run([*argv, "--events", f.fileno()], pass_fds=[f.fileno()])
    (o.work / f"{name}.{what}.log").write_text(out)
    ended = steps(events)
    if o.seconds and status == 124:
        return f"stopped after {o.seconds} s, {len(ended)} steps done", seconds
    if not is_cut:
        return first_error(out) if status else "", seconds
    bad = [x for x in ended if x[1] == "failed" and not x[0].endswith(".so")]
    if bad or not ended:
        return f"{bad[0][0]}: {first_error(out)}" if bad else first_error(out), seconds
    return "", seconds


def build(o, name, backend, variant, entry):
    cut = o.limits.get(name, {}) if backend == "cuda" else {}
    where = copied(o, name)
    files = min([n for n in (int(cut.get("files", 0)), o.files if backend == "cuda" else 0) if n], default=0)
    argv = ["timeout", str(o.seconds or 0), KB, "build", "--no-lock", "--matrix", "all", "--variant", variant, "-j", o.jobs, where]
    total = cut_sources(where / "build.toml", files) if files else 0
    files = files if total > files else 0
    if files:
        entry["files"] = f"{files} of {total} files"
        argv += ["--keep-going"]
    entry["capability"] = cut.get("capability", o.capability if backend == "cuda" else "")
    argv += [w for c in entry["capability"].split(",") if c for w in ("--capability", c)]
    fetch = run([KB, "fetch", "--no-lock", "--matrix", "all", "--variant", variant, where])
    if fetch[0]:
        return "failed", first_error(fetch[1])
    if o.plain:
        argv += ["--cache", "off"]
    fault, entry["cpu"] = timed(o, name, backend, argv, files)
    if o.plain and not fault:
        shutil.rmtree(where / "build" / variant, ignore_errors=True)
        plain, seconds = timed(o, name, f"{backend}.plain", [*argv, "--engine", "plain"], files)
        entry["plain"] = None if plain else seconds
        shutil.rmtree(where / "build" / variant, ignore_errors=True)
        if not files:
            run(argv)
    if fault:
        return ("stopped" if fault.startswith("stopped after ") else "failed"), fault
    return ("compiled", entry["files"]) if files else ("built", "")


def python_of(o):
    if not o.python:
        env = o.work / f"torch-{o.torch}"
        subprocess.run([ROOT / "tools/torch_env.py", f"{o.torch}.0", env, "kernels==0.17.2", "triton", "einops", "parameterized", "expecttest", "flaky"], check=True)
        o.python = str(env / "bin/python")
    return o.python


def has_gpu(o):
    if o.gpu is None:
        o.gpu = run([python_of(o), "-c", "import sys, torch; sys.exit(not torch.cuda.is_available())"])[0] == 0
    return o.gpu


def load(o, name, backend, variant):
    code = "import sys; from pathlib import Path; import torch; from kernels import get_local_kernel as get; get(Path(sys.argv[1]), backend=sys.argv[2])"
    word = re.sub(r"^torch-", "", variant) if backend == "noarch" else backend
    status, out, _ = run([python_of(o), "-c", code, o.work / name / "build", word], seconds=300, cwd=o.work)
    if status == 0:
        return "loaded"
    m = MISSING.search(out) or re.search(r"requires Python dependency `([\w.-]+)`", out)
    if m and backend == "noarch":
        return f"needs {m[1].split('.')[0]}"
    if "Invalid backend" in out or "Cannot find a build variant" in out:
        return f"needs a torch for {variant if backend == 'cuda' else word}"
    if NEEDS_GPU.search(out):
        return "needs a GPU"
    return "FAILED: " + (out.strip().splitlines() or ["?"])[-1]


def test(o, name, backend, variant):
    where, results = o.work / name / "build" / variant, o.work / f"{name}.results"
    pose = "cpu" if backend != "cuda" else ""
    tests = o.work / name / "tests"
    if not tests.is_dir():
        return "none", []
    results.write_text("")
    env = {**os.environ, "PYTHONPATH": ":".join([str(where), str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]),
           "KB_RESULTS": str(results), "KB_POSE": pose, **({"CUDA_VISIBLE_DEVICES": ""} if pose else {}),
           "LOCAL_KERNELS": local_kernels(o)}
    status, out, _ = run([python_of(o), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "kb_results", "tests"],
                         seconds=o.test_seconds, cwd=o.work / name, env=env)
    (o.work / f"{name}.tests.log").write_text(out)
    return judged([json.loads(x) for x in results.read_text().splitlines()], status)


def local_kernels(o):
    """All that were built: the tests of one may load another."""
    out = []
    for build in sorted(o.work.glob("*/build")):
        m = re.search(r'repo-id *= *"([^"]+)"', (build.parent / "build.toml").read_text())
        out.append(f"{m[1] if m else 'local/' + build.parent.name}={build}")
    return ":".join(out)


def judged(results, status):
    count, failures = {}, []
    for r in results:
        kind = r["outcome"]
        if kind in ("failed", "error"):
            m = MISSING.search(r["text"])
            kind = "for GPUs" if NEEDS_GPU.search(r["text"]) else f"lack {m[1].split('.')[0]}" if m else "FAILED"
            if kind == "FAILED":
                failures.append(r)
        count[kind] = count.get(kind, 0) + 1
    if status == -signal.SIGKILL:
        count["then stopped for time"] = 1
    text = ", ".join(k if k.startswith("then") else f"{n} {k}" for k, n in count.items())
    return text or "none ran", failures


def parses(where):
    for f in sorted(where.rglob("*.py")):
        try:
            ast.parse(f.read_bytes(), str(f))
        except SyntaxError as e:
            return f"FAILED: {f.relative_to(where)}:{e.lineno}: {e.msg}"
    return "parses"


def one(o, name):
    """A row for each variant of a kernel, or one that says why there is none."""
    status, out, _ = run([KB, "check-config", o.found[name]])
    if status:
        return [{"kernel": name, "outcome": "failed", "why": first_error(out)}]
    status, out, _ = run([KB, "list-variants", "-q", "--no-lock", "--matrix", "all", *o.only, o.found[name]])
    if status:
        return [{"kernel": name, "outcome": "skipped", "why": re.sub(r"^build\.toml: ", "", first_error(out))}]
    shutil.rmtree(o.work / name / "build", ignore_errors=True)
    rows = []
    for backend, variant in choose(out.split(), o.torch):
        if o.backend and backend not in o.backend:
            continue
        row = {"kernel": name, "backend": backend, "variant": variant}
        if o.plan:
            status, out, _ = run([KB, "plan", "--no-lock", "--matrix", "all", "--variant", variant, o.found[name]])
            row["outcome"], row["why"] = ("planned", "") if status == 0 else ("failed", first_error(out))
        else:
            row["outcome"], row["why"] = build(o, name, backend, variant, row)
        if row["outcome"] == "built" and (o.native or backend == "noarch"):
            row["load"] = load(o, name, backend, variant)
            if backend == "noarch":
                row["load"] = f"{parses(o.work / name / 'build' / variant)}, {row['load']}"
            if backend == "cpu" or variant == "torch-cpu" or row["load"] == "loaded" and backend == "cuda" and has_gpu(o):
                row["tests"], row["failures"] = test(o, name, backend, variant)
        rows.append(row)
    return rows or [{"kernel": name, "outcome": "skipped", "why": f"no variant for torch {o.torch}"}]


def is_bad(row):
    return row["outcome"] == "failed" or "FAILED" in row.get("load", "") or "FAILED" in row.get("tests", "") or \
        bool(row.get("plain")) and row["cpu"] > 1.05 * row["plain"]


def text_of(row):
    def seconds(key):
        return f"{row[key]:.0f}" if row.get(key) is not None else ""
    notes = [row.get("why") or "", f"capability {row['capability']}" if row.get("capability") else "", row.get("load", ""),
             f"tests: {row['tests']}" if row.get("tests") else ""]
    return "{:<28} {:<38} {:<9} {:>6} {:>6}  {}".format(row["kernel"], row.get("variant", ""), row["outcome"], seconds("cpu"), seconds("plain"),
                                                        "; ".join(n for n in notes if n)[:400])


def main():
    o = options()
    o.work.mkdir(parents=True, exist_ok=True)
    o.work = o.work.resolve()
    print("{:<28} {:<38} {:<9} {:>6} {:>6}".format("kernel", "variant", "outcome", "CPU s", "plain"))
    rows = []
    for name in o.kernels or o.found:
        for row in one(o, name):
            rows.append(row)
            print(text_of(row), flush=True)
        if o.json:
            o.json.write_text(json.dumps(rows, indent=1) + "\n")
    bad, stopped = sum(map(is_bad, rows)), sum(row["outcome"] == "stopped" for row in rows)
    print(f"{len(rows) - bad - stopped} passed, {bad} failed" + (f", {stopped} stopped" if stopped else ""))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
