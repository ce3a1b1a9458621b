#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Device passes without the host's code: the same code as nvcc's, less work, and never another meaning.
. "$(dirname "$0")/lib.sh"
shares_trees
SEL="--no-lock --matrix all --variant torch211-cxx11-cu130-x86_64-linux"
K=$T/device
cp -r "$ROOT/tests/kernels/device" "$K"
short() { ran ': cicc, device code only, '; }
long() { ran ': cicc [0-9a-z]*$'; }
slimmed() { ran ': cicc [0-9a-z]*, slim$'; }
plain_bytes() { # text: the build of $K gives what it gives with --device-only=off
	rm -rf "$T/off"
	cp -r "$K" "$T/off"
	rm -rf "$T/off/build" "$T/off/result"
	status 0 "$1, the full way" build -q --device-only=off "$T/off"
	ok "$1: the same bytes" cmp "$(so "$K")" "$(so "$T/off")"
}

# One architecture in full, all of them without the host's code.
status 0 "a kernel with torch's headers" build -q --events 3 "$K" 3>"$T/events"
is "$(short)" 3 "the device-only way for each architecture"
is "$(long)" 1 "the full way for one"
is "$(ran 'g++ -E [0-9]')" 1 "and one text"
is "$(ran ': cudafe++, slim') $(ran 'device.cu: g++, slim') $(ran 'binding.cpp: g++, slim')" "1 1 1" "the host's texts are slim"
is "$(ran ': cudafe++$') $(ran 'device.cu: g++$') $(ran 'binding.cpp$')" "0 0 0" "and no others are compiled"
plain_bytes "a kernel with torch's headers"
status 0 "again" build -q --events 3 "$K" 3>"$T/events"
is "$(steps | wc -l)" 0 "nothing runs"

# For one GPU only. Nobody takes that for the whole variant.
holds() { python3 -c 'import glob,json,sys; m=json.load(open(glob.glob(sys.argv[1]+"/build/*/metadata.json")[0])); print(*m["backend"]["archs"], m["toolchain"].get("only-capabilities", "all"))' "$K"; }
all=$(holds)
status 0 "--capability" build -q --capability 9.0 "$K"
is "$(holds)" "9.0 ['9.0']" "metadata.json says what is in, and that it is not all"
status 0 "a build without it" build -q --events 3 "$K" 3>"$T/events"
is "$(steps | wc -l) $(holds)" "0 $all" "puts the whole variant there, of what the store has"

# An edit of a kernel's body.
sed -i 's/x \* 2/x * 3/' "$K/src/device.cu"
status 0 "the body of a kernel is edited" build -q --events 3 "$K" 3>"$T/events"
is "$(short) $(long)" "3 0" "the proof is remembered"
is "$(ran 'cudafe++') $(ran 'device.cu: g++$')" "0 0" "nothing of the host is compiled"
plain_bytes "the body of a kernel is edited"

# An edit of the host's code: which kernels there are is found out by the slimmed text.
sed -i 's/^\tauto stream/\tTORCH_CHECK(in.dim() < 60, "too many");\n&/' "$K/src/device.cu"
status 0 "the host's code is edited" build -q --events 3 "$K" 3>"$T/events"
is "$(long) $(slimmed) $(ran 'proof by')" "0 1 1" "the slimmed text proves it"
is "$(ran 'cudafe++, slim') $(ran 'device.cu: g++, slim')" "1 1" "and the host's code is compiled"
plain_bytes "the host's code is edited"

# Once more: the host's code is compiled with the stub of the last proof, while this one is made. One job is never idle.
begins() { grep -n "\"event\":\"started\".*$1" "$T/events" | head -n 1 | cut -d : -f 1; } # label
ends() { grep -n "\"event\":\"ended\",\"step\":$(sed -n "s/.*\"event\":\"started\",\"step\":\([0-9]*\),.*$1.*/\1/p" "$T/events" | head -n 1)," "$T/events" | cut -d : -f 1; }
sed -i 's/in.dim() < 60/in.dim() < 61/' "$K/src/device.cu"
status 0 "the host's code is edited once more" build -q -j2 --events 3 "$K" 3>"$T/events"
is "$(long) $(slimmed) $(ran 'device.cu: g++, slim')" "0 1 1" "its compiler ran once"
[ "$(nproc)" = 1 ] || ok "and did not wait for the proof" [ "$(begins 'device.cu: g++, slim')" -lt "$(ends 'proof by')" ]
plain_bytes "the host's code is edited once more"

# Another kernel is launched, which the stub of the last proof does not have: what was compiled with that is of no use.
sed -i 's/^\tversioned::fill.*/&\n\tversioned::fill<<<1, 4, 0, stream>>>(out.data_ptr<double>() + 4, 1.);/' "$K/src/device.cu"
status 0 "another kernel is launched" build -q -j2 --events 3 "$K" 3>"$T/events"
[ "$(nproc)" = 1 ] || is "$(ran 'device.cu: g++, slim')" 2 "the host's code is compiled with both stubs"
plain_bytes "another kernel is launched"

# An edit further up, by which the host's lines move, and with them what TORCH_CHECK says.
sed -i '1s/^/\n/' "$K/src/device.cu"
status 0 "a line is inserted" build -q --events 3 "$K" 3>"$T/events"
is "$(short) $(long) $(slimmed)" "3 0 0" "the proof is remembered"
is "$(ran 'device.cu: g++, slim')" 1 "the host's code is compiled"
plain_bytes "a line is inserted"

# A second file with the headers of the first, which the whole text proved.
cat >"$K/src/second.cu" <<'C'
#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAStream.h>
template <typename T> __global__ void second(T *p, long n) { p[n - threadIdx.x] = p[threadIdx.x] + T(1); }
void call_second(at::Tensor &x)
{
	second<<<1, 4, 0, c10::cuda::getCurrentCUDAStream()>>>(x.data_ptr<float>(), x.numel());
}
C
sed -i 's|"src/device.cu"|&, "src/second.cu"|' "$K/build.toml"
status 0 "a file with the same headers is added" build -q --events 3 "$K" 3>"$T/events"
is "$(long) $(slimmed) $(short)" "0 1 3" "the slimmed text proves it"
plain_bytes "a file with the same headers is added"
status 0 "both files anew" build -q --cache=off --events 3 "$K" 3>"$T/events"
is "$(long) $(slimmed) $(short)" "1 1 6" "the whole text of one proves it for both"
# Where a name of the device code is that of something in the headers, that is not enough.
sed -i 's/T(1)/T(at::kFloat)/' "$K/src/second.cu"
status 0 "device code that names what a header has" build -q --events 3 "$K" 3>"$T/events"
is "$(long)" 1 "is proved by the whole text"
plain_bytes "device code that names what a header has"
rm "$K/src/second.cu"
sed -i 's|, "src/second.cu"||' "$K/build.toml"

# One architecture more.
sed -i 's/"8.6", /&"8.9", /' "$K/build.toml"
status 0 "an architecture is added" build -q --events 3 "$K" 3>"$T/events"
is "$(long) $(slimmed)" "0 1" "the slimmed text proves it"
plain_bytes "an architecture is added"
sed -i 's/"8.9", //' "$K/build.toml"

# Another torch, and the other architecture's own text.
SEL="--no-lock --matrix all --variant torch210-cxx11-cu130-x86_64-linux"
status 0 "another torch" build -q --events 3 "$K" 3>"$T/events"
is "$(short) $(long)" "0 0" "no device code is compiled for it"
SEL="--no-lock --matrix all --variant torch211-cxx11-cu130-x86_64-linux"
rm -rf "$K/build"
sed -i 's/x \* 3/x * KIND/; 1i #if __CUDA_ARCH__ >= 900\n#define KIND 9\n#else\n#define KIND 8\n#endif' "$K/src/device.cu"
status 0 "a text that depends on the architecture" build -q --events 3 "$K" 3>"$T/events"
is "$(short) $(ran 'g++ -E [0-9]')" "3 3" "each architecture has its own text"
plain_bytes "a text that depends on the architecture"
status 0 "--rebuild" build --rebuild "$K"
like "$out" 'all with the same bytes as before' "gives the same bytes"

# Two torch releases at once, whose types device code uses: one text in full for both.
cat >"$K/src/device.cu" <<'C'
#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAStream.h>
template <typename T> __global__ void kernel(T *out, const T *in) { out[threadIdx.x] = T(float(in[threadIdx.x]) * 3.0f); }
void run(at::Tensor &out, const at::Tensor &in)
{
	kernel<<<1, 4, 0, c10::cuda::getCurrentCUDAStream()>>>(out.data_ptr<c10::Half>(), in.data_ptr<c10::Half>());
}
C
SEL="--no-lock --matrix all --variant torch210-cxx11-cu130-x86_64-linux --variant torch211-cxx11-cu130-x86_64-linux"
status 0 "two torch releases" build -q --events 3 "$K" 3>"$T/events"
is "$(long)" 1 "one proves it for both"
SEL="--no-lock --matrix all --variant torch211-cxx11-cu130-x86_64-linux"
rm -rf "$K/build"
build -q "$K"
plain_bytes "two torch releases"

# Files whose kernels would mean something else without the host's declarations, and such as cannot go the device-only way.
cp "$ROOT"/tests/kernels/device/adversarial/*.cu "$K/src"
sources=$(cd "$K/src" && printf '"src/%s", ' *.cu)
sed -i "s|^src = .\"src/device.cu\".|src = [${sources%, }]|; s|\"8.0\", \"8.6\", \"9.0\"|\"8.0\", \"9.0\"|" "$K/build.toml"
rm -rf "$K/build"
status 0 "files made to mislead" build -v "$K"
like "$out" 'note: device code of src/overload.cu for .* is compiled with the host' "those that go the full way are told"
plain_bytes "files made to mislead"

# The host's texts, slimmed.
cp "$ROOT/tests/kernels/device/src/device.cu" "$K/src"
cp "$ROOT/tests/kernels/device/build.toml" "$K"
rm -rf "$K/build" "$T/off/build"
symbols() { readelf --dyn-syms -W "$(so "$1")" | awk 'NR > 3 { print $4, $5, $7 == "UND", $8 }' | LC_ALL=C sort; }
status 0 "the host's texts" build -q "$K"
symbols "$K" >"$T/slim"
rm -rf "$K/build"
status 0 "--slim=off" build -q --slim=off --events 3 "$K" 3>"$T/events"
is "$(ran ', slim')" 0 "compiles whole texts"
symbols "$K" >"$T/whole"
[ -s "$T/whole" ]
is $? 0 "there are symbols"
ok "the same symbols" diff "$T/whole" "$T/slim"
echo 'int wrong() { return at::no_such_function(); }' >>"$K/torch-ext/binding.cpp"
status 1 "C++ that is wrong" build "$K"
like "$out" "binding.cpp:[0-9]+:.*error" "says what the compiler said of the source"
sed -i '$d' "$K/torch-ext/binding.cpp"

# An audit compares both ways.
rm -rf "$K/build"
status 0 "--slim=audit" build -q --slim=audit --events 3 "$K" 3>"$T/events"
is "$(long) $(ran ': audit')" "2 5" "each architecture and each object goes both ways"
# Another object than the compiler made, in the record of one way.
object() { sha256sum "$KERNEL_BUILDER_HOME"/objects/*/* | while read -r digest path; do readelf -h "$path" 2>/dev/null | grep -q 'REL (' && nm "$path" | grep -q "$1" && echo "$digest"; done; }
ours=$(object 'T PyInit_' | head -n 1) other=$(object 'T _Z3run' | head -n 1)
caught=0
for record in $(grep -l -r -e "$ours" "$KERNEL_BUILDER_HOME/actions"); do
	cp "$record" "$T/record"
	sed "s/$ours/$other/" "$T/record" >"$T/damaged"
	cp --remove-destination "$T/damaged" "$record"
	rm -rf "$K/build"
	build -q --slim=audit "$K" >"$T/said" || { grep -q 'audit: it is not what the whole text gives' "$T/said" && [ ! -e "$K/build" ] && caught=1; }
	cp --remove-destination "$T/record" "$record"
done
is $caught 1 "what differs fails the build"
status 2 "another word" build --slim=perhaps "$K"

# Two C++ ABIs at once, which host code and device code depend on: the proof of one is no good for the other.
cp "$K/src/device.cu" "$K/build.toml" "$T"
cat >"$K/src/device.cu" <<'C'
#include <ATen/core/Tensor.h>
#include <string>
void other(float *p);
template <int N> __global__ void kernel(float *out) { out[threadIdx.x] = N; }
void run(at::Tensor &out, const at::Tensor &in)
{
	kernel<sizeof(std::string)><<<1, 4>>>(out.data_ptr<float>());
	other(out.data_ptr<float>());
}
C
cat >"$K/src/other.cu" <<'C'
#include <ATen/core/Tensor.h>
#include <string>
__global__ void size(float *out) { *out = sizeof(std::string); }
void other(float *p) { size<<<1, 1>>>(p); }
C
sed -i 's|"src/device.cu"|&, "src/other.cu"|; s|"8.0", "8.6", "9.0"|"8.0"|' "$K/build.toml"
SEL="--no-lock --matrix all --variant torch25-cxx11-cu124-x86_64-linux --variant torch25-cxx98-cu124-x86_64-linux"
rm -rf "$K/build" "$T/off"
cp -r "$K" "$T/off"
status 0 "two C++ ABIs" build -v "$K"
like "$out" 'note: device code of src/other.cu for torch25-cxx11.* is compiled with the host.s: it depends on the C\+\+ ABI' "device code of which the prover sees that it depends"
like "$out" 'note: device code of src/device.cu for torch25-cxx(98|11).* is compiled with the host.s: its host launches' "and a launch of which nobody proved anything"
status 0 "two C++ ABIs, the full way" build -q --device-only=off "$T/off"
for abi in cxx11:32 cxx98:8; do
	v=torch25-${abi%:*}-cu124-x86_64-linux
	is "$(nm -C "$K/build/$v"/*.so | grep -c "kernel<${abi#*:}>")" 1 "the kernel of ${abi%:*}"
	ok "${abi%:*}: the same bytes" cmp "$K/build/$v"/*.so "$T/off/build/$v"/*.so
done
rm -rf "$K/src/other.cu" "$K/build" "$T/off"
cp "$T/device.cu" "$K/src"
cp "$T/build.toml" "$K"
SEL="--no-lock --matrix all --variant torch211-cxx11-cu130-x86_64-linux"

# A name that the compiler cuts into operands of instructions gets its id all the same.
cat >>"$K/torch-ext/binding.cpp" <<'C'
#include <string>
extern "C" bool names_are_whole()
{
	// As constants, and at run time.
	std::string cut[] = { "0123456789" KERNEL_BUILDER_TEXT(TORCH_EXTENSION_NAME), "abc" KERNEL_BUILDER_TEXT(TORCH_EXTENSION_NAME),
		"x" KERNEL_BUILDER_TEXT(TORCH_EXTENSION_NAME), KERNEL_BUILDER_TEXT(TORCH_EXTENSION_NAME) };
	std::string whole = kernel_builder_name(KERNEL_BUILDER_TEXT(TORCH_EXTENSION_NAME));
	for (auto &s : cut) {
		asm volatile("" : : "r"(s.data()) : "memory");
		if (s.substr(s.size() - whole.size()) != whole)
			return false;
	}
	return true;
}
C
for mode in off all; do
	rm -rf "$K/build"
	status 0 "a name that is cut, --slim=$mode" build -q --slim=$mode --events 3 "$K" 3>"$T/events"
	[ $mode = all ] || is "$(ran 'binding.cpp, with its id')" 1 "its source is compiled with the id"
	is "$(strings -a "$(so "$K")" | grep -c k0b1)" 0 "no placeholder is left"
done

# Kernels in a namespace of that name: in PTX, which fatbinary packs, the host must find them as well.
cat >"$T/names.py" <<'P'
import re, sys
sys.path.insert(0, sys.argv[1])
import device_code
images = [i for c in device_code.images(sys.argv[2]) for i in c]
host = set(re.findall(rb"_Z\w*_device_cuda_\w{10}\w*named\w*", open(sys.argv[2], "rb").read()))
print(sorted({len({h for h in host if h in b}) for _, _, b in images}), any(b"k0b1" in b for _, _, b in images), sorted(n for n, _, _ in images))
P
cp "$K/src/device.cu" "$T/plain.cu"
cp "$K/build.toml" "$T/plain.toml"
cat >>"$K/src/device.cu" <<'C'
namespace TORCH_EXTENSION_NAME { template <int N> __global__ void named(float *p) { *p = N; } }
void call_named(float *p) { TORCH_EXTENSION_NAME::named<1><<<1, 1>>>(p); TORCH_EXTENSION_NAME::named<2><<<1, 1>>>(p); }
C
sed -i 's/"8.0", "8.6", "9.0"/"8.0", "9.0+PTX"/' "$K/build.toml"
rm -rf "$K/build"
status 0 "kernels in a namespace of the extension's name" build -q --events 3 "$K" 3>"$T/events"
is "$(ran 'device.cu, with its id')" 1 "are compiled with the id"
is "$(python3 -B "$T/names.py" "$ROOT/tests/audit" "$(so "$K")")" "[2] False ['compute_90', 'sm_80', 'sm_90']" "each image has the names that the host asks for"
cp "$T/plain.cu" "$K/src/device.cu"
cp "$T/plain.toml" "$K/build.toml"

# Code that libcu++'s macros choose: no condition in the kernel's files asks for the architecture, and no name there is one that depends on it.
sed -i 's|^#include <c10/cuda/CUDAStream.h>|&\n#include <nv/target>|
	s|^\(template <typename T> __device__ T twice(T x) {\).*|\1 NV_IF_TARGET(NV_PROVIDES_SM_90, (return x * 5;), (return x * 3;)) }|' "$K/src/device.cu"
status 0 "code that NV_IF_TARGET chooses" build -q --events 3 "$K" 3>"$T/events"
is "$(ran 'g++ -E [0-9]')" 3 "each architecture has a text of its own"
plain_bytes "code that NV_IF_TARGET chooses"
cp "$T/plain.cu" "$K/src/device.cu"

# What is wrong is said as ever.
cat >>"$K/src/device.cu" <<'C'
__global__ void broken(int *p) { *p = nonsense; }
C
status 1 "device code that is wrong" build "$K"
like "$out" 'device.cu\([0-9]+\): error: identifier "nonsense" is undefined' "says what the compiler said"
like "$out" '1 step failed' "once"
status 2 "another word" build --device-only=perhaps "$K"
done_testing
