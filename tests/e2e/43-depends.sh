#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What sections depend on besides torch: CUTLASS from a wheel, from an sdist and from two of them; in the lock, offline, in what clangd
# reads; and what is refused.
. "$(dirname "$0")/lib.sh"
V=torch211-cxx11-cu130-x86_64-linux
CPU=torch211-cxx11-cpu-x86_64-linux
SEL="--no-lock --matrix all --variant $V"
K=$T/k
mkdir -p "$K"/{src,torch-ext/halves}
cp "$ROOT/tests/kernels/tiny/torch-ext/tiny/__init__.py" "$K/torch-ext/halves"
write_toml() { # name of the dependency, or nothing
	local d=${1:+, \"$1\"}
	cat >"$K/build.toml" <<END
[general]
name = "halves"
version = 1
edition = 5
license = "Apache-2.0"
backends = ["cpu", "cuda"]
[torch]
src = ["torch-ext/binding.cpp"]
[kernel.host]
backend = "cpu"
depends = []
src = ["src/plain.cpp"]
[kernel.halves]
backend = "cuda"
depends = ["torch"$d]
cuda-capabilities = ["9.0"]
src = ["src/halves.cu"]
[kernel.plain]
backend = "cuda"
depends = []
cuda-capabilities = ["9.0"]
src = ["src/plain.cpp"]
END
}
cat >"$K/torch-ext/binding.cpp" <<'END'
#include "registration.h"
#if defined(CUDA_KERNEL)
#include <cutlass/layout/matrix.h>
extern "C" int halves_rank() { return cutlass::layout::RowMajor::kRank; }
#endif
REGISTER_EXTENSION(TORCH_EXTENSION_NAME)
END
cat >"$K/src/plain.cpp" <<'END'
#if __has_include(<cutlass/cutlass.h>)
#error "this section depends on nothing"
#endif
extern "C" int plain() { return 1; }
END
# The utilities are in another directory than the rest.
cat >"$K/src/halves.cu" <<'END'
#include <cutlass/half.h>
#include <cutlass/util/device_memory.h>

__global__ void twice(cutlass::half_t *x) { x[threadIdx.x] = x[threadIdx.x] + x[threadIdx.x]; }

extern "C" void halves_twice(cutlass::half_t *x, int n)
{
	cutlass::device_memory::copy_to_device(x, x, 0);
	twice<<<1, n>>>(x);
}
END
build() { "$KB" build "$@" 2>&1; }

# From a wheel, read by ranges.
write_toml cutlass_3_6
status 0 "plan" "$KB" plan $SEL "$K"
like "$out" 'nvcc .*-Isrc/torch-ext -isystem cutlass/include -isystem cutlass/tools/util/include -isystem torch/include' \
	"both directories are on the include path, behind the kernel's own"
like "$out" "^# $V: with CUTLASS 3.6.0\$" "and it says which release"
is "$(printf '%s\n' "$out" | grep -- '-c src/src/plain.cpp' | grep -c cutlass)" 0 "not of a section that does not ask for it"
status 0 "builds" build $SEL "$K"
like "$out" 'fetched nvidia_cutlass-3.6.0.0-py3-none-any.whl: [23]\.[0-9]+ MiB' "a part of the wheel was fetched"
like "$(cuobjdump -sass "$K"/build/$V/*.so 2>/dev/null || strings -a "$K"/build/$V/*.so)" 'twice' "the kernel is in there"
like "$(cat "$K/build/compile_commands.json")" "store/trees/[0-9a-f]{64}/tools/util/include" "clangd finds the headers in the store"
cutlass() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["toolchain"]["cutlass"])' "$K/build/$V/metadata.json"; }
is "$(cutlass)" 3.6.0 "metadata.json names the release"
first=$(bits "$K" "$V")

# Locked: the pins are in the lock, and nothing else is looked at.
status 0 "lock" "$KB" lock $SEL "$K"
is "$(python3 -c 'import json, sys; d = json.load(open(sys.argv[1]))["depends"]; print([(x["name"], x["version"], x["pins"][0]["file"]) for x in d])' "$K/kernel-builder.lock")" \
	"[('cutlass_3_6', '3.6.0', 'nvidia_cutlass-3.6.0.0-py3-none-any.whl')]" "holds the pin"
rm -rf "$K/build"
status 0 "builds by the lock, offline" build --wheel-index /nonexistent --debian-mirror /nonexistent --cache=off "$K"
is "$(bits "$K" "$V")" "$first" "the same bytes"
status 0 "lock --verify" "$KB" lock --verify "$K"
for change in 'sha256/: "......../: "00000000/' 'tree/: "......../: "00000000/' 'size/: /: 9/'; do
	cp "$K/kernel-builder.lock" "$T/right"
	line=$(grep -n -m 1 "\"${change%%/*}\":" "$T/right" | cut -d : -f 1)
	sed -i "${line}s/${change#*/}" "$K/kernel-builder.lock"
	status 3 "another ${change%%/*}" "$KB" lock --verify "$K"
	like "$out" "^error: .*/kernel-builder.lock:$line: is not what this program's catalog says; .kernel-builder lock. writes that" "has its line"
	mv "$T/right" "$K/kernel-builder.lock"
done
status 2 "with --no-lock" "$KB" lock --verify --no-lock "$K"
write_toml cutlass_3_9
status 3 "the lock is older than build.toml" build "$K"
like "$out" "build.toml:13:1: kernel.halves depends on cutlass_3_9, which the lock lacks; update it with" "says so"
rm "$K/kernel-builder.lock"

# From an sdist, whole; then without it, and without a network.
status 0 "fetch" "$KB" fetch $SEL "$K"
like "$out" 'fetched flashinfer_python-0.2.7.post1.tar.gz: 3\.[0-9]+ MiB' "the sdist"
status 0 "builds offline" build $SEL --wheel-index /nonexistent --debian-mirror /nonexistent "$K"
is "$(find "$KERNEL_BUILDER_HOME"/trees/*/tools/util/include -perm -u+x -type f | wc -l)" 0 "no header is a program"
write_toml cutlass_4_0
status 0 "of two packages" build $SEL "$K"
is "$(cutlass)" 4.0.0 "named, too"
like "$out" 'fetched natten-0.21.0.tar.gz' "the headers"
like "$out" 'fetched flashinfer_python-0.2.7.post1.tar.gz' "and the utilities"

# A checkout of the user's, here a copy of a tree: taken when it is the very version, and told what differs when not.
C=$T/cutlass
tree=$(grep -l '^#define CUTLASS_MINOR 6$' "$KERNEL_BUILDER_HOME"/trees/*/include/cutlass/version.h)
tree=${tree%/include/*}
cp -r "$tree" "$C"
chmod -R u+w "$C"
chmod +x "$C/include/cutlass/cutlass.h"
echo more >"$C/LICENSE.txt"
trees() { find "$KERNEL_BUILDER_HOME/trees" -maxdepth 1 -name '*.manifest' | wc -l; }
write_toml cutlass_3_6
chmod -R u+w "$tree"
rm -r "$tree" "$tree.manifest" "$tree.stat"
was=$(trees)
status 0 "a checkout of that version, without a network" env KERNEL_BUILDER_CUTLASS="$C" "$KB" fetch $SEL --wheel-index /nonexistent --debian-mirror /nonexistent "$K"
is "$(trees)" $((was + 1)) "is the tree that the package gives"
status 0 "builds with it" build $SEL --cutlass "$C" "$K"
is "$(bits "$K" "$V")" "$first" "the same bytes"
echo '// mine' >>"$C/include/cutlass/half.h"
rm "$C/tools/util/include/cutlass/util/print_error.hpp"
: >"$C/include/cute/mine.hpp"
status 4 "an edited one" build $SEL --cutlass "$C" "$K"
like "$out" "cutlass is not CUTLASS 3.6.0: in include/ and tools/util/include/, 1 file differs, 1 is missing, 1 is extra: include/cute/mine.hpp is extra, include/cutlass/half.h differs, tools/util/include/cutlass/util/print_error.hpp is missing$" \
	"is told what differs"
write_toml cutlass_4_0
status 0 "where only a variable names it" env KERNEL_BUILDER_CUTLASS="$C" "$KB" build $SEL "$K"
write_toml cutlass_3_5
status 0 "and the package is not there yet" env KERNEL_BUILDER_CUTLASS="$C" "$KB" fetch $SEL "$K"
like "$out" "note: .*/cutlass is not CUTLASS 3.5.1, which comes from its package instead" "that is said"
write_toml cutlass_4_5
status 3 "a version that no package has" build $SEL "$K"
like "$out" 'build.toml:13:1: kernel.halves depends on cutlass_4_5: no package has CUTLASS 4.5.2; check out its tag v4.5.2, and name the directory with --cutlass DIR' "says what to do"
is "$(printf '%s\n' "$out" | grep -c fetch)" 0 "at once"
mkdir -p "$HOME/.config/kernel-builder"
echo "cutlass = \"$C\"" >"$HOME/.config/kernel-builder/config.toml"
status 4 "with another version" build $SEL "$K"
like "$out" 'is not CUTLASS 4.5.2: .*, [0-9]+ files differ, [0-9]+ are missing, [0-9]+ are extra: include/cute/.* and [0-9]+ more$' "says what differs"
rm "$HOME/.config/kernel-builder/config.toml"
status 0 "its lock" "$KB" lock $SEL --output "$T/lock" "$K"
like "$(tr -d ' \n' <"$T/lock")" '"file":"v4.5.2","kind":"directory","name":"CUTLASS","plain":true,.*"tree":"0f1c2875b0890995' "says that it is a directory with that digest"
write_toml cutlass_4_0

# An sdist with another hash.
mkdir -p "$T/wheels"
head -c 2735854 /dev/zero >"$T/wheels/natten-0.21.0.tar.gz"
status 0 "a lock of that" "$KB" lock $SEL --output "$T/lock" "$K"
python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1]))["depends"][0]["pins"][0]))' "$T/lock" >"$T/pin.json"
status 4 "another file of that name" env KERNEL_BUILDER_HOME="$T/other" "$KB" nix fetch "$T/pin.json" "$T/tree" --wheel-index "$T/wheels"
like "$out" 'natten-0.21.0.tar.gz.* has SHA-256 .*, but 810aaf17.* is pinned' "is refused"

# Without: the headers are not there.
write_toml
status 1 "a section that does not ask for it" build $SEL "$K"
like "$out" 'cutlass/.*No such file' "does not see it"
status 0 "a section that depends on nothing, on CPUs" build --no-lock --matrix all --variant $CPU "$K"
write_toml cutlass_3_7
status 3 "a version that is none" "$KB" check-config "$K"
like "$out" 'build.toml:15:[0-9]+: depends in \[kernel.halves\]: unknown "cutlass_3_7"; .*cutlass_2_10, cutlass_3_5, cutlass_3_6, cutlass_3_8' "and the list"
write_toml sycl_tla
status 3 "a name for another backend" "$KB" check-config "$K"
like "$out" 'build.toml:15:[0-9]+: .*sycl_tla is CUTLASS for SYCL, for sections of backend "xpu"' "says which"
done_testing
