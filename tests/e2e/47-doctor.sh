#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# doctor: what this machine lacks. The directories of packages here are empty or hold files of the right name, which nobody opens.
# Needs neither network nor root.
. "$(dirname "$0")/lib.sh"
W=$T/wheels D=$T/debs
mkdir "$W" "$D"
doctor() { "$KB" doctor --wheel-index "$W" --debian-mirror "$D" "$@" 2>&1; }
status 1 "packages cannot be had" doctor
like "$out" '^stops +package index: (.*[.]whl) is not in '"$W" "the wheels"
like "$out" '^stops +Debian mirror: (.*[.]deb) is not in '"$D" "Debian's"
like "$out" '^ +-> look at the network and https_proxy, or name another mirror: export KERNEL_BUILDER_DEBIAN_MIRROR=URL$' "what to do"
like "$(printf "%s\n" "$out" | tail -n 1)" '^error: no build can run here' "so no build can run, it says at the end"
touch "$W/$(printf '%s\n' "$out" | sed -n 's/^stops *package index: \(.*\) is not in .*/\1/p')" "$D/$(printf '%s\n' "$out" | sed -n 's/^stops *Debian mirror: \(.*\) is not in .*/\1/p')"
status 0 "now they can" doctor
like "$out" '^ok +package index: has what a build fetches$' "says so"
like "$out" "^(ok|lacking) +store: $KERNEL_BUILDER_HOME, [0-9.]* .iB free" "the store, which is not there yet"
ok "and is not made" test ! -e "$KERNEL_BUILDER_HOME"
like "$out" '^ok +machine: Linux ' "the machine"
is "$(printf '%s\n' "$out" | grep -vcE '^(ok|lacking) +(machine|sandbox|store|memory|package index|Debian mirror|Python|torch|GPU): |^         -> ')" 0 "nothing else is printed"

# What a build says of the sandbox.
mkdir "$T/bin"
for p in sh python3 apt-get; do ln -s "$(command -v $p)" "$T/bin/$p" 2>/dev/null; done
status 0 "no bubblewrap" env PATH="$T/bin" "$KB" doctor --wheel-index "$W" --debian-mirror "$D"
like "$out" '^lacking +sandbox: bwrap is not in PATH' "is no obstacle"
like "$out" '^ +-> .*bubblewrap' "how to get it"
status 1 "but where the settings want it" env PATH="$T/bin" KERNEL_BUILDER_SANDBOX=on "$KB" doctor --wheel-index "$W" --debian-mirror "$D"
like "$out" '^stops +sandbox: ' "it is one"
status 0 "and none where they do not" env KERNEL_BUILDER_SANDBOX=off "$KB" doctor --wheel-index "$W" --debian-mirror "$D"
like "$out" '^ok +sandbox: off, by the settings$' "as it says"

# A store that cannot be used.
touch "$T/file"
status 1 "a file in place of the store" doctor --store "$T/file/store"
like "$out" "^stops +store: $T/file/store: $T/file is no directory\$" "is named"

# Pythons.
rm "$T/bin/python3"
status 0 "no Python" env -u VIRTUAL_ENV PATH="$T/bin" "$KB" doctor --wheel-index "$W" --debian-mirror "$D"
like "$out" '^lacking +Python: none; `build` needs none' "is no obstacle either"
mkdir -p "$T/site/torch/lib"
printf '__version__ = "2.11.0+cu130"\ncuda = "13.0"\n' >"$T/site/torch/version.py"
touch "$T/site/torch/__init__.py"
echo _ZN3c105ErrorC2ENS_14SourceLocationENSt7__cxx11 >"$T/site/torch/lib/libc10.so"
status 0 "a Python with torch" env PYTHONPATH="$T/site" "$KB" doctor --wheel-index "$W" --debian-mirror "$D"
like "$out" '^ok +torch: 2.11.0[+]cu130, which loads torch211-cxx11-cu130-' "the variant that it loads"
printf '__version__ = "2.11.0+rocm6"\ncuda = None\nhip = "6.4"\n' >"$T/site/torch/version.py"
status 0 "one for other GPUs" env PYTHONPATH="$T/site" "$KB" doctor --wheel-index "$W" --debian-mirror "$D"
like "$out" '^lacking +torch: 2.11.0[+]rocm6 is built for ROCm' "is told"

# A driver that is too old for that torch.
printf '__version__ = "2.11.0+cu130"\ncuda = "13.0"\n' >"$T/site/torch/version.py"
mkdir "$T/driver"
cat >"$T/driver.c" <<'C'
int cuInit(unsigned f) { return (int)f; }
int cuDeviceGetCount(int *n) { *n = 1; return 0; }
int cuDeviceGet(int *d, int i) { *d = i; return 0; }
int cuDeviceGetAttribute(int *v, int a, int d) { *v = a == 75 ? 9 : 0; return d; }
int cuDriverGetVersion(int *v) { *v = 12040; return 0; }
C
ok "a library that stands for a driver" cc -shared -fPIC -o "$T/driver/libcuda.so.1" "$T/driver.c"
status 0 "with that driver" env LD_LIBRARY_PATH="$T/driver" PYTHONPATH="$T/site" "$KB" doctor --wheel-index "$W" --debian-mirror "$D"
like "$out" '^lacking +GPU: capability 9.0, driver for CUDA 12.4: runs variants up to CUDA 12, and torch is for 13.0$' "is compared with torch"
status 2 "an operand" doctor "$T"
done_testing
