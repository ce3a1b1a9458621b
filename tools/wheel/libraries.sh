#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The libraries that a portable program holds: libraries.sh TOOLCHAIN OUT MACHINE
# OUT/include, OUT/lib and OUT/licenses. All but libcurl are the static libraries of this machine's Debian 12 packages (tools/deps.sh
# wheel), so they have Debian's corrections of today; for aarch64, those of the same packages for it, which apt downloads and nobody
# installs. libcurl is compiled, with HTTP and nothing else.
set -eu
toolchain=$1 out=$2 machine=$3
rm -rf "$out" && mkdir -p "$out/include" "$out/lib" "$out/licenses"
triplet=$machine-linux-gnu debian=/
packages="libarchive-dev libssl-dev libnghttp2-dev zlib1g-dev libjansson-dev liblzma-dev libzstd-dev libbz2-dev"
if [ "$machine" = aarch64 ]; then
	debian=$out/debian
	mkdir -p "$debian/lists/partial" "$debian/cache/archives/partial"
	: >"$debian/status"
	get="-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::lists=$debian/lists -o Dir::State::status=$debian/status
		-o Dir::Cache=$debian/cache -o APT::Sandbox::User= -o Acquire::Languages=none"
	# shellcheck disable=SC2086
	apt-get -qq $get update 2>"$debian/log" || true # of a source that has nothing for arm64
	# shellcheck disable=SC2086
	(cd "$debian/cache" && apt-get -qq $get download $packages >>"$debian/log" 2>&1) || { cat "$debian/log" >&2; exit 1; }
	for f in "$debian"/cache/*.deb; do dpkg-deb -x "$f" "$debian"; done
fi
for f in archive.h archive_entry.h jansson.h jansson_config.h zlib.h zconf.h nghttp2 openssl "$triplet/openssl"; do
	cp -r "$debian/usr/include/$f" "$out/include/"
done
cp -r /usr/include/toml++ "$out/include/"
for l in archive ssl crypto nghttp2 z jansson lzma zstd bz2; do
	f=$debian/usr/lib/$triplet/lib$l.a
	[ -f "$f" ] || { echo "there is no $f: tools/deps.sh wheel installs it" >&2; exit 1; }
	cp "$f" "$out/lib/"
done
for p in $packages libtomlplusplus-dev libstdc++-12-dev; do
	cp "/usr/share/doc/$p/copyright" "$out/licenses/${p%-dev}.txt"
done
"$toolchain/cc" -std=c17 -O2 -fPIE -Wall -Wextra -c -o "$out/lib/compat.o" "$(dirname "$0")/compat.c"

# In a copy: a patch that fails leaves half of itself.
cp -a "$toolchain/curl" "$out/curl"
cd "$out/curl"
# Those below the line are of other TLS libraries.
sed '/^# Do not add/,$d; /^#/d; /^$/d' debian/patches/series >"$out/series"
while read -r p; do patch -s -p1 <"debian/patches/$p"; done <"$out/series"
off=
for what in shared ldap ldaps ftp file rtsp dict telnet tftp pop3 imap smtp smb gopher mqtt manual ntlm alt-svc hsts unix-sockets \
	debug dependency-tracking libcurl-option; do off="$off --disable-$what"; done
for what in libpsl brotli zstd libidn2 librtmp libgsasl ca-bundle ca-path; do off="$off --without-$what"; done
# shellcheck disable=SC2086
./configure -q --host="$triplet" --build=x86_64-linux-gnu $off --with-zlib --with-nghttp2 --with-openssl CC="$toolchain/cc" AR="$toolchain/ar" RANLIB="$toolchain/ranlib" CPPFLAGS="-I$out/include" CFLAGS="-O2 -fPIE" \
	LDFLAGS="-L$out/lib" LIBS="-lssl -lcrypto -lnghttp2 -lz -lpthread -ldl" PKG_CONFIG=false >"$out/configure.log" 2>&1 || {
	tail -20 "$out/configure.log" >&2
	exit 1
}
make -s -j"${JOBS:-$(nproc)}" -C lib >"$out/make.log" 2>&1 || {
	tail -20 "$out/make.log" >&2
	exit 1
}
cp lib/.libs/libcurl.a "$out/lib/"
cp -r include/curl "$out/include/"
cp COPYING "$out/licenses/libcurl.txt"
