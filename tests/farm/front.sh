#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A door before a farm, for tests: nginx, which speaks TLS and asks for a client's certificate or a bearer token, and hands calls on.
# front.sh start STATE PORT [OPTION]  to the gRPC server on PORT of 127.0.0.1; prints the port of the door, also 127.0.0.1's
#     --port N      this port                            --plain       without TLS (grpc://)
#     --cert        wants a certificate of the own CA    --old         shows a certificate that is over
#     --bearer T    wants this token; what lacks it gets 401, as HTTP    --grpc-status   as status 16 of gRPC instead
#     --idle N      closes a connection on which nothing came for N seconds    --calls N   and after N calls (nginx's default: 1000)
# front.sh stop STATE                 ends it
# Certificates lie in STATE/tls: ca.pem, client.pem and client.key for the client; other.pem and other.key of a CA that is not trusted.
# STATE/access.log has a line for each call.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

server() { # what nginx shall do
	echo "listen 127.0.0.1:@PORT@ $tls http2;"
	[ -z "$tls" ] || echo "ssl_certificate $state/tls/$certificate.pem; ssl_certificate_key $state/tls/$certificate.key;"
	[ -z "$cert" ] || echo "ssl_client_certificate $state/tls/ca.pem; ssl_verify_client on;"
	[ -z "$idle" ] || echo "keepalive_timeout $idle;"
	[ -z "$calls" ] || echo "keepalive_requests $calls;"
	if [ -n "$polite" ]; then
		echo 'error_page 401 = @unauthenticated; location @unauthenticated { default_type application/grpc;'
		echo 'add_header grpc-status 16 always; add_header grpc-message "the token is not right" always; return 204; }'
	fi
	echo 'location / {'
	[ -z "$bearer" ] || echo "if (\$http_authorization != \"Bearer $bearer\") { return 401; }"
	echo "grpc_pass grpc://127.0.0.1:$to; grpc_read_timeout 1h; grpc_send_timeout 1h; }"
}
start() {
	local state to=$2 port='' tls=ssl certificate=server cert='' bearer='' polite='' idle='' calls=''
	number PORT "$to"
	state=$(absolute "$1")
	shift 2
	while [ $# != 0 ]; do
		case $1 in
		--port | --idle | --calls) number "$1" "${2-}"; declare "${1#--}=$2"; shift ;;
		--bearer) [ -n "${2-}" ] || usage; bearer=$2; shift ;;
		--plain) tls='' ;;
		--cert) cert=yes ;;
		--old) certificate=old ;;
		--grpc-status) polite=yes ;;
		*) usage ;;
		esac
		shift
	done
	certificates "$state/tls"
	server | nginx_serve "$state" "$port"
	cat "$state/port"
}

case ${1:-}:$# in
start:[3-9] | start:1[0-9]) start "${@:2}" ;;
stop:2) end "$2" KILL ;;
*) usage ;;
esac
