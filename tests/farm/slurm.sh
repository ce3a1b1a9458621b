#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A cluster with Slurm, to try what docs/slurm.md says: a login machine and nodes, each in namespaces of its own on this machine. Needs root, and
# Debian's slurm-wlm and munge; changes nothing of theirs.
# slurm.sh start STATE NODES         starts it; each node has as many processors as this machine
# slurm.sh run STATE COMMAND...      runs it on the login machine, as the user ada, whose scratch is /mnt, which all machines see
# slurm.sh stop STATE                ends all of it
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/netns.sh"

files() { # what a machine has that is not as here
	local i
	rm -rf "$STATE/control" "$STATE"/spool-* # jobs of an earlier one
	mkdir -p "$STATE"/{slurm,munge,scratch,control}
	{
		printf '127.0.0.1 localhost\n%s.1 login\n' $NET
		for i in $(seq "$nodes"); do echo "$NET.$((10 + i)) node$i"; done
	} >"$STATE/hosts"
	{ grep -v ':1000:' /etc/passwd; echo 'ada:x:1000:1000::/mnt/ada:/bin/bash'; } >"$STATE/passwd"
	{ grep -v ':1000:' /etc/group; echo 'ada:x:1000:'; } >"$STATE/group"
	mkdir -p "$STATE/scratch/ada"
	chown 1000:1000 "$STATE/scratch/ada"
	echo 'CgroupPlugin=cgroup/v1' >"$STATE/slurm/cgroup.conf"
	cat >"$STATE/slurm/slurm.conf" <<END
ClusterName=tests
SlurmctldHost=login
SlurmUser=root
SlurmctldPidFile=$STATE/control/slurmctld.pid
StateSaveLocation=$STATE/control
SlurmdSpoolDir=$STATE/spool-%n
SlurmdPidFile=$STATE/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=1
NodeName=node[1-$nodes] CPUs=$(nproc) State=UNKNOWN
PartitionName=batch Nodes=ALL Default=YES State=UP
END
}
# on MACHINE COMMAND...: with the machine's name and files
on() {
	local machine=$1
	shift
	ip netns exec "$(name "$machine")" unshare --uts --mount bash -c 'cd "$1"
		hostname "$2"
		mount --make-rprivate /
		for f in hosts passwd group; do mount --bind $f /etc/$f; done
		mount --bind slurm /etc/slurm
		mount --bind munge /run/munge
		mount --bind scratch /mnt
		[ ! -d /usr/lib/postgresql ] || mount -t tmpfs none /usr/lib/postgresql # a cluster has none
		shift 2
		cd /
		exec "$@"' on "$STATE" "$machine" "$@"
}
daemon() { # machine command...
	mkdir -p "$STATE/$1-daemon"
	spawn "$STATE/$1-daemon" "$0" on "$STATE" "$@"
}
start() {
	local nodes=$1 i
	number NODES "$nodes"
	PATH=$PATH:/usr/sbin
	command -v slurmctld munged >/dev/null || die 1 "slurm-wlm and munge are not installed"
	mkdir -p /run/munge /etc/slurm
	files
	trap 'stop' EXIT
	network
	machine login 1
	for i in $(seq "$nodes"); do machine "node$i" $((10 + i)); done
	dd if=/dev/urandom of="$STATE/munge/key" bs=64 count=1 status=none
	chmod 400 "$STATE/munge/key"
	mkdir -p "$STATE/munged"
	spawn "$STATE/munged" munged --foreground --force --key-file="$STATE/munge/key" --socket="$STATE/munge/munge.socket.2" \
		--pid-file="$STATE/munge/pid" --seed-file="$STATE/munge/seed" --log-file="$STATE/munged/log"
	until_up 10 "$STATE/munged" test -S "$STATE/munge/munge.socket.2" || die 1 "munged: $(tail -n 3 "$STATE/munged/log")"
	daemon login slurmctld -D
	for i in $(seq "$nodes"); do daemon "node$i" slurmd -D -N "node$i"; done
	until_up 60 "$STATE/login-daemon" idle || die 1 "Slurm does not start: $(tail -n 5 "$STATE"/*-daemon/log)"
	trap - EXIT
}
idle() { on login sinfo -h -N -o %T 2>/dev/null | sort | uniq -c | grep -qx " *$nodes idle"; }
run() {
	on login setpriv --reuid=1000 --regid=1000 --clear-groups env -i HOME=/mnt/ada USER=ada SCRATCH=/mnt/ada LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin \
		bash -c 'cd && exec "$@"' run "$@"
}
stop() {
	local s
	for s in "$STATE"/node*-daemon "$STATE/login-daemon" "$STATE/munged"; do end "$s" KILL; done
	no_network
}

[ $# -ge 2 ] || usage
STATE=$(absolute "$2")
case $1:$# in
start:3) start "$3" ;;
run:*) run "${@:3}" ;;
on:*) on "${@:3}" ;;
stop:2) stop ;;
*) usage ;;
esac
