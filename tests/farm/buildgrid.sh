#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A farm with a server and workers of its own: BuildGrid, PostgreSQL, and the buildbox-worker of Debian sid. For tests, and for docs/slurm.md.
# buildgrid.sh get DIR                puts BuildGrid and buildbox there, once (320 MB); several may ask at the same time
# buildgrid.sh start DIR STATE [OPTION]   starts it, on a free port of 127.0.0.1, and prints the port when it answers
#     --port N       this port                          --workers N    so many (2), each with one action at a time
#     --runner R     bubblewrap (default), or hosttools: without a sandbox, with all that the machine has
#     --tls          certificates of an own CA lie in STATE/tls: ca.pem for the client
#     --cert         also wants a certificate of that CA: client.pem and client.key; other.pem, other.key are of another
#     --token        TLS, and wants a token (JWT): STATE/token has one, for 30 days, STATE/old-token one that is over
#     --lost N       gives an action to another worker when its own was not heard of for N seconds (5)
#     --listen NAME  on this address of the machine, so that other machines reach it; give --token too
# buildgrid.sh worker DIR STATE [--jobs N] [OPTION]   one more worker, on any machine that sees DIR and STATE, until it is ended or the script is;
#     what else there is goes to buildbox-worker, such as --stop-after=100
# buildgrid.sh kill STATE NAME        ends server or worker1, ... without warning
# buildgrid.sh again STATE NAME       starts it again, as it was
# buildgrid.sh stop STATE             ends all of it
# Each has a directory in STATE with its pid and log: server, worker1, ... (with cas/, its cache), pg.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
SERVER=0.4.4 # the last for Debian 12's Python
PROGRAMS='buildbox-casd buildbox-fuse buildbox-run-bubblewrap buildbox-run-hosttools buildbox-worker trexe casupload'

get() {
	local dir
	dir=$(absolute "$1")
	exec 9>"$dir/lock"
	flock 9
	if [ ! -f "$dir/env/done" ]; then
		rm -rf "$dir/env"
		/usr/bin/python3 -m venv "$dir/env"
		"$dir/env/bin/pip" install -q --disable-pip-version-check buildgrid==$SERVER psycopg2-binary pgserver==0.1.4 9>&- || die 1 "pip could not install BuildGrid"
		touch "$dir/env/done"
	fi
	if [ ! -f "$dir/buildbox/done" ]; then
		# shellcheck disable=SC2086
		debian_programs "$dir/buildbox" buildbox $PROGRAMS
		touch "$dir/buildbox/done"
	fi
}

# ---- PostgreSQL, which is not for root, and lives in a directory that its user may enter ----

AS_PG=(env)
[ "$(id -u)" != 0 ] || AS_PG=(setpriv --reuid=postgres --regid=postgres --clear-groups)
pg_start() {
	local bin at
	bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	# Root's cannot be pip's: another user might not reach it.
	[ -x "$bin/initdb" ] || [ "$(id -u)" = 0 ] || bin=$(echo "$dir"/env/lib/python3*/site-packages/pgserver/pginstall/bin)
	[ -x "$bin/initdb" ] || die 1 "PostgreSQL is not installed"
	mkdir -p "$state/pg"
	if [ ! -d "$(cat "$state/pg/at" 2>/dev/null)" ]; then
		at=$(mktemp -d "${TMPDIR:-/tmp}/kb-farm-pg.XXXXXX")
		echo "$at" >"$state/pg/at"
		[ "$(id -u)" != 0 ] || chown postgres: "$at"
		(cd / && "${AS_PG[@]}" "$bin/initdb" -D "$at/data" -A trust -U bgd --no-sync -E UTF8 --locale=C) >"$state/pg/log" 2>&1 || die 1 "initdb: $(tail -n 3 "$state/pg/log")"
	fi
	at=$(cat "$state/pg/at")
	(cd / && spawn "$state/pg" "${AS_PG[@]}" "$bin/postgres" -D "$at/data" -c listen_addresses= -c unix_socket_directories="$at" -c fsync=off -c max_connections=80)
	until_up 30 "$state/pg" "${AS_PG[@]}" "$bin/psql" -h "$at" -U bgd -c '' postgres >/dev/null 2>&1 || die 1 "PostgreSQL: $(tail -n 3 "$state/pg/log")"
	"${AS_PG[@]}" "$bin/psql" -h "$at" -U bgd -lqtA postgres | grep -q '^bgd|' || "${AS_PG[@]}" "$bin/createdb" -h "$at" -U bgd bgd
	# BuildGrid 0.4.4 needs psycopg2: with psycopg 3 the thread that wakes workers dies, and an action takes a minute.
	SQL="postgresql+psycopg2://bgd@/bgd?host=$at"
}

# ---- the server ----

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d =; }
token() { # when it ends
	local text
	text=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url).$(printf '{"sub":"tests","exp":%s}' "$1" | base64url)
	echo "$text.$(printf %s "$text" | openssl dgst -sha256 -hmac "$(cat "$state/secret")" -binary | base64url)"
}
channels() {
	printf '%s\n' "  - !channel" "    address: $listen:@PORT@"
	[ -n "$tls" ] || { echo "    insecure-mode: true"; return; }
	printf '    %s\n' "insecure-mode: false" "credentials:" "  tls-server-key: $state/tls/server.key" "  tls-server-cert: $state/tls/server.pem"
	[ -z "$cert" ] || echo "      tls-client-certs: $state/tls/ca.pem"
}
authorization() {
	if [ -z "$token" ]; then echo "  method: none"; else
		printf '  %s\n' "method: jwt" "algorithm: hs256" "secret: $state/secret"
	fi
}
configuration() {
	cat <<END
description: tests
server:
$(channels)
authorization:
$(authorization)
connections:
  - !sql-connection &sql
    connection-string: "$SQL"
    pool-size: 10
    max-overflow: 20
storages:
  - !disk-storage &cas
    path: $state/cas
caches:
  - !lru-action-cache &ac
    storage: *cas
    max-cached-refs: 100000
    allow-updates: true
    cache-failed-actions: false
schedulers:
  - !sql-scheduler &scheduler
    sql: *sql
    action-cache: *ac
    storage: *cas
    property-set: !dynamic-property-set
      match-property-keys: [OSFamily, ISA, pool]
    max-execution-timeout: 3600
    bot-session-keepalive-timeout: $lost
    poll-interval: 0.05
    bot-poll-interval: 0.05
    assigners:
      - !priority-age-assigner
        count: 1
        interval: 0.02
instances:
  - name: ""
    services:
      - !action-cache
        cache: *ac
      - !execution
        scheduler: *scheduler
        operation-stream-keepalive-timeout: 30
      - !cas
        storage: *cas
      - !bytestream
        storage: *cas
thread-pool-size: 100
END
}
server_start() { # port
	# A client's hello is answered only over TLS, if there is TLS.
	serve "$state/server" "$1" "$up" "$dir/env/bin/bgd" server start "$state/server/conf"
	cp "$state/server/port" "$state/port"
}

# ---- workers ----

# Sets CASD and WORKER, the commands of a cache of the server's CAS, and of the worker, which asks the server for actions.
worker_commands() { # directory name jobs
	local bin=$dir/buildbox/bin remote
	export PATH=$bin:/usr/bin:/bin # where buildbox-fuse and bwrap are looked for
	mkdir -p "$1/cas"
	# buildbox gives a token only to a server with TLS.
	remote=(remote="http://$listen:$(cat "$state/port")")
	[ -z "$tls" ] || remote=(remote="https://$listen:$(cat "$state/port")" server-cert="$state/tls/ca.pem" client-cert="$state/tls/client.pem" client-key="$state/tls/client.key")
	[ -z "$token" ] || remote+=(access-token="$state/token")
	CASD=("$bin/buildbox-casd" "${remote[@]/#/--cas-}" --bind="unix:$1/cas/socket" --log-level=warning --findmissingblobs-cache-ttl=60 "$1/cas/cache")
	# A server that comes back within some ten minutes finds its workers.
	WORKER=("$bin/buildbox-worker" "${remote[@]/#/--bots-}" --bots-retry-limit=12 --cas-remote="unix:$1/cas/socket" --buildbox-run="$bin/buildbox-run-$runner"
		--platform OSFamily=linux --platform ISA=x86-64 --platform pool="$runner" --concurrent-jobs="$3" --max-wait-time=30 --log-level=warning)
	fuse || WORKER+=(--runner-arg=--staging-mode=copy-or-link)
	WORKER+=("${@:4}" "$2")
}
cache_start() { # directory
	spawn "$1/cas" "${CASD[@]}"
	until_up 30 "$1/cas" test -S "$1/cas/socket" || die 1 "its cache does not start: $(tail -n 3 "$1/cas/log")"
}
worker_start() { # N
	worker_commands "$state/worker$1" "worker$1" 1
	cache_start "$state/worker$1"
	spawn "$state/worker$1" "${WORKER[@]}"
}
worker() { # STATE option...
	. "$1/how"
	local jobs=1
	pid='' # not local: what follows is done when this function has ended
	shift
	if [ "${1-}" = --jobs ]; then number "$1" "${2-}"; jobs=$2; shift 2; fi
	at=$(mktemp -d "${TMPDIR:-/tmp}/kb-worker.XXXXXX")
	# An action that runs is given to another worker when this one ends.
	trap 'kill $pid 2>/dev/null; end "$at/cas" KILL; unmount "$at"; chmod -R u+w "$at"; rm -rf "$at"' EXIT
	trap 'exit 143' TERM INT HUP
	worker_commands "$at" "$(hostname).$$" "$jobs" "$@"
	cache_start "$at"
	"${WORKER[@]}" &
	pid=$!
	echo "worker $(hostname).$$: $jobs actions at once, from $listen:$(cat "$state/port")"
	wait "$pid"
}

remember() { declare -p dir state listen runner tls cert token up >"$state/how"; }
start() {
	local dir state listen=127.0.0.1 port='' workers=2 runner=bubblewrap tls='' cert='' token='' lost=5 up=answers i
	umask 077 # of keys and tokens
	dir=$(absolute "$1") state=$(absolute "$2")
	[ -f "$dir/buildbox/done" ] || die 1 "$1 has no buildbox: $ME get $1"
	shift 2
	while [ $# != 0 ]; do
		case $1 in
		--port | --workers | --lost) number "$1" "${2-}"; declare "${1#--}=$2"; shift ;;
		--listen) [ -n "${2-}" ] || usage; listen=$2; shift ;;
		--runner) case ${2-} in bubblewrap | hosttools) runner=$2 ;; *) usage ;; esac; shift ;;
		--tls) tls=yes up=listens ;;
		--cert) tls=yes cert=yes up=listens ;;
		--token) tls=yes token=yes up=listens ;;
		*) usage ;;
		esac
		shift
	done
	mkdir -p "$state/server" "$state/cas"
	rm -f "$state/token"
	HOST=$listen
	certificates "$state/tls" "$listen"
	if [ -n "$token" ]; then
		printf %s "$(openssl rand -hex 32)" >"$state/secret"
		token $(($(date +%s) + 30 * 86400)) >"$state/token"
		token 1000000000 >"$state/old-token"
	fi
	pg_start
	"$dir/env/bin/bgd" migrate apply "$SQL" >>"$state/server/log" 2>&1 || die 1 "bgd migrate: $(tail -n 3 "$state/server/log")"
	configuration >"$state/server/conf.in"
	server_start "$port"
	remember
	for i in $(seq "$workers"); do worker_start "$i"; done
	cat "$state/port"
}
again() { # STATE NAME
	. "$1/how"
	HOST=$listen
	case $2 in
	server) server_start "$(cat "$state/port")" ;;
	worker[1-9]*) worker_start "${2#worker}" ;;
	*) usage ;;
	esac
}
kill_one() { # STATE NAME
	alive "$1/$2" || die 1 "$1/$2 does not run"
	end "$1/$2" KILL
	end "$1/$2/cas" KILL
	unmount "$1/$2"
}
stop() { # STATE
	local s
	# Workers first: a server that comes back waits for those that it knew.
	for s in "$1"/worker[0-9]* "$1"/worker[0-9]*/cas "$1/server" "$1/pg"; do end "$s" KILL; done
	unmount "$1"
	rm -f "$1/port"
	if [ -f "$1/pg/at" ]; then rm -rf "$(cat "$1/pg/at")" "$1/pg/at"; fi
}

case ${1:-}:$# in
get:2) get "$2" ;;
start:[3-9] | start:[1-9][0-9]) start "${@:2}" ;;
worker:[3-9]) worker "${@:3}" ;;
kill:3) kill_one "$2" "$3" ;;
again:3) again "$2" "$3" ;;
stop:2) stop "$2" ;;
*) usage ;;
esac
