#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A plain HTTP cache, a real one (nginx): what one machine made, another has with an empty store; who may, and what can go wrong. With S3, if
# KB_S3 names a directory that tests/farm/s3.sh has filled.
. "$(dirname "$0")/lib.sh"
shares_trees
DAV=$ROOT/tests/farm/webdav.sh S3=$ROOT/tests/farm/s3.sh
if ! PATH=$PATH:/usr/sbin command -v nginx >/dev/null; then
	skip "a cache over HTTP" "no nginx"
	done_testing
fi
trap '"$DAV" stop "$T/dav" 2>/dev/null; [ ! -d "$T/s3" ] || "$S3" stop "$T/s3"; chmod -R u+w "$T" 2>/dev/null; rm -rf "$T"' EXIT

K=$T/relu V=torch215-cxx11-cpu-x86_64-linux
cp -r "$ROOT/examples/relu-cpu" "$K"
SEL="--variant $V -q"
cache() { # option...: the server, with what it has, and these options; its port in $P
	"$DAV" stop "$T/dav" 2>/dev/null
	P=$("$DAV" start "$T/dav" "$@")
}
machine() { # name: another one, with no results; of trees it has those of the run
	export KERNEL_BUILDER_HOME=$T/$1
	mkdir -p "$T/$1"
	[ -e "$T/$1/trees" ] || ln -s "$TREES" "$T/$1/trees"
	rm -rf "$K/build" "$K/result"
}
bare() { # one without anything, and no network but to the server
	rm -rf "$T/bare" "$K/build" "$K/result"
	export KERNEL_BUILDER_HOME=$T/bare
}
mkdir "$T/none"
brings() { # text option...: a machine without anything has all from the server
	text=$1
	shift
	bare
	status 0 "$text" build --wheel-index "$T/none" --debian-mirror "$T/none" "$@" "$K"
	is "$(bits_of "$K/build")" "$bits" "brings the same bytes"
	is "$out" "" "without a word"
}
fails() { # text pattern option...: one has nothing of it, and so no torch
	text=$1 pattern=$2
	shift 2
	bare
	status 4 "$text" build --wheel-index "$T/none" --debian-mirror "$T/none" "$@" "$K"
	like "$out" "^warning: .*$pattern.*going on without it" "says what it is"
	is "$(printf '%s\n' "$out" | grep -c '^warning')" 1 "once"
	is "$(printf '%s\n' "$out" | grep -c sesame)" 0 "and tells no secret"
}
TREES=$KERNEL_BUILDER_HOME/trees
cache
status 0 "a cache that has nothing" build --remote "http://127.0.0.1:$P/x/" "$K"
if [ -L "$TREES" ]; then TREES=$(readlink -f "$TREES"); fi
bits=$(bits_of "$K/build")
brings "a cache that has it" --remote "http://127.0.0.1:$P/x"
is "$(find "$T/bare/trees" -mindepth 1 2>/dev/null | wc -l)" 0 "nothing of torch or gcc was fetched"
ok "each blob is what its name says" bash -c "cd '$T/dav/files/x/cas' && for f in *; do echo \"\$f  \$f\"; done | sha256sum -c --quiet"
# shellcheck disable=SC2016
ok "a blob is asked for before it is sent, and a result is sent last" awk '{ n = split($2, p, "/") }
	$1 == "PUT" && p[n - 1] == "cas" && !asked[$2] { exit 1 } $1 == "HEAD" { asked[$2] = 1 }
	$1 == "PUT" && p[n - 1] == "ac" { results++ } END { exit !results }' "$T/dav/access.log"

# ---- faults ----
coproc HTTPD { exec python3 "$ROOT/tests/e2e/httpd.py" "$T/dav/files"; }
read -r -u "${HTTPD[0]}" H
brings "a server that is busy" --remote "http://127.0.0.1:$H/status:503:2/x"
brings "answers that break off" --remote "http://127.0.0.1:$H/truncate:40:1/x"
brings "a redirect" --remote "http://127.0.0.1:$H/redirect/x"
fails "redirects in a circle" 'HTTP 30' --remote "http://127.0.0.1:$H/loop/x"
fails "a server that is always busy" 'HTTP 503' --remote "http://127.0.0.1:$H/status:503/x"
bare
status 4 "answers that are no results" build --wheel-index "$T/none" --debian-mirror "$T/none" --remote "http://127.0.0.1:$H/flip:0/x" "$K"
like "$out" '^warning: .*bytes that are no result; they are not used' "are taken for none"
eval "exec ${HTTPD[1]}>&-"
wait "$HTTPD_PID" 2>/dev/null

for f in "$T"/dav/files/x/cas/*; do printf 'wrong' | dd of="$f" conv=notrunc status=none; done
machine two
status 0 "blobs that are something else" build --remote "http://127.0.0.1:$P/x" "$K"
is "$(bits_of "$K/build")" "$bits" "are made again"
is "$(printf '%s\n' "$out" | grep -c 'other bytes than those of')" 1 "with one line that says so"
brings "what was made again was kept" --remote "http://127.0.0.1:$P/x"
mv "$T/dav/files" "$T/dav/full"
cache --read-only
machine three
status 0 "one that may be read only" build --remote "http://127.0.0.1:$P/x" "$K"
is "$(printf '%s\n' "$out" | grep -c .)" 1 "is no error, and said in one line"
like "$out" 'HTTP 403.*--remote-upload=no' "which names the option"
is "$(find "$T/dav/files" -type f | wc -l)" 0 "nothing was kept"
rm -r "$T/dav/files"
mv "$T/dav/full" "$T/dav/files"

# ---- who may ----
cache --tls --basic me:sesame
ca="--remote-ca $T/dav/tls/ca.pem"
# shellcheck disable=SC2086
{
	brings "TLS, and a user" --remote "https://me:sesame@localhost:$P/x" $ca
	fails "another password" 'HTTP 401.*--remote-token-file' --remote "https://me:not-sesame@localhost:$P/x" $ca
	printf 'machine localhost login me password sesame\n' >"$HOME/.netrc"
	brings "a user of .netrc" --remote "https://localhost:$P/x" $ca
	rm "$HOME/.netrc"
	fails "no user" 'HTTP 401' --remote "https://localhost:$P/x" $ca
	fails "a server that nobody vouches for" 'certificate' --remote "https://me:sesame@localhost:$P/x"
	cache --tls --bearer sesame
	brings "a token, as another header" --remote "https://localhost:$P/x" $ca --remote-header "Authorization: Bearer sesame"
	echo sesame >"$T/token"
	brings "a token" --remote "https://localhost:$P/x" $ca --remote-token-file "$T/token"
	brings "a token that is over, and a new one" --remote "https://localhost:$P/x" $ca \
		--remote-token-command "if [ -e $T/asked ]; then echo sesame; else echo old; touch $T/asked; fi"
	echo not-sesame >"$T/token"
	fails "a wrong token" 'HTTP 401' --remote "https://localhost:$P/x" $ca --remote-token-file "$T/token"
	cache --old
	fails "a certificate that is over" 'expired' --remote "https://localhost:$P/x" $ca
}
"$DAV" stop "$T/dav"
fails "no server" 'cannot be reached' --remote "https://me:sesame@localhost:$P/x"

# ---- S3 ----
if [ -n "${KB_S3:-}" ]; then
	mkdir -p "$T/s3"
	B=http://127.0.0.1:$("$S3" start "$KB_S3" "$T/s3")/cache/of/tests
	export AWS_ACCESS_KEY_ID=test:tester AWS_SECRET_ACCESS_KEY=testing AWS_REGION=us-east-1
	machine four
	status 0 "a bucket that has nothing" build --remote "s3+$B" "$K"
	is "$out" "" "without a word"
	brings "a bucket that has it" --remote "s3+$B"
	export AWS_SECRET_ACCESS_KEY=sesame
	fails "another key" 'HTTP 403.*AWS_ACCESS_KEY_ID' --remote "s3+$B"
	unset AWS_SECRET_ACCESS_KEY
fi

# ---- what cannot be meant ----
bare
status 2 "an address with a question in it" build --remote "http://me:sesame@127.0.0.1:$P/x?y" "$K"
is "$(printf '%s\n' "$out" | grep -c sesame)" 0 "is shown without its password"
status 2 "an instance" build --remote "http://127.0.0.1:$P/x" --remote-instance here "$K"
like "$out" '--remote-instance' "is none of its"
status 2 "keys in the address" build --remote "s3+http://me:sesame@127.0.0.1:$P/bucket" "$K"
like "$out" 'AWS_ACCESS_KEY_ID' "come from elsewhere"
status 3 "no keys" env -u AWS_SECRET_ACCESS_KEY "$KB" build --remote "s3+http://127.0.0.1:$P/bucket" "$K"
status 2 "no bucket" build --remote "s3+http://127.0.0.1:$P/" "$K"
done_testing
