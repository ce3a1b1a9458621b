#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Device-only passes against the full one, by hand.

    device_try.py PROGRAM ROOT ARCH OUT [SOURCE]

PROGRAM is the built device_try. ROOT is a directory in which nvcc's commands run, with dryrun.txt, what
`nvcc --dryrun` printed, and env.json; SOURCE, in it, is compiled instead of
its own. The full text of ARCH (80) is compiled to PTX once (kept in OUT), then the slice at each
level until one is equal. Prints one line of JSON: the level, seconds and MiB, or why the file takes the full way; and the hits
of both guards for the slice and for all of the user's words.
"""
import json
import os
import shlex
import subprocess
import sys
import time


def commands(root, arch):
    """nvcc's own commands for one architecture: preprocessing and cicc."""
    pre = cicc = None
    for line in open(os.path.join(root, "dryrun.txt")):
        if not line.startswith("#$ "):
            continue
        line = line[3:].replace('"$CICC_PATH/cicc"', "cicc")
        try:
            words = shlex.split(line)
        except ValueError:
            continue
        if "-E" in words and "-D__CUDA_ARCH__=%s0" % arch in words:
            pre = words
        if words and os.path.basename(words[0]) == "cicc" and "compute_" + arch in words:
            cicc = ["cuda/bin/../nvvm/bin/cicc"] + words[1:]
    return pre, cicc


def put(words, option, value):
    words[words.index(option) + 1] = value


class Try:
    def __init__(self, program, root, arch, out, source):
        self.program, self.root, self.arch, self.out = program, root, arch, out
        self.env = json.load(open(os.path.join(root, "env.json")))
        self.pre, self.cicc = commands(root, arch)
        if source:
            self.pre = [source if w.endswith(".cu") else w for w in self.pre]
        with open(os.path.join(out, "module_id"), "w") as f:
            f.write("_kb_module_id_00000000")

    def run(self, words):
        """rc, seconds, MiB, what it said"""
        begin = time.time()
        p = subprocess.Popen(words, cwd=self.root, env=self.env, stdout=subprocess.DEVNULL, stderr=open(self.out + "/stderr", "w"))
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        return p.returncode, round(time.time() - begin, 2), usage.ru_maxrss // 1024, open(self.out + "/stderr", errors="replace").read()

    def preprocess(self, source, to, *flags):
        words = [source if source and w.endswith(".cu") else w for w in self.pre]
        put(words, "-o", to)
        # A header beside the source is found from the prelude too.
        here = os.path.dirname(next(w for w in self.pre if w.endswith(".cu")))
        return self.run(words[:1] + list(flags) + (["-iquote", here] if source else []) + words[1:])

    def compile(self, text, ptx, stub):
        words = list(self.cicc)
        at = words.index("-o")
        words[at - 1], words[at + 1] = text, ptx
        for option, value in (("--gen_c_file_name", self.out + "/x.c"), ("--stub_file_name", stub),
                              ("--gen_device_file_name", self.out + "/x.gpu"), ("--module_id_file_name", self.out + "/module_id")):
            put(words, option, value)
        return self.run(words)

    def ask(self, *arguments):
        p = subprocess.run([self.program] + list(arguments), stdout=subprocess.PIPE, text=True)
        return p.returncode, p.stdout.strip()

    def guard(self, text, stub, prelude):
        begin = time.time()
        rc, said = self.ask("guard", text, stub, prelude)
        return (said.splitlines() if rc == 0 else [said]), round(time.time() - begin, 2)

    def reference(self, result):
        o = self.out
        if not os.path.exists(o + "/full.ptx"):
            self.preprocess(None, o + "/full.ii")
            rc, s, m, said = self.compile(o + "/full.ii", o + "/full.ptx", o + "/full.stub.c")
            if rc:
                result["why"] = "the full text does not compile: " + said[-300:]
                return False
            json.dump([s, m], open(o + "/full.json", "w"))
        if not os.path.exists(o + "/dd.ii"):
            self.preprocess(None, o + "/dd.ii", "-dD", "-dI")
        result["full_s"], result["full_mib"] = json.load(open(o + "/full.json"))
        return True

    def level(self, n, result):
        o, step = self.out, {"level": n}
        result["levels"].append(step)
        rc, step["pre_s"], _, said = self.preprocess("%s/prelude%d.cu" % (o, n), "%s/prelude%d.ii" % (o, n))
        if rc:
            step["why"] = "preprocess: " + said[-200:]
            return False
        with open("%s/dev%d.ii" % (o, n), "w") as f:
            f.write(open("%s/prelude%d.ii" % (o, n), errors="surrogateescape").read().encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
            f.write(open(o + "/body.ii", errors="replace").read())
        rc, step["s"], step["mib"], said = self.compile("%s/dev%d.ii" % (o, n), "%s/dev%d.ptx" % (o, n), o + "/dev.stub.c")
        if rc:
            errors = [l for l in said.splitlines() if "error" in l]
            step["why"] = (errors or [said[-200:]])[0][:200]
            return False
        rc, said = self.ask("compare", o + "/full.ptx", "%s/dev%d.ptx" % (o, n), o + "/ours.ptx")
        step["compare"] = said[:160]
        if rc == 0:
            rc, _, _, said = self.run(["cuda/bin/ptxas", "-arch=sm_" + self.arch, "-m64", o + "/ours.ptx", "-o", o + "/ours.cubin"])
            step["ptxas"] = rc
        return rc == 0


def main():
    program, root, arch, out = sys.argv[1:5]
    os.makedirs(out, exist_ok=True)
    out = os.path.abspath(out)
    t = Try(os.path.abspath(program), os.path.abspath(root), arch, out, sys.argv[5] if len(sys.argv) > 5 else None)
    result = {"name": os.path.basename(out), "levels": []}
    if t.reference(result):
        rc, said = t.ask("slice", out + "/dd.ii", out + "/full.stub.c", out)
        if rc:
            result["why"] = said
        for n in range(int(said.split()[-1]) if rc == 0 else 0):
            if not t.level(n, result):
                continue
            result["equal"] = n
            result["words"], result["guard_s"] = t.guard(out + "/dd.ii", out + "/full.stub.c", "%s/prelude%d.ii" % (out, n))
            result["all_words"], _ = t.guard(out + "/dd.ii", "-", "%s/prelude%d.ii" % (out, n))
            break
    print(json.dumps(result))


main()
