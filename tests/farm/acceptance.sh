#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# examples/activation on a farm of BuildGrid with two workers, with certificates and a token: the same bytes as at home, also when a worker, or the
# server, is killed in the middle. For tests/acceptance.sh. KB_FARM names a directory that buildgrid.sh has filled; KB_FARM_VARIANT another variant.
. "$(dirname "$0")/../e2e/lib.sh"
shares_trees
GRID=$ROOT/tests/farm/buildgrid.sh
FARM=${KB_FARM:-$ROOT/.build/buildgrid}
SEL="--no-lock --matrix all --variant ${KB_FARM_VARIANT:-torch211-cxx11-cu130-x86_64-linux}"
K=$T/activation
trap '"$GRID" stop "$T/farm" 2>/dev/null; chmod -R u+w "$T" 2>/dev/null; rm -rf "$T"' EXIT
cp -r "$ROOT/examples/activation" "$K"
rm -rf "$K/build" "$K/result"

forget() { rm -rf "$K/build" "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions" "$KERNEL_BUILDER_HOME/published"; }
# farm: a new one, which knows no result
farm() {
	"$GRID" stop "$T/farm"
	chmod -R u+w "$T/farm" 2>/dev/null
	rm -rf "$T/farm"
	port=$("$GRID" start "$FARM" "$T/farm" --cert --token) || return 1
	forget
}
# A build on it, with one job at home.
far() {
	build -j1 --remote "grpcs://127.0.0.1:$port" --remote-ca "$T/farm/tls/ca.pem" --remote-cert "$T/farm/tls/client.pem" --remote-key "$T/farm/tls/client.key" \
		--remote-token-file "$T/farm/token" --remote-exec "$K"
}
# amid COMMAND...: runs it when a worker has an action of a build, with BUSY for its name; then waits for the build. 99: the build ended before.
amid() {
	far >"$T/out" &
	local pid=$! busy=
	while [ -z "$busy" ] && kill -0 $pid 2>/dev/null; do
		busy=$(compgen -G "$T/farm/worker[12]/cas/cache/cas/staging/cas-tmpdir*" | head -n 1)
	done
	kill -0 $pid 2>/dev/null || return 99
	busy=${busy#"$T/farm/"}
	"${@//BUSY/${busy%%/*}}"
	wait $pid
}

status 0 "BuildGrid and buildbox, by pip and apt" "$GRID" get "$FARM"
status 0 "at home" build "$K"
first=$(bits "$K")

ok "a farm" farm
status 0 "on the farm" far
is "$(bits "$K")" "$first" "the same bytes"
like "$out" '[1-9][0-9]* steps run' "and some of the steps ran there"
forget
status 0 "with another store" far
is "$(bits "$K")" "$first" "the same bytes"
like "$out" '[1-9][0-9]* results found' "which the farm had"
like "$out" ' 0 steps run' "so that nothing ran"

ok "another farm" farm
status 0 "a worker is killed" amid "$GRID" kill "$T/farm" BUSY
is "$(bits "$K")" "$first" "the same bytes"
ok "another farm" farm
status 0 "the server is killed" amid "$GRID" kill "$T/farm" server
is "$(bits "$K")" "$first" "the same bytes"
ok "another farm" farm
status 0 "the server is killed, and started again" amid sh -c '"$1" kill "$2" server; "$1" again "$2" server' again "$GRID" "$T/farm"
is "$(bits "$K")" "$first" "the same bytes"

done_testing
