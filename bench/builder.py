# SPDX-License-Identifier: Apache-2.0
"""This builder, and a store of the bench's own."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile

import measure

KEPT = ("trees", "roots", "locks", "lock", "tmp", "version")  # of a store; the rest is results of builds
SIZE = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class Builder:
    def __init__(self, root, work):
        self.program = f"{root}/kernel-builder"
        self.root, self.store = root, f"{work}/store"
        with open(self.program, "rb") as f:
            self.stamp = hashlib.sha256(f.read()).hexdigest()[:12]
        self.help = subprocess.run([self.program, "help", "build"], capture_output=True, text=True).stdout
        self.env = {k: v for k, v in os.environ.items() if k not in ("MAX_JOBS", "CORES", "MAKEFLAGS")}
        self.env["KERNEL_BUILDER_HOME"] = self.store

    def has(self, option):
        """option: "--name", or "--name=value" of one that tells its values."""
        name, _, value = option.partition("=")
        found = re.findall(re.escape(name) + r"\b(.*)", self.help)
        return any(not value or re.search(rf"\b{value}\b", rest) for rest in found)

    def open_store(self, matrices):
        """Takes the trees of the user's store, if there is one, fetches what lacks, and makes what is made of
        them (by building a small kernel), so that what is measured afterwards is compilation alone."""
        given = os.environ.get("KERNEL_BUILDER_HOME")
        if given and not os.path.isdir(self.store) and os.path.isdir(f"{given}/trees"):
            os.makedirs(self.store)
            for name in ("trees", "roots", "version"):
                subprocess.run(["cp", "-a", "--reflink=auto", f"{given}/{name}", self.store], check=True)
        mark = f"{self.store}/../store-{self.stamp}"
        if os.path.exists(mark):
            return
        with tempfile.TemporaryDirectory() as t:
            tiny = f"{t}/tiny"
            shutil.copytree(f"{self.root}/tests/kernels/tiny", tiny, ignore=shutil.ignore_patterns("build", "result"))
            for arguments in matrices:
                self.build(tiny, arguments, watch=False)
        self.empty()
        open(mark, "w").close()

    def empty(self):
        """Forgets all results."""
        for name in os.listdir(self.store):
            if name not in KEPT:
                path = f"{self.store}/{name}"
                subprocess.run(["chmod", "-R", "u+w", path], check=True)
                if os.path.isdir(path):
                    shutil.rmtree(path)
                    os.makedirs(path)
                else:
                    os.unlink(path)

    def plan(self, directory, variant):
        out = subprocess.run([self.program, "plan", "-q", "--json", "--no-lock", "--matrix", "all", "--variant", variant,
                              directory], env=self.env, check=True, stdout=subprocess.PIPE).stdout
        return json.loads(out)

    def whole_files(self, directory, arguments):
        """Bytes of all wheels and packages that variants are made of: what is fetched without picking members."""
        with tempfile.TemporaryDirectory() as t:
            copy = f"{t}/{os.path.basename(directory)}"
            shutil.copytree(directory, copy, ignore=shutil.ignore_patterns("build", "result"))
            subprocess.run([self.program, "lock", "-q", *arguments, copy], env=self.env, check=True)
            with open(f"{copy}/kernel-builder.lock") as f:
                found, rest = {}, [json.load(f)]
        while rest:
            x = rest.pop()
            if isinstance(x, dict) and "file" in x and "size" in x:
                found[x["file"]] = x["size"]
            rest += x.values() if isinstance(x, dict) else x if isinstance(x, list) else []
        return sum(found.values())

    def tree(self, identity):
        """The directory of a mount of a plan."""
        root = f"{self.store}/roots/{identity}"
        if os.path.exists(root):
            with open(root) as f:
                identity = f.read().split()[1]
        return f"{self.store}/trees/{identity}"

    def build(self, directory, arguments, options=(), watch=True):
        """Adds to what measure.run tells: fetched, bytes."""
        t = measure.run([self.program, "build", "--no-lock", *arguments, *options, directory], env=self.env, watch=watch)
        t.fetched = bytes_fetched(t.text)
        t.processes = None
        return t

    def fetch(self, directory, arguments):
        subprocess.run([self.program, "fetch", "-q", "--no-lock", *arguments, directory], env=self.env, check=True)

    def processes(self, directory, arguments):
        """How many processes a build starts; None when that cannot be counted here."""
        if not shutil.which("strace"):
            return None
        with tempfile.NamedTemporaryFile("r") as f:
            measure.run(["strace", "-f", "-qq", "-o", f.name, "-e", "trace=fork,vfork,clone,clone3", self.program, "build",
                         "-q", "--no-lock", *arguments, directory], env=self.env, watch=False)
            return sum(1 for line in f if re.search(r"(fork|clone3?)\(", line) and "CLONE_THREAD" not in line)


def bytes_fetched(text):
    """As the builder's last line tells it, which rounds; None: it does not."""
    found = re.search(r"([\d.]+) (\w+) fetched", text)
    return round(float(found[1]) * SIZE[found[2]]) if found else None

