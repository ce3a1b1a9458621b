#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Nix, without nixpkgs: the commands of docs/nix.md as they stand there, in a Nix store of this test. What comes out is what the
# program builds by itself, byte for byte.
. "$(dirname "$0")/lib.sh"
ENVS=$ROOT/.build
CPU=torch25-cxx98-cpu-x86_64-linux
CUDA=torch25-cxx98-cu124-x86_64-linux
ARM=torch25-cxx98-cpu-aarch64-linux
mkdir -p "$T/conf" "$T/nix"
export NIX_CONF_DIR=$T/conf NIX_REMOTE=local NIX_STORE_DIR=$T/nix/store NIX_STATE_DIR=$T/nix/state \
	NIX_LOG_DIR=$T/nix/log NIX_LOCALSTATE_DIR=$T/nix
unset NIX_CONFIG NIX_PATH
echo '{"flakes": [], "version": 2}' >"$T/conf/registry.json"
cat >"$T/conf/nix.conf" <<END
build-users-group =
substituters =
experimental-features = nix-command flakes
sandbox = false
flake-registry = $T/conf/registry.json
max-jobs = 4
END

# As in a clone.
R=$T/clone
mkdir -p "$R"
cp -r "$ROOT"/{Makefile,flake.nix,default.nix,nix,src,catalog,data,docs} "$R"
mkdir "$R/tools"
cp "$ROOT/tools/implementation.sh" "$R/tools"
cp -r "$ROOT/examples" "$R"
cp -r "$ROOT/tests/kernels/tiny" "$R/examples/tiny"
rm -rf "$R"/examples/*/{build,result}
EX=$R/examples/activation
TINY=$R/examples/tiny
git config --global user.name test
git config --global user.email test@localhost
git config --global init.defaultBranch main
type_in() { # directory, a line as somebody types it: in a shell
	(cd "$1" && bash -c "$2")
}
is "$(cd "$ROOT" && cat examples/*/flake.lock | grep -c url)" 0 "the examples' flake locks name nothing that must be fetched"
status 0 "the example's lock is cut to one variant" \
	"$KB" lock --no-lock --matrix all --variant $CPU "$EX"
status 0 "the other's to three, one of them for aarch64" \
	"$KB" lock --no-lock --matrix all --variant $CPU --variant $CUDA --variant $ARM "$TINY"
type_in "$R" 'git init -q && git add -A && git commit -qm all'

# Each example offers the variants of its lock.
for e in "$ROOT"/examples/*/build.toml; do
	e=$(basename "$(dirname "$e")")
	is "$(type_in "$R/examples/$e" 'nix eval --json .#legacyPackages.x86_64-linux.redistributable --apply builtins.attrNames' 2>"$T/.log" | tr -d '[]"' | tr ',' '\n')" \
		"$("$KB" list-variants -q "$R/examples/$e" | LC_ALL=C sort)" "the variants of $e"
done

# A kernel of this repository.
status 0 "nix flake show" type_in "$EX" 'nix flake show'
like "$out" "bundle.*: package 'torch-ext-bundle'" "shows the bundle"
like "$out" "default.*: development environment 'kernel-shell'" "and the shell"
status 0 "nix build .#bundle -L" type_in "$EX" 'nix build .#bundle -L'
like "$out" "torch-ext-bundle> 1 variant in .*, 1 written, 0 B fetched" "builds without fetching"
is "$(ls "$EX/result/")" $CPU "result/ has the variants"
status 0 "nix build .#redistributable.<variant>" type_in "$EX" "nix build .#redistributable.$CPU -o one"
is "$(bits_of "$EX/one/")" "$(bits_of "$EX/result/")" "the same as in the bundle"
"$ROOT/tools/torch_env.py" 2.5.1 "$ENVS/torch-2.5.1" 2>&1 | sed 's/^/# /'
export PYTEST_ADDOPTS="-p no:cacheprovider -k f32"
status 0 "nix develop -L, then pytest tests" \
	env PATH="$ENVS/torch-2.5.1/bin:$PATH" bash -c "cd '$EX' && printf 'pytest tests\nexit \$?\n' | script -qec 'nix develop -L' /dev/null"
like "$out" '[0-9]+ passed' "pass, with the kernel on Python's path"
status 0 "nix develop where Python has no torch" type_in "$EX" "PATH=/usr/bin:/bin:\${PATH%%:*}:$(dirname "$(command -v nix)") nix develop -L -c sh -c 'echo path: \$PYTHONPATH'"
like "$out" "note: .* has no torch, .*; built: $CPU" "says what there is"
status 0 "nix run .#build-and-copy" type_in "$EX" 'nix run .#build-and-copy -L'
is "$(bits_of "$EX/build")" "$(bits_of "$EX/result/")" "puts the variants into build/"
rm -rf "$EX/build" "$EX/result"
status 0 "the program builds it" "$KB" build "$EX"
is "$(bits_of "$EX/build")" "$(bits_of "$EX/one/")" "the same bytes without Nix"

# Sources without a flake.
status 0 "nix build --impure --expr ..." \
	type_in "$TINY" "nix build --impure --expr 'with import ../..; lib.x86_64-linux.buildTorchExtensionBundle ./.' -L"
is "$(ls "$TINY/result/")" "$(printf '%s\n' $ARM $CPU $CUDA)" "result/ has the variants, that for aarch64 among them"
variants_of() { # of TINY, with the arguments of genFlakeOutputs
	type_in "$TINY" "nix eval --json --impure --expr '
		builtins.attrNames ((import ../..).lib.genFlakeOutputs { path = ./.; $1 }).legacyPackages.x86_64-linux.redistributable'" 2>"$T/.log" |
		tr -d '[]"' | tr ',' '\n'
}
is "$(variants_of 'target = "aarch64";')" $ARM "target chooses of a lock's variants"
is "$(variants_of 'target = "aarch64"; matrix = "2025-01";')" "$("$KB" list-variants -q --no-lock --matrix 2025-01 --target aarch64 "$TINY" | LC_ALL=C sort)" \
	"and is handed to the program where it writes the lock"
mv "$TINY/result" "$T/nix-result"
status 0 "the program builds it" "$KB" build "$TINY"
is "$(bits_of "$TINY/build")" "$(bits_of "$T/nix-result/")" "the same bytes without Nix, CUDA as well"
is "$(nix-store -q --references "$T/nix-result")" "" "what was built refers to nothing else in the Nix store"
if unshare -Um true 2>/dev/null; then
	status 0 "once more in Nix's sandbox, where there is nothing but the inputs" \
		nix-store --realise --check --option sandbox true --option sandbox-fallback false \
		"$(nix-store -q --deriver "$T/nix-result")"
else
	skip "in Nix's sandbox" "user namespaces are closed"
fi

# A kernel of its own, which has kernel-builder as an input and no lock: then the program says which variants there are.
cp -r "$ROOT/tests/kernels/tiny" "$T/own"
cat >"$T/own/flake.nix" <<END
{
  inputs.kernel-builder.url = "git+file://$R";
  outputs = { self, kernel-builder }:
    kernel-builder.lib.genFlakeOutputs { inherit self; path = ./.; matrix = "all"; rev = "ignored"; };
}
END
type_in "$T/own" 'git init -q && git add -A'
is "$(type_in "$T/own" 'nix eval --json .#legacyPackages.x86_64-linux.redistributable --apply builtins.attrNames' 2>/dev/null | tr -d '[]"' | tr ',' '\n')" \
	"$("$KB" list-variants -q --matrix all "$T/own" | LC_ALL=C sort)" "without a lock, the variants are those of list-variants"
status 0 "one of them" type_in "$T/own" "nix build .#redistributable.$CUDA -L"
is "$(bits_of "$T/own/result/$CUDA")" "$(bits_of "$T/nix-result/$CUDA")" "the same bytes as with a lock"

# What is not as pinned.
tree=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["python"]["tree"])' "$TINY/kernel-builder.lock")
sed -i "s/\"$tree\": \"[0-9a-f]\{8\}/\"$tree\": \"00000000/" "$R/nix/trees.json"
status 1 "another tree than trees.json says is refused" \
	type_in "$TINY" "nix build --impure --expr 'with import ../..; lib.x86_64-linux.buildTorchExtensionBundle ./.'"
like "$out" 'hash mismatch in fixed-output derivation.*libpython3' "by Nix"
sed -i "/\"$tree\"/d" "$R/nix/trees.json"
status 1 "a tree that trees.json does not know is refused" \
	type_in "$TINY" "nix build --impure --expr 'with import ../..; lib.x86_64-linux.buildTorchExtensionBundle ./.'"
like "$out" 'Write the lock anew' "with a word on what to do"
cp "$ROOT/nix/trees.json" "$R/nix"
is "$(cd "$ROOT" && grep -ho '^tree = "[0-9a-f]*"' catalog/*.toml | tr -d '"' | cut -d' ' -f3 | sort -u | while read -r t; do
	grep -q "\"$t\": \"[0-9a-f]\{64\}\"" nix/trees.json || echo "$t"; done)" "" "trees.json knows every tree of the catalog"

# With nixpkgs: its stdenv gets an ordinary package, and kernels are built with what it makes. A stand-in, for there is no nixpkgs here.
cat >"$T/pkgs.nix" <<'END'
let
  tools = [ "curl" "elfutils" "jansson" "libarchive" "nghttp2" "openssl" "pkg-config" "tomlplusplus" "zlib" ];
  known = builtins.listToAttrs (map (name: { inherit name; value = "/pkgs/${name}"; }) tools);
in known // {
  bash = "/pkgs/bash";
  cacert = "/pkgs/cacert";
  stdenv.mkDerivation = args: derivation {
    name = "by-stdenv";
    system = "x86_64-linux";
    builder = "/pkgs/sh";
    inputs = args.nativeBuildInputs ++ args.buildInputs;
    inherit (args) src makeFlags installFlags postInstall;
  };
}
END
drv=$(type_in "$R/examples/activation" "nix eval --raw --impure --expr '
  ((import ../..).lib.x86_64-linux.genFlakeOutputs {
    path = ./.; pkgs = import $T/pkgs.nix; sources.wheel-index = \"file:///wheels\"; doGetKernelCheck = true;
  }).devShells.x86_64-linux.default.drvPath'" 2>"$T/.log")
all=$(nix-store -q --requisites "$drv" | grep 'drv$' | xargs cat)
like "$all" '/pkgs/bash/bin/bash' "with pkgs, the shell is of nixpkgs"
like "$all" '"name","by-stdenv"' "the program is built by stdenv"
like "$all" '/pkgs/curl .*/pkgs/tomlplusplus' "with the libraries that it needs"
like "$all" '"--wheel-index","file:///wheels"' "sources say where pins are fetched from"
nix path-info -S "$EX/one" "$T/nix-result" "$(nix-store -q --outputs "$(nix-store -q --references "$(nix-store -q --deriver "$T/nix-result")" | grep 'kernel-builder-.*drv')")" |
	sed "s,$T/nix/store/,# closure: ,"
done_testing
