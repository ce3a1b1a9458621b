# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# TAP helpers for scripts that run the real binary. Source it first; end with `done_testing`.
# Each script gets a private directory $T, removed at the end, and a private store in it.
set -u
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
KB=${KB:-$ROOT/kernel-builder}
T=$(mktemp -d "${TMPDIR:-/tmp}/kb-test.XXXXXX")
export KERNEL_BUILDER_HOME="$T/store" HOME="$T/home" XDG_CONFIG_HOME="$T/home/.config" CI=1
mkdir -p "$HOME"
n=0 failed=0 out= # out: what the command of status printed
trap 'chmod -R u+w "$T" 2>/dev/null; rm -rf "$T"' EXIT

# For scripts that are not about fetching: the store's trees are those that other scripts of this run have fetched, and whoever needs
# another one adds it; nobody who removes trees (store gc) may share them. By hand, without tests/run.sh, each script fetches its own.
shares_trees() {
	[ -n "${KB_TEST_TREES:-}" ] || return 0
	mkdir -p "$KERNEL_BUILDER_HOME"
	ln -s "$KB_TEST_TREES" "$KERNEL_BUILDER_HOME/trees"
}

result() { # ok|not ok, text
	n=$((n + 1))
	echo "$1 $n - $2"
	[ "$1" = ok ] || failed=$((failed + 1))
}
ok() { # text command...: passes when the command succeeds
	_text=$1
	shift
	if "$@" >"$T/.log" 2>&1; then result ok "$_text"; else
		result 'not ok' "$_text"
		sed 's/^/# /' "$T/.log" | head -40
	fi
}
is() { # got expected text
	if [ "$1" = "$2" ]; then result ok "$3"; else
		result 'not ok' "$3"
		echo "# got:      $1"
		echo "# expected: $2"
	fi
}
like() { # text-to-search pattern text
	if printf '%s\n' "$1" | grep -qE -e "$2"; then result ok "$3"; else
		result 'not ok' "$3"
		printf '%s\n' "$1" | head -20 | sed 's/^/# got: /'
		echo "# expected to match: $2"
	fi
}
status() { # expected-status text command...: output in $out
	_want=$1 _text=$2
	shift 2
	out=$("$@" 2>&1)
	_got=$?
	if [ $_got = "$_want" ]; then result ok "$_text"; else
		result 'not ok' "$_text"
		echo "# exit status $_got, expected $_want"
		printf '%s\n' "$out" | tail -20 | sed 's/^/# /'
	fi
}
skip() { # text reason
	if [ -n "${KB_MUST_RUN:-}" ]; then result 'not ok' "$1 (would skip: $2)"; else
		n=$((n + 1))
		echo "ok $n - $1 # SKIP $2"
	fi
}
done_testing() {
	echo "1..$n"
	[ $failed = 0 ]
	exit
}

# ---- kernels, and what builds of them did ----
SEL= # the variants that build makes: a script sets options here
build() { # option or directory...
	# shellcheck disable=SC2086
	"$KB" build $SEL "$@" 2>&1
}
so() { echo "$1"/build/*/*.so; } # kernel: its libraries
bits_of() { # directory: a digest of what is published in it; no two are alike in which there is nothing
	_files=$(cd "$1" 2>/dev/null && find . -name __pycache__ -prune -o -path ./clangd -prune -o -type f ! -name 'compile_commands.json*' -print0 |
		LC_ALL=C sort -z | xargs -0r sha256sum)
	if [ -n "$_files" ]; then printf '%s\n' "$_files" | sha256sum; else echo "nothing in $1"; fi
}
bits() { bits_of "$1/build${2:+/$2}"; } # kernel [variant]
# Of the last build with --events 3 3>"$T/events": the steps that ran, one a line; how many of these fit; all in one line.
steps() { sed -n 's/.*"event":"started".*"label":"\([^"]*\)".*/\1/p' "$T/events"; }
ran() { steps | grep -c -e "$1"; } # pattern
labels() { steps | sed 's/_[a-z2-7]*\.abi3/.abi3/' | LC_ALL=C sort | tr '\n' '|'; }
