#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The sandbox, and that no bit depends on it, on the directory, the store, the user, the jobs or the time; --rebuild.
# Runs alone.
. "$(dirname "$0")/lib.sh"
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
# Debug information names directories, if anything does.
sed -i 's|^include = \["src"\]|&\ncxx-flags = ["-g"]|' "$K/build.toml"
# Times are the same for all: also that of a file, which is new on every machine.
echo 'const char *tiny_when() { return __DATE__ " " __TIME__ " " __TIMESTAMP__; }' >>"$K/src/answer.cpp"
forget() { rm -rf "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions"; }

status 0 "without a sandbox" build --sandbox=off -v "$K"
like "$out" '^sandbox: off' "says so with -v"
first=$(bits "$K")
like "$(strings -a "$K"/build/*/*.so)" '^Jan  2 1980 00:00:00 Wed Jan  2 00:00:00 1980$' "__DATE__, __TIME__ and __TIMESTAMP__ are fixed"
status 2 "another word" build --sandbox=maybe "$K"
like "$out" 'auto, on or off' "lists the words"
mkdir "$T/bin"
forget
status 6 "a sandbox without bwrap" env PATH="$T/bin" "$KB" build $SEL --sandbox=on "$K"
like "$out" 'no sandbox: bwrap is not in PATH.*--sandbox=off' "says what to do"
status 0 "auto does without" env PATH="$T/bin" KERNEL_BUILDER_SANDBOX=auto "$KB" build $SEL -v "$K"
like "$out" '^sandbox: off, bwrap is not in PATH' "and says why with -v"
is "$(bits "$K")" "$first" "the same bits"

same() { # text command...: builds in $D, in another store if there is one
	_what=$1
	shift
	rm -rf "$D/build"
	forget
	status 0 "$_what" "$@"
	is "$(bits "$D")" "$first" "the same bits"
}
D=$K
same "with -j1" build --sandbox=off -j1 "$K"
same "with -j8" build --sandbox=off -j8 "$K"
D="$T/other dir/deep/tiny"
mkdir -p "$T/other dir/deep"
cp -r "$K" "$D"
find "$D" -exec touch -d 1999-12-31 {} +
same "another directory, other times" build --sandbox=off "$D"
if [ "$(id -u)" = 0 ]; then
	cp "$KB" "$T/kernel-builder"
	chmod 755 "$T" "$T/kernel-builder"
	D=$T/nobody
	mkdir "$T/nobody-store"
	cp -r "$K" "$D"
	rm -rf "$D/build"
	cp -a "$KERNEL_BUILDER_HOME/trees" "$T/nobody-store"
	chown -R 65534:65534 "$D" "$T/nobody-store"
	status 0 "another user, another store, another umask" sh -c "umask 077; exec setpriv --reuid=65534 --regid=65534 \
		--clear-groups env HOME=/nonexistent KERNEL_BUILDER_HOME='$T/nobody-store' '$T/kernel-builder' build $SEL '$D'"
	is "$(bits "$D")" "$first" "the same bits"
else
	skip "another user" "not root"
fi

# An input that no dependency file names: without a sandbox only --rebuild finds it.
D=$K
forget
build -q --sandbox=off "$K"
status 0 "--rebuild" build --sandbox=off --rebuild "$K"
like "$out" '9 steps ran again, all with the same bytes' "finds them equal"
X=$T/outside
cp -r "$K" "$X"
rm -rf "$X/build"
echo one >"$T/secret"
echo "__asm__(\".pushsection .stolen,\\\"a\\\"\\n.incbin \\\"$T/secret\\\"\\n.popsection\");" >>"$X/src/answer.cpp"
status 0 "a source that takes a file of this machine" build --sandbox=off --no-check "$X"
was=$(bits "$X")
echo two >"$T/secret"
status 1 "--rebuild, when that file has changed" build --sandbox=off --no-check --rebuild "$X"
like "$out" 'DIFFERS: src/answer.cpp' "names the step"
like "$out" 'section \.stolen: from byte 0 on, 3 differ' "names the section"
like "$out" '1 of 9 steps did not give the same bytes' "counts"
is "$(bits "$X")" "$was" "and takes nothing"

if ! bwrap --unshare-all --ro-bind / / true 2>/dev/null; then
	skip "the sandbox" "user namespaces are closed"
	done_testing
fi
same "in a sandbox" build --sandbox=on -v "$K"
like "$out" '^sandbox: on' "says so with -v"
status 0 "--rebuild in a sandbox, of what was built without" build --sandbox=on --rebuild "$K"
forget
status 1 "the file of this machine" build --sandbox=on --no-check "$X"
like "$out" "secret" "is not there"

# bubblewrap's second process waits for the first; one that is killed too early leaves it waiting for ever. So would this.
cat >"$T/bin/bwrap" <<SH
#!/bin/sh
case "\$*" in *--version) exec $(command -v bwrap) --version ;; esac
$(command -v sleep) 1000 >/dev/null 2>&1 &
exec $(command -v bwrap) "\$@"
SH
chmod +x "$T/bin/bwrap"
for sig in INT:130 KILL:137; do
	forget
	is "$(PATH=$T/bin:$PATH "$ROOT/tests/e2e/reaper.py" ${sig%:*} sleep "$KB" build $SEL --sandbox=on "$K")" ${sig#*:} \
		"SIG${sig%:*} ends all that a step started"
done

# What a step sees, told by the shell that nvcc starts its programs with, in place of the compiler.
cat >"$T/look.c" <<'C'
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>
static void list(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	printf("%s:", dir);
	for (int i = 0; d && i < 99 && (e = readdir(d)); i++)
		if (e->d_name[0] != '.')
			printf(" %s", e->d_name);
	puts("");
}
int main(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = 0x5000, .sin_addr.s_addr = 0x01010101 };
	char host[64] = "";
	list("/");
	list("/tmp");
	gethostname(host, 63);
	printf("connect %d\n", connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&to, sizeof(to)));
	printf("write to input %d, to out %d\n", open("in/x", O_CREAT | O_WRONLY, 0600), open("out/x", O_CREAT | O_WRONLY, 0600) > 0);
	printf("pid %d uid %d host %s\n", getpid(), getuid(), host);
	return 0;
}
C
gcc -static -O1 "$T/look.c" -o "$T/look"
mkdir -p "$T/step/in" "$T/step/out" "$T/step/tmp"
cat >"$T/look-unit.c" <<'C'
#include "base/arena.h"
#include "base/err.h"
#include "engine/sandbox.h"
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	const struct sandbox *s;
	const char *why;
	struct strs in = { 0 }, out = { 0 };
	struct sandbox_mount m[] = { { "in", argv[1], false }, { "out", argv[2], true }, { "bin", argv[3], false } };
	(void)argc;
	if (sandbox_find(&a, &s, &why, &e) != 1)
		return 1;
	vec_push(&a, &in, "bin/look");
	out = sandbox_command(&a, s, m, 3, NULL, &in);
	vec_push(&a, &out, NULL);
	execv(out.v[0], (char **)out.v);
	return 1;
}
C
mkdir "$T/tools"
mv "$T/look" "$T/tools"
gcc -std=c17 -D_GNU_SOURCE -I"$ROOT/src" "$T/look-unit.c" "$ROOT"/src/engine/sandbox.c "$ROOT"/src/base/*.c -lcrypto -o "$T/look-unit"
"$T/look-unit" "$T/step/in" "$T/step/out" "$T/tools" >"$T/seen" 2>&1
is "$(sed -n 's|^/: ||p' "$T/seen" | tr ' ' '\n' | sort | tr '\n' ' ')" "dev kb proc tmp " "a step sees its mounts and nothing else"
like "$(cat "$T/seen")" '^/tmp:$' "an empty /tmp"
like "$(cat "$T/seen")" '^connect -1$' "no network"
like "$(cat "$T/seen")" '^write to input -1, to out 1$' "inputs that it cannot change"
like "$(cat "$T/seen")" '^pid 1 uid 1000 host kernel-builder$' "no other process, no user, no host"
done_testing
