#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The servers that tests start are there, do what their headings say, and refuse whom they should: when a test of --remote fails and this one
# does not, it is not the server.
. "$(dirname "$0")/lib.sh"
FARM=$ROOT/tests/farm
P=build.bazel.remote.execution.v2
trap 'for s in farm door; do "$FARM/casd.sh" stop "$T/$s" 2>/dev/null; done; "$FARM/webdav.sh" stop "$T/web" 2>/dev/null
	chmod -R u+w "$T" 2>/dev/null; rm -rf "$T"' EXIT

# call URL SERVICE/METHOD [curl's options]: an empty message by gRPC; the status of HTTP and of gRPC
call() {
	local url=$1 method=$2
	shift 2
	printf '\0\0\0\0\0' | curl -sS --http2-prior-knowledge -m 20 -o "$T/answer" -D "$T/head" -w '%{http_code} ' -H 'content-type: application/grpc' -H 'te: trailers' \
		--data-binary @- "$@" "$url/$P.$method" 2>&1
	tr -d '\r' <"$T/head" | sed -n 's/^grpc-status: //p'
}

# ---- buildbox-casd ----

status 0 "buildbox-casd, by pip" "$FARM/casd.sh" get "$ROOT/.build/farm"
status 0 "once more: there is nothing to do" env PATH=/usr/bin:/bin PIP_INDEX_URL=nowhere "$FARM/casd.sh" get "$ROOT/.build/farm"
port=$("$FARM/casd.sh" start "$ROOT/.build/farm" "$T/farm" --workers 2)
url=http://127.0.0.1:$port
is "$(call "$url" Capabilities/GetCapabilities)" "200 0" "a store, two workers and a front answer"
is "$(for s in farm farm/store farm/worker1 farm/worker2; do kill -0 "$(cat "$T/$s/pid")" && echo $s; done | wc -l)" 4 "four processes"
like "$(call "$url" ActionCache/GetActionResult)" '^200 [1-9]' "who asks for nothing gets an error"
status 1 "its port is taken" "$FARM/casd.sh" start "$ROOT/.build/farm" "$T/other" --port "$port"
like "$out" "port $port of 127.0.0.1 is taken" "and says so"
status 0 "a worker is killed" "$FARM/casd.sh" kill "$T/farm" worker1
status 1 "once" "$FARM/casd.sh" kill "$T/farm" worker1
is "$(call "$url" Capabilities/GetCapabilities)" "200 0" "the front does not mind"

# ---- a door before it ----

door() { # options: starts it, its address in $door
	"$FARM/front.sh" stop "$T/door" 2>/dev/null
	door=$("$FARM/front.sh" start "$T/door" "$port" "$@")
	door=https://127.0.0.1:$door
}
ca() { call "$door" Capabilities/GetCapabilities --http2 --cacert "$T/door/tls/ca.pem" "$@"; }
door --cert --bearer secret
is "$(ca --cert "$T/door/tls/client.pem" --key "$T/door/tls/client.key" -H 'authorization: Bearer secret')" "200 0" "a client with certificate and token"
is "$(ca --cert "$T/door/tls/client.pem" --key "$T/door/tls/client.key" -H 'authorization: Bearer other')" "401 " "another token"
is "$(ca -H 'authorization: Bearer secret')" "400 " "no certificate"
is "$(ca --cert "$T/door/tls/other.pem" --key "$T/door/tls/other.key" -H 'authorization: Bearer secret')" "400 " "a certificate of another CA"
like "$(call "$door" Capabilities/GetCapabilities --http2)" 'unable to get local issuer' "who does not know the CA refuses the server"
door --bearer secret --grpc-status
# nginx answers before it has read the request, and ends the stream; whether curl minds depends on which comes first.
is "$(ca -H 'authorization: Bearer other' | grep -v '^curl: (92) ')" "204 16" "another token, as gRPC says it"
door --old
like "$(ca)" 'certificate has expired' "a certificate that is over"
"$FARM/front.sh" stop "$T/door"
"$FARM/casd.sh" stop "$T/farm"
is "$(call "$url" Capabilities/GetCapabilities | grep -c 'Failed to connect')" 1 "stopped"

# ---- a cache over HTTP ----

web() { # options
	"$FARM/webdav.sh" stop "$T/web" 2>/dev/null
	web=http://127.0.0.1:$("$FARM/webdav.sh" start "$T/web" "$@")
}
code() { curl -sS -m 20 -o "$T/answer" -w '%{http_code}' "$@"; }
echo text >"$T/text"
web
is "$(code "$web/cas/abc") $(code -T "$T/text" "$web/cas/abc") $(code "$web/cas/abc")" "404 201 200" "not there, put, got"
is "$(cat "$T/answer")" text "what was put"
is "$(cut -d ' ' -f 1-3 "$T/web/access.log" | tr '\n' ';')" "GET /cas/abc 404;PUT /cas/abc 201;GET /cas/abc 200;" "a line for each"
web --read-only
is "$(code -T "$T/text" "$web/cas/def") $(code "$web/cas/abc")" "403 200" "read-only"
web --basic me:secret
is "$(code "$web/cas/abc") $(code -u me:secret "$web/cas/abc")" "401 200" "a password"
web --bearer secret
is "$(code "$web/cas/abc") $(code -H 'authorization: Bearer secret' "$web/cas/abc")" "401 200" "a token"

done_testing
