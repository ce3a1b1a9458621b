#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What check-config refuses and what plan makes of sections, flags and files.
# Needs neither network nor root.
. "$(dirname "$0")/lib.sh"
SEL="--matrix all --torch 2.11 --cuda 13.0"

# kernel DIR BACKEND: a kernel with a binding, k.cu, c.cpp and what standard input adds to [general] and [torch].
kernel() {
	mkdir -p "$1/torch-ext/my_k"
	: >"$1/torch-ext/my_k/__init__.py"
	: >"$1/b.cpp"
	: >"$1/c.cpp"
	: >"$1/k.cu"
	{
		printf '[general]\nname = "my-k"\nversion = 1\nedition = 5\nlicense = "MIT"\nbackends = ["%s"]\n\n' "$2"
		printf '[torch]\nsrc = ["b.cpp"]\n\n'
		cat
	} >"$1/build.toml"
}
argv_of() { # FILE: the words of the one command that compiles it
	python3 -c '
import json, sys
steps = [s for s in json.load(sys.stdin)["steps"] if s.get("source") == sys.argv[1]]
assert len(steps) == 1, [s["label"] for s in steps]
print(" ".join(steps[0]["argv"]))' "$1"
}

# A file in two sections.
kernel "$T/two" cuda <<'END'
[kernel.one]
backend = "cuda"
depends = ["torch"]
src = ["k.cu", "c.cpp"]
include = ["."]
cuda-capabilities = ["8.0"]
cuda-flags = ["-DONE", "-DX=1", "-Xcompiler", "-fwrapv"]
cxx-flags = ["-DP"]

[kernel.other]
backend = "cuda"
depends = ["torch"]
src = ["k.cu", "b.cpp"]
include = ["torch-ext"]
cuda-capabilities = ["9.0a"]
cuda-flags = ["-DX=2", "-Xcompiler", "-g0"]
cxx-flags = ["-DQ"]
END
status 0 "a CUDA file in two sections" "$KB" plan $SEL --json "$T/two"
like "$out" 'note: k.cu is in \[kernel.one\] and \[kernel.other\]: compiled once' "a note says so"
like "$out" '; -DX=2 of \[kernel.other\] counts, not -DX=1 of \[kernel.one\]' "and which flag counts"
like "$out" 'note: b.cpp is in \[torch\] and \[kernel.other\]: compiled once' "also of a file of [torch]"
"$KB" plan -q $SEL --json "$T/two" >"$T/plan.json"
cu=$(argv_of k.cu <"$T/plan.json")
is "$(echo "$cu" | grep -o 'code=[^ ]*' | tr '\n' ' ')" "code=sm_80 code=sm_90a " "it is compiled once, for the capabilities of both"
like "$cu" ' -DONE -DX=1 -Xcompiler -fwrapv -DX=2 -Xcompiler -g0 -Isrc -Isrc/torch-ext' "with flags and directories of both in the order of the file"
like "$(argv_of b.cpp <"$T/plan.json")" ' -DQ -Isrc/torch-ext ' "the binding has the section's"
cpp=$(argv_of c.cpp <"$T/plan.json")
like "$cpp" ' -DP -Isrc -Isrc/torch-ext ' "other files have their own"
is "$(grep -c 'in/[0-9]*-' "$T/plan.json")" 6 "each object is linked once" # each as argument and as input
sed -i 's/\["9.0a"\]/&\ncuda-minver = "99.0"/' "$T/two/build.toml"
cu=$("$KB" plan -q $SEL --json "$T/two" | argv_of k.cu)
is "$(echo "$cu" | grep -o 'code=[^ ]*\|-DX=.' | tr '\n' ' ')" "code=sm_80 -DX=1 " "a section that takes no part adds nothing"

# Suffixes: refused with a place, or compiled, never passed over.
kernel "$T/suffix" cuda <<'END'
[kernel.k]
backend = "cuda"
depends = ["torch"]
src = [
  "k.cu",
  "FILE",
]
END
while read -r file said; do
	: >"$T/suffix/$file"
	sed "s/FILE/$file/" "$T/suffix/build.toml" >"$T/new"
	cp "$T/suffix/build.toml" "$T/old"
	cp "$T/new" "$T/suffix/build.toml"
	if [ "$said" = compiled ]; then
		status 0 "$file" "$KB" check-config "$T/suffix"
		like "$("$KB" plan -q $SEL "$T/suffix")" "-c src/$file" "$file is compiled"
	else
		status 3 "$file" "$KB" check-config "$T/suffix"
		like "$out" "build.toml:16:3: src in \[kernel.k\]: nothing here compiles \"$file\"; $said" "$file is refused, with its place"
	fi
	cp "$T/old" "$T/suffix/build.toml"
done <<'END'
K.CU rename it to K.cu
l.Cu rename it to l.cu
lz.c make it C\+\+
start.S write asm
start.s write asm
x.Cpp rename it to x.cpp
x.CC rename it to x.cc
k.ptx write asm
k.o list the source
k.hip move it to a section for rocm
a.cc compiled
a.cxx compiled
a.c++ compiled
a.C compiled
END

# Flags: what takes something of the machine, or cannot be meant, is refused with its place before anything is fetched.
kernel "$T/flags" cuda <<'END'
[kernel.k]
backend = "cuda"
depends = ["torch"]
src = ["k.cu", "c.cpp"]
cuda-capabilities = ["8.0"]
WHICH = [
  "-O3",
  FLAG,
]
END
cp "$T/flags/build.toml" "$T/flags.toml"
while read -r want which flag; do
	sed "s/WHICH/$which/; s/FLAG/$flag/" "$T/flags.toml" >"$T/flags/build.toml"
	if [ "$want" = error ]; then
		status 3 "$flag" "$KB" build $SEL "$T/flags"
		like "$out" "^error: $T/flags/build.toml:18:[0-9]+: $which in \[kernel.k\]: " "$flag is refused, with its place"
	elif [ "$want" = warning ]; then
		status 0 "$flag" "$KB" check-config "$T/flags"
		like "$out" "^warning: $T/flags/build.toml:18:[0-9]+: $which in \[kernel.k\]: " "$flag gets a sentence"
	else
		status 0 "$flag" "$KB" check-config "$T/flags"
		is "$out" "" "$flag is well"
	fi
done <<'END'
error cxx-flags "-march=native"
error cuda-flags "-Xcompiler=-march=native"
error cuda-flags "-Xcompiler", "-mtune=native,-O2"
error cuda-flags "-arch=native"
error cxx-flags "-flto"
error cxx-flags "-fsanitize=address"
error cuda-flags "-maxrregcount 3 --use_fast_math"
warning cxx-flags "-lgomp"
warning cuda-flags "-gencode", "arch=compute_90a,code=sm_90a"
well cxx-flags "-march=x86-64-v3", "-fopenmp"
well cuda-flags "-Xptxas", "-v", "-lineinfo"
END
[ ! -e "$KERNEL_BUILDER_HOME" ]
is $? 0 "no store was made"

# update-build: in place, by as few edits as will do.
U=$T/update
mkdir -p "$U/real"
ln -s real/build.toml "$U/build.toml"
cat >"$U/real/build.toml" <<'END'
# relu, by hand
[general]
name = 'my-k' # its name
backends = ["cuda"]

[torch]
src = ["b.cpp"]

[kernel.k]
backend = "cuda" # NVIDIA
src = ["k.cu"]
depends = []
END
chmod 640 "$U/real/build.toml"
cp "$U/real/build.toml" "$T/old.toml"
status 3 "update-build of a file without a licence" "$KB" update-build "$U"
like "$out" 'build.toml: it has no license, .* --license Apache-2.0' "says what to do"
ok "and changes nothing" cmp "$T/old.toml" "$U/real/build.toml"
for bad in --edition=4 --edition=7 '--license=a"b' --license=; do
	status 2 "update-build $bad" "$KB" update-build "$bad" "$U"
done
status 0 "update-build --license" "$KB" update-build --license MIT "$U"
like "$out" 'was format v3 and is now edition 5' "says what it did"
is "$(diff "$T/old.toml" "$U/build.toml" | grep '^[<>]')" '> version = 1
> edition = 5
> license = "MIT"' "it adds what is missing, and changes nothing else"
is "$(stat -c %a "$U/real/build.toml") $(readlink "$U/build.toml")" "640 real/build.toml" "mode and link stay"
is "$(ls -A "$U" "$U/real" | tr '\n' ' ')" "$U: build.toml real  $U/real: build.toml " "nothing is left beside it"
status 0 "again" "$KB" update-build "$U"
like "$out" 'is already edition 5' "there is nothing to do"
status 0 "update-build --edition 6" "$KB" update-build --edition 6 "$U"
is "$(grep -E 'edition|language|backend ' "$U/build.toml")" 'edition = 6
language = "cpp-cuda" # NVIDIA' "sections have a language"
status 0 "update-build of edition 6" "$KB" update-build "$U"
like "$out" 'is already edition 6' "leaves it"
status 3 "update-build --edition 5 of edition 6" "$KB" update-build --edition 5 "$U"

# --capability: some GPUs only. The driver is asked, then nvidia-smi: both are ours here.
archs() { python3 -c 'import json,sys; print(" ".join(json.load(sys.stdin)["variants"][0]["archs"]))'; }
codes() { "$KB" plan -q $SEL "$@" "$T/gpu" | grep -o 'code=[^ ]*' | tr '\n' ' '; }
kernel "$T/gpu" cuda <<'END'
[kernel.k]
backend = "cuda"
depends = ["torch"]
src = ["k.cu"]
cuda-capabilities = ["8.0", "8.9", "9.0a"]
END
is "$(codes)" "code=sm_80 code=sm_89 code=sm_90a " "all capabilities"
is "$(codes --capability 9.0)" "code=sm_90a " "--capability 9.0 takes 9.0a"
is "$(codes --capability 8.6 --capability 9.0a)" "code=sm_80 code=sm_90a " "8.6 is served by 8.0; it may be given again"
is "$("$KB" plan -q $SEL --json --capability 8.9 "$T/gpu" | archs)" 8.9 "plan --json says what is in"
status 3 "a capability of nothing" "$KB" plan $SEL --capability 12.0 "$T/gpu"
like "$out" 'no code for capability 12.0, only for 8.0, 8.9, 9.0a' "says what there is"
for bad in banana 9.0+PTX sm_90 ""; do status 2 "--capability $bad" "$KB" plan $SEL --capability "$bad" "$T/gpu"; done
status 2 "lock has no --capability" "$KB" lock --capability 9.0 "$T/gpu"

mkdir "$T/bin" "$T/driver"
printf '#!/bin/sh\nprintf "8.9\\n9.0\\n8.9\\n"\n' >"$T/bin/nvidia-smi"
chmod +x "$T/bin/nvidia-smi"
cat >"$T/driver.c" <<'END'
#include <stdlib.h>
static int result(void) { const char *r = getenv("FAKE_CUINIT"); return r ? atoi(r) : 0; }
int cuInit(unsigned flags) { return flags ? 1 : result(); }
int cuDeviceGetCount(int *n) { *n = 2; return 0; }
int cuDeviceGet(int *d, int i) { *d = i + 40; return 0; }
int cuDeviceGetAttribute(int *v, int what, int d) { *v = what == 75 ? (d == 40 ? 8 : 9) : 0; return what < 75 || what > 76; }
END
ok "a driver of ours" cc -shared -fPIC -o "$T/driver/libcuda.so.1" "$T/driver.c"
smi="env LD_LIBRARY_PATH=$T/driver FAKE_CUINIT=999 PATH=$T/bin:$PATH $KB"
status 0 "--capability host, by nvidia-smi" $smi plan $SEL --capability host "$T/gpu"
is "$(echo "$out" | grep -o 'code=[^ ]*' | tr '\n' ' ')" "code=sm_89 code=sm_90a " "builds for each kind of GPU once"
drv="env LD_LIBRARY_PATH=$T/driver PATH=$T/bin:$PATH $KB"
status 0 "--capability host, by the driver" $drv plan $SEL --capability host "$T/gpu"
is "$(echo "$out" | grep -o 'code=[^ ]*' | tr '\n' ' ')" "code=sm_80 code=sm_90a " "it comes first"
status 3 "no GPU is to be seen" env LD_LIBRARY_PATH="$T/driver" FAKE_CUINIT=100 PATH="$T/bin:$PATH" "$KB" plan $SEL --capability host "$T/gpu"
like "$out" 'no NVIDIA GPU or driver found' "is said in a sentence"
rm "$T/bin/nvidia-smi"
status 3 "no driver that works, no nvidia-smi" env LD_LIBRARY_PATH="$T/driver" FAKE_CUINIT=999 PATH="$T/bin" "$KB" plan $SEL --capability host "$T/gpu"

# What build says before it compiles anything, check-config says, too, in the same words.
K=$T/early
early() { # what pattern
	status 3 "$1: check-config" "$KB" check-config "$K"
	like "$out" "^error: .*$2" "says so"
	said=$(printf '%s\n' "$out" | grep '^error: ')
	status 3 "$1: build" "$KB" build --store "$T/no-store" "$K"
	is "$(printf '%s\n' "$out" | grep '^error: ')" "$said" "in the same words"
}
fresh() {
	rm -rf "$K"
	cp -r "$ROOT/tests/kernels/rdc" "$K"
}
fresh
status 0 "nothing is wrong" "$KB" check-config "$K"
[ ! -e "$KERNEL_BUILDER_HOME" ]
is $? 0 "and no store was made"
sed -i 's/"-rdc=true"/&, "-dlto"/' "$K/build.toml"
early "a way to link device code" 'build.toml:[0-9]+:28: cuda-flags in \[kernel.linked\]: "-dlto" optimises'
fresh
sed -i 's/"-rdc=true"/&, "-arch=native"/' "$K/build.toml"
early "a flag that asks the machine" '"-arch=native" compiles for the GPU of this machine'
fresh
echo '__global__ void again(float *x) { alone<<<1, 1>>>(x); }' >>"$K/src/shared.cu"
early "a kernel that starts a kernel" 'src/shared.cu:[0-9]+:1: a kernel starts a kernel, which needs .* is for CUDA 1[12]\.'
sed -i 's/^backends.*/&\n[general.cuda]\nminver = "13.0"/' "$K/build.toml"
status 0 "for those CUDAs that have what it needs" "$KB" check-config "$K"
fresh
sed -i 's/^depends.*/depends = ["cutlass_3_6", "cutlass_3_9"]/' "$K/build.toml"
early "two releases of one dependency" 'depends on both cutlass_3_6 and cutlass_3_9'
fresh
sed -i 's/^cuda-capabilities.*/cuda-capabilities = ["3.0"]/' "$K/build.toml"
for command in check-config build; do
	status 3 "no variant is left: $command" "$KB" $command "$K"
	like "$out" 'no variant of matrix (all|current) can be built.*capability 3.0 is dropped' "says why"
done
fresh
"$KB" lock -q --matrix all --variant torch211-cxx11-cu130-x86_64-linux "$K"
sed -i 's/^depends.*/depends = ["torch", "cutlass_3_6"]/' "$K/build.toml"
early "a lock that is older than build.toml" 'which the lock lacks; update it with'
fresh
echo 'def f(:' >"$K/torch-ext/rdc/__init__.py"
early "Python that does not parse" '__init__.py:1:'
# Not to be for the newest releases is no mistake.
fresh
sed -i 's/^\[torch\]/&\nmaxver = "2.8"/' "$K/build.toml"
status 3 "list-variants for an older torch" "$KB" list-variants --no-lock "$K"
like "$out" 'no variant of matrix current can be built' "says that none of the newest is left"
like "$out" '; --matrix all has [0-9]+ variants' "and where there are some"
status 0 "check-config of it" "$KB" check-config "$K"
# What this program does not build is read only.
fresh
sed -i 's/"cuda"/"rocm"/; s/^cuda-.*//' "$K/build.toml"
status 0 "a kernel for ROCm" "$KB" check-config "$K"
like "$out" 'builds nothing of it: none of its sections is for cpu or cuda' "says that nothing is built of it"
# A backend without a section gets a variant of Python files, as with the original builder: build and check-config warn of it.
kernel "$T/empty" cpu </dev/null
for c in check-config build; do
	status 0 "$c of a kernel without a section" "$KB" $c "$T/empty"
	like "$out" '^warning: .*build.toml:6:13: backends in \[general\] lists "cpu", but no section is for it: its variant torch-cpu has .* no compiled operator' "warns"
done
ok "a variant of Python files is there" test -e "$T/empty/build/torch-cpu/metadata.json"
# A backend of which nothing is left is told even to those who read no notes.
cp -r "$ROOT/examples/activation" "$T/lost"
rm -f "$T/lost/kernel-builder.lock"
sed -i '0,/^backend = "cuda"/s//&\ncuda-capabilities = ["5.0"]/' "$T/lost/build.toml"
status 0 "no capability of any release" "$KB" list-variants -q "$T/lost"
like "$out" 'warning: .*no variant of backend cuda is left: kernel activation, CUDA 12.6: capability 5.0 is dropped' "warns"
is "$(printf '%s\n' "$out" | grep -c '^torch')" 3 "those for CPUs are there"
status 3 "asked for by its name" "$KB" list-variants -q --variant torch215-cxx11-cu130-x86_64-linux "$T/lost"
is "$(printf '%s\n' "$out" | grep -o ' is [a-z]* *' | tr -d '\n')" " is dropped is left  is left" "says why, once"
status 0 "without that backend" "$KB" list-variants -q --backend cpu "$T/lost"
is "$(printf '%s\n' "$out" | grep -c warning)" 0 "nobody misses it"
done_testing
