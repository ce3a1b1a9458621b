# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the scripts that start servers for tests share. Source it first. A server has a directory STATE: its process number in STATE/pid, its port
# in STATE/port, what it says in STATE/log.
ME=${0##*/}
# One at a time looks for a port and binds it: two gRPC servers may bind the same one, and each gets half of the connections.
PORTS_LOCK=${TMPDIR:-/tmp}/kb-farm-ports.$(id -u)

die() { # status text
	echo "$ME: $2" >&2
	exit "$1"
}
usage() { # prints the heading of the script from its third line on
	sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
number() { # option value
	case $2 in '' | *[!0-9]*) die 2 "$1 wants a number, not '$2'" ;; esac
}
absolute() { # directory, made if it is not there
	mkdir -p "$1"
	(cd "$1" && pwd -P)
}
alive() { # STATE
	[ -f "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null
}
HOST=127.0.0.1 # or what a script lets others reach
listens() { # port
	(exec 3<>"/dev/tcp/$HOST/$1") 2>/dev/null
}
# A server of HTTP/2 greets with its SETTINGS: nine bytes at least.
answers() { # port
	[ "$(exec 2>/dev/null 3<>"/dev/tcp/$HOST/$1" && printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0' >&3 && timeout 2 head -c 9 <&3 | wc -c)" = 9 ]
}
# Below the ports that the kernel gives to connections. Call it with the lock held.
free_port() {
	local port
	for _ in {1..100}; do
		port=$((20000 + RANDOM % 12000))
		listens $port || { echo $port; return; }
	done
	die 1 "no free port"
}
lock_ports() {
	exec 8>"$PORTS_LOCK"
	flock 8
}
unlock_ports() { exec 8>&-; }
# spawn STATE COMMAND...: in a session of its own
spawn() {
	local state=$1
	shift
	setsid "$@" >>"$state/log" 2>&1 </dev/null 8>&- 9>&- &
	echo $! >"$state/pid"
	disown
}
# until_up SECONDS STATE COMMAND...: until the command succeeds; fails when the server ends or the time is over
until_up() {
	local end=$((SECONDS + $1)) state=$2
	shift 2
	until "$@"; do
		alive "$state" && [ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
	alive "$state"
}
# serve STATE PORT UP COMMAND...: starts the command on the port, or, without one, on a free one; waits until `UP PORT` succeeds. The port stands for
# @PORT@ in its words, and in STATE/conf, which is STATE/conf.in otherwise, if there is one.
serve() {
	local state=$1 wanted=$2 up=$3 port
	shift 3
	! alive "$state" || die 1 "$state: runs already, as process $(cat "$state/pid")"
	lock_ports
	for _ in 1 2 3; do
		port=$wanted
		[ -n "$port" ] || port=$(free_port)
		! listens "$port" || die 1 "port $port of $HOST is taken"
		if [ -f "$state/conf.in" ]; then sed "s/@PORT@/$port/g" "$state/conf.in" >"$state/conf"; fi
		spawn "$state" "${@//@PORT@/$port}"
		if until_up 30 "$state" "$up" "$port"; then
			unlock_ports
			echo "$port" >"$state/port"
			return
		fi
		end "$state" KILL
		[ -z "$wanted" ] || break
	done
	die 1 "$1 does not answer; the end of $state/log:
$(tail -n 5 "$state/log")"
}
# end STATE SIGNAL: ends a server and what it has started, by KILL when five seconds did not suffice
end() {
	local pid
	[ -s "$1/pid" ] || return 0
	pid=$(cat "$1/pid")
	kill -"$2" "$pid" 2>/dev/null || true
	for _ in {1..250}; do
		kill -0 "$pid" 2>/dev/null || break
		[ "$2" != KILL ] || break
		sleep 0.02
	done
	# All of its session: buildbox-run makes a process group of its own.
	pkill -KILL -s "$pid" || true
	for _ in {1..250}; do
		ps -o stat= -s "$pid" | grep -qv '^Z' || break
		sleep 0.02
	done
	rm -f "$1/pid"
}
# What a worker that was killed in an action has left.
unmount() { # STATE
	local m
	while read -r _ m _; do umount -l "$m"; done < <(grep " $(absolute "$1")/.* fuse" /proc/mounts)
}

# ---- buildbox-casd ----

# Without FUSE, buildbox-run would fail at each action; with copies and links it is slower.
fuse() {
	[ -c /dev/fuse ] && (exec 3<>/dev/fuse) 2>/dev/null || return 1
	if [ "$(id -u)" = 0 ]; then unshare --mount true 2>/dev/null; else command -v fusermount3 >/dev/null; fi
}
# shellcheck disable=SC2034
# Sets CASD, the options of each one, and RUN, those of one that executes. DIR has the programs.
casd_options() {
	[ -x "$DIR/buildbox-casd" ] || die 1 "$DIR has no buildbox-casd: casd.sh get $DIR"
	CASD=(--cache-failures=false --log-level=warning)
	RUN=(--buildbox-run="$DIR/buildbox-run")
	fuse || RUN+=(--runner-arg=--staging-mode=copy-or-link)
}
# buildbox-fuse and bwrap are looked for in PATH, and a directory there that cannot be read is an abort.
casd_path() { echo "$DIR:$(dirname "$(command -v bwrap || command -v sh)"):/usr/bin:/bin"; }

# ---- nginx, and certificates ----

# certificates DIR [NAME]: a CA (ca.pem); of it a server for 127.0.0.1, localhost and the name or address (server.pem, server.key) and a client (client.pem, client.key); for tests
# of refusal another CA (other-ca.pem), of it a client (other.pem, other.key), and a server's that is over since long (old.pem, old.key)
certificates() {
	local names="subjectAltName=IP:127.0.0.1,DNS:localhost" more=${2:-localhost}
	[ "$(cat "$1/done" 2>/dev/null)" != "$more" ] || return 0
	mkdir -p "$1"
	case $more in *[!0-9.]*) names+=,DNS:$more ;; *) names+=,IP:$more ;; esac
	authority "$1" ca "CN=kernel-builder tests"
	authority "$1" other-ca "CN=somebody else"
	signed "$1" server ca "$names" -days 3650
	signed "$1" client ca "" -days 3650
	signed "$1" other other-ca "" -days 3650
	signed "$1" old ca "$names" -startdate 200101000000Z -enddate 200201000000Z
	echo "$more" >"$1/done"
}
authority() { # DIR NAME subject
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/$2.key" -out "$1/$2.pem" -days 3650 -subj "/$3" \
		-addext keyUsage=keyCertSign,cRLSign 2>/dev/null
}
signed() { # DIR NAME authority extensions how-long...
	local dir=$1 name=$2 by=$3 with=$4
	shift 4
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/$name.key" -out "$dir/$name.csr" -subj "/CN=$name" 2>/dev/null
	mkdir -p "$dir/$name.d"
	: >"$dir/$name.d/index"
	# Not `openssl x509`, which, in Debian 12, cannot set a time that is over.
	printf '%s\n' '[ca]' 'default_ca = d' '[d]' "database = $dir/$name.d/index" "new_certs_dir = $dir/$name.d" 'default_md = sha256' 'policy = p' \
		'rand_serial = yes' 'x509_extensions = x' '[p]' 'commonName = supplied' '[x]' 'basicConstraints = CA:FALSE' "$with" >"$dir/$name.d/conf"
	openssl ca -batch -notext -config "$dir/$name.d/conf" -cert "$dir/$by.pem" -keyfile "$dir/$by.key" -in "$dir/$name.csr" \
		-out "$dir/$name.pem" "$@" 2>/dev/null
	rm -rf "$dir/$name.csr" "$dir/$name.d"
}
# nginx STATE PORT: with the lines of standard input as its server
nginx_serve() {
	local state=$1 t user=
	[ "$(id -u)" != 0 ] || user='user root;'
	PATH=$PATH:/usr/sbin command -v nginx >/dev/null || die 1 "nginx is not in PATH"
	{
		echo "daemon off; $user worker_processes 1; pid $state/nginx.pid; error_log stderr; events {} http { types {} default_type application/octet-stream;"
		for t in client_body proxy fastcgi uwsgi scgi; do echo "${t}_temp_path $state/temporary;"; done
		echo "log_format lines '\$request_method \$uri \$status \$bytes_sent'; access_log $state/access.log lines; client_max_body_size 0; server {"
		cat
		echo "} }"
	} >"$state/conf.in"
	PATH=$PATH:/usr/sbin serve "$state" "$2" listens nginx -e stderr -c "$state/conf"
}

# ---- programs of Debian sid ----

# debian_programs DIR PACKAGE PROGRAM...: unpacks the package, with all that it needs, into DIR/root; nothing is installed. DIR/bin has the programs,
# with their own libraries and loader.
debian_programs() {
	local dir=$1 package=$2 site p
	shift 2
	site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u | head -n 1)
	[ -n "$site" ] || die 1 "apt knows no mirror of Debian, or has no lists: apt-get update"
	rm -rf "$dir"
	mkdir -p "$dir"/{bin,apt/lists/partial,apt/archives/partial}
	: >"$dir/apt/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg arch=amd64] $site sid main" >"$dir/apt/sources"
	{ apt_of "$dir/apt" update && apt_of "$dir/apt" --download-only install "$package" dash; } >"$dir/apt/log" 2>&1 9>&- ||
		die 1 "no $package of Debian sid: $(tail -n 3 "$dir/apt/log")"
	for p in "$dir"/apt/archives/*.deb; do dpkg-deb -x "$p" "$dir/root"; done
	for p in "$@"; do
		printf '%s\n' '#!/bin/sh' 'r=$(dirname "$(readlink -f "$0")")/../root/usr' \
			"exec \"\$r/lib64/ld-linux-x86-64.so.2\" --argv0 $p --library-path \"\$r/lib/x86_64-linux-gnu\" \"\$r/bin/$p\" \"\$@\"" >"$dir/bin/$p"
		chmod 755 "$dir/bin/$p"
	done
	rm -rf "$dir/apt"
}
apt_of() { # directory of its state, words
	local dir=$1
	shift
	apt-get -y -o Dir::Etc::sourcelist="$dir/sources" -o Dir::Etc::sourceparts=/dev/null -o Dir::State="$dir" -o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir" -o APT::Install-Recommends=false -o APT::Sandbox::User="$(id -un)" "$@"
}
