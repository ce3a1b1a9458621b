# SPDX-License-Identifier: Apache-2.0
# Compiles the program with the machine's compiler and puts the libraries that it needs beside it.
# src and out are of the derivation.
# shellcheck shell=sh disable=SC2154
for tool in make cc c++ pkg-config; do
	command -v $tool >/dev/null || {
		echo "There is no $tool here. Without nixpkgs, kernel-builder is compiled by this machine's compiler:"
		echo "install it (tools/deps.sh build), and let Nix's sandbox show it, this once:"
		echo "    nix build --option extra-sandbox-paths '/bin /usr /lib /lib64 /etc' URL#kernel-builder"
		echo "or give nixpkgs: genFlakeOutputs { pkgs = nixpkgs.legacyPackages.x86_64-linux; ... }"
		exit 1
	} >&2
done
cores=${NIX_BUILD_CORES:-0}
[ "$cores" != 0 ] || cores=$(nproc)
lib=$out/lib
cp -r "$src" source
chmod -R u+w source
cd source || exit
make -s -j"$cores" CFLAGS=-O2 \
	LDFLAGS="-s -Wl,--build-id=none -Wl,--dynamic-linker=$lib/ld-linux-x86-64.so.2 -Wl,--disable-new-dtags -Wl,-rpath,$lib"
mkdir -p "$out/bin" "$lib" "$out/share"
cp kernel-builder "$out/bin"
# The loader lists what a program needs, and where that lies, when it is asked so.
loader=/lib64/ld-linux-x86-64.so.2
LD_TRACE_LOADED_OBJECTS=1 $loader ./kernel-builder >needed
sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' needed | while read -r file; do cp -L "$file" "$lib"; done
cp -L $loader "$lib"
for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
	[ ! -r $file ] || [ -e "$out/share/ca-bundle.crt" ] || cp -L $file "$out/share/ca-bundle.crt"
done
"$out/bin/kernel-builder" --version
