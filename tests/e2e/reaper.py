#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command, sends it a signal, and says what is left of all that it started, directly or not.

usage: reaper.py SIGNAL WHEN COMMAND...
WHEN: seconds, or the name of a process that the command must have started by then. Prints how the command ended, as a
shell would say it, and the names of processes that are still there two seconds later: "130" or "137 bwrap". Those are killed."""
import ctypes
import os
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def stat(pid):
    """name, parent"""
    try:
        with open(f"/proc/{pid}/stat") as f:
            text = f.read()
    except OSError:
        return None
    name, rest = text[text.index("(") + 1:].rsplit(")", 1)
    return name, int(rest.split()[1])


def below(root):
    """All processes that this one or those below it started: who loses its parent comes to this one."""
    all_of = {int(p): s for p in os.listdir("/proc") if p.isdigit() for s in [stat(p)] if s}
    found, grown = {root}, True
    while grown:
        more = {p for p, (_, parent) in all_of.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return {p: all_of[p][0] for p in found - {root} if p in all_of}


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def wait_for(name):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if name in below(os.getpid()).values():
            return
        time.sleep(0.01)


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    sig, when = getattr(signal, "SIG" + sys.argv[1]), sys.argv[2]
    child = subprocess.Popen(sys.argv[3:], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if when.replace(".", "").isdigit():
        time.sleep(float(when))
    else:
        wait_for(when)
    child.send_signal(sig)
    status = child.wait()
    end = time.monotonic() + 2
    reap()
    while below(os.getpid()) and time.monotonic() < end:
        time.sleep(0.02)
        reap()
    left = below(os.getpid())
    print(128 - status if status < 0 else status, *sorted(left.values()))
    while left:
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
        reap()
        left = below(os.getpid())


main()
