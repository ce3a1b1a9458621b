#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The wheel: what is in it, that pip takes it, and that the program in it runs and builds. tests/install.sh tries other distributions.
. "$(dirname "$0")/lib.sh"
shares_trees
AUDIT=$ROOT/.build/audit
if [ ! -e "$AUDIT/done" ]; then
	python3 -m venv --clear "$AUDIT" && "$AUDIT/bin/pip" -q install kernel-abi-check==0.14.1 auditwheel==6.6.0 && touch "$AUDIT/done"
fi
version=$("$KB" --version | cut -d' ' -f2)
W=$T/kernel_builder-$version-py3-none-manylinux_2_28_x86_64.whl
status 0 "make wheel" make -s -C "$ROOT" wheel WHEEL="$W" SHARE="$T/share"
cp "$W" "$T/first.whl"
status 0 "again" make -s -C "$ROOT" wheel WHEEL="$W" SHARE="$T/share"
ok "the same bytes" cmp "$W" "$T/first.whl"
echo "# $(stat -c %s "$W") bytes"

cat >"$T/look.py" <<'P'
import base64, csv, email, hashlib, io, stat, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
info = "kernel_builder-" + sys.argv[2] + ".dist-info/"
names = z.namelist()
listed = {r[0]: r for r in csv.reader(io.StringIO(z.read(info + "RECORD").decode()))}
digest = lambda n: "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(z.read(n)).digest()).rstrip(b"=").decode()
assert sorted(listed) == sorted(names) and len(names) == len(set(names)), "RECORD lists all files, once"
assert all(listed[n][1:] == [digest(n), str(z.getinfo(n).file_size)] for n in names if not n.endswith("RECORD")), "hashes and sizes"
assert names[-1] == info + "RECORD" and names[:-1] == sorted(names[:-1]), "sorted"
program = info.replace(".dist-info/", ".data/scripts/kernel-builder")
modes = {n: stat.S_IMODE(z.getinfo(n).external_attr >> 16) for n in names}
assert modes.pop(program) == 0o755 and set(modes.values()) == {0o644}, "modes"
wheel, meta = (email.message_from_bytes(z.read(info + n)) for n in ("WHEEL", "METADATA"))
print(wheel["Root-Is-Purelib"], wheel["Tag"], meta["Name"], meta["Version"], meta["License"], meta["Requires-Dist"])
P
status 0 "its files are those of RECORD" python3 "$T/look.py" "$W" "$version"
is "$out" "false py3-none-manylinux_2_28_x86_64 kernel-builder $version Apache-2.0 pip" "tags and metadata"
status 0 "auditwheel" "$AUDIT/bin/auditwheel" show "$W"
like "$(tr '\n' ' ' <<<"$out")" 'constrains the platform tag to "manylinux_2_28_x86_64"' "agrees with the tag"
status 0 "so does the program's own auditor" "$KB" check-abi "$W"

# The system's Python may be one that pip leaves alone.
status 0 "pip install" sh -c "python3 -m venv '$T/venv' && '$T/venv/bin/pip' install -q --no-index '$W' && '$T/venv/bin/pip' check"
P=$T/venv/bin/kernel-builder
status 0 "the program runs" "$P" --version
is "$out" "kernel-builder $version" "and is this one"
is "$("$P" list-variants "$ROOT/examples/activation")" "$("$KB" list-variants "$ROOT/examples/activation")" "with the catalog in it"
ok "man pages" test -s "$T/venv/share/man/man1/kernel-builder-build.1"
needed=$(readelf -dW "$P" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vxE 'lib(c|dl|pthread|m)\.so\.[0-9]|ld-linux-x86-64\.so\.2')
is "$needed" "" "of libraries it needs those of glibc only"
is "$(readelf -VW "$P" | grep -oE 'GLIBC_[0-9.]+' | cut -d_ -f2 | sort -V | tail -1)" 2.28 "of glibc 2.28"
is "$(readelf -lW "$P" | grep -cE 'GNU_RELRO|GNU_STACK +.* RW ')" 2 "hardened"
is "$(strings -a "$P" | grep -c -F -e "$ROOT/")" 0 "no path of this machine"

# That for aarch64 takes longer (tests/aarch64-machine.sh). Its compiler runs here; what the program is linked with is for aarch64.
is "$(cd "$ROOT/tools/wheel" && python3 -Bc 'import toolchain; print(*sorted({p["file"].rsplit("_", 1)[1] + ":" + w for p, w in toolchain.pins("aarch64") if w != "curl"}))')" \
	"amd64.deb:tools arm64.deb:sysroot arm64.deb:tools" "the wheel for aarch64 has a toolchain"

cp -r "$ROOT/examples/relu-cpu" "$T/k"
rm -rf "$T/k/build" "$T/k/result"
status 0 "it builds" env PATH="$T/venv/bin:$PATH" kernel-builder build -q --no-lock --torch 2.15 "$T/k"
built=$(bits "$T/k")
status 0 "what this one builds" "$KB" build -q --no-lock --torch 2.15 --rebuild "$T/k"
is "$(bits "$T/k")" "$built" "the same bits"
"$T/venv/bin/pip" uninstall -q -y kernel-builder
is "$(find "$T/venv" -name '*kernel*builder*' | wc -l)" 0 "pip uninstall leaves nothing"
done_testing
