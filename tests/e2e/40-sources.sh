#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sources that are local directories, and wrong bytes in what they hold: refused with exit status 4, nothing in the store, nothing published.
. "$(dirname "$0")/lib.sh"
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
trees() { find "$KERNEL_BUILDER_HOME/trees" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | wc -l; }

# All sources once, so that a fault below is of the one thing that is missing.
status 0 "with the real sources it builds" "$KB" build $SEL "$K"
drop() { # tree: forgets one tree, and what was made with it
	chmod -R u+w "$KERNEL_BUILDER_HOME/trees/$1"
	rm -r "$KERNEL_BUILDER_HOME/trees/$1"
	rm -rf "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions"
	rm -rf "$K/build" "$K/result"
}
drop "$(sed -n '/^\[python\]/,/^tree/s/^tree = "\(.*\)"/\1/p' "$ROOT/catalog/torch.toml")"

# The Python headers' package, from the mirror that apt uses.
deb=$(sed -n '/^\[python\]/,/^file/s/^file = "\(.*\)"/\1/p' "$ROOT/catalog/torch.toml")
site=$(apt-get indextargets --format "\$(SITE)" 2>/dev/null | grep -v -e security | head -1)
mkdir -p "$T/mirror/$(dirname "$deb")" "$T/wheels"
ok "a mirror of one package" curl -fsS --retry 3 -o "$T/mirror/$deb" "$site/$deb"
size=$(stat -c %s "$T/mirror/$deb")

printf '\377' | dd of="$T/mirror/$deb" conv=notrunc bs=1 seek=$((size / 2)) 2>/dev/null
status 4 "a flipped byte in a package" "$KB" build $SEL --debian-mirror "$T/mirror" "$K"
like "$out" "$(basename "$deb" | sed 's/[+.]/./g')" "the message names it"
like "$out" 'SHA-256|sha256|hash' "and says that the hash is wrong"
[ ! -e "$K/build" ]
is $? 0 "nothing was published"
truncate -s $((size / 3)) "$T/mirror/$deb"
status 4 "half a package" "$KB" build $SEL --debian-mirror "$T/mirror" "$K"
rm "$T/mirror/$deb"
status 4 "a mirror without it" "$KB" build $SEL --debian-mirror "$T/mirror" "$K"
status 4 "a mirror that is not there" "$KB" build $SEL --debian-mirror "file://$T/absent" "$K"
[ ! -e "$K/build" ]
is $? 0 "nothing was published"

# A directory of wheels that lacks the wheel, and one whose wheel is something else.
"$KB" fetch -q $SEL "$K"
drop "$(sed -n '/^version = "2.11.0"/,/^tree/s/^tree = "\(.*\)"/\1/p' "$ROOT/catalog/torch.toml")"
status 4 "a directory without the wheel" "$KB" build $SEL --wheel-index "$T/wheels" "$K"
wheel=$(sed -n 's/^file = "\(torch-2.11.0.*\)"/\1/p' "$ROOT/catalog/torch.toml")
python3 - "$T/wheels/$wheel" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("torch/include/torch/torch.h", "// not the real one\n")
END
before=$(trees)
status 4 "a wheel with other headers" "$KB" build $SEL --wheel-index "$T/wheels" "$K"
like "$out" 'torch-2.11.0' "the message names it"
is "$(trees)" "$before" "no tree was added"
[ ! -e "$K/build" ]
is $? 0 "nothing was published"
is "$(find "$KERNEL_BUILDER_HOME/tmp" -mindepth 1 | wc -l)" 0 "nothing is left in tmp"

status 0 "with the real sources it builds again" "$KB" build $SEL "$K"
done_testing
