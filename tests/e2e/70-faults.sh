#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# System calls of a small build fail: the n-th write, then the next one in a new build, and so on, for each kind. Whatever fails, there
# is one clear error or none, nothing half-written is published, and the next build gives the right bytes.
# KB_FAULTS=all takes every n; without it they become sparser after the sixth.
# Runs alone.
. "$(dirname "$0")/lib.sh"
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
if ! strace -f --seccomp-bpf -o /dev/null true 2>/dev/null; then
	skip "faults in system calls" "strace cannot trace here"
	done_testing
fi

forget() { rm -rf "$KERNEL_BUILDER_HOME"/{objects,actions,published} "$K/build" "$K/result"; }
status 0 "builds" "$KB" build $SEL "$K"
first=$(bits "$K")

# A package of the Python headers in a directory, for faults in what fetches and unpacks.
deb=$(sed -n '/^\[python\]/,/^file/s/^file = "\(.*\)"/\1/p' "$ROOT/catalog/torch.toml")
tree=$(sed -n '/^\[python\]/,/^tree/s/^tree = "\(.*\)"/\1/p' "$ROOT/catalog/torch.toml")
site=$(apt-get indextargets --format "\$(SITE)" 2>/dev/null | grep -v -e security | head -1)
mkdir -p "$T/mirror"
ok "a mirror of one package" curl -fsS --retry 3 -o "$T/mirror/$(basename "$deb")" "$site/$deb"
forget_tree() {
	chmod -R u+w "$KERNEL_BUILDER_HOME/trees/$tree" 2>/dev/null
	rm -rf "$KERNEL_BUILDER_HOME/trees/$tree" "$KERNEL_BUILDER_HOME/trees/$tree".*
}

runs=0 hit=0 survived=0 told=0 bad=0
wrong() { # what: of the run that $what describes
	bad=$((bad + 1))
	[ $bad -gt 5 ] || printf '# %s: %s (exit status %s)\n%s\n' "$what" "$1" "$got" "$(head -c 1500 "$T/out")" | sed '2,$s/^/#   /'
}
judge() { # of one run with a fault
	case $got in
	0) survived=$((survived + 1)) ;;
	127) grep -q 'error while loading shared libraries' "$T/out" || wrong "no word of the loader" ;;
	1 | 3 | 4 | 5 | 6)
		told=$((told + 1))
		is_one=$(grep -c '^error: ' "$T/out")
		# Of a message that could not be written nobody can read all.
		[ "$is_one" = 1 ] || [ "$call" = write ] || wrong "$is_one lines of error"
		;;
	*) wrong "must not end so" ;;
	esac
}
ALSO= # another injection
# each SYSCALL ERRNO COMMAND...: runs the command again and again, the n-th call of it fails; BEFORE before and AFTER after each
each() {
	call=$1 errno=$2
	shift 2
	n_th=1
	while :; do
		what="$call $n_th ($errno): $*"
		$BEFORE
		strace -f --seccomp-bpf -qqq -o "$T/trace" -e signal=none -e trace="$call" $ALSO -e inject="$call:error=$errno:when=$n_th" \
			"$@" >"$T/out" 2>&1
		got=$?
		grep "^[0-9]* *$call(" "$T/trace" | grep -q INJECTED || break
		runs=$((runs + 1))
		judge
		$AFTER
		if [ $n_th -lt 6 ] || [ "${KB_FAULTS:-}" = all ]; then n_th=$((n_th + 1)); else n_th=$((n_th * ${SPARSE:-7} / 5)); fi
	done
	hit=$((hit + 1))
}

# What could not be removed stays for ten minutes, since it looks like what another builder just makes.
no_leftovers() {
	if [ -n "$(ls -A "$KERNEL_BUILDER_HOME/tmp")" ]; then
		touch -d '11 minutes ago' "$KERNEL_BUILDER_HOME"/tmp/*
		"$KB" build -q $SEL "$K" >"$T/out" 2>&1
	fi
	[ -z "$(ls -A "$KERNEL_BUILDER_HOME/tmp")$(ls -d "$K"/build/.kb-* 2>/dev/null)" ] || wrong "temporary files stay"
}
after_build() {
	now=$(bits "$K")
	if [ "$got" = 0 ]; then
		[ "$now" = "$first" ] || wrong "other bytes"
	elif ls -d "$K"/build/torch* >/dev/null 2>&1 && [ "$now" != "$first" ]; then
		# What could not be removed may lie beside the variant.
		rm -rf "$K"/build/.kb-*
		now=$(bits "$K")
		[ "$now" = "$first" ] || [ "$now" = "$other" ] || wrong "half a variant is published"
	fi
	(cd "$KERNEL_BUILDER_HOME/objects" 2>/dev/null && find . -type f ! -name '*.*' | while IFS= read -r f; do
		[ "$(sha256sum <"$f" | cut -c1-64)" = "$(basename "$f")" ] || echo "$f"
	done) >"$T/broken"
	[ -s "$T/broken" ] && wrong "a wrong object in the store: $(cat "$T/broken")"
	"$KB" build -q $SEL "$K" >"$T/out" 2>&1 || wrong "the next build fails"
	[ "$(bits "$K")" = "$first" ] || wrong "the next build gives other bytes"
	no_leftovers
}
other=
BEFORE=forget AFTER=after_build
for fault in write:ENOSPC rename:EIO renameat2:EIO renameat2:EINVAL mkdir:ENOSPC link:EMLINK link:EIO symlink:ENOSPC chmod:EPERM \
	fchmod:EPERM pipe2:EMFILE clone:EAGAIN flock:ENOLCK pidfd_open:EMFILE wait4:ECHILD poll:ENOMEM read:EIO unlinkat:EACCES \
	getdents64:EIO close:EIO openat:EMFILE readlink:EIO newfstatat:EIO; do
	SPARSE=7
	case $fault in newfstatat* | openat* | close* | getdents64*) SPARSE=12 ;; esac
	each "${fault%:*}" "${fault#*:}" "$KB" build -q $SEL --sandbox=off "$K"
done
is "$bad" 0 "a build with one call that fails: $runs builds over $hit calls, $told ended by an error, $survived did without"
[ $told -gt 80 ] && [ $survived -gt 20 ]
is $? 0 "enough of each"

# A variant is replaced where no two names can be exchanged: the old one or the new one is there, and whole.
before_swap() {
	sed -i 's/42/43/' "$K/src/answer.h"
	"$KB" build -q $SEL "$K" >"$T/out" 2>&1
	other=$(bits "$K")
	sed -i 's/43/42/' "$K/src/answer.h"
}
after_swap() {
	for v in "$K"/build/.kb-*-old; do # moved away, but not replaced
		[ -d "$v" ] && ! ls -d "$K"/build/torch* >/dev/null 2>&1 && wrong "no variant is left"
	done
	after_build
}
runs=0 hit=0 survived=0 told=0 bad=0
BEFORE=before_swap AFTER=after_swap ALSO="-e trace=renameat2,rename -e inject=renameat2:error=EINVAL"
each rename EIO "$KB" build -q $SEL --sandbox=off "$K"
ALSO=
is "$bad" 0 "a variant is replaced and one rename fails: $runs builds, $told ended by an error"
[ $told -gt 3 ]
is $? 0 "enough that end"

after_fetch() {
	if [ "$got" = 0 ] && [ ! -d "$KERNEL_BUILDER_HOME/trees/$tree" ]; then wrong "the tree is not there"; fi
	"$KB" fetch -q $SEL --debian-mirror "$T/mirror" "$K" >"$T/out" 2>&1 || wrong "the next one fails"
	no_leftovers
	"$KB" store verify -q >"$T/out" 2>&1 || wrong "the store is damaged"
}
runs=0 hit=0 survived=0 told=0 bad=0
BEFORE=forget_tree AFTER=after_fetch
for fault in write:ENOSPC openat:ENFILE mkdir:ENOSPC rename:EIO clone:EAGAIN pipe2:EMFILE fchmod:EPERM read:EIO fsync:EIO \
	flock:ENOLCK close:EIO symlink:EIO; do
	SPARSE=12
	each "${fault%:*}" "${fault#*:}" "$KB" fetch -q $SEL --debian-mirror "$T/mirror" "$K"
done
is "$bad" 0 "a fetch with one call that fails: $runs of them over $hit calls, $told ended by an error, $survived did without"
[ $told -gt 20 ]
is $? 0 "enough that end"
done_testing
