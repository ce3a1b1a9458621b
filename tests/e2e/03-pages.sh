#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the table of options becomes: help that fits the terminal, man pages, completions; and make install.
. "$(dirname "$0")/lib.sh"
MAN=$T/man
commands=$("$KB" help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
like "$(echo $commands)" '^build wheel test .* help$' "help lists the commands"

# Every option stands in a page, every command and every variable in the documents.
status 0 "help --man" "$KB" help --man "$MAN"
page() { mandoc -T ascii "$MAN/kernel-builder${1:+-$1}.1" | col -b; }
missing=
for c in $commands; do
	text=$(page "$c")
	for o in $("$KB" help "$c" | sed '/^for every command:/,$d' | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p'); do
		printf '%s\n' "$text" | grep -qE "^ +(-., )?$o( |$)" || missing="$missing $c$o"
	done
	grep -qxF "## $c" "$ROOT/docs/commands.md" || missing="$missing docs/commands.md:$c"
done
for o in $("$KB" help build | sed '1,/^for every command:/d' | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p') --version; do
	page "" | grep -qE "^ +(-., )?$o( |$)" || missing="$missing $o"
done
is "$missing" "" "every option of every command stands in its page"
is "$(tr '\n\t\\' ' ' <"$ROOT/src/cmd/command_table.c" | grep -oE "\{ *(0|'[a-zA-Z]'), \"[a-z-]+\"" | sed 's/.*"\(.*\)"/--\1/' | sort -u)" \
	"$(cat "$MAN"/*.1 | sed -n 's/^\(\\fB\\-.\\fR, \)*\\fB\\-\\-\([a-z\\-]*\)\\fR.*/--\2/p' | tr -d '\\' | grep -v '^--version$' | sort -u)" \
	"and every option of the table"
is "$(grep -rhoE '"(KERNEL_BUILDER_[A-Z_]+|MAX_JOBS|CORES)"' "$ROOT/src" | tr -d '"' | sort -u | while read -r v; do grep -q "\`$v\`" "$ROOT/docs/settings.md" || echo "$v"; done)" \
	"" "docs/settings.md has every variable"
is "$(mandoc -T lint -W all "$MAN"/*.1 2>&1)" "" "mandoc has nothing to say about the pages"
like "$(page build)" '^ +Builds variants into DIR/build' "a page has the text of docs/commands.md"
like "$(page)" '^ +wheel-index' "the program's page has that of docs/settings.md"
cp -r "$ROOT/examples/relu-cpu" "$T/misspelt"
sed -i 's|relu_cpu/relu.cpp|relu_cpu/rleu.cpp|' "$T/misspelt/build.toml"
is "$(sed -n '/^## check-config/,/^## check-abi/s/^    //p' "$ROOT/docs/commands.md" | tr '\n' ' ')" "$(cd "$T/misspelt" && "$KB" check-config 2>&1 | tr '\n' ' ')" \
	"the document shows what check-config says"

# The choices that the table lists are those that the program takes.
K=$ROOT/examples/rms-norm
choices() { "$KB" help "$1" | sed -n "s/^  \(-., \|    \)--$2 \([^ ]*|[^ ]*\).*/\2/p" | tr '|' '\n' | sort | tr '\n' ' '; }
taken() { # the option with a value that is none, as the message says it
	"$KB" "$1" --"$2=?" "${@:3}" 2>&1 | tail -n 1 | sed -n 's/.*\( is\| be\| are\| from\) \(.*[a-z0-9]\)\(, not .*\)\{0,1\}$/\2/p' |
		sed 's/, not .*//; s/ or /, /' | tr -d ' ' | tr ',' '\n' | sort | tr '\n' ' '
}
for o in target sandbox cache engine device-only slim matrix abi backend; do
	is "$(choices build $o)" "$(taken build $o --no-lock "$K")" "build --$o: the choices"
done
is "$(choices upload repo-type)" "$(taken upload repo-type "$K")" "upload --repo-type: the choices"
is "$(choices update-build edition)" "$(taken update-build edition "$K")" "update-build --edition: the choices"
is "$(choices fetch machine)" "$(taken fetch machine --no-lock "$K")" "fetch --machine: the choices"
is "$(choices help completion)" "$(taken help completion)" "help --completion: the choices"

is "$(choices init backend)" "$(taken init backend "$T/none")" "init --backend: the choices"

# Width.
widest() { awk '{ if (length($0) > n) n = length($0) } END { print n }'; }
for w in 50 80 132; do
	n=$(for c in $commands; do COLUMNS=$w "$KB" help "$c"; done | grep -v '^usage:\|^    [^ ]' | widest)
	[ "$n" -le $w ] && [ "$n" -gt $((w - 12)) ]
	is $? 0 "COLUMNS=$w: help has lines of at most $w ($n)"
done
is "$(env -u COLUMNS "$KB" help build | sed '/^    [^ ]/d' | widest)" "$(COLUMNS=80 "$KB" help build | sed '/^    [^ ]/d' | widest)" "80 without a terminal"
like "$(env -u COLUMNS script -qc "stty cols 60; '$KB' help build" /dev/null | tr -d '\r' | widest)" '^(5.|60)$' "else what the terminal has"
mkdir -p "$XDG_CONFIG_HOME/kernel-builder"
echo 'x = 1' >"$XDG_CONFIG_HOME/kernel-builder/config.toml"
status 0 "help in spite of settings that are wrong" "$KB" help build
rm "$XDG_CONFIG_HOME/kernel-builder/config.toml"

# make install, and away again.
ok "make install" make -C "$ROOT" install DESTDIR="$T/root" PREFIX=/usr
for f in bin/kernel-builder share/man/man1/kernel-builder.1 share/man/man1/kernel-builder-build.1 share/bash-completion/completions/kernel-builder \
	share/zsh/site-functions/_kernel-builder share/fish/vendor_completions.d/kernel-builder.fish share/doc/kernel-builder/LICENSE; do
	ok "$f is installed" test -s "$T/root/usr/$f"
done
cp -r "$T/root/usr" "$T/usr"
ok "make uninstall" make -C "$ROOT" uninstall DESTDIR="$T/root" PREFIX=/usr
is "$(find "$T/root" -type f)" "" "leaves nothing"

# Completions, in the shells themselves: what is there after Tab is pressed.
cp -r "$ROOT/examples/relu-cpu" "$T/kernel"
rm -rf "$T/kernel/build"
variant=$("$KB" list-variants -q "$T/kernel" | head -1)
tab() { # shell, a line: as completed
	(cd "$T/kernel" && python3 "$ROOT/tests/e2e/tab.py" "$T/usr" "$1" "$2")
}
for shell in bash zsh; do
	command -v $shell >/dev/null || { skip "$shell" "$shell is not installed"; continue; }
	is "$(tab $shell 'kernel-builder list-v')" "kernel-builder list-variants" "$shell: a command"
	is "$(tab $shell 'kernel-builder -q -C relu_cpu list-v')" "kernel-builder -q -C relu_cpu list-variants" "$shell: a command behind options"
	is "$(tab $shell 'kernel-builder -C relu')" "kernel-builder -C relu_cpu" "$shell: an option's value in front of a command"
	is "$(tab $shell 'kernel-builder -C . build --keep')" "kernel-builder -C . build --keep-going" "$shell: an option of the command then"
	is "$(tab $shell 'kernel-builder build --keep')" "kernel-builder build --keep-going" "$shell: an option"
	is "$(tab $shell 'kernel-builder build --engine p')" "kernel-builder build --engine plain" "$shell: a choice"
	is "$(tab $shell 'kernel-builder build --engine=p')" "kernel-builder build --engine=plain" "$shell: a choice behind ="
	is "$(tab $shell "kernel-builder build --variant ${variant%-x86*}")" "kernel-builder build --variant $variant" "$shell: a variant of this kernel"
	is "$(tab $shell "kernel-builder check-config relu")" "kernel-builder check-config relu_cpu" "$shell: a directory"
done
if command -v fish >/dev/null; then
	complete() { (cd "$T/kernel" && PATH=$T/usr/bin:$PATH fish -c "source $T/usr/share/fish/vendor_completions.d/kernel-builder.fish; complete -C '$1'" 2>&1 | cut -f1 | tr '\n' ' '); }
	is "$(complete 'kernel-builder list-v')" "list-variants " "fish: a command"
	is "$(complete 'kernel-builder build --keep')" "--keep-going " "fish: an option"
	is "$(complete 'kernel-builder build --engine ')" "divided plain " "fish: a choice"
	is "$(complete "kernel-builder build --variant $variant")" "$variant " "fish: a variant of this kernel"
else
	skip fish "fish is not installed"
fi
done_testing
