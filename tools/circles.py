#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/circles.py [--all]: finds circles among the files of src/ that call each other. A file that cannot be read without another
that cannot be read without it is one file in two places. Objects are those of BUILD (default .build/release).

--all prints the circles that are meant, too."""
import os
import subprocess
import sys
from collections import defaultdict

# Circles that are meant, and why: each is the set of files that may call each other.
MEANT = {
    # The language is recursive: a class is a specifier, and its members are declarations.
    "cxx/specifiers.c cxx/split.c",
    # A lambda has parameters, and these have defaults.
    "python/python_expr.c python/python_params.c",
}


def calls(objects):
    """File -> what it calls of others -> symbols."""
    needs, where = defaultdict(set), {}
    names = [os.path.join(d, f) for d, _, files in os.walk(objects) for f in files if f.endswith(".o")]
    # Objects of sources that are gone are left over.
    names = sorted(n for n in names if os.path.exists("src/" + os.path.relpath(n, objects)[:-2]))
    for line in subprocess.run(["nm", "-A", *names], check=True, capture_output=True, text=True).stdout.splitlines():
        path, rest = line.split(":", 1)
        *_, kind, symbol = rest.split()
        file = os.path.relpath(path, objects)[:-2]
        if kind == "U":
            needs[file].add(symbol)
        elif kind in "TDRBVW":
            where[symbol] = file
    graph = {}
    for file in (os.path.relpath(n, objects)[:-2] for n in names):
        graph[file] = defaultdict(list)
        for symbol in sorted(needs[file]):
            if where.get(symbol, file) != file:
                graph[file][where[symbol]].append(symbol)
    return graph


def circles(graph):
    """Tarjan's strongly connected components of more than one file."""
    index, low, on, stack, found = {}, {}, set(), [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        on.add(v)
        for w in graph[v]:
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in on:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            at = stack.index(v)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            on.difference_update(stack[at:])
            del stack[at:]

    sys.setrecursionlimit(10000)
    for v in sorted(graph):
        if v not in index:
            visit(v)
    return sorted(found)


def main():
    os.chdir(os.path.join(os.path.dirname(__file__), ".."))
    graph = calls(os.path.join(os.environ.get("BUILD", ".build/release"), "src"))
    if "src/main.c" not in ("src/" + f for f in graph):
        sys.exit("circles: no objects; make first")
    bad = False
    for circle in circles(graph):
        meant = any(set(circle) <= set(files.split()) for files in MEANT)
        if meant and "--all" not in sys.argv:
            continue
        bad = bad or not meant
        print("circle:", *circle, "(meant)" if meant else "")
        for file in circle:
            for other in circle:
                if other in graph[file]:
                    print(f"    {file} -> {other}: {' '.join(graph[file][other])}")
    return bad


if __name__ == "__main__":
    sys.exit(main())
