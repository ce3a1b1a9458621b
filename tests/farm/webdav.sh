#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A plain HTTP cache for tests: nginx with WebDAV, which takes PUT and GET of /ac/KEY and /cas/SHA256.
# webdav.sh start STATE [OPTION]      starts it, on a free port of 127.0.0.1, and prints the port; STATE/files has what was put
#     --port N      this port                            --read-only   PUT is refused, with 403
#     --basic U:P   wants this user and password         --bearer T    wants this token; what lacks it gets 401
#     --tls         https://; certificates of an own CA lie in STATE/tls: ca.pem for the client; --old with one that is over
# webdav.sh stop STATE                ends it; the files stay
# STATE/access.log has a line for each request: method, path, status, bytes sent.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

server() { # what nginx shall do
	echo "listen 127.0.0.1:@PORT@ $tls; root $state/files;"
	[ -z "$tls" ] || echo "ssl_certificate $state/tls/$certificate.pem; ssl_certificate_key $state/tls/$certificate.key;"
	[ -z "$basic" ] || echo "auth_basic cache; auth_basic_user_file $state/users;"
	[ -z "$bearer" ] || echo "if (\$http_authorization != \"Bearer $bearer\") { return 401; }"
	if [ -n "$readonly" ]; then echo 'if ($request_method = PUT) { return 403; }'; else echo 'dav_methods PUT DELETE; create_full_put_path on;'; fi
}
start() {
	local state port='' tls='' certificate=server basic='' bearer='' readonly=''
	state=$(absolute "$1")
	shift
	while [ $# != 0 ]; do
		case $1 in
		--port) number "$1" "${2-}"; port=$2; shift ;;
		--basic | --bearer) [ -n "${2-}" ] || usage; declare "${1#--}=$2"; shift ;;
		--read-only) readonly=yes ;;
		--tls) tls=ssl ;;
		--old) tls=ssl certificate=old ;;
		*) usage ;;
		esac
		shift
	done
	mkdir -p "$state/files"
	[ -z "$tls" ] || certificates "$state/tls"
	[ -z "$basic" ] || echo "${basic%%:*}:$(openssl passwd -apr1 "${basic#*:}")" >"$state/users"
	server | nginx_serve "$state" "$port"
	cat "$state/port"
}

case ${1:-}:$# in
start:[2-9]) start "${@:2}" ;;
stop:2) end "$2" KILL ;;
*) usage ;;
esac
