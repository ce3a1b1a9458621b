#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A build in which nothing changed makes no plan; whatever did change, or was damaged, is seen all the same.
. "$(dirname "$0")/lib.sh"
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
build() { "$KB" build $SEL --events 3 "$@" 3>"$T/events" 2>&1; }
ran() { grep -c '"event":"started"' "$T/events"; }
record() { grep -rl '^kernel-builder unchanged' "$KERNEL_BUILDER_HOME/published"; }
# Without records of results, a build that looks them up must run steps: one that does not, went by its own record.
hide() { mv "$KERNEL_BUILDER_HOME/actions" "$T/hidden" && mkdir "$KERNEL_BUILDER_HOME/actions"; }
show() { rm -rf "$KERNEL_BUILDER_HOME/actions" && mv "$T/hidden" "$KERNEL_BUILDER_HOME/actions"; }

status 0 "a first build" build "$K"
first=$(bits "$K")
so=$(find "$K/build" -name '*.so')
is "$(record | wc -l)" 1 "leaves a record"
hide
status 0 "nothing changed" build "$K"
is "$(ran)" 0 "no step runs"
like "$out" '1 variant in .*, 0 written' "the same is said"
show

for what in so metadata.json _ops.py; do
	file=$(find "$K/build" -name "*$what" | head -n 1)
	echo damaged >"$file"
	status 0 "a damaged $what" build "$K"
	like "$out" '1 written' "is written again"
	is "$(bits "$K")" "$first" "with the bytes that it had"
	status 0 "then" build "$K"
	like "$out" '0 written' "nothing is to be done"
done
touch "$so"
status 0 "a file with another time" build "$K"
like "$out" '1 written' "may have other bytes"
rm -r "$(dirname "$so")"
status 0 "no variant" build "$K"
is "$(bits "$K")" "$first" "it is back"
rm "$K/build/compile_commands.json" "$K/result"
status 0 "clangd's file and the link are gone" build "$K"
is "$(test -f "$K/build/compile_commands.json" -a -L "$K/result"; echo $?)" 0 "they are back"
echo '[]' >"$K/build/compile_commands.json"
status 0 "clangd's file has other bytes" build "$K"
grep -q answer.cpp "$K/build/compile_commands.json"
is $? 0 "it is written again"

# Nobody listens there: it would be said.
hide
status 0 "a server, and nothing changed" build --remote grpc://127.0.0.1:1 "$K"
is "$(ran)" 0 "no step runs"
is "$(printf '%s\n' "$out" | grep -c 'no use\|^server')" 0 "it is not asked"
show
status 2 "an address that is none" build --remote ftp://127.0.0.1 "$K"
like "$out" 'ftp://127.0.0.1 is no address of a server' "is refused all the same"
status 0 "all is looked up" build --explain --remote grpc://127.0.0.1:1 "$K"
like "$out" '^explain: no step ran' "no step runs"
is "$(printf '%s\n' "$out" | grep -c 'no use\|^server')" 0 "it is not asked then"

# What a library was made of may be gone; the library may not.
object=$(grep '^object' "$(record)" | cut -d ' ' -f 2)
is "$(echo "$object" | wc -l)" 1 "one result is wanted for itself"
find "$KERNEL_BUILDER_HOME/objects" -type f ! -name "$object" -exec rm -f {} +
hide
status 0 "what it was made of is gone" build "$K"
is "$(ran)" 0 "nothing changed"
show
rm -f "$KERNEL_BUILDER_HOME/objects/${object:0:2}/$object"
status 0 "a result is gone" build "$K"
[ "$(ran)" -gt 0 ]
is $? 0 "it is made again"
is "$(bits "$K")" "$first" "with the same bytes"

sed -i 's/42/43/' "$K/src/answer.h"
status 0 "an edited header" build "$K"
[ "$(ran)" -gt 0 ] && [ "$(bits "$K")" != "$first" ]
is $? 0 "is compiled"
sed -i 's/43/42/' "$K/src/answer.h"
status 0 "edited back" build "$K"
is "$(bits "$K")" "$first" "the first bytes"
touch "$K/src/answer.h"
hide
status 0 "a source with another time and the same bytes" build "$K"
is "$(ran)" 0 "is the same"
status 0 "another flag of the program" build --no-check "$K"
[ "$(ran)" -gt 0 ]
is $? 0 "everything is looked up"
show
status 0 "with what was hidden" build "$K"

damage() { # text, what to do to the record
	hide
	"${@:2}" "$(record)"
	status 0 "$1" build "$K"
	[ "$(ran)" -gt 0 ]
	is $? 0 "is not believed"
	show
	status 0 "but replaced" build "$K"
	is "$(record | wc -l)" 1 "by a whole one"
	is "$(bits "$K")" "$first" "nothing else changed"
}
damage "a record with a wrong word" sed -i '4s/^variant/variable/'
damage "one that is cut short" truncate -s -30
damage "one of tomorrow" sed -i '2s/^/1/'
damage "one of another build" sed -i '3s/[0-4]/5/;3s/[6-9]/5/'

cp "$KB" "$T/other"
hide
status 0 "another program" "$T/other" build $SEL --events 3 "$K" 3>"$T/events"
[ "$(ran)" -gt 0 ]
is $? 0 "looks everything up"
show

status 0 "another output" build --output "$T/out" "$K"
cp -r "$K" "$T/copy"
hide
status 0 "the output once more" build --output "$T/out" "$K"
is "$(ran)" 0 "it has a record of its own"
status 0 "a copy of the directory" build "$T/copy"
[ "$(ran)" -gt 0 ]
is $? 0 "its record is not that of the first"
show
done_testing
