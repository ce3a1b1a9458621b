# SPDX-License-Identifier: Apache-2.0
"""Runs a command and tells what it took: wall and CPU seconds, and memory."""
import os
import subprocess
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
INTERVAL = 0.1  # seconds between two looks at the processes


class Failed(Exception):
    pass


class Taken:
    """cpu: user and system seconds of the command and of all that it waited for, directly or not.
    peak: bytes, resident, of the largest process. together: the largest sum over all processes that was
    seen at one time (pages that two share count twice). largest: of each program, the peak of each process."""

    def __init__(self, wall, cpu, peak):
        self.wall, self.cpu, self.peak = wall, cpu, peak
        self.together = 0
        self.largest = {}
        self.text = ""


def stat(pid):
    """The fields of /proc/PID/stat after the name, and the name."""
    with open(f"/proc/{pid}/stat") as f:
        text = f.read()
    at = text.rindex(")")
    return text[text.index("(") + 1:at], text[at + 2:].split()


def cpu_of(pid):
    """Of a process that goes on: its own seconds and those of children that it waited for."""
    fields = stat(pid)[1]
    return sum(int(x) for x in fields[11:15]) / TICK


def high_water(pid):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


class Watch(threading.Thread):
    """Looks at the processes below the roots, again and again."""

    def __init__(self, roots):
        super().__init__(daemon=True)
        self.roots, self.over = set(roots), threading.Event()
        self.together, self.seen = 0, {}

    def below(self):
        parent, rss, name = {}, {}, {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                name[entry], fields = stat(entry)
                parent[entry], rss[entry] = fields[1], int(fields[21]) * PAGE
            except (OSError, ValueError):
                continue
        for pid in rss:
            at = pid
            while at in parent and int(at) not in self.roots:
                at = parent[at]
            if at.isdigit() and int(at) in self.roots:
                yield pid, name[pid], rss[pid]

    def look(self):
        total = 0
        for pid, name, rss in self.below():
            total += rss
            try:
                peak = high_water(pid)
            except OSError:
                peak = rss
            # A process takes its program's name only some time after it began.
            self.seen[pid] = (name, max(peak, self.seen.get(pid, ("", 0))[1]))
        self.together = max(self.together, total)

    def run(self):
        while not self.over.wait(INTERVAL):
            self.look()


def run(argv, cwd=None, env=None, servers=(), watch=True):
    """servers: processes that work for the command without being its children; what they use meanwhile counts.
    Fails when the exit status is not 0."""
    before = sum(cpu_of(p) for p in servers)
    begin = time.monotonic()
    child = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    watcher = Watch([child.pid, *servers])
    if watch:
        watcher.start()
    text = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if watch:
        watcher.over.set()
        watcher.join()
    t = Taken(wall, usage.ru_utime + usage.ru_stime + sum(cpu_of(p) for p in servers) - before,
              usage.ru_maxrss * 1024)
    t.together = watcher.together
    for name, peak in watcher.seen.values():
        t.largest.setdefault(name, []).append(peak)
        if servers:
            t.peak = max(t.peak, peak)
    t.text = text.decode(errors="replace")
    if child.returncode:
        raise Failed(f"{' '.join(argv[:3])} ...: exit status {child.returncode}\n" + t.text[-3000:])
    return t
