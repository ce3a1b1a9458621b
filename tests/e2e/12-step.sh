#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `kernel-builder step`: a built-in step, told by a file, where there is nothing else. Needs neither network nor root.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 2
words() { # key word...: as src/steps/step_file.c has them
	_key=$1
	shift
	for _w; do printf '%s %s\n%s\n' "$_key" "${#_w}" "$_w"; done
}
step() { # kind, inputs as "ROLE PATH", outputs: kb/in/step is that, with what stands on standard input before the inputs
	_kind=$1 _inputs=$2
	shift 2
	rm -rf kb
	mkdir -p kb/in kb/out kb/tmp
	{
		printf 'kernel-builder built-in-step 1\nkind %s\n' "$_kind"
		words label "a.cu"
		cat
		printf '%s\n' "$_inputs" | while read -r _role _path; do
			[ -z "$_role" ] || { printf 'input %s\n' "$_role" && words path "$_path"; }
		done
		words output "$@"
	} >kb/in/step
}
here() { (cd kb && exec env -i "$KB" step in/step); }

# Without an environment, and in spite of settings that are wrong.
step empty-fatbin "" out/a.c </dev/null
status 0 "a step without inputs" here
is "$out" "" "says nothing"
like "$(cat kb/out/a.c)" '^\.section \.nv_fatbin|section .nv_fatbin' "and leaves its output"
mkdir -p "$XDG_CONFIG_HOME/kernel-builder"
echo 'x = 1' >"$XDG_CONFIG_HOME/kernel-builder/config.toml"
rm kb/out/a.c
ok "settings are not read" sh -c "cd kb && '$KB' step in/step"
[ -e kb/out/a.c ] && [ ! -e "$KERNEL_BUILDER_HOME" ]
is $? 0 "nor is a store made"

# What a step says, and how it ends.
step register "file in/list" out/list.c </dev/null
echo 'something else' >kb/in/list
status 1 "a step that fails" here
is "$out" "nvlink's list of objects begins with another line: something else" "says why, as at home"
words compile sh -c 'echo "note: in $(pwd)"; echo @KB_DIR@ >out/a.o; exit $STATUS' >tool
{ cat tool; words variable PATH=/usr/bin:/bin STATUS=0; } | step compile-or-decline "text in/a.ii" out/a.o
echo 'int x;' >kb/in/a.ii
status 0 "a tool of the step" here
is "$out" "note: in $(realpath kb)" "runs in its directory, and what it prints is passed on"
is "$(cat kb/out/a.o)" "$(realpath kb)" "@KB_DIR@ is that directory"
{ echo 'names-dir yes'; cat tool; words variable PATH=/usr/bin:/bin STATUS=0; } | step compile-or-decline "text in/a.ii" out/a.o
echo 'int x;' >kb/in/a.ii
ok "a step whose output names its directory" here
is "$(cat kb/out/a.o)" "/kb" "names that of a sandbox"
{ cat tool; words variable PATH=/usr/bin:/bin STATUS=7; } | step compile-or-decline "text in/a.ii" out/a.o
echo 'int x;' >kb/in/a.ii
status 7 "a tool that fails for another reason than the text" here
is "$out" "note: in $(realpath kb)" "is heard"

# Files that are none.
status 2 "no file" "$KB" step
echo 'kernel-builder built-in-step 0' >old
status 6 "another version" "$KB" step old
is "$out" "error: old: no step that this program wrote: it has another first line" "says so"
status 6 "no such file" "$KB" step nothing

# Where there is nothing but the step's directory, with the program, its loader and its libraries in it.
bwrap --unshare-all --ro-bind / / true 2>/dev/null || {
	skip "alone in a sandbox" "bubblewrap does not work here"
	done_testing
}
own() {
	mkdir -p kb/own/lib
	cp "$KB" kb/own/kernel-builder
	cp -L "$(readelf -lW "$KB" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')" kb/own/ld.so
	LD_TRACE_LOADED_OBJECTS=1 "$KB" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | while read -r _file; do cp -L "$_file" kb/own/lib; done
}
alone() { env -i bwrap --unshare-all --die-with-parent --bind kb /kb --dev /dev --chdir /kb own/ld.so --library-path own/lib own/kernel-builder step in/step; }
step empty-fatbin "" out/a.c </dev/null
here
mv kb/out/a.c at-home
own
status 0 "alone in a sandbox" alone
is "$out" "" "says nothing"
ok "and gives the same bytes" cmp kb/out/a.c at-home
{ words compile own/ld.so --library-path own/lib own/kernel-builder --version; words variable PATH=gcc/bin; } | step compile-or-decline "text in/a.ii" out/a.o
echo 'int x;' >kb/in/a.ii
own
status 0 "with a tool" alone
is "$out" "$("$KB" --version)" "which prints what it prints elsewhere"
done_testing
