#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do units that use the names of a header compile to the same with slimming, or fail equally?

    names.py [options] HEADER...                       names of HEADER in C++, for g++
    names.py --cuda DIR --pass host|device HEADER...   in CUDA, for cudafe++ and g++, or for cicc; DIR holds bin/nvcc

For each header the declarations at namespace scope are taken that decls finds in its text (declarations.py says whether these are clang's), a
sample of them if there are many. A use is one line: sizeof, a constructor, an operator, a range-for, a structured binding, a base class, calls
with arguments that convert to anything, with numbers and with strings, by a qualified name and by a using-directive. The whole text is
compiled with all uses, and again without those that fail, until it compiles; a slim text is made for some uses at a time. Those that fail must be the
same, and what the compiler makes of the others too: functions with their relocations and symbols, or PTX. Options:

    --count N    declarations of each header (0: all)      --group N    declarations in one slim text
    --files RE   of files with such names only             --seed N     which sample
    --std STD, -I DIR, -D NAME, --pre FLAG                 for the preprocessor
"""
import argparse
import bisect
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time

import prove

ENV = dict(os.environ, LC_ALL="C")
TEMPLATE = ["%s<int>", "%s<float, int>", "%s<3>", "%s<int, 3>"]
# Of others it makes members that are none, which no slim text has if nobody names them.
OF_FUNCTION = ["%s<int (float)>"]
# Forms of use: {q} is the qualified name or an instance, {n} the short one, {s} its namespace; {f} a name of the use's own.
TYPE = ["unsigned long {f}() {{ return sizeof({q}); }}", "void {f}() {{ {q} x; kb_sink(x); }}", "void {f}() {{ {q} x{{kb_any()}}; kb_sink(x); }}",
        "void {f}({q} &a) {{ kb_sink({q}(a)); }}", "void {f}({q} &a, {q} &b) {{ a = b; }}", "auto {f}({q} &a, {q} &b) {{ return a + b; }}",
        "auto {f}({q} &a, {q} &b) {{ return a == b; }}", "auto {f}({q} &a, {q} &b) {{ return a < b; }}", "auto {f}({q} &a, {q} &b) {{ return a | b; }}",
        "decltype(auto) {f}({q} &a) {{ return *a; }}", "decltype(auto) {f}({q} &a) {{ return a[0]; }}", "decltype(auto) {f}({q} &a) {{ return a(1); }}",
        "decltype(auto) {f}({q} &a) {{ return -a; }}", "bool {f}({q} &a) {{ return a ? true : false; }}", "long {f}({q} &a) {{ return long(a); }}",
        "void {f}({q} &a) {{ for (auto &&i : a) kb_sink(i); }}", "void {f}({q} &a) {{ auto &[x, y] = a; kb_sink(x); }}",
        "void {f}({q} &a, {q} &b) {{ swap(a, b); }}", "void {f}({q} &a) {{ kb_sink(a << 1); }}",
        "struct {f}_d : {q} {{ }}; {a} void {f}({f}_d *p) {{ delete p; }}", "int {f}({q} a) {{ switch (a) {{ default: return int(a); }} }}"]
FUNCTION = ["auto {f}() {{ return {q}(); }}", "auto {f}() {{ return {q}(kb_any()); }}", "auto {f}() {{ return {q}(kb_any(), kb_any()); }}",
            "auto {f}() {{ return {q}(kb_any(), kb_any(), kb_any()); }}", "auto {f}(int i) {{ return {q}(i); }}", "auto {f}(float x) {{ return {q}(x); }}",
            "auto {f}(int i) {{ return {q}(i, i); }}", "auto {f}(float x) {{ return {q}(x, x); }}", "auto {f}(int *i, int *j) {{ return {q}(i, j); }}",
            "auto {f}(int *i, int *j) {{ return {q}(i, j, kb_any()); }}", "auto {f}() {{ return {q}(\"x\"); }}", "auto {f}() {{ return {q}<int>(kb_any()); }}",
            "auto {f}() {{ return {q}<int>(); }}", "auto {f}() {{ return {q}<1>(kb_any()); }}", "auto {f}() {{ return &{q}; }}",
            "auto {f}(int i) {{ using namespace {s}; return {n}(i); }}", "auto {f}() {{ using namespace {s}; return {n}(kb_any(), kb_any()); }}"]
VARIABLE = ["auto {f}() {{ return &{q}; }}", "auto {f}() {{ return {q}; }}", "auto {f}() {{ return {q}(1, 2); }}", "auto {f}() {{ using namespace {s}; return {n}; }}"]
CONCEPT = ["bool {f}() {{ return {q}<int>; }}", "bool {f}() {{ return {q}<int, int>; }}", "bool {f}() {{ return {q}<int *, float>; }}"]
LITERAL = ["auto {f}() {{ using namespace {s}; return 1%s; }}", "auto {f}() {{ using namespace {s}; return 1.5%s; }}", "auto {f}() {{ using namespace {s}; return \"x\"%s; }}"]
OWN = "struct kb_any {{ template <class T> {a} operator T{r}() const; }}; template <class T> {a} void kb_sink(T &&);"


def declarations(program, text, files):
    """(namespace, name, kind, is a template) of what stands at namespace scope in files that match."""
    data = open(text, "rb").read()
    markers = [(m.start(), re.search(files, m[1].decode("utf-8", "replace")) is not None) for m in re.finditer(rb'^# \d+ "([^"\n]*)"', data, re.M)]
    begins = [m[0] for m in markers]
    spaces, out = [], {}
    for line in subprocess.run([program, text], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "replace").splitlines():
        begin, end, kind, member, *names = line.split(" ")
        if member == "member":
            continue
        if kind in ("namespace", "linkage"):
            spaces.append(names if kind == "namespace" else [])
        elif kind == "close":
            spaces and spaces.pop()
        elif kind in ("class", "forward", "enum", "alias", "function", "variable", "concept"):
            if not markers[bisect.bisect_right(begins, int(begin)) - 1][1]:
                continue
            said = data[int(begin) : int(end)].decode("utf-8", "replace")
            scope = "::".join(n for s in spaces for n in s)
            literal = re.search(r'operator *"" *(\w+)', said)
            if literal:
                names, kind = [literal[1]], "literal"
            # A class with a variable has two names: the first one is the class's.
            for name in names[:1]:
                out.setdefault((scope, name), (kind, said.startswith("template")))
    return [(scope, name, kind, template) for (scope, name), (kind, template) in out.items()]


def uses(i, scope, name, kind, template, own):
    forms = {"function": FUNCTION, "variable": VARIABLE, "concept": CONCEPT, "literal": LITERAL}.get(kind, TYPE)
    q = "::" + scope + ("::" if scope else "") + name
    instances = [x % q for x in TEMPLATE + (OF_FUNCTION if re.search("func|invo|result|bind", name) else [])] if template and forms is TYPE else [q]
    for k, (one, form) in enumerate((one, form) for one in instances for form in forms):
        if "using namespace" in form and not scope:
            continue
        form = form % name if forms is LITERAL else form
        yield own + " " + form.format(q=one, n=name, s=scope, f="kb_use_%d_%d" % (i, k), a=own)


class Cxx:
    """g++ on a C++ text."""
    kind, suffix, own = "cxx", ".ii", ""
    # What kb_any converts to: g++ takes T & for a value too. For nvcc's front end it must be T.
    reference = " &"

    def __init__(self, o, tmp):
        self.o, self.tmp = o, tmp

    def preprocess(self, header, out):
        with open(self.tmp + "/in.cpp", "w") as f:
            f.write("#include <%s>\n" % header)
        run(["g++", "-std=" + self.o.std, "-E", *self.o.pre, self.tmp + "/in.cpp", "-o", out])

    def object(self, text, out, language=("-fpreprocessed", "-x", "c++-cpp-output")):
        r = subprocess.run(["g++", "-std=" + self.o.std, "-w", "-O0", "-fmerge-constants", "-ffunction-sections", "-fdata-sections", "-fmax-errors=0", "-fno-diagnostics-show-caret",
                            "-ftemplate-backtrace-limit=0", *language, "-c", text, "-o", out], stderr=subprocess.PIPE, env=ENV)
        return None if r.returncode == 0 else r.stderr.decode("utf-8", "replace")

    compile = object

    def failed(self, said):
        """Lines of the uses that an error stands in, or was instantiated from."""
        out, context, is_placeless = set(), set(), False
        for line in said.splitlines():
            at = re.match(r"src/use\.\w+:(\d+):", line)
            context |= {int(at[1])} if at else set()
            kind = re.search(r":(?:\d+:)? (error|fatal error|sorry, unimplemented|note|warning):", line)
            if not kind:
                continue
            is_error = kind[1] not in ("note", "warning")
            # Of some errors in a header only a note behind it tells the use.
            if is_error or is_placeless and kind[1] == "note":
                out |= context
            is_placeless = is_error and not context or is_placeless and not is_error and not context
            context = set()
        return out

    def parts(self, out):
        """What came out, by name, without what stands for the unit as a whole."""
        sections, symbols = prove.describe(out)
        # Which calls may throw g++ knows better of functions that were used, and so made, in front of the caller.
        whole = re.compile(r"\.(text|data|bss|rodata|init_array|fini_array|text\.startup|nv\S*|gcc_except_table.*|.*_GLOBAL__.*|.*static_initialization.*)$")
        # Of a local function the assembler names the function, or the section that it alone stands in, for a call (4) or an address (2).
        parts = {n: [re.sub(r"\('\.text\.(?=_)", "('", re.sub(r", 4, \(", ", 2, (", x)) for x in v] for n, v in sections.items() if not whole.match(n)}
        parts.update({"symbol " + n: v for n, v in symbols.items() if not re.search(r"_GLOBAL__|static_initialization", n)})
        return parts


def first(a, b):
    """Where two texts begin to differ."""
    a, b = str(a), str(b)
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return "\n        whole: %s\n        slim:  %s" % tuple(x[max(at - 60, 0) : at + 60] for x in (a, b))


def run(command, **more):
    r = subprocess.run(command, stderr=subprocess.PIPE, env=ENV, **more)
    if r.returncode:
        sys.exit("names.py: %s: %s" % (shlex.join(command)[:300], r.stderr.decode("utf-8", "replace")[-2000:]))


class Cuda(Cxx):
    """nvcc's own commands, as nvcc --dryrun has them."""
    reference = ""

    def __init__(self, o, tmp):
        super().__init__(o, tmp)
        self.env = dict(ENV)
        self.commands = {}
        with open(tmp + "/x.module_id", "w") as f:
            f.write("_kb_names")
        open(tmp + "/in.cu", "w").close()
        r = subprocess.run([o.cuda + "/bin/nvcc", "--dryrun", "-std=" + o.std, "-gencode=arch=compute_80,code=sm_80", "--expt-relaxed-constexpr", "-rdc=true", "-w", *o.pre, "-c", tmp + "/in.cu",
                            "-o", tmp + "/in.o"], stderr=subprocess.PIPE, text=True, cwd=tmp)
        for line in r.stderr.splitlines():
            line = line.removeprefix("#$ ")
            setting = re.match(r"([A-Z_]+)=(.*)$", line)
            if setting:
                self.env[setting[1]] = " ".join(shlex.split(setting[2]))
                continue
            words = [w.replace("$CICC_PATH", self.env.get("CICC_PATH", "")) for w in shlex.split(line)]
            name = os.path.basename(words[0])
            if "-E" in words:
                name = "device" if any(w.startswith("-D__CUDA_ARCH__=") for w in words) else "host"
            elif "-c" in words and words[-3].endswith(".cudafe1.cpp"):
                name = "object"
            self.commands.setdefault(name, words)
        if not {"device", "host", "cicc", "cudafe++", "object"} <= set(self.commands):
            sys.exit("names.py: nvcc --dryrun: " + r.stderr[-2000:])

    def preprocess(self, header, out):
        with open(self.tmp + "/in.cu", "w") as f:
            f.write("#include <%s>\n" % header)
        words = list(self.commands[self.kind])
        words[words.index("-o") + 1] = out
        r = subprocess.run(words, stderr=subprocess.PIPE, env=self.env, cwd=self.tmp)
        if r.returncode:
            sys.exit("names.py: %s: %s" % (header, r.stderr.decode()[-2000:]))

    def ask(self, words, files):
        for option, value in files.items():
            if option in words:
                words[words.index(option) + 1] = value
        r = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.env, cwd=self.tmp)
        return None if r.returncode == 0 else r.stdout.decode("utf-8", "replace")

    def failed(self, said):
        out, block = set(), []
        for line in said.splitlines() + ["x(0): error: end"]:
            at = re.match(r"(\S+?)\((\d+)\): (?!note)(\w+)", line)
            if not at:
                block.append(line)
                continue
            if block and "error" in block[0].split("): ", 1)[-1][:18]:
                out |= {int(x) for x in re.findall(r"src/use\.cu\((\d+)\)", block[0])}
                out |= {int(x) for x in re.findall(r"at line (\d+) of \"?src/use\.cu", "\n".join(block))}
                if "src/use.cu" in block[0]:
                    out |= {int(x) for x in re.findall(r"at line (\d+)$", "\n".join(block))}
            block = [line]
        return out or Cxx.failed(self, said)


class Host(Cuda):
    kind, suffix, own = "host", ".cpp4.ii", "__attribute__((host))"

    def compile(self, text, out):
        words = list(self.commands["cudafe++"])
        words[-1] = text
        said = self.ask(words[:1] + ["--error_limit", "100000"] + words[1:], {"--gen_c_file_name": out + ".cudafe1.cpp", "--stub_file_name": "x.stub.c"})
        if said is None:
            open(self.tmp + "/x.stub.c", "w").close()
            said = self.object(out + ".cudafe1.cpp", out, ("-x", "c++", "-I" + self.tmp, *(w for w in self.commands["object"] if re.match("-[DI]", w))))
        return said


class Device(Cuda):
    kind, suffix, own = "device", ".cpp1.ii", "__attribute__((device))"

    def compile(self, text, out):
        words = list(self.commands["cicc"])
        at = words.index("-o")
        words[at - 1], words[at + 1] = text, out
        return self.ask(words[:1] + ["--error_limit", "100000"] + words[1:], {"--gen_c_file_name": "x.c", "--stub_file_name": "x.stub.c", "--gen_device_file_name": "x.gpu",
                                                                             "--module_id_file_name": "x.module_id"})

    def parts(self, out):
        """Functions and variables of PTX. Constants have numbers: what a function says of them is compared without."""
        parts = {}
        for one in re.split(r"\n(?=\.(?:visible|weak|extern|global|const|func|entry)\b)|\n(?=\t?// \.globl)", open(out).read())[1:]:
            name = re.search(r"(?:\.func|\.entry)[^{;]*?([$\w]+)\s*\(\s*\n|\.func[^;{]*?([$\w]+)\s*\(|([$\w]+)(\[\d*\])?( =|;)", one)
            if name:
                text = re.sub(r"__unnamed_\d+|\$str\$?\d*|_\$_str\$?\d*|(?<=__local_depot)\d+|(?<=L__BB)\d+|(?<=prototype_)\d+|callseq \d+", "$", re.sub("//.*", "", one).strip())
                parts.setdefault(next(x for x in name.groups() if x), []).append(text)
        return parts


class Header:
    def __init__(self, o, compiler, tmp, header):
        self.o, self.c, self.tmp = o, compiler, tmp
        self.text = "%s/header%s" % (tmp, compiler.suffix)
        compiler.preprocess(header, self.text)
        found = sorted(declarations(o.decls, self.text, o.files))
        self.found = len(found)
        if o.count and len(found) > o.count:
            found = random.Random("%d %s" % (o.seed, header)).sample(found, o.count)
        self.lines = {}  # of src/use: 1 is ours
        self.groups = []
        at = 2
        for i in range(0, len(found), o.group):
            group = []
            for k, d in enumerate(found[i : i + o.group]):
                for use in uses(i + k, *d, compiler.own):
                    self.lines[at] = use
                    group.append(at)
                    at += 1
            self.groups.append(group)

    def write(self, lines, to):
        with open(self.text, errors="surrogateescape") as f, open(to, "w", errors="surrogateescape") as out:
            out.write(f.read())
            out.write('\n# 1 "src/use.%s"\n%s\n' % ("cpp" if self.c.kind == "cxx" else "cu", OWN.format(a=self.c.own, r=self.c.reference)))
            wanted = set(lines)
            for i in range(2, max(lines, default=1) + 1):
                out.write((self.lines[i] if i in wanted else "") + "\n")

    def compiled(self, lines, slim):
        """The lines that compile together, and what the compiler makes of them."""
        lines, out = list(lines), self.tmp + "/out"
        text = "%s/use%s" % (self.tmp, self.c.suffix)
        for _ in range(30):
            self.write(lines, text)
            if slim:
                run([self.o.slim, text, text + ".slim" + self.c.suffix, self.c.kind, "src/"], stdout=subprocess.DEVNULL)
            said = self.c.compile(text + ".slim" + self.c.suffix if slim else text, out)
            if said is None:
                return set(lines), self.c.parts(out)
            bad = self.c.failed(said)
            if not bad & set(lines):
                return None, said
            lines = [x for x in lines if x not in bad]
        return None, "uses fail without end"

    @staticmethod
    def differing(whole, slim):
        """Names of parts that are not the same. A function that g++ could do without in the end, for it has folded all calls, is in an object or
        not by when it was first met."""
        said = " ".join(str(what) for name, what in slim.items() if not name.startswith("symbol "))
        bad = []
        for name, what in slim.items():
            function = re.sub(r"^(symbol |\.text\.)", "", name)
            is_called = any(repr(function.replace(x, y))[1:-1] in said for x, y in (("C5", "C1"), ("C5", "C2"), ("D5", "D1"), ("D5", "D2")))
            if whole.get(name) != what and (name in whole or is_called or "kb_use_" in name):
                bad.append("%s: %s" % ("another one" if name in whole else "only slimmed", name) + first(whole.get(name), what))
        return bad

    def use(self, line):
        return re.search(r"kb_use_\d+_\d+", self.lines[line])[0]

    @staticmethod
    def names(parts):
        return {x[0] for n in parts for x in [re.search(r"kb_use_\d+_\d+", n)] if x}

    def compare(self):
        """(uses, those that compile, what differs)"""
        whole, parts = self.compiled(self.lines, False)
        if whole is None:
            return len(self.lines), 0, ["the whole text: " + parts[-1000:]]
        bad, all_made = [], self.names(parts)
        if len(all_made) * 2 < len(whole):
            bad.append("of %d uses that compile there is code of %d only" % (len(whole), len(all_made)))
        for group in self.groups:
            mine, made = self.compiled(group, True)
            if mine is None:
                bad.append("a slim text with %s: %s" % (self.lines[group[0]], made[-1000:]))
                continue
            for i in group:
                if (i in whole) != (i in mine):
                    bad.append("%s slimmed: %s" % ("fails only" if i in whole else "compiles only", self.lines[i]))
            if bad:
                continue
            bad_here = self.differing(parts, made)
            if bad_here:
                # g++ knows of calls whether they throw if what they call was made before: the same uses, and no others.
                same, whole_parts = self.compiled(sorted(mine), False)
                bad_here = self.differing(whole_parts, made) if same == mine else bad_here
            bad += bad_here
            # What g++ makes nothing of: a function of a type without a name that nobody calls.
            want = {self.use(i) for i in mine} & all_made
            bad += ["not compiled at all: " + x for x in sorted(want - self.names(made))]
        return len(self.lines), len(whole), bad


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--decls", default=".build/release/slim/decls")
    p.add_argument("--slim", default=".build/release/slim/slim_file")
    p.add_argument("--pass", dest="kind", default="cxx", choices=("cxx", "host", "device"))
    p.add_argument("--cuda")
    p.add_argument("--std", default="c++17")
    p.add_argument("--count", type=int, default=60)
    p.add_argument("--group", type=int, default=10)
    p.add_argument("--files", default="")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("-I", dest="include", action="append", default=[])
    p.add_argument("-D", dest="define", action="append", default=[])
    p.add_argument("--pre", action="append", default=[])
    p.add_argument("headers", nargs="+")
    o = p.parse_args()
    o.pre += ["-I" + os.path.abspath(d) for d in o.include] + ["-D" + d for d in o.define]
    o.decls, o.slim = os.path.abspath(o.decls), os.path.abspath(o.slim)
    all_uses = all_bad = 0
    for header in o.headers:
        with tempfile.TemporaryDirectory() as tmp:
            begin = time.monotonic()
            h = Header(o, {"cxx": Cxx, "host": Host, "device": Device}[o.kind](o, tmp), tmp, header)
            n, good, bad = h.compare()
            print("%s: %d declarations, %d uses, %d compile, %d differ; %.1f s" % (header, h.found, n, good, len(bad), time.monotonic() - begin), flush=True)
            for b in bad[:10]:
                print("    " + b)
            all_uses, all_bad = all_uses + n, all_bad + len(bad) + (0 if good else 1)
    print("%d headers, %d uses, %d differ" % (len(o.headers), all_uses, all_bad))
    return 1 if all_bad else 0


if __name__ == "__main__":
    sys.exit(main())
