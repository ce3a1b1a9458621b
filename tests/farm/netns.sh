# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A network of its own for scripts that start several machines: network namespaces with a cable to a switch. Source it after lib.sh; STATE is set.
NET=198.51.100 # reserved for documentation: nobody has it

name() { echo "kb-$(cat "$STATE/id")-$1"; }
inside() { # machine command...
	ip netns exec "$(name "$1")" "${@:2}"
}
machine() { # NAME last number of its address
	local ns cable=m$2
	ns=$(name "$1")
	ip netns add "$ns"
	echo "$1" >>"$STATE/machines"
	ip -n "$ns" link add eth0 type veth peer name "$cable" netns "$(name switch)"
	ip -n "$ns" addr add "$NET.$2/24" dev eth0
	ip -n "$ns" link set lo up
	ip -n "$ns" link set eth0 up
	ip -n "$(name switch)" link set "$cable" master bridge up
	if [ -n "${delay-}" ]; then
		inside "$1" tc qdisc add dev eth0 root netem delay "${delay}us" ${rate:+rate "${rate}mbit"} limit 100000 || die 1 "this kernel has no netem: see delay.py"
	elif [ -n "${rate-}" ]; then
		inside "$1" tc qdisc add dev eth0 root tbf rate "${rate}mbit" burst 256kb latency 100ms
	fi
	if [ -n "${rate-}" ]; then inside switch tc qdisc add dev "$cable" root tbf rate "${rate}mbit" burst 256kb latency 100ms; fi
}
network() { # a switch without machines
	[ ! -f "$STATE/id" ] || die 1 "$STATE: runs already; $ME stop $STATE"
	echo $$ >"$STATE/id"
	: >"$STATE/machines"
	ip netns add "$(name switch)"
	ip -n "$(name switch)" link add bridge type bridge
	ip -n "$(name switch)" link set bridge up
}
no_network() {
	local m
	[ -f "$STATE/id" ] || return 0
	while read -r m; do
		ip netns pids "$(name "$m")" 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
		ip netns del "$(name "$m")" 2>/dev/null || true
	done < <(cat "$STATE/machines"; echo switch)
	rm -f "$STATE/id"
}
