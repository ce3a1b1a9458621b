#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a kernel ships, what its Python may hold, what its libraries register and need: refused, warned of, or right.
# Needs neither network nor root.
. "$(dirname "$0")/lib.sh"

noarch() { # name pyext-line: a kernel without code of its own, in $K
	K=$T/$1
	mkdir -p "$K/torch-ext/$1"
	printf '[general]\nname = "%s"\nversion = 1\nedition = 5\nlicense = "MIT"\nbackends = ["cpu"]\n\n[torch-noarch]\n%s\n' "$1" "$2" >"$K/build.toml"
	echo 'from ._ops import ops' >"$K/torch-ext/$1/__init__.py"
}
shipped() { # the files of the variant, but for those that the builder makes
	(cd "$K/result/torch-cpu" && find . -type f ! -name _ops.py ! -name metadata.json ! -path "./$(basename "$K")/*" | LC_ALL=C sort | tr '\n' ' ')
}
fill_package() {
	mkdir -p "$1/__pycache__" "$1/.ipynb_checkpoints" "$1/sub/.git" "$1/docs"
	for f in .DS_Store .hidden.py .ipynb_checkpoints/z.py __pycache__/q.pyc sub/.git/config README.md R.md x.pdf n.ipynb \
		docs/CHANGELOG.rst a.json sub/b.json b.cuh t.pyi py.typed sub/m.py; do echo x=1 >"$1/$f"; done
}

# Endings: .py and .pyi, or what pyext names; never what is hidden, cached or documentation.
noarch plainpack ''
fill_package "$K/torch-ext/plainpack"
status 0 "a package with everything in it" "$KB" build "$K"
is "$(shipped)" "./__init__.py ./sub/m.py ./t.pyi " "ships .py and .pyi"
like "$out" 'note: 4 files of the package are not shipped \(a.json, ...\); if the kernel needs them, add their suffix to pyext' "says that there is more"
noarch withjson 'pyext = ["py", "json"]'
fill_package "$K/torch-ext/withjson"
status 0 "with pyext" "$KB" build "$K"
is "$(shipped)" "./__init__.py ./a.json ./sub/b.json ./sub/m.py " "ships what it names"
noarch withmore 'pyext = [".cuh", "md", "typed", "git", "pyc"]'
fill_package "$K/torch-ext/withmore"
status 0 "with other endings" "$KB" build "$K"
is "$(shipped)" "./R.md ./__init__.py ./b.cuh ./py.typed ./sub/m.py " "never README, caches and what is hidden"

# Links count as what they lead to, inside the kernel.
noarch linked 'pyext = ["py", "json"]'
mkdir -p "$K/shared/deep"
echo 'a = 1' >"$K/shared/__init__.py"
echo 'b = 2' >"$K/shared/deep/b.py"
echo '{}' >"$K/data.json"
ln -s ../../shared "$K/torch-ext/linked/shared"
ln -s ../../data.json "$K/torch-ext/linked/data.json"
status 0 "linked files and directories" "$KB" build "$K"
is "$(shipped)" "./__init__.py ./data.json ./shared/__init__.py ./shared/deep/b.py " "ship"
is "$(cd "$K/result/torch-cpu" && find . -type l)$(cat "$K/result/torch-cpu/shared/deep/b.py")" "b = 2" "as files"
status 0 "a project for other builders" "$KB" create-pyproject "$K"
is "$(cd "$K" && python3 -c '
import sys
sys.path.insert(0, "cmake")
import kernel_tool
print(" ".join(n for n, p in kernel_tool.package_files()))')" "__init__.py data.json shared/__init__.py shared/deep/b.py" "ships the same"
wrong_link() { # text target name message
	ln -s "$2" "$K/torch-ext/linked/$3"
	status 3 "$1" "$KB" build "$K"
	like "$out" "torch-ext/linked/$3.*: the link leads $4; replace it by a copy" "says where it leads"
	rm "$K/torch-ext/linked/$3"
}
wrong_link "a file outside" /etc/passwd more.py "out of the kernel's directory"
wrong_link "a directory outside" /etc more "out of the kernel's directory"
wrong_link "nothing" ../gone gone "nowhere"
wrong_link "the package" . again "to a directory that it is in"

# Names that hide a module.
refused_name() { # name owner
	noarch "$1" ''
	status 3 "a kernel called $1" "$KB" check-config "$K"
	like "$out" "build.toml:2:8: name \"$1\": the module ${1//-/_} belongs to $2[ ,].* such as \"$1-kernel\"" "gets another name"
}
refused_name json "Python's library"
refused_name queue "Python's library"
refused_name torch "torch"
refused_name typing-extensions "torch"
noarch jsonlike ''
status 0 "a name that is free" "$KB" check-config "$K"

# Python that does not parse, and operators with a name of their own: refused before anything is compiled.
wrong_python() { # name text place message
	noarch "$1" ''
	printf '%b' "$2" >"$K/torch-ext/$1/__init__.py"
	status 3 "$1: build" "$KB" build "$K"
	like "$out" "torch-ext/$1/__init__.py:$3: .*$4" "says where and what"
	status 3 "$1: check-config" "$KB" check-config "$K"
	status 0 "$1: but --no-check builds it" "$KB" build --no-check "$K"
	status 5 "$1: check-builds" "$KB" check-builds "$K"
	like "$out" "torch-cpu/__init__.py:$3: error: .*$4" "finds it as well"
}
wrong_python unclosed 'def f(:\n' 1:6 'syntax error: the bracket is not closed'
wrong_python indented 'def f():\n  x = 1\n y = 2\n' 3:2 'the indentation matches no line above'
wrong_python oldprint 'x = 1\nprint "x"\n' 2:7 'the statement should have ended'
wrong_python fixedop 'import torch\n@torch.library.custom_op("fixedop::z", mutates_args=())\ndef z(x: torch.Tensor) -> None: pass\n' 2:2 \
	'custom_op names the operator with "fixedop::z", not with add_op_namespace_prefix'
wrong_python fixedlib 'import torch\nlib = torch.library.Library("fixedlib", "DEF")\n' 2:7 'Library opens the namespace "fixedlib"'
printf '@torch.library.register_fake("fixedop::go")\ndef f(x): pass\n' >"$T/fixedop/torch-ext/fixedop/more.py"
status 3 "two mistakes" "$KB" build "$T/fixedop"
like "$out" 'more.py:1:2: error' "are both told"
like "$out" 'error: 2 mistakes in the Python files of fixedop' "and counted"
noarch rightops ''
cat >"$K/torch-ext/rightops/__init__.py" <<'P'
import torch
from ._ops import add_op_namespace_prefix, ops
NAME = add_op_namespace_prefix("twice")
@torch.library.custom_op(NAME, mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    match x.dim():
        case 0 | 1 as n if (m := n): return x * 2
        case _: return x + x
@twice.register_kernel("cpu")
def _(x: torch.Tensor) -> torch.Tensor: return x * 2
P
status 0 "right ones" "$KB" build "$K"
printf 'def f(:\n' >"$K/torch-ext/rightops/x.txt"
status 0 "what does not ship is not read" "$KB" build "$K"

# Symbols without a version that nothing at manylinux_2_28 has; the link sees no library that would say so.
mkdir "$T/abi"
cd "$T/abi" || exit 1
cat >u.cpp <<'C'
#include <sstream>
extern "C" void *PyInit_u(void) { std::ostringstream o; o << 1; return (void *)(long)o.str().size(); }
C
cat >old.cpp <<'C'
#include <string>
extern "C" void *PyInit_old(void) { return new std::string(100, 'x'); }
C
echo 'extern "C" long __isoc23_strtol(const char *, char **, int); extern "C" long PyInit_c(void) { return __isoc23_strtol("1", 0, 10); }' >c.cpp
for f in u old c; do g++ -O0 -fPIC -c $f.cpp && gcc -shared -nostdlib -Wl,-z,relro -Wl,-z,now -o $f.abi3.so $f.o; done
g++ -shared -o linked.abi3.so old.o
echo 'void torch_f(void) {}' >libtorch.c
gcc -shared -fPIC -Wl,-soname,libtorch.so -o libtorch.so libtorch.c
gcc -shared -nostdlib -Wl,--no-as-needed -o torch.abi3.so u.o ./libtorch.so
unversioned() { # file: severities and symbols
	"$KB" check-abi --json "$1" 2>/dev/null | python3 -c '
import json, sys
print(" ".join(f["severity"] + ":" + f["symbol"] for f in json.load(sys.stdin)["findings"] if "without a version" in f["message"]))'
}
O=_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC1Ev
is "$(unversioned u.abi3.so)" "error:$O" "std::ostringstream() came with GLIBCXX_3.4.26"
like "$("$KB" check-abi u.abi3.so 2>&1)" "needs $O without a version; it came with GLIBCXX_3.4.26, which manylinux_2_28 does not" "says so"
is "$("$KB" check-abi --json -m manylinux_2_31 u.abi3.so 2>/dev/null | grep -c 'without a version')" 0 "manylinux_2_31 has it"
is "$(unversioned c.abi3.so)" "error:__isoc23_strtol" "and so of glibc"
is "$(unversioned old.abi3.so)$(unversioned linked.abi3.so)" "" "what older libraries have is right"
is "$(unversioned torch.abi3.so)" "warning:$O" "torch's libraries may bring it"

# A wheel: its own libraries, its packages' libraries, its Python.
cat >wheel.py <<'P'
import sys, zipfile
name, requires, *files = sys.argv[1:]
with zipfile.ZipFile(name, "w") as z:
    z.writestr("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: x\nVersion: 1\n" + "".join(f"Requires-Dist: {r}\n" for r in requires.split()))
    for f in files:
        z.write(f.split("=")[-1], f.split("=")[0])
P
echo 'void *PyUnicode_New(long, unsigned); long tvm(void); void *PyInit_m(void) { tvm(); return PyUnicode_New(1, 127); }' >m.c
echo 'long tvm(void) { return 1; }' >tvm.c
gcc -shared -fPIC -Wl,-soname,libtvm_ffi.so -o libtvm_ffi.so tvm.c
gcc -shared -fPIC -Wl,-rpath,'$ORIGIN/../x.libs' -Wl,-z,relro -o m.so m.c libtvm_ffi.so
errors() { # wheel: the rules of its errors
	"$KB" check-abi --json "$1" 2>/dev/null | python3 -c '
import json, sys
print(" ".join(sorted(f["rule"] for f in json.load(sys.stdin)["findings"] if f["severity"] == "error")))' || echo no verdict
}
python3 wheel.py x-1-cp311-cp311-manylinux_2_28_x86_64.whl "apache-tvm-ffi>=0.1" x/m.cpython-311-x86_64-linux-gnu.so=m.so
is "$(errors x-1-*.whl)" "" "a wheel for one Python, which another package's library serves"
python3 wheel.py y-1-cp311-cp311-manylinux_2_28_x86_64.whl numpy x/m.so=m.so x.libs/libtvm_ffi.so=libtvm_ffi.so
is "$(errors y-1-*.whl)" "" "or its own library"
python3 wheel.py z-1-cp310-abi3-manylinux_2_28_x86_64.whl "numpy" x/m.abi3.so=m.so
is "$(errors z-1-*.whl)" "needed python-symbol" "else it is missing, and abi3 is a promise"
is "$(errors m.so)" "needed python-symbol rpath" "as of a library alone"
# Device code in files of its own: ELF, for no CPU (octal 276: EM_CUDA, 340: EM_AMDGPU). Nothing else in it is looked at.
for octal in 276 340; do
	printf '\177ELF\2\1\1\0%8s\2\0\'$octal'\0%64s' '' '' >"$octal.cubin"
	python3 wheel.py c-1-py3-none-any.whl "" c/$octal.cubin=$octal.cubin
	is "$(errors c-1-*.whl)" "" "a wheel with ELF machine $octal"
	status 2 "alone" "$KB" check-abi $octal.cubin
	like "$out" "is not an ELF file for a CPU" "is not judged"
done
cd "$T" || exit 1

# What an extension registers, whatever strings are in it; by g++ at several levels. The class stands for torch's.
mkdir "$T/reg"
cd "$T/reg" || exit 1
cat >lib.h <<'C'
#include <optional>
#include <string>
namespace torch {
struct Library {
	enum Kind { DEF, IMPL, FRAGMENT };
	Library(Kind, std::string, std::optional<int>, const char *, unsigned);
	void def(const char *);
};
}
struct Init {
	torch::Library lib;
	Init(torch::Library::Kind k, void (*f)(torch::Library &), const char *ns, const char *file, unsigned line)
		: lib(k, ns, std::nullopt, file, line) { f(lib); }
};
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#ifndef FILE_NAME
#define FILE_NAME __FILE__
#endif
#define LIB(ns, KIND, init) static void init(torch::Library &); static const Init init##_r(torch::Library::KIND, &init, ns, FILE_NAME, __LINE__); void init(torch::Library &m)
extern "C" void *PyInit__k_cpu_abcdefghij(void) { static const char *volatile name = "_k_cpu_abcdefghij"; return (void *)name; }
C
ID=_k_cpu_abcdefghij
cat >right.cpp <<'C'
#include "lib.h"
LIB("_k_cpu_abcdefghij", DEF, a) { m.def("f(int x) -> int"); }
LIB("_k_cpu_abcdefghij", IMPL, b) { m.def("f"); }
const char *volatile others[] = { "_k_cpu_abcdef", "_k_cpu_zzzzzzzzzz", "myops" };
void copy(char *p) { __builtin_memcpy(p, "_k_cpu_abcdefghi", 16); }
C
sed 's/^LIB("_k_cpu_abcdefghij"/LIB("myops"/' right.cpp >short.cpp
sed 's/^LIB("_k_cpu_abcdefghij"/LIB("my_operators_of_long_name"/' right.cpp >long.cpp
sed 's/^LIB("_k_cpu_abcdefghij"/LIB("_k_cpu_oooooooooo"/' right.cpp >stale.cpp
sed 's/^LIB("_k_cpu_abcdefghij", IMPL/LIB("myops", FRAGMENT/' right.cpp >both.cpp
sed 's/^LIB("_k_cpu_abcdefghij", IMPL/LIB("aten", IMPL/' right.cpp >aten.cpp
printf '#include "lib.h"\n' >none.cpp
cat >shim.cpp <<'C'
#include "lib.h"
extern "C" int aoti_torch_library_init_def(const char *ns, const char *file, unsigned line, void **out);
__attribute__((noinline, visibility("default"))) void *make(const char *ns) { void *p; aoti_torch_library_init_def(ns, __FILE__, 1, &p); return p; }
static void *x = make("NAME");
C
sed 's/NAME/_k_cpu_abcdefghij/' shim.cpp >shim_right.cpp
sed 's/NAME/myops/' shim.cpp >shim_fixed.cpp
# Without a function of its own for the names.
cat >inline.cpp <<'C'
#include "lib.h"
static void f(torch::Library &m) { m.def("f(int x) -> int"); }
static torch::Library x(torch::Library::DEF, "NAME", std::nullopt, __FILE__, 3);
static torch::Library y(torch::Library::IMPL, "NAME", std::nullopt, __FILE__, 4);
void *g() { f(x); return &y; }
C
sed "s/NAME/$ID/" inline.cpp >inline_right.cpp
sed 's/NAME/myops/' inline.cpp >inline_short.cpp
sed 's/NAME/my_own_operators/' inline.cpp >inline_long.cpp
# The name may stay in a register from one registration to the next, where another text is nearer.
(echo '#define FILE_NAME "source"' && cat right.cpp) >kept.cpp
cat >stable.cpp <<'C'
#include "lib.h"
extern "C" int aoti_torch_library_init_def(const char *ns, const char *file, unsigned line, void **out);
extern "C" int aoti_torch_library_init_impl(const char *ns, const char *key, const char *file, unsigned line, void **out);
extern "C" int aoti_torch_library_def(void *lib, const char *schema);
struct Stable {
	void *lib;
	Stable(const char *ns, const char *key, const char *file, unsigned line) {
		if (key)
			aoti_torch_library_init_impl(ns, key, file, line, &lib);
		else
			aoti_torch_library_init_def(ns, file, line, &lib);
		aoti_torch_library_def(lib, "f(int x) -> int");
	}
	~Stable() { aoti_torch_library_def(lib, "end"); }
};
static const Stable a("NAME", nullptr, __FILE__, 1), b("NAME", "CPU", __FILE__, 2), c("NAME", "CUDA", __FILE__, 3);
C
sed "s/NAME/$ID/g" stable.cpp >stable_right.cpp
sed 's/NAME/myops/g' stable.cpp >stable_fixed.cpp
sed "s/NAME\", nullptr/$ID\", nullptr/; s/NAME/myops/g" stable.cpp >stable_both.cpp
CXX=g++
registered() { # source flags...: severity and rule of what is registered
	D=$T/reg/v/torch211-cxx11-cpu-$($CXX -dumpmachine | sed 's/-.*//')-linux
	rm -rf "$T/reg/v"
	mkdir -p "$D"
	$CXX -std=c++17 -fPIC -shared "${@:2}" "$1.cpp" -o "$D/$ID.abi3.so" || return
	echo "torch.ops.$ID" >"$D/_ops.py"
	: >"$D/__init__.py"
	echo "{\"name\":\"k\",\"id\":\"$ID\",\"version\":1,\"license\":\"x\",\"python-depends\":[],\"backend\":{\"type\":\"cpu\"}}" >"$D/metadata.json"
	"$KB" check-builds --json "$D" 2>/dev/null | python3 -c '
import json, re, sys
for f in json.load(sys.stdin)["findings"]:
    if "namespace" in f["rule"]:
        print(f["severity"] + ":" + re.search(r"under (?:the id )?(\w+)", f["message"])[1], end=" ")'
}
verdicts() { # flags...
	is "$(for s in right kept short long stale both aten none shim_right shim_fixed stable_right inline_right inline_short inline_long; do
		echo "$s $(registered $s "$@")"
	done | tr '\n' ',')" \
		"right ,kept ,short warning:myops ,long warning:my_operators_of_long_name ,stale error:_k_cpu_oooooooooo ,both warning:myops ,aten ,none ,shim_right ,shim_fixed warning:myops ,stable_right ,inline_right ,inline_short warning:myops ,inline_long warning:my_own_operators ," \
		"$CXX $*"
}
verdicts -O0
verdicts -O2 -fcf-protection=full
verdicts -O3 -s
is "$(registered right -O2 -fno-plt)$(registered shim_right -O2 -fno-plt)" "" "calls through registers are not seen, and no fault"
stable() { # flags...: not the texts of keys are names
	is "$(registered stable_fixed "$@")/$(registered stable_both "$@")" "warning:myops /warning:myops " \
		"$CXX $*: names of the stable ABI"
}
stable -O2
stable -O3 -s
CXX=aarch64-linux-gnu-g++
stable -O2
stable -Os
verdicts -O0
verdicts -O2 -mbranch-protection=standard
verdicts -O3 -s
verdicts -Os
is "$(registered right -O2 -fno-plt)$(registered stale -O2 -fno-plt)" "error:_k_cpu_oooooooooo " "on aarch64 calls through registers are"
cd "$T" || exit 1
done_testing
