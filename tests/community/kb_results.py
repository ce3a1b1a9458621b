# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that appends each test's outcome to the file that KB_RESULTS names, as a line of JSON: so a run that was stopped
has told what it did until then. With KB_POSE=cpu the torch at hand, which is one for CUDA, poses as one for CPUs: by that the kernels
client chooses a variant."""
import json
import os

if os.environ.get("KB_POSE") == "cpu":
    import torch
    torch.version.cuda = None


def write(name, outcome, text=""):
    with open(os.environ["KB_RESULTS"], "a") as f:
        f.write(json.dumps({"test": name, "outcome": outcome, "text": text[-2000:]}) + "\n")


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        write(report.nodeid, report.outcome, str(report.longrepr) if report.failed else "")


def pytest_collectreport(report):
    if report.failed:
        write(report.nodeid, "error", str(report.longrepr))
