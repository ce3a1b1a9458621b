#!/bin/sh
# The command line: help, usage errors, exit statuses, settings.
. "$(dirname "$0")/lib.sh"
out= # set by status

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
like "$out" 'no command is called "frobnicate"' "names it"
status 2 "unknown option" "$KB" build --frobnicate
like "$out" 'unknown option --frobnicate' "names it"
status 2 "option without its value" "$KB" build --matrix
status 2 "two directories" "$KB" build . ..
status 2 "not a directory" "$KB" build "$T/absent"
like "$out" 'absent is not a directory' "names it"
mkdir "$T/empty"
status 3 "no build.toml" "$KB" build "$T/empty"
like "$out" 'empty/build.toml' "names the file"
status 2 "--max-jobs 0" "$KB" build --max-jobs 0 "$T/empty"
status 2 "MAX_JOBS=x" env MAX_JOBS=x "$KB" build "$T/empty"
like "$out" 'MAX_JOBS must be a number' "names the variable"
mkdir -p "$XDG_CONFIG_HOME/kernel-builder"
echo 'stoer = "/x"' >"$XDG_CONFIG_HOME/kernel-builder/config.toml"
status 3 "configuration file with a wrong key" "$KB" build "$T/empty"
like "$out" 'config.toml:1:1: unknown setting "stoer"' "file, line, column"
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
"$KB" help >/dev/full 2>"$T/err"
is $? 6 "a full disk behind standard output is an error"
done_testing
