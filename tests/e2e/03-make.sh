#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Makefile: a tarball builds elsewhere, with a distribution's flags, and leaves its sources alone; what an edit builds again.
. "$(dirname "$0")/lib.sh"

# The tree as it stands, in a repository of its own.
tree=$T/tree
mkdir "$tree"
if git -C "$ROOT" rev-parse >/dev/null 2>&1; then
	(cd "$ROOT" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp -P --parents -t "$tree" 2>/dev/null)
else
	(cd "$ROOT" && cp -R . "$tree" && rm -rf "$tree/.build")
fi
git -C "$tree" init -q
git -C "$tree" add -A
git -C "$tree" -c user.name=t -c user.email=t@example.org commit -qm tree
status 0 "make dist" make -s -C "$tree" dist
tarball=$(echo "$tree"/kernel-builder-*.tar.gz)
cp "$tarball" "$T/first.tar.gz"
make -s -C "$tree" dist
ok "makes the same bytes again" cmp "$tarball" "$T/first.tar.gz"
rm -rf "$tree"

mkdir "$T/from" "$T/to"
tar -xzf "$T/first.tar.gz" -C "$T/from"
src=$(echo "$T"/from/kernel-builder-*)
find "$src" | sort >"$T/before"
elsewhere() { make -s -C "$T/to" -f "$src/Makefile" CFLAGS='-O1 -D_FORTIFY_SOURCE=3' "$@"; }
status 0 "builds in another directory, fortified at level 3" elsewhere -j2
is "$(grep -ci warning <<<"$out")" 0 "without a warning"
find "$src" | sort >"$T/after"
ok "which leaves the sources alone" cmp "$T/before" "$T/after"
status 0 "the program runs" "$T/to/kernel-builder" --version
is "$("$T/to/kernel-builder" list-variants "$src/examples/activation" | wc -l)" "$("$KB" list-variants "$src/examples/activation" | wc -l)" "and has the catalog in it"
ok "nothing links what nothing includes" sh -c "! readelf -d '$T/to/kernel-builder' | grep -q libelf"

there() { make --no-print-directory -C "$src" BUILD="$T/to" CFLAGS='-O1 -D_FORTIFY_SOURCE=3' "$@"; }
status 0 "one unit test" there unit T=ptx
like "$out" '^ok unit/ptx_test: [0-9]+ passed' "is built and run"
status 0 "one fuzzer" there "$T/to/fuzz/fuzz_ptx"
edited() { there -n -W "$1" "$T/to/kernel-builder" "$T/to/unit/ptx_test" "$T/to/fuzz/fuzz_ptx"; } # file: what its edit compiles
status 0 "then nothing is left to do" there -q "$T/to/kernel-builder" "$T/to/unit/ptx_test"
like "$(edited src/device/ptx.h)" '-o [^ ]*tests/unit/ptx_test.c.o' "an edited header compiles its unit test"
like "$(edited src/device/ptx.h)" '-o [^ ]*tests/fuzz/fuzz_ptx.c.o' "and its fuzzer"
like "$(edited data/includes.toml)" '-o [^ ]*src/advise/includes.c.o' "edited data compile the file that holds them"
like "$(edited catalog/torch.toml)" '-o [^ ]*src/resolve/catalog_text.c.o' "as does the catalog"
is "$(make -n -C "$src" BUILD="$T/to" install DESTDIR="$T/root" | grep -c -e ' -c ')" 0 "installing compiles nothing, whatever the flags"
is "$(make -n -C "$src" PKG_CONFIG="echo -DASKED" BUILD="$T/new" "$T/new/src/main.c.o" | grep -c -e '-DASKED --cflags')" 1 "PKG_CONFIG gives the flags of libraries"

# Scripts that run side by side want the same environment of torch: the second waits for the first.
cat >"$T/two.py" <<'END'
import importlib.util, os, sys, time
spec = importlib.util.spec_from_file_location("torch_env", sys.argv[1])
env = importlib.util.module_from_spec(spec)
spec.loader.exec_module(env)
def make(version, target, extra):
    print("begin", flush=True)
    time.sleep(0.3)
    print("end", flush=True)
env.make = make
os.fork()
sys.argv[1:] = ["2.15.0", sys.argv[2]]
env.main()
END
is "$(PYTHONDONTWRITEBYTECODE=1 python3 "$T/two.py" "$src/tools/torch_env.py" "$T/envs/torch" | tr '\n' ' ')" "begin end begin end " "one environment is made once at a time"
done_testing
