# SPDX-License-Identifier: Apache-2.0
"""Runs a composite action as a runner of GitHub does, as far as ours needs it.

    action.py action.yml CACHES [INPUT=VALUE ...]

Steps with `run` are run by bash as there, with files for outputs, variables, PATH and the summary; `if` and ${{ }} know inputs, outputs of
steps, github.* and ==, != and &&. actions/cache keeps directories below CACHES; actions/upload-artifact lists files. Prints what a
reader of the log would see, and at the end the outputs of the action. Exit status: that of the step that failed.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml


class Job:
    def __init__(self, path, caches, inputs):
        with open(path) as f:
            self.action = yaml.safe_load(f)
        known = self.action["inputs"]
        unknown = set(inputs) - set(known)
        assert not unknown, f"there is no input {unknown}"
        self.caches = caches
        self.temp = tempfile.mkdtemp()
        self.env = dict(os.environ, RUNNER_TEMP=self.temp, GITHUB_ACTIONS="true", CI="true")
        self.values = {"inputs." + k: str(inputs.get(k, v.get("default", ""))) for k, v in known.items()}
        self.values |= {"github.action_path": os.path.dirname(os.path.abspath(path)), "github.run_id": os.environ["RUN_ID"], "github.run_attempt": "1"}
        self.after = []

    def value(self, word):
        word = word.strip()
        if word.startswith("'"):
            return word.strip("'")
        if word.startswith("steps."):
            return self.values.get(word, "")  # of a step that was skipped
        return self.values[word]

    def expand(self, text):
        return re.sub(r"\$\{\{(.*?)\}\}", lambda m: self.value(m[1]), str(text))

    def holds(self, condition):
        inner = re.fullmatch(r"\$\{\{(.*)\}\}", condition)[1]
        results = []
        for part in inner.split("&&"):
            a, op, b = re.fullmatch(r"\s*(\S+)\s*(==|!=)\s*(\S+)\s*", part).groups()
            results.append((self.value(a) == self.value(b)) == (op == "=="))
        return all(results)

    def run(self, step):
        files = {n: os.path.join(self.temp, n) for n in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        for f in files.values():
            open(f, "w").close()
        assert step["shell"] == "bash"
        env = self.env | files | {k: self.expand(v) for k, v in step.get("env", {}).items()}
        assert "${{" not in step["run"], "values go through env: in a script they could be commands"
        status = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], env=env).returncode
        if status:
            sys.exit(status)
        for line in open(files["GITHUB_OUTPUT"]).read().splitlines():
            key, value = line.split("=", 1)
            self.values[f"steps.{step.get('id')}.outputs.{key}"] = value
        self.env |= dict(line.split("=", 1) for line in open(files["GITHUB_ENV"]).read().splitlines())
        for line in open(files["GITHUB_PATH"]).read().splitlines():
            self.env["PATH"] = line + ":" + self.env["PATH"]
        print(open(files["GITHUB_STEP_SUMMARY"]).read(), end="", flush=True)

    def cache(self, path, key, restore):
        kept = sorted(glob.glob(os.path.join(self.caches, glob.escape(restore) + "*")), key=os.path.getmtime)
        if kept:
            os.makedirs(path, exist_ok=True)
            subprocess.run(["cp", "-a", kept[-1] + "/.", path], check=True)
        print("cache:", os.path.basename(kept[-1]) if kept else "none", flush=True)
        self.after.append(lambda: subprocess.run(["cp", "-a", path, os.path.join(self.caches, key)], check=True))

    def use(self, step):
        with_ = {k: self.expand(v) for k, v in step["with"].items()}
        if step["uses"].startswith("actions/cache@"):
            self.cache(with_.pop("path"), with_.pop("key"), with_.pop("restore-keys"))
        else:
            assert step["uses"].startswith("actions/upload-artifact@"), step["uses"]
            files = [p for line in with_.pop("path").split() for p in glob.glob(line + "/**", recursive=True) if os.path.isfile(p)]
            assert files or with_["if-no-files-found"] != "error", "there is nothing to keep"
            print("artifact:", with_.pop("name"), len(files), "files", flush=True)
        assert set(with_) <= {"if-no-files-found"}, with_

    def all(self):
        for step in self.action["runs"]["steps"]:
            if "if" in step and not self.holds(step["if"]):
                continue
            print("step:", step["name"], flush=True)
            self.use(step) if "uses" in step else self.run(step)
        for last in reversed(self.after):
            last()
        for name, output in self.action["outputs"].items():
            print(f"output: {name}={self.expand(output['value'])}")


job = Job(sys.argv[1], sys.argv[2], dict(a.split("=", 1) for a in sys.argv[3:]))
try:
    job.all()
finally:
    shutil.rmtree(job.temp)
