# SPDX-License-Identifier: Apache-2.0
"""Compares toml_dump with tomllib; run by toml.sh.

usage: toml.py TOML_DUMP SCRATCH_DIR DIRECTORY...
Documents are those below and every file of the directories.
"""
import datetime
import json
import math
import os
import subprocess
import sys
import tomllib

# Documents on which the two may differ, and why.
ALLOWED = {
    b"\xef\xbb\xbfa = 1\n": "TOML 1.0 is silent on a byte order mark; ours skips it",
    b"a = 1e400\n": "TOML 1.0 is silent on floats out of range; ours refuses them",
}

DOCUMENTS = [
    b"",
    b"\n\n",
    b"# only a comment",
    b"a = 1",
    b"a = 1\r\nb = 2\r\n",
    b"a = 1\rb = 2\n",
    b"\xef\xbb\xbfa = 1\n",
    # keys
    b"bare_key-1 = 1\n1234 = 2\n",
    b'"quoted key" = 1\n\'literal "key"\' = 2\n"" = 3\n',
    b'"\\u00e9" = 1\n',
    "\u00e9 = 1\n".encode(),
    b"a.b.c = 1\na.b.d = 2\na.e = 3\n",
    b"a . b = 1\na.  c = 2\n",
    b'a."b.c".d = 1\n',
    b"3.14 = 1\n",
    b"a = 1\na = 2\n",
    b"a.b = 1\na.b.c = 2\n",
    b"a.b.c = 1\na.b = 2\n",
    b"= 1\n",
    b"a = \n",
    b"a = 1 b = 2\n",
    b"a\n",
    b'"""a""" = 1\n',
    b"a+b = 1\n",
    # order
    b"z = 1\ny = 2\n[m]\nq = 1\nb = 2\n[c]\n[a]\nx = 1\n",
    b"[z.y]\na = 1\n[z]\nb = 1\n[a.b.c]\n[a]\nd = 1\n",
    b"b.z = 1\na.y = 2\nb.a = 3\n",
    # strings
    b's = "a\\b\\t\\n\\f\\r\\"\\\\\\u00e9\\U0001F600"\n',
    b's = "\\q"\n',
    b's = "\\x41"\n',
    b's = "\\e"\n',
    b's = "\\ud800"\n',
    b's = "\\U00110000"\n',
    b's = "\\u12"\n',
    b's = "a\nb"\n',
    b's = "a\tb"\n',
    b's = "a\x00b"\n',
    b's = "a\x1fb"\n',
    b's = "a\x7fb"\n',
    b"s = 'C:\\\\x \\q'\n",
    b"s = 'it''s'\n",
    b's = """\nfirst\nsecond"""\n',
    b's = """\r\nfirst\r\nsecond"""\n',
    b's = """a \\\n   b\\\n\n\n  c"""\n',
    b's = """a \\   \n b"""\n',
    "s = \"\"\"a \\\n  \u00e9 b\"\"\"\n".encode(),
    "s = \"\"\"a \\\n  \u00a0 b\"\"\"\n".encode(),
    "s = \"\"\"a \\\n  \ufe0f b\"\"\"\n".encode(),
    "s = \"\"\"\\\u00e9\"\"\"\n".encode(),
    "s = \"\"\"\\\u2028\"\"\"\n".encode(),
    "s = \u00a0 1\n".encode(),
    "\u2028s = 1\n".encode(),
    b's = """a \\ b"""\n',
    b's = """"quoted""""\n',
    b's = """""quoted"""""\n',
    b's = """"""""\n',
    b's = """""""""\n',
    b"s = '''a\nb'''\n",
    b"s = ''''x''''\n",
    b"s = '''''x'''''\n",
    b's = """a\n',
    b"s = '''a\n",
    b's = "a\n',
    "s = \"\u65e5\u672c \U0001f600\"\n".encode(),
    b's = "\xff"\n',
    b's = "\xc0\x80"\n',
    b's = "\xed\xa0\x80"\n',
    b's = "\xf4\x90\x80\x80"\n',
    b"# \xff\n",
    b"# \x01\n",
    b"# \x7f\n",
    b"#\ttab\n",
    # integers
    b"a = 0\nb = +0\nc = -0\nd = +99\ne = -17\n",
    b"a = 1_000\nb = 5_3_4\n",
    b"a = 0xDEADBEEF\nb = 0xdead_beef\nc = 0o755\nd = 0b1101\n",
    b"a = 9223372036854775807\nb = -9223372036854775808\n",
    b"a = 9223372036854775808\n",
    b"a = 0x7fffffffffffffff\n",
    b"a = 01\n",
    b"a = +01\n",
    b"a = 1__0\n",
    b"a = 1_\n",
    b"a = _1\n",
    b"a = 0x\n",
    b"a = 0x_1\n",
    b"a = +0x1\n",
    b"a = 0X1\n",
    b"a = 0b2\n",
    b"a = 1a\n",
    # floats
    b"a = 3.1415\nb = -0.01\nc = 5e+22\nd = 1e06\ne = -2E-2\nf = 6.626e-34\n",
    b"a = 224_617.445_991_228\n",
    b"a = inf\nb = +inf\nc = -inf\nd = nan\ne = +nan\nf = -nan\n",
    b"a = 0.0\nb = -0.0\n",
    b"a = 0e0\n",
    b"a = 1e400\n",
    b"a = 1.\n",
    b"a = .1\n",
    b"a = 1.e1\n",
    b"a = 1e\n",
    b"a = 01.5\n",
    b"a = 1_.5\n",
    b"a = Inf\n",
    b"a = NaN\n",
    b"a = infinity\n",
    # booleans
    b"a = true\nb = false\n",
    b"a = True\n",
    b"a = truex\n",
    b"a = t\n",
    # times
    b"a = 1979-05-27T07:32:00Z\nb = 1979-05-27T00:32:00.999999-07:00\nc = 1979-05-27 07:32:00\n",
    b"a = 1979-05-27\nb = 07:32:00\nc = 07:32:00.5\n",
    b"a = 1979-02-29\n",
    b"a = 2000-02-29\n",
    b"a = 1979-13-01\n",
    b"a = 25:00:00\n",
    b"a = 07:32\n",
    b"a = 1979-05-27T\n",
    b"a = 1979-05-27 \n",
    b"a = 1979-5-27\n",
    # arrays
    b"a = []\nb = [1, 2]\nc = [1, 2,]\nd = [\n# c\n1, # d\n2\n,\n]\n",
    b"a = [1, 'x', 2.0, [1], {b = 1}]\n",
    b"a = [,]\n",
    b"a = [1,,2]\n",
    b"a = [1 2]\n",
    b"a = [1\n",
    b"a = [[[[]]]]\n",
    # inline tables
    b"a = {}\nb = {x = 1, y.z = 2, 'q' = [1]}\n",
    b"a = {x = 1,}\n",
    b"a = {x = 1\n}\n",
    b"a = {x = [\n1,\n2\n]}\n",
    b"a = {x = 1, x = 2}\n",
    b"a = {x.y = 1, x.z = 2}\n",
    b"a = {x.y = 1, x = 2}\n",
    b"a = {x = {}}\na.x.y = 1\n",
    b"a = {}\n[a.b]\n",
    b"a = {}\na.b = 1\n",
    b"a = {b = 1} # c\n",
    b"a = { # c\n}\n",
    # tables
    b"[a]\n[b.c]\n[ d . e ]\n['f']\n",
    b"[a]\n[a]\n",
    b"[a]\nb = 1\n[a.b]\n",
    b"[a.b]\n[a]\n",
    b"[a.b]\n[a]\n[a]\n",
    b"[a]\n[a.b]\n[a.b]\n",
    b"a.b = 1\n[a]\n",
    b"a.b = 1\n[a.c]\n",
    b"[a]\nb.c = 1\n[a.b]\n",
    b"[a]\nb.c = 1\n[a.b.d]\n",
    b"[a.b.c]\nx = 1\n[a]\nb.c.y = 1\n",
    b"[a.b.c]\nx = 1\n[a]\nb.d = 1\n",
    b"[a.b]\nx = 1\n[a]\nc = 1\n",
    b"[]\n",
    b"[a\n",
    b"[a]]\n",
    b"[[a]\n",
    b"[ [a]]\n",
    b"[a] b = 1\n",
    b"[a.]\n",
    b"[.a]\n",
    b"[a..b]\n",
    b"[[.a]]\n",
    b"[[ ] ]\n",
    b"[#]\n",
    b"[=]\n",
    "[\u00e9]\n".encode(),
    b"  [ 'a' ]\n\t[[ \"b\" ]]\n",
    b"a = [\n[.1]]\n",
    b"a = [\n[]]\n",
    b"[a]\n[b]\na = 1\n[a.c]\n",
    # arrays of tables
    b"[[a]]\nx = 1\n[[a]]\n[a.b]\n[[a]]\n[a.b]\n",
    b"[[a]]\n[[a.b]]\nx = 1\n[[a.b]]\n[[a]]\n[[a.b]]\n",
    b"[[a]]\n[a]\n",
    b"[a]\n[[a]]\n",
    b"a = []\n[[a]]\n",
    b"[a.b]\n[[a]]\n",
    b"[[a.b]]\n[a]\n",
    b"[[a.b]]\n[a]\nc = 1\n",
    b"[[a]]\na.b = 1\n[a.c]\n",
    b"[[a]]\nb = 1\n[[a.b]]\n",
    b"[[a]]\nb.c = 1\n[[a.b]]\n",
    b"[a]\nb = {c = 1}\n[[a.b]]\n",
]


def deepest():
    """Nested as deep as a reader may be asked to go, and far deeper."""
    yield b"a = " + b"[" * 30 + b"]" * 30 + b"\n"
    yield b".".join([b"a"] * 30) + b" = 1\n"


def plain(value):
    """tomllib's value in the form of toml_dump."""
    if isinstance(value, bool):
        return {"type": "boolean", "value": value}
    if isinstance(value, int):
        return {"type": "integer", "value": str(value)}
    if isinstance(value, float):
        return {"type": "float", "value": value}
    if isinstance(value, str):
        return {"type": "string", "value": value}
    if isinstance(value, (datetime.date, datetime.time)):
        return {"type": "date or time", "value": None}
    if isinstance(value, list):
        return {"type": "array", "value": [plain(item) for item in value]}
    return {"type": "table", "value": {key: plain(val) for key, val in value.items()}}


def same(ours, theirs):
    if ours["type"] != theirs["type"]:
        return False
    a, b = ours["value"], theirs["value"]
    if ours["type"] == "float":
        a = float(a)
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    if ours["type"] == "array":
        return len(a) == len(b) and all(map(same, a, b))
    if ours["type"] == "table":
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return a == b


def read_theirs(doc):
    try:
        parsed = plain(tomllib.loads(doc.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as bad:
        return None, str(bad)
    if too_big(parsed):
        return None, "an integer of more than 64 bits"
    return parsed, ""


def too_big(value):
    """Python's integers have no end; TOML asks for 64 bits or an error."""
    if value["type"] == "integer":
        return not -(2**63) <= int(value["value"]) < 2**63
    if value["type"] == "array":
        return any(map(too_big, value["value"]))
    if value["type"] == "table":
        return any(map(too_big, value["value"].values()))
    return False


def main():
    dump, scratch, *folders = sys.argv[1:]
    documents = DOCUMENTS + list(deepest())
    for folder in folders:
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if not name.endswith(".expect"):
                with open(os.path.join(folder, name), "rb") as file:
                    documents.append(file.read())
    bad = accepted = 0
    path = os.path.join(scratch, "doc.toml")
    for doc in documents:
        with open(path, "wb") as file:
            file.write(doc)
        done = subprocess.run([dump, path], capture_output=True, check=False)
        theirs, why = read_theirs(doc)
        ours = json.loads(done.stdout) if done.returncode == 0 else None
        accepted += ours is not None
        message = done.stderr.decode(errors="replace").strip()
        if ours is None and (done.returncode != 1 or not message.startswith("doc.toml:")):
            print(f"not ok - no error with a place for {doc[:80]!r}: {done}")
            bad += 1
        elif (ours is None) != (theirs is None) or ours and not same(ours, theirs):
            if doc in ALLOWED or "nested more than" in message:
                continue
            bad += 1
            print(f"not ok - {doc[:200]!r}")
            print(f"#   ours:   {json.dumps(ours) if ours else message}"[:600])
            print(f"#   theirs: {json.dumps(theirs) if theirs else why}"[:600])
    print(f"{'not ok' if bad else 'ok'} - {len(documents)} documents, {accepted} read by us, {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
