#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A farm over a network, for measurements: each machine of it is a network namespace of its own, with a cable to a switch. Needs root.
# network.sh start DIR STATE WORKERS [OPTION]   buildbox-casd of DIR (casd.sh get DIR): a server, so many workers; prints grpc://ADDRESS:PORT
#     --jobs N     actions at once in each worker (1)     --rate N    Mbit/s of each cable, in each direction (not limited)
#     --delay N    microseconds that each machine's packets take to the switch; to another machine and back it is twice that (netem)
# network.sh run STATE COMMAND...     runs it on another machine of that network, the client's
# network.sh traffic STATE            what each machine has sent and received, in bytes
# network.sh stop STATE               ends all of it; what was stored stays in STATE/server/store/cache
# The network is of its own: nothing in it reaches, or is reached by, the machine's.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/netns.sh"

casd() { # machine STATE address port option...
	local machine=$1 dir=$2 address=$3 port=$4
	shift 4
	mkdir -p "$dir/cache"
	PATH=$(casd_path):/usr/sbin:/sbin spawn "$dir" ip netns exec "$(name "$machine")" "$DIR/buildbox-casd" --bind="$address:$port" "${CASD[@]}" "$@" "$dir/cache"
	until_up 30 "$dir" inside "$machine" bash -c "exec 2>/dev/null 3<>/dev/tcp/$address/$port" || die 1 "$dir: $(tail -n 3 "$dir/log")"
}
start() {
	local workers=$3 jobs=1 rate='' delay='' i list=
	DIR=$(absolute "$1") STATE=$(absolute "$2")
	number WORKERS "$workers"
	shift 3
	while [ $# != 0 ]; do
		case $1 in
		--jobs | --rate | --delay) number "$1" "${2-}"; declare "${1#--}=$2"; shift ;;
		*) usage ;;
		esac
		shift
	done
	casd_options
	trap 'stop' EXIT
	network
	machine server 1
	machine client 2
	casd server "$STATE/server/store" $NET.1 8981
	for i in $(seq "$workers"); do
		machine "worker$i" $((10 + i))
		casd "worker$i" "$STATE/worker$i" $NET.$((10 + i)) 8980 --cas-remote=http://$NET.1:8981 --ac-remote=http://$NET.1:8981 --jobs="$jobs" "${RUN[@]}"
		list+=,$NET.$((10 + i)):8980
	done
	casd server "$STATE/server" $NET.1 8980 --cas-remote=http://$NET.1:8981 --ac-remote=http://$NET.1:8981 \
		--exec-remote="http://ipv4:${list#,}" --exec-load-balancing-policy=round_robin
	trap - EXIT
	echo "grpc://$NET.1:8980"
}
traffic() {
	local m
	while read -r m; do
		printf '%s: sent %s, received %s\n' "$m" "$(inside "$m" cat /sys/class/net/eth0/statistics/tx_bytes)" "$(inside "$m" cat /sys/class/net/eth0/statistics/rx_bytes)"
	done <"$STATE/machines"
}
stop() {
	local s
	for s in "$STATE"/worker[0-9]* "$STATE/server" "$STATE/server/store"; do end "$s" KILL; done
	unmount "$STATE"
	no_network
}

case ${1:-}:$# in
start:[4-9] | start:10) start "${@:2}" ;;
run:[3-9] | run:[1-9][0-9]) STATE=$2 inside client "${@:3}" ;;
traffic:2) STATE=$2 traffic ;;
stop:2) STATE=$2 stop ;;
*) usage ;;
esac
