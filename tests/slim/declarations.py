#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the declarations that cxx/split.h finds those that clang finds? (pip install libclang)

    declarations.py [--decls PROGRAM] [-x LANGUAGE] [--std gnu++17] TEXT

TEXT is preprocessed. Every declaration of clang's, at namespace scope and in classes that are no templates' instances, must lie within
one of ours; ours must have its name; and each of ours that declares something must hold one of clang's, or several that begin together
(declarators) or within it (a class and its variables). Prints what does not hold, and counts. What clang itself does not understand of
the text is left out: declarations in which it found an error."""
import argparse
import bisect
import collections
import subprocess
import sys

from clang.cindex import CursorKind as K, Index

INSIDE = {K.NAMESPACE, K.LINKAGE_SPEC, K.UNEXPOSED_DECL}
CLASSES = {K.STRUCT_DECL, K.CLASS_DECL, K.UNION_DECL, K.CLASS_TEMPLATE, K.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION}
NAMED = {K.FUNCTION_DECL, K.FUNCTION_TEMPLATE, K.VAR_DECL, K.TYPEDEF_DECL, K.TYPE_ALIAS_DECL, K.TYPE_ALIAS_TEMPLATE_DECL,
         K.CXX_METHOD, K.FIELD_DECL, K.ENUM_DECL} | CLASSES
LEFT_OUT = {K.CXX_ACCESS_SPEC_DECL, K.STATIC_ASSERT, K.USING_DIRECTIVE, K.USING_DECLARATION, K.NAMESPACE_ALIAS, K.FRIEND_DECL,
            K.CXX_BASE_SPECIFIER, K.TEMPLATE_TYPE_PARAMETER, K.TEMPLATE_NON_TYPE_PARAMETER, K.TEMPLATE_TEMPLATE_PARAMETER}
DECLARING = {"class", "forward", "enum", "function", "variable", "alias"}


def ours(program, text):
    out = []
    for line in subprocess.run([program, text], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "replace").splitlines():
        words = line.split(" ")
        out.append((int(words[0]), int(words[1]), words[2], words[3] == "member", words[4:]))
    return out


class Comparison:
    def __init__(self, mine, data, bad):
        # The innermost one that holds an offset: members stand behind their class.
        self.mine, self.data, self.bad = mine, data, bad
        self.spans = sorted(((d[0], -d[1], i) for i, d in enumerate(mine) if d[2] not in ("namespace", "linkage", "close")))
        self.begins = [s[0] for s in self.spans]
        self.held = collections.Counter()
        self.seen = self.wrong = 0

    def innermost(self, begin, end):
        at = bisect.bisect_right(self.begins, begin) - 1
        while at >= 0:
            b, e, i = self.spans[at]
            if begin < -e:
                return i if end <= -e else None
            if not self.mine[i][3] and -e <= begin:
                # A declaration at namespace scope that ends in front: nothing further up can hold this one.
                return None
            at -= 1
        return None

    def tell(self, what, cursor):
        self.wrong += 1
        if self.wrong <= 40:
            line = self.data.count(b"\n", 0, cursor.extent.start.offset) + 1
            print("%d: %s: %s %s" % (line, what, cursor.kind.name, cursor.spelling))

    def visit(self, cursor):
        for c in cursor.get_children():
            begin, end = c.extent.start.offset, c.extent.end.offset
            if begin == 0 and c.location.offset:  # of templates that auto makes, the name's place only
                begin, end = c.location.offset, c.location.offset + 1
            if c.kind in INSIDE:
                # Templates of variables are shown as nothing in particular.
                i = self.innermost(begin, end) if c.kind == K.UNEXPOSED_DECL else None
                if i is not None:
                    self.held[i] += 1
                else:
                    self.visit(c)
                continue
            if c.kind in LEFT_OUT or not c.kind.is_declaration():
                continue
            if any(begin <= b < end for b in self.bad):
                if c.kind in CLASSES:
                    self.visit(c)
                continue
            self.seen += 1
            i = self.innermost(begin, end)
            if i is None:
                self.tell("in none of ours", c)
                continue
            self.held[i] += 1
            name = c.spelling
            if c.kind in CLASSES and not c.is_definition() and self.mine[i][2] not in ("class", "forward"):
                continue  # struct X *p;
            if c.kind in NAMED and name and self.mine[i][2] in DECLARING and name.isidentifier() and name not in self.mine[i][4]:
                self.tell("ours has not its name but %s" % " ".join(self.mine[i][4]), c)
            if c.kind in CLASSES:
                self.visit(c)

    def empty(self):
        """Ours that hold nothing of clang's."""
        for i, d in enumerate(self.mine):
            if d[2] in DECLARING and not self.held[i] and not any(d[0] <= b < d[1] for b in self.bad):
                yield d


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--decls", default=".build/release/slim/decls")
    p.add_argument("-x", dest="language", default="c++")
    p.add_argument("--std", default="gnu++17")
    p.add_argument("text")
    o = p.parse_args()
    unit = Index.create().parse(o.text, args=["-x", o.language + "-cpp-output" if o.language == "c++" else o.language, "-std=" + o.std,
                                              "-ferror-limit=0", "-w"])
    data = open(o.text, "rb").read()
    bad = [d.location.offset for d in unit.diagnostics if d.severity >= 3]
    c = Comparison(ours(o.decls, o.text), data, bad)
    c.visit(unit.cursor)
    lost = list(c.empty())
    for d in lost[:20]:
        print("%d: clang has nothing in ours: %s %s" % (data.count(b"\n", 0, d[0]) + 1, d[2], " ".join(d[4])))
    print("%d declarations of clang's, %d of ours: %d do not fit, %d hold none; %d places that clang does not understand" % (
        c.seen, len(c.mine), c.wrong, len(lost), len(bad)))
    return 1 if c.wrong or lost else 0


if __name__ == "__main__":
    sys.exit(main())
