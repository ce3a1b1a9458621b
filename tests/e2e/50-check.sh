#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The auditor: files made wrong on purpose, its verdicts against those of kernel-abi-check and auditwheel, and what `build` refuses.
# shellcheck disable=SC2015
. "$(dirname "$0")/lib.sh"
shares_trees
F=$T/fixtures
AUDIT=$ROOT/.build/audit
if [ ! -e "$AUDIT/done" ]; then
	python3 -m venv --clear "$AUDIT" && "$AUDIT/bin/pip" -q install kernel-abi-check==0.14.1 auditwheel==6.6.0 && touch "$AUDIT/done"
fi
mkdir "$F"
cd "$F" || exit 1

# One program that needs GLIBCXX_3.4.29, linked by three linkers and stripped; Python's private API; a version without a number; glibc's.
cat >a.cc <<'C'
#include <charconv>
extern "C" char *f(char *p, char *e, double d) { return std::to_chars(p, e, d).ptr; }
C
cat >q.c <<'C'
extern void *PyUnicode_New(long, unsigned);
void *g(void) { return PyUnicode_New(1, 127); }
C
cat >f128.cc <<'C'
#include <typeinfo>
extern "C" const char *t() { return typeid(__float128).name(); }
extern "C" const void *t2() { return &typeid(__float128); }
C
echo '#include <stdlib.h>
long n(const char *s) { return atoi(s) + strtol(s, 0, 0); }' >old.c
echo 'extern __attribute__((weak)) void *PyUnicode_New(long, unsigned); void *w(void) { return PyUnicode_New; }' >weak.c
for l in bfd gold lld; do g++ -std=c++17 -O1 -shared -fPIC -fuse-ld=$l a.cc -o $l.so; done
strip -s bfd.so -o stripped.so
gcc -shared -fPIC q.c -o nonabi3.so
strip -s nonabi3.so -o nonabi3-stripped.so
gcc -shared -fPIC weak.c -o weak.so
gcc -shared -fPIC old.c -o old.so
g++ -shared -fPIC f128.cc -o f128.so
is "$(echo *.so)" "bfd.so f128.so gold.so lld.so nonabi3-stripped.so nonabi3.so old.so stripped.so weak.so" "the fixtures"

rules() { # file option...: the errors
	"$KB" check-abi --json "$@" 2>/dev/null | python3 -c '
import json, sys
print(" ".join(sorted({f["rule"] + ":" + f.get("symbol", "") for f in json.load(sys.stdin)["findings"] if f["severity"] == "error"})))'
}
for f in bfd gold lld stripped; do
	is "$(rules $f.so)" "manylinux-version:_ZSt8to_charsPcS_d" "$f.so: needs GLIBCXX_3.4.29"
	is "$(rules $f.so -m manylinux_2_34)" "" "$f.so: but not too much for manylinux_2_34"
done
is "$(rules nonabi3.so)" "python-symbol:PyUnicode_New" "nonabi3.so: not in the limited API"
is "$(rules nonabi3-stripped.so)" "python-symbol:PyUnicode_New" "nonabi3-stripped.so: the same"
is "$(rules f128.so)" "" "f128.so: CXXABI_FLOAT128 is allowed"
is "$(rules old.so)" "" "old.so: nothing"
is "$(rules weak.so)" "" "weak.so: a warning only"

# The same files, judged by others. kernel-abi-check reads .symtab: right only where GNU ld wrote it and nobody stripped it.
cat >others.py <<'P'
import json, os, subprocess, sys, zipfile
import kernel_abi_check
kb, aw = sys.argv[1:3]
def ours(f, policy):
    p = subprocess.run([kb, "check-abi", "--json", "-m", policy, f], capture_output=True, text=True)
    found = json.loads(p.stdout)["findings"]
    return sorted({x["symbol"] for x in found if x["severity"] == "error" and x["rule"] in ("manylinux-version", "python-symbol")})
def theirs(f, policy):
    o = kernel_abi_check.ObjectFile(f)
    try:
        return sorted({x.name for x in o.check_manylinux(policy)} | {x.name for x in o.check_python_abi("3.9")})
    except ValueError as e:
        return "cannot judge: " + str(e).split(":")[-1].strip()
differ = []
for f in sys.argv[3:]:
    a, b = ours(f, "manylinux_2_28"), theirs(f, "manylinux_2_28")
    if a != b:
        differ.append(os.path.basename(f))
        print("#", os.path.basename(f), "ours", a, "kernel-abi-check", b, file=sys.stderr)
print(" ".join(differ))
# auditwheel: the oldest policy that it gives is the oldest that we find nothing wrong with.
for f in sys.argv[3:]:
    name = "x-1-cp39-abi3-linux_x86_64.whl"
    with zipfile.ZipFile(name, "w") as z:
        z.write(f, "x/" + os.path.basename(f))
        for n, t in (("METADATA", "Metadata-Version: 2.1\nName: x\nVersion: 1\n"), ("RECORD", f"x/{os.path.basename(f)},,\n"),
                     ("WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: false\nTag: cp39-abi3-linux_x86_64\n")):
            z.writestr("x-1.dist-info/" + n, t)
    p = subprocess.run([aw, "show", name], capture_output=True, text=True)
    tag = next((w.strip('",.').rsplit("_x86_64", 1)[0] for w in p.stdout.split() if "manylinux_" in w), None) or p.stderr
    def good(policy):
        p = subprocess.run([kb, "check-abi", "--json", "-m", policy, name], capture_output=True, text=True)
        return not any(x["severity"] == "error" and x["rule"] in ("manylinux-version", "needed") for x in json.loads(p.stdout)["findings"])
    mine = next(n for n in (5, 12, 17, 24, 26, 27, 28, 31, 34, 35, 36) if good(f"manylinux_2_{n}"))
    print(os.path.basename(f), tag, "agrees" if tag == f"manylinux_2_{mine}" else f"but manylinux_2_{mine}")
P
"$AUDIT/bin/python" others.py "$KB" "$AUDIT/bin/auditwheel" "$F"/*.so >others 2>others.err
sed -n '/^#/p' others.err
is "$(head -1 others)" "f128.so gold.so lld.so nonabi3-stripped.so stripped.so weak.so" "kernel-abi-check agrees but where it cannot see"
is "$(grep -c agrees others)" 9 "auditwheel agrees on every file"
grep -v agrees others | sed '1d;s/^/# /'
status 2 "an unknown policy" "$KB" check-abi -m manylinux_2_3 "$F/old.so"
like "$out" manylinux_2_28 "lists those that there are"
echo text >t.so
status 2 "a file that is none" "$KB" check-abi "$F/t.so"
mkdir empty
status 2 "a directory without variants" "$KB" check-builds "$F/empty"

# A real variant, and what may happen to it.
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
status 0 "builds" "$KB" build $SEL "$K"
status 0 "check-abi" "$KB" check-abi "$K"
is "$out" "0 errors, 0 warnings in 1 variant" "finds nothing"
status 0 "check-builds" "$KB" check-builds "$K"
is "$out" "0 errors, 0 warnings in 1 variant" "finds nothing"
"$AUDIT/bin/python" - "$K"/build/*/*.so <<'P' >kernel 2>&1
import sys, kernel_abi_check
o = kernel_abi_check.ObjectFile(sys.argv[1])
print(o.check_manylinux("manylinux_2_28"), o.check_python_abi("3.9"))
P
is "$(cat kernel)" "[] []" "nor does kernel-abi-check"
wrong() { # text rule command: a copy of the build, changed
	rm -rf "$T/wrong"
	mkdir "$T/wrong"
	cp -r "$K"/build/torch* "$T/wrong"
	(cd "$T/wrong"/*/ && eval "$3")
	status 5 "$1" "$KB" check-builds "$T/wrong"
	like "$out" "error: .*\[$2\]" "is $2"
}
wrong "a changed byte" digest-mismatch 'echo "# x" >>__init__.py'
wrong "a file more" digest-unknown 'echo >more.py'
wrong "a file less" digest-missing 'rm _ops.py'
wrong "another name" extension-name 'mv *.abi3.so _x.abi3.so'
wrong "another backend" metadata 'sed -i "s/\"cpu\"/\"cuda\"/" metadata.json'
wrong "another id" namespace 'id=$(sed -n "s/.*\"id\": \"\(.*\)\".*/\1/p" metadata.json); sed -i "s/$id/_tiny_cpu_zzzzzzzzzz/" metadata.json'
wrong "a path" private-path 'echo "# $HOME/x" >>_ops.py'
status 5 "as SARIF" "$KB" check-builds --sarif "$T/wrong"
"$KB" check-builds --sarif "$T/wrong" 2>/dev/null >sarif
is "$(python3 -c '
import json
s = json.load(open("sarif")); r = s["runs"][0]; rules = r["tool"]["driver"]["rules"]
print(s["version"], all(rules[x["ruleIndex"]]["id"] == x["ruleId"] for x in r["results"]), {x["ruleId"] for x in r["results"]} >= {"private-path"})')" \
	"2.1.0 True True" "with rules and results"

# What the auditor refuses is not published, and what was there stays.
before=$(cat "$K"/build/*/metadata.json | sha256sum)
cat >>"$K/src/answer.cpp" <<'C'
inline int &one_for_all() { static int n; return n; }
int *use_it() { return &one_for_all(); }
C
sed -i 's|^include = \["src"\]|&\ncxx-flags = ["-fgnu-unique"]|' "$K/build.toml"
status 5 "a kernel with GNU-unique symbols" "$KB" build $SEL "$K"
like "$out" '_ZZ11one_for_allvE1n is a GNU-unique symbol.*\[gnu-unique\]' "says which"
like "$out" '1 variant was refused' "is not published"
is "$(cat "$K"/build/*/metadata.json | sha256sum)" "$before" "and leaves what was there"
status 0 "with --no-check it is" "$KB" build $SEL --no-check "$K"
like "$out" '1 written' "published"
done_testing
