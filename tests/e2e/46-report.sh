#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# report: the page of the last build, after real builds.
. "$(dirname "$0")/lib.sh"
shares_trees
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
V=torch211-cxx11-cpu-x86_64-linux
K="$T/<img src=x onerror=alert(1)>"
cp -r "$ROOT/tests/kernels/tiny" "$K"
P=$K/build/report.html
# Says what is wrong with a page; or its text, a line for each row of a table and each paragraph.
look() {
	python3 - "$1" <<'PY'
import html.parser, sys
empty = {"meta", "wbr", "rect", "line", "path", "br"}
known = empty | set("html head title style body header main footer section h1 h2 p span small code b ul li dl dt dd div table thead tbody tr th td details summary pre svg text".split())
lines = {"p", "tr", "h1", "h2", "li", "pre", "div"}
class Page(html.parser.HTMLParser):
    open, text, row = [], [], ""
    def handle_starttag(self, tag, attrs):
        assert tag in known, tag
        assert not [n for n, v in attrs if n.startswith("on") or n in ("src", "href")], attrs
        if tag not in empty:
            self.open.append(tag)
        if tag == "small":
            self.row += " "
    def handle_startendtag(self, tag, attrs):
        assert tag in empty, tag
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (self.open, tag)
        self.open.pop()
        if tag in ("td", "th", "dt", "dd", "small", "summary"):
            self.row += " "
        if tag in lines and self.row.strip():
            self.text.append(" ".join(self.row.split()))
            self.row = ""
    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title"):
            self.row += data
page = Page()
source = open(sys.argv[1], encoding="utf-8").read()
page.feed(source)
page.close()
assert not page.open, page.open
assert "://" not in source and "@import" not in source
print("\n".join(page.text))
PY
}

status 2 "report before a build" "$KB" report "$K"
like "$out" 'no build of .* is recorded in this store; build the kernel first$' "is refused"
status 0 "a build" build "$K"
status 0 "its report" "$KB" report "$K"
is "$out" "$P" "prints where the page is"
out=$(look "$P" 2>&1)
like "$out" '^tiny 1 variant, 1 written$' "the result, in a page that is well formed and refers to nothing"
like "$out" '^Steps ran 9 of 1[0-9] in the plan$' "steps"
like "$out" 'no earlier build of this kernel is recorded' "why they ran"
like "$out" '^Sizes are of what lies in .*<img src=x onerror=alert[(]1[)]>/build now' "a name that is a tag is text"
like "$out" "^$V written 9 [0-9]* [0-9.]* KiB [0-9.]* KiB\$" "a variant and its size"
like "$out" '^1 variant, [0-9]* rules, no findings[.]$' "the checks"
is "$(grep -c 'id="kernels"' "$P")" 0 "and no table of kernels of a GPU, for there are none"
like "$out" '^_tiny_cpu_.*abi3[.]so '"$V"' [0-9.]* s [0-9.]* s [0-9.]* MiB$' "the link among the slowest steps"
is "$(printf '%s\n' "$out" | sed -n 's/^ran .* \([0-9]*\)$/\1/p')" "$(printf '%s\n' "$out" | sed -n 's/^Steps ran \([0-9]*\) .*/\1/p')" "figures agree"

# A build with nothing to do leaves the page as it is; --output writes elsewhere.
status 0 "nothing changed" build "$K"
like "$out" '0 written' "says the build"
status 0 "the same report" "$KB" report -o "$T/again.html" "$K"
ok "is the same page" cmp "$P" "$T/again.html"
status 0 "all looked up" build --explain "$K"
status 0 "the same report" "$KB" report -o "$T/again.html" "$K"
ok "is the same page" cmp "$P" "$T/again.html"
status 2 "a directory as the output" "$KB" report -o "$T" "$K"
status 6 "no directory for the output" "$KB" report -o "$T/none/page.html" "$K"

# An edit, a failure, and the end of it.
sed -i 's/42/43/' "$K/src/answer.h"
status 0 "an edit" build "$K"
status 0 "its report" "$KB" report "$K"
out=$(look "$P" 2>&1)
like "$out" '^Steps ran 5 of 17 in the plan$' "counts its steps"
like "$out" '^src/answer.h changed ' "names the file"
like "$out" '^result was there .* [1-9][0-9]*$' "hits"
sed -i 's/43/44/' "$K/src/answer.h"
echo 'int broken(' >>"$K/src/answer.cpp"
status 1 "a failure" build "$K"
status 0 "its report" "$KB" report "$K"
out=$(look "$P" 2>&1)
like "$out" '^tiny 1 step failed$' "says so"
like "$out" 'FAILED: src/answer.cpp for '"$V" "shows what was printed"
like "$out" "^$V not built" "the variant"
like "$out" '^Nothing to check' "and judges nothing that an earlier build left"
sed -i '$d' "$K/src/answer.cpp"
sed -i 's/44/43/' "$K/src/answer.h"
status 0 "all is as it was" build "$K"
like "$out" '0 written' "and nothing is done"
status 0 "its report" "$KB" report "$K"
like "$(look "$P" 2>&1)" '^tiny 1 variant, 0 written$' "tells of no failure any more"

# What the checks refuse.
sed -i 's/43/45/' "$K/src/answer.h"
echo 'import torch; torch.library.Library("fixed", "DEF")' >>"$K/torch-ext/tiny/__init__.py"
status 3 "Python that is refused" build "$K"
sed -i '$d' "$K/torch-ext/tiny/__init__.py"
status 0 "the last build is the one before" "$KB" report "$K"
like "$(look "$P" 2>&1)" '^tiny 1 variant, 0 written$' "for nothing was planned"

# The record.
status 0 "another build" build "$K"
record=$(grep -rl '^kernel-builder last-build 1' "$KERNEL_BUILDER_HOME/published")
like "$(cat "$record")" '^options .*--torch 2.11' "holds the options"
status 0 "with a token" build --rebuild --remote http://127.0.0.1:9/ --remote-header 'X-Token: secret' "$K"
is "$(grep -c secret "$record")" 0 "but no token"
like "$(grep -a '^options' "$record")" 'remote-header [.][.][.]' "only that there was one"
status 0 "its report" "$KB" report "$K"
like "$(look "$P" 2>&1)" 'rebuild runs all steps' "--rebuild is a reason"
sed -i 's/^took .*/took 1/' "$record"
status 2 "a damaged record" "$KB" report "$K"
like "$out" 'no build of .* is recorded' "counts as none"
status 0 "clean" "$KB" clean "$K"
ok "takes the page away" test ! -e "$P"
done_testing
