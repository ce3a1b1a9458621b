#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds a kernel that compiles in a moment, with real headers and the real compiler: same bytes anywhere, no-change builds, edits,
# failures, interrupts, damage.
# Runs alone.
. "$(dirname "$0")/lib.sh"
V=torch211-cxx11-cpu-x86_64-linux
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"

status 0 "builds from an empty store" build "$K"
like "$out" '1 written' "says what it wrote"
is "$(readlink "$K/result")" build "result is a relative link"
is "$(cd "$K/result/$V" && python3 -c 'import ast,sys; sys.path.insert(0,"."); import json; print(json.load(open("metadata.json"))["backend"]["type"])')" cpu "metadata.json says the backend"
so=$(basename "$K/result/$V"/*.so)
like "$so" '^_tiny_cpu_[a-z2-7]{10}\.abi3\.so$' "the extension's name"
is "$(readelf -dW "$K/result/$V/$so" | grep NEEDED | grep -o 'lib[a-z0-9_]*\.so' | grep -E 'torch|c10' | tr '\n' ' ')" "libtorch.so libtorch_cpu.so libc10.so " "NEEDED: torch's libraries"
is "$(readelf -dW "$K/result/$V/$so" | grep -cE 'RPATH|RUNPATH|TEXTREL')" 0 "no RPATH, no TEXTREL"
is "$(strings -a "$K/result/$V/$so" | grep -c k0b1i8d9x0)" 0 "no placeholder is left"
is "$(strings -a "$K/result/$V/$so" | grep -c "${so%.abi3.so}" | sed 's/[1-9][0-9]*/some/')" some "the id is in the extension"
first=$(bits "$K" "$V")

strace -f -o "$T/trace" -e trace=execve,fork,vfork,clone,clone3 "$KB" build -q $SEL "$K"
is "$(grep -cE 'execve\(|fork\(|clone' "$T/trace")" 1 "a no-change build starts no process"
status 0 "no-change build" build "$K"
like "$out" '0 written' "and writes nothing"

mkdir "$T/else where"
cp -r "$ROOT/tests/kernels/tiny" "$T/else where/k"
status 0 "builds in another directory with another store" \
	env KERNEL_BUILDER_HOME="$T/store2" "$KB" build $SEL -j1 "$T/else where/k"
is "$(bits "$T/else where/k" "$V")" "$first" "the same bytes"

sed -i 's/42/43/' "$K/src/answer.h"
status 0 "a header is edited" build "$K" --events 3 3>"$T/events"
is "$(grep -c '"event":"started"' "$T/events")" 5 "one source is preprocessed, slimmed, compiled and looked at, and the link runs again"
[ "$(bits "$K" "$V")" != "$first" ]
is $? 0 "other bytes"
sed -i 's/43/42/' "$K/src/answer.h"
status 0 "the edit is taken back" build "$K" --events 3 3>"$T/events"
is "$(grep -c '"event":"started"' "$T/events")" 0 "nothing runs"
is "$(bits "$K" "$V")" "$first" "the first bytes again"
echo '# a comment' >>"$K/torch-ext/tiny/__init__.py"
status 0 "a Python file is edited" build "$K" --events 3 3>"$T/events"
is "$(grep -c '"event":"started"' "$T/events")" 1 "only the link runs"
cp "$ROOT/tests/kernels/tiny/torch-ext/tiny/__init__.py" "$K/torch-ext/tiny/__init__.py"

# What compilers cost is measured against this.
compiled() { sed -n 's/.*"event":"started".*"label":"\([^"]*cpp[^"]*\)".*/\1/p' "$T/events" | grep -v ': check-id' | LC_ALL=C sort | tr '\n' '|'; }
status 0 "with plain compilers" build --engine=plain --cache=off --events 3 "$K" 3>"$T/events"
is "$(compiled)" "src/answer.cpp|torch-ext/binding.cpp|" "g++ gets each source as it is"
is "$(bits "$K" "$V")" "$first" "the same bytes"
status 0 "slimmed as well" build --engine=plain --slim=all --cache=off --events 3 "$K" 3>"$T/events"
is "$(compiled | tr '|' '\n' | grep -c 'g++, slim$')" 2 "an option that is given counts"

echo junk >>"$(echo "$K"/build/$V/*.so)"
status 0 "a published file was changed by hand" build "$K"
is "$(bits "$K" "$V")" "$first" "and is put right"

cp "$K/src/answer.cpp" "$T/answer.cpp"
echo 'int broken(' >>"$K/src/answer.cpp"
status 1 "a step fails" build "$K"
like "$out" 'FAILED: src/answer.cpp' "says which"
like "$out" "^$K/src/answer.cpp:[0-9]+:[0-9]+: error" "shows what the compiler said, with a path that can be opened"
is "$(printf '%s\n' "$out" | grep -c 'gcc/bin/g++')" 0 "and not its command"
status 1 "the same with -v" build -v "$K"
like "$out" 'gcc/bin/g\+\+ .*-c src/src/answer.cpp' "shows the command"
is "$(bits "$K" "$V")" "$first" "the old variant stays"
status 1 "a step fails with -q" build -q "$K"
like "$out" 'answer.cpp:[0-9]+:[0-9]+: error' "what the compiler said is shown all the same"
mkdir "$T/fresh" && cp -r "$K/build.toml" "$K/src" "$K/torch-ext" "$T/fresh"
status 1 "a step fails in a kernel that was never built" build "$T/fresh"
is "$(ls "$T/fresh")" "$(printf 'build.toml\nsrc\ntorch-ext')" "neither build nor result is made"
cp "$T/answer.cpp" "$K/src/answer.cpp"
cp "$K/torch-ext/binding.cpp" "$T/binding.cpp"
echo 'int broken(' >>"$K/torch-ext/binding.cpp"
echo 'int broken(' >>"$K/src/answer.cpp"
status 1 "two steps fail with -k" build -k "$K"
like "$out" '2 steps failed' "both are tried"
cp "$T/binding.cpp" "$K/torch-ext/binding.cpp"
cp "$T/answer.cpp" "$K/src/answer.cpp"
echo '#include "missing.h"' >>"$K/src/answer.cpp"
touch "$K/src/missing.h"
status 1 "a header that src does not list is not visible" build "$K"
cp "$T/answer.cpp" "$K/src/answer.cpp"

# Damage in the store: each kind of fetched file.
for kind in torch/include include/Python.h; do
	f=$(find "$KERNEL_BUILDER_HOME/trees" -type f -path "*$kind*" | head -1)
	[ -n "$f" ] || continue
	cp -p "$f" "$T/saved"
	chmod u+w "$f"
	printf X | dd of="$f" conv=notrunc bs=1 seek=100 2>/dev/null
	touch -r "$T/saved" "$f"
	sed -i 's/42/44/' "$K/src/answer.h"
	status 6 "a flipped byte in $kind" build "$K"
	like "$out" 'store verify' "says what to do"
	is "$(bits "$K" "$V")" "$first" "nothing was published"
	status 6 "store verify finds it" "$KB" store verify
	status 0 "store verify --drop removes it" "$KB" store verify --drop
	status 0 "the next build heals" build "$K"
	sed -i 's/44/42/' "$K/src/answer.h"
	status 0 "and builds as before" build "$K"
	is "$(bits "$K" "$V")" "$first" "the same bytes"
done
for o in "$KERNEL_BUILDER_HOME"/objects/*/*; do
	chmod u+w "$o"
	printf X | dd of="$o" conv=notrunc bs=1 seek=70 2>/dev/null
done
rm -rf "$K/build"
status 0 "damaged objects are made again" build "$K"
is "$(bits "$K" "$V")" "$first" "the same bytes"

# Killed at any moment, the next run heals.
cp -al "$KERNEL_BUILDER_HOME/trees" "$T/trees" 2>/dev/null
healed=0 left=
kills=${KB_KILLS:-8}
for i in $(seq "$kills"); do
	rm -rf "$K/build" "$KERNEL_BUILDER_HOME"/objects/* "$KERNEL_BUILDER_HOME"/actions/*
	left="$left$("$ROOT/tests/e2e/reaper.py" KILL "0.$((i * 37 % 100))" "$KB" build -q $SEL "$K" | cut -s -d ' ' -f 2-)"
	build "$K" >"$T/heal" && [ "$(bits "$K" "$V")" = "$first" ] && healed=$((healed + 1))
done
is $healed "$kills" "killed $kills times, healed as often"
is "$left" "" "and nothing runs on"
# One that was killed before it could lock its directory: that looks like one that is about to.
for dir in "$KERNEL_BUILDER_HOME"/tmp/*; do [ -e "$dir/lock" ] || touch -c -d '11 minutes ago' "$dir"; done
"$KB" build -q $SEL "$K"
is "$(find "$KERNEL_BUILDER_HOME/tmp" -mindepth 1 | wc -l)" 0 "nothing is left in tmp"

rm -rf "$K/build" "$KERNEL_BUILDER_HOME"/objects/* "$KERNEL_BUILDER_HOME"/actions/*
echo 'template <int N> struct F { static const int v = F<N - 1>::v + F<N - 2>::v; }; template <> struct F<0> { static const int v = 0; }; template <> struct F<1> { static const int v = 1; };' >>"$K/src/answer.cpp"
for i in $(seq 1 400); do echo "double f$i(double x) { for (int i = 0; i < 100; i++) x = x * x + $i; return x; }"; done >>"$K/src/answer.cpp"
for mode in auto off; do
	for sig in INT:130 TERM:143 KILL:137; do
		is "$("$ROOT/tests/e2e/reaper.py" ${sig%:*} cc1plus "$KB" build $SEL --sandbox=$mode "$K")" ${sig#*:} \
			"SIG${sig%:*} ends the build with ${sig#*:} and leaves no child, --sandbox=$mode"
	done
done
cp "$T/answer.cpp" "$K/src/answer.cpp"
status 0 "and the next build works" build "$K"
is "$(bits "$K" "$V")" "$first" "the same bytes"

status 0 "clean" "$KB" clean "$K"
is "$(ls -d "$K/build" "$K/result" 2>/dev/null)" "" "build and result are gone"
done_testing
