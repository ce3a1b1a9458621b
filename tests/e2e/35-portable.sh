#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Extensions load and work with the C library of 2020, and need no newer one than that of 2018.
. "$(dirname "$0")/lib.sh"
K=$T/portable
cp -r "$ROOT/tests/kernels/portable" "$K"
V17=torch211-cxx11-cpu-x86_64-linux # gcc 12, C++17
V20=torch215-cxx11-cpu-x86_64-linux # gcc 13, C++20

status 0 "builds with two compilers" "$KB" build --no-lock --matrix all --backend cpu --torch 2.11 --torch 2.15 "$K"

# The newest version of each family that a file needs.
newest() { readelf -VW "$1" | grep -oE 'Name: [A-Z]+_[0-9.]+' | sed 's/Name: //' | sort -Vu |
	awk -F_ '{ v[$1] = $2 } END { for (f in v) print f "_" v[f] }' | sort | tr '\n' ' '; }
not_newer() { # file family version
	_v=$(newest "$1" | tr ' ' '\n' | sed -n "s/^$2_//p")
	[ -z "$_v" ] || [ "$(printf '%s\n%s\n' "$_v" "$3" | sort -V | tail -1)" = "$3" ]
}
for v in $V17 $V20; do
	so=$(echo "$K"/build/$v/*.so)
	echo "# $v: $(newest "$so")"
	ok "$v: GLIBC_2.28 at most" not_newer "$so" GLIBC 2.28
	ok "$v: GLIBCXX_3.4.24 at most" not_newer "$so" GLIBCXX 3.4.24
	ok "$v: CXXABI_1.3.11 at most" not_newer "$so" CXXABI 1.3.11
	ok "$v: GCC_7.0.0 at most" not_newer "$so" GCC 7.0.0
	is "$(readelf --dyn-syms -W "$so" | grep -c UNIQUE)" 0 "$v: no GNU-unique symbols"
	is "$(readelf --dyn-syms -W "$so" | grep -c '__libc_single_threaded')" 0 "$v: no symbol of glibc 2.32"
	like "$(readelf -lW "$so" | grep GNU_STACK)" ' RW ' "$v: no executable stack"
	like "$(readelf -lW "$so")" 'GNU_RELRO' "$v: RELRO"
	like "$(readelf -dW "$so")" 'FLAGS.*NOW' "$v: bound at load time"
	is "$(readelf -dW "$so" | grep -cE 'RPATH|RUNPATH|TEXTREL')" 0 "$v: no path, no text relocation"
	is "$(readelf -dW "$so" | grep NEEDED | grep -vcE '\[(libtorch|libtorch_cpu|libc10|libstdc\+\+|libm|libgcc_s|libpthread|libc|ld-linux-x86-64)\.so[.0-9]*\]')" 0 \
		"$v: needs libraries of torch and of every distribution only"
done

# A program for glibc 2.31 that runs the checks, with the libraries that the pins are made of: those of Debian bullseye. Nothing of
# torch is called, so empty libraries stand for it, and PyModule_Create2 is never called.
root=$(cd "$KERNEL_BUILDER_HOME/trees" && ls -d */bin/ld | head -1)
tools=$KERNEL_BUILDER_HOME/trees/${root%/bin/ld}
L=$T/old
mkdir -p "$L" "$T/run"
for l in libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 librt.so.1 libmvec.so.1 ld-linux-x86-64.so.2 libstdc++.so.6 libgcc_s.so.1; do
	for d in "$KERNEL_BUILDER_HOME"/trees/*/; do [ ! -f "$d$l" ] || cp "$d$l" "$L/"; done
done
is "$(ls "$L" | wc -l)" 9 "the libraries of bullseye are in the store"
for l in libtorch libtorch_cpu libc10; do
	echo 'void *PyModule_Create2(void) { return 0; }' |
		gcc -shared -fPIC -nostdlib -Wl,-soname,$l.so -x c - -o "$L/$l.so"
done
cat >"$T/run/m.c" <<'C'
int portable_run(void);
void exit(int);
void run(void) { exit(portable_run()); }
__asm__(".global _start\n_start: xor %ebp, %ebp\nand $-16, %rsp\ncall run\n");
C
gcc -c -fPIE -fno-stack-protector "$T/run/m.c" -o "$T/run/m.o"
ln -s "$tools" "$T/run/gcc"
for v in $V17 $V20; do
	(cd "$T/run" && gcc/bin/ld -pie -dynamic-linker "$L/ld-linux-x86-64.so.2" -rpath-link "$L" -o $v m.o \
		"$K"/build/$v/*.so "$L/libc.so.6")
	status 0 "$v: every check holds with glibc 2.31" \
		"$L/ld-linux-x86-64.so.2" --library-path "$L:$K/build/$v" "$T/run/$v"
	like "$out" 'portable: iostream' "$v: and says so"
done

# What the libraries do not have is found by the linker, not by a user's import.
cat >>"$K/src/newer.cpp" <<'C'
extern "C" void no_such_function(); namespace c10 { void no_such_thing(int); }
extern "C" void call_it() { no_such_function(); c10::no_such_thing(1); }
C
status 1 "an undefined symbol fails the link" "$KB" build --no-lock --matrix all --variant $V17 "$K"
like "$out" "undefined reference to .no_such_function" "names the function of C"
like "$out" "undefined reference to .c10::no_such_thing\(int\)" "names the function of torch"
# torch 2.5 of the new C++ ABI is in no wheel: what does not show the ABI is checked all the same.
status 1 "and the link of a variant whose C++ ABI no wheel has" "$KB" build --no-lock --matrix all --variant torch25-cxx11-cpu-x86_64-linux "$K"
like "$out" "undefined reference to .c10::no_such_thing\(int\)" "names the function of torch"
done_testing
