#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command line: help, usage errors, exit statuses, settings.
# Needs neither network nor root.
. "$(dirname "$0")/lib.sh"

status 0 "--version" "$KB" --version
like "$out" '^kernel-builder [0-9]+\.[0-9]+\.[0-9]+$' "prints name and version"
status 0 "help" "$KB" help
like "$out" 'list-variants' "help lists commands"
for c in build list-variants check-config plan fetch lock store clean catalog nix help; do
	status 0 "help $c" "$KB" help $c
	like "$out" "^usage: kernel-builder $c " "help $c begins with usage"
done
status 0 "build --help" "$KB" build --help
status 2 "no command" "$KB"
status 2 "unknown command" "$KB" frobnicate
like "$out" '"frobnicate" is not a command; `kernel-builder help`' "names it"
status 2 "unknown option" "$KB" build --frobnicate
like "$out" 'unknown option --frobnicate' "names it"
status 2 "option without its value" "$KB" build --matrix
status 2 "two directories" "$KB" build . ..
status 2 "not a directory" "$KB" build "$T/absent"
like "$out" 'there is no directory .*/absent' "names it"
mkdir "$T/empty"
status 3 "no build.toml" "$KB" build "$T/empty"
like "$out" 'empty/build.toml' "names the file"
status 2 "--max-jobs 0" "$KB" build --max-jobs 0 "$T/empty"
status 2 "MAX_JOBS=x" env MAX_JOBS=x "$KB" build "$T/empty"
like "$out" 'MAX_JOBS must be a number' "names the variable"
mkdir -p "$XDG_CONFIG_HOME/kernel-builder"
echo 'stoer = "/x"' >"$XDG_CONFIG_HOME/kernel-builder/config.toml"
status 3 "configuration file with a wrong key" "$KB" build "$T/empty"
like "$out" 'config.toml:1:1: unknown key "stoer" in the settings; did you mean "store"\?' "file, line, column"
rm "$XDG_CONFIG_HOME/kernel-builder/config.toml"
status 2 "nix without a verb" "$KB" nix
status 2 "nix link with a name and no path" "$KB" nix link "$T/links" a
status 0 "nix link" "$KB" nix link "$T/links" a /x b ../y
is "$(readlink "$T/links/a") $(readlink "$T/links/b")" "/x ../y" "makes links"
status 0 "nix script" "$KB" nix script "$T/made" say '#!/bin/sh
echo "said $1"'
is "$("$T/made/bin/say" so)" "said so" "makes a program"
echo '{"kind": "deb"}' >"$T/pin.json"
status 3 "nix fetch of what is no pin" "$KB" nix fetch "$T/pin.json" "$T/tree"
status 2 "store without a verb" "$KB" store
status 2 "store gc without a size" "$KB" store gc
status 2 "store gc with a wrong size" "$KB" store gc --keep 3X
status 0 "store info on a fresh store" "$KB" store info
status 0 "store verify on a fresh store" "$KB" store verify
status 0 "store gc on a fresh store" "$KB" store gc --keep 1G
touch "$T/file"
status 6 "a store that cannot be made" env KERNEL_BUILDER_HOME="$T/file/store" "$KB" store info
# More than a buffer, less, and a file that is full when the end is written.
for c in "help --completion bash" --version "list-variants -q --no-lock --torch 2.11 $ROOT/tests/kernels/tiny"; do
	# shellcheck disable=SC2086
	"$KB" $c >/dev/full 2>"$T/err"
	is "$? $(grep -c '^error: cannot write to standard output' "$T/err")" "6 1" "a full disk behind standard output is an error: $c"
	# shellcheck disable=SC2086
	is "$(python3 -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
p = subprocess.run(sys.argv[1:], stdout=w, stderr=subprocess.PIPE, text=True)
print(p.returncode, p.stderr)' "$KB" $c)" "141 " "a reader that went away, as head does, is none: $c"
done
"$KB" --version >&- 2>"$T/err"
is "$? $(cat "$T/err")" "6 error: cannot write to standard output: Bad file descriptor" "standard output that is closed"

# What was meant, and what to do.
status 2 "a command that is none" "$KB" biuld
like "$out" '"biuld" is not a command; did you mean build\?' "says which was meant"
status 2 "a command of the original" "$KB" build-and-copy
like "$out" '^error: build-and-copy of the original builder is `kernel-builder build` here$' "says what it is here"
status 2 "one that has no counterpart" "$KB" skills add
like "$out" '^error: skills of the original builder has no counterpart here$' "says so"
for o in "build -L" "build --print-build-logs" "list-variants --arch" "create-pyproject --kernel-sha=x" "create-pyproject --kernel-dirty" "clean-pyproject --ops-id x" "check-abi --macos 15.0"; do
	# shellcheck disable=SC2086
	status 2 "an option of the original: $o" "$KB" $o
	like "$out" '^error: [a-z-]*: --?[a-zA-Z-]+ of the original builder (is|has) ' "says what takes its place"
done
status 2 "an option that is none" "$KB" build --varient x
like "$out" 'unknown option --varient; did you mean --variant\?' "says which was meant"
status 2 "an option that is like none" "$KB" build --frobnicate
like "$out" 'unknown option --frobnicate; --help lists' "says where all are"
mkdir "$T/before" && cp -r "$ROOT/tests/kernels/tiny" "$T/before/k"
status 0 "-C in front of the command" "$KB" -C "$T/before/k" list-variants --backend cpu
is "$out" "$(cd "$T/before/k" && "$KB" list-variants --backend cpu)" "is that directory"
is "$("$KB" --backend cpu -q list-variants "$T/before/k")" "$out" "and so are options of the command"
status 2 "options, and no command" "$KB" -j 4
is "$out" 'error: no command is given; did you mean `kernel-builder build -j 4`?' "the line to type"
status 0 "--help in front of the command" "$KB" --help build
like "$out" '^usage: kernel-builder build ' "explains it"
mkdir "$T/like" && cp -r "$ROOT/tests/kernels/tiny" "$T/like/k"
src() { sed "s|\"src/answer.cpp\"|\"$1\"|" "$ROOT/tests/kernels/tiny/build.toml" >"$T/like/k/build.toml"; }
src src/anser.cpp
status 3 "a source that is misspelt" "$KB" check-config "$T/like/k"
like "$out" 'there is no file "src/anser.cpp"; did you mean "src/answer.cpp"\?' "says which was meant"
src answer.cpp
like "$("$KB" check-config "$T/like/k" 2>&1)" 'there is no file "answer.cpp"; did you mean "src/answer.cpp"\?' "a source that lies elsewhere"
for p in 'src/*.cpp' 'src/[a]nswer.cp?'; do
	src "$p"
	like "$("$KB" check-config "$T/like/k" 2>&1)" 'there is no file "src/.*"; patterns are not expanded; list the files: "src/answer.cpp"$' "a pattern: $p"
done
src 'src/*.cxx'
like "$("$KB" check-config "$T/like/k" 2>&1)" 'there is no file "src/\*.cxx"; patterns are not expanded, and this one would match no file; list the files$' "a pattern of nothing"
mkdir -p "$T/like/k/third_party/lib"
src third_party/lib/src/x.cpp
like "$("$KB" check-config "$T/like/k" 2>&1)" 'there is no file "third_party/lib/src/x.cpp"; third_party/lib/ is empty; if it is a submodule, run git submodule update' "a source in a submodule that is not there"
src src/answer.cpp
like "$("$KB" build --no-lock --torch 2.11 --backend cpu --wheel-index "$T/nowhere" "$T/like/k" 2>&1)" '^hint: the source no longer has this file' "a source without the package: what to do"
status 2 "an output that cannot be made" "$KB" build --no-lock --torch 2.11 --backend cpu --output "$T/like/k/build.toml/x" --wheel-index "$T/nowhere" "$T/like/k"
like "$out" 'build.toml is not a directory; move it away' "is known before anything is fetched"
done_testing
