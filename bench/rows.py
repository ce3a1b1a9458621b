# SPDX-License-Identifier: Apache-2.0
"""What was measured: rows in a file, so that a run that was interrupted goes on where it was."""
import json
import os
import statistics
import time


class OutOfTime(Exception):
    pass


class Rows:
    """stamps: for the builder's rows, what program they are of; a row of another is no row. budget: seconds for all
    that is measured now, or None."""

    def __init__(self, path, stamps, budget=None, again=False):
        self.path, self.stamps = path, stamps
        self.begin, self.budget = time.monotonic(), budget
        self.rows, self.again, self.done_now = {}, again, set()
        if os.path.exists(path):
            with open(path) as f:
                self.rows = json.load(f)

    def get(self, name):
        """The row, or None when it was not measured."""
        r = self.rows.get(name)
        return r if r and r.get("stamp") == self.stamp(name) and "wall" in r else None

    def stamp(self, name):
        return self.stamps["builder" if name.split("/")[1].startswith("this") else "plain"]

    def wants(self, names):
        """False when all of them are there."""
        if self.again and not set(names) <= self.done_now:
            return True
        return any(self.get(n) is None for n in names)

    def left(self):
        return None if self.budget is None else self.budget - (time.monotonic() - self.begin)

    def check_time(self, name, estimate):
        """estimate: wall seconds that it will take, about."""
        left = self.left()
        if left is not None and estimate > left:
            raise OutOfTime(f"{name} takes about {estimate:.0f} s, and {max(left, 0):.0f} s were left")

    def put(self, name, taken, note=""):
        row = {"stamp": self.stamp(name), "wall": taken.wall, "cpu": taken.cpu, "peak": taken.peak,
               "together": taken.together, "note": note}
        for field in ("fetched", "processes"):
            if getattr(taken, field, None) is not None:
                row[field] = getattr(taken, field)
        if taken.largest.get("cicc"):  # how many ran, the median of their peaks, and the largest
            peaks = taken.largest["cicc"]
            row["cicc"] = [len(peaks), statistics.median(peaks), max(peaks)]
        self.rows[name] = row
        self.done_now.add(name)
        self.save()
        print(f"{name}: {row['wall']:.2f} s, {row['cpu']:.2f} CPU s, {row['peak'] / 2**20:.0f} MiB"
              + (f" ({note})" if note else ""), flush=True)

    def miss(self, names, why):
        """Says of rows why they were not measured."""
        for name in names:
            if self.get(name) is None:
                self.rows[name] = {"stamp": self.stamp(name), "why": why}
        self.save()
        print(f"not measured: {', '.join(names)}: {why}", flush=True)

    def why(self, name):
        return self.rows.get(name, {}).get("why", "not measured")

    def save(self):
        with open(self.path + ".tmp", "w") as f:
            json.dump(self.rows, f, indent=1)
        os.replace(self.path + ".tmp", self.path)
