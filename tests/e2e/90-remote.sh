#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A server of results, a real one: what one machine made, another has with an empty store; steps run there; it dies in every way.
. "$(dirname "$0")/lib.sh"
shares_trees
CASD=$ROOT/tests/farm/casd.sh FRONT=$ROOT/tests/farm/front.sh
FARM=${KB_FARM:-$ROOT/.build/farm}
if why=$("$CASD" check 2>&1); then :; else
	skip "a farm" "$why"
	done_testing
fi
"$CASD" get "$FARM" 2>&1 | sed 's/^/# /'
trap '"$FRONT" stop "$T/front" 2>/dev/null; "$CASD" stop "$T/farm" 2>/dev/null; chmod -R u+w "$T" 2>/dev/null; rm -rf "$T"' EXIT

K=$T/relu V=torch215-cxx11-cpu-x86_64-linux
cp -r "$ROOT/examples/relu-cpu" "$K"
SEL="--variant $V -q"
farm() { # option...: a fresh server; its address in $URL
	"$CASD" stop "$T/farm" 2>/dev/null
	rm -rf "$T/farm"
	URL=grpc://127.0.0.1:$("$CASD" start "$FARM" "$T/farm" "$@")
}
machine() { # name: another one, with no results; of trees it has those of the run
	export KERNEL_BUILDER_HOME=$T/$1
	mkdir -p "$T/$1"
	[ -e "$T/$1/trees" ] || ln -s "$TREES" "$T/$1/trees"
	rm -rf "$K/build" "$K/result"
}
bare() { # name: one without anything, and no network
	export KERNEL_BUILDER_HOME=$T/$1
	rm -rf "$K/build" "$K/result"
}
none="--wheel-index $T/none --debian-mirror $T/none"
mkdir "$T/none"
events() { # of a build: how many steps ran, and where
	python3 - "$1" <<-'P'
		import json, sys
		e = [json.loads(l) for l in open(sys.argv[1])]
		ended = [x for x in e if x["event"] == "ended"]
		print("here", sum(x["state"] == "done" and not x["remote"] for x in ended), "there", sum(x["state"] == "done" and x["remote"] for x in ended), "brought", sum(x["state"] == "cached" and x["remote"] for x in ended))
	P
}
TREES=$KERNEL_BUILDER_HOME/trees
status 0 "without a server" build "$K"
bits=$(bits_of "$K/build")
if [ -L "$TREES" ]; then TREES=$(readlink -f "$TREES"); fi

# ---- results ----
farm --no-exec
machine one
status 0 "with a server that has nothing" build --remote "$URL" --events 3 "$K" 3>"$T/events"
is "$(bits_of "$K/build")" "$bits" "the same bytes"
like "$(events "$T/events")" '^here [1-9][0-9]* there 0 brought 0$' "made here"
bare two
# shellcheck disable=SC2086
status 0 "an empty store, and no network but to the server" build $none --remote "$URL" --events 3 "$K" 3>"$T/events"
is "$(bits_of "$K/build")" "$bits" "the same bytes"
is "$(events "$T/events")" "here 0 there 0 brought 1" "nothing ran, and only the library came"
is "$(find "$T/two/trees" -mindepth 1 2>/dev/null | wc -l)" 0 "nothing of torch or gcc was fetched"
rm -rf "$K/build"
"$CASD" stop "$T/farm"
# shellcheck disable=SC2086
status 0 "once more, without the server" build $none "$K"
is "$(bits_of "$K/build")" "$bits" "what came is in the store"

machine three
URL=grpc://127.0.0.1:$("$CASD" start "$FARM" "$T/farm" --no-exec)
status 0 "--remote-upload=no" env KB="$KB" "$KB" build $SEL --remote-upload=no --cache=rw --remote "$URL" "$K"
sed -i 's/x > 0/0 < x/; $a // edited' "$K/relu_cpu/relu.cpp"
machine three
status 0 "after an edit, kept by nobody else" build --remote-upload=no --remote "$URL" "$K"
edited=$(bits_of "$K/build")
machine four
status 0 "another machine" build --remote "$URL" --events 3 "$K" 3>"$T/events"
like "$(events "$T/events")" '^here [1-9]' "has to make it"
is "$(bits_of "$K/build")" "$edited" "and gets the same"
machine five
status 0 "--cache=off asks nobody" build --cache=off --remote "$URL" --events 3 "$K" 3>"$T/events"
like "$(events "$T/events")" '^here [1-9][0-9]* there 0 brought 0$' "all of it is made"
bare six
# shellcheck disable=SC2086
status 0 "--cache=ro reads" build $none --cache=ro --remote "$URL" --events 3 "$K" 3>"$T/events"
is "$(events "$T/events")" "here 0 there 0 brought 1" "what the server has"

# ---- what is gone ----
find "$T/farm/cache/cas" -type f -size +1k -delete
machine seven
status 0 "results without their bytes" build --remote "$URL" "$K"
is "$(bits_of "$K/build")" "$edited" "are made again"
"$CASD" stop "$T/farm"
machine eight
status 0 "no server at all" build --remote "$URL" "$K"
is "$(bits_of "$K/build")" "$edited" "is no error"
is "$(printf '%s\n' "$out" | grep -c .)" 1 "and is said in one line"
like "$out" "$URL is of no use: cannot connect.*going on without it" "which says what happened"

# ---- steps ----
farm --workers 2
machine nine
status 0 "--remote-exec" build --remote "$URL" --remote-exec -j 1 --events 3 "$K" 3>"$T/events"
is "$(bits_of "$K/build")" "$edited" "the same bytes"
# What goes there depends on what is free at which moment; of --rebuild it is all that can.
status 0 "--rebuild --remote-exec" "$KB" build --variant $V --rebuild --remote "$URL" --remote-exec --events 3 "$K" 3>"$T/events"
like "$(events "$T/events")" 'there [1-9]' "some steps ran there"
like "$out" 'steps ran again, all with the same bytes as before' "proves the same"
cp -r "$ROOT/examples/activation" "$T/activation"
rm -rf "$T/activation/build" "$T/activation/result"
A="--variant torch25-cxx11-cu124-x86_64-linux --capability 9.0 -q"
# shellcheck disable=SC2086
status 0 "a kernel for GPUs, on the farm" "$KB" build $A --remote "$URL" --remote-exec -j 1 --events 3 "$T/activation" 3>"$T/events"
like "$(events "$T/events")" 'there [1-9]' "some steps ran there"
there=$(bits_of "$T/activation/build")
machine ten
rm -rf "$T/activation/build"
# shellcheck disable=SC2086
status 0 "here" "$KB" build $A "$T/activation"
is "$(bits_of "$T/activation/build")" "$there" "has the same bytes"
machine nine
sed -i '$a int broken = nowhere;' "$K/relu_cpu/relu.cpp"
status 1 "an error of the kernel's" build --remote "$URL" --remote-exec -j 1 "$K"
there=$out
status 1 "at home" build "$K"
is "$there" "$out" "reads the same"
sed -i '$d' "$K/relu_cpu/relu.cpp"
machine ten
sed -i '$a // once more' "$K/relu_cpu/relu.cpp"
(
	until grep -q started "$T/events.dying" 2>/dev/null; do sleep 0.05; done
	sleep 1
	"$CASD" kill "$T/farm"
) &
status 0 "the server dies in the middle" build --remote "$URL" --remote-exec -j 1 --events 3 "$K" 3>"$T/events.dying"
wait
machine eleven
status 0 "without one" build --remote "" "$K"
last=$(bits_of "$K/build")
machine ten
status 0 "what was built then" build "$K"
is "$(bits_of "$K/build")" "$last" "has the same bytes"

# ---- who may ----
farm --no-exec
machine more
status 0 "a server that only keeps" build --remote "$URL" --remote-exec --cache=ro "$K"
is "$(printf '%s\n' "$out" | grep -c 'runs no steps')" 1 "says so once"
is "$(bits_of "$K/build")" "$last" "and the same comes of it"
D=$("$FRONT" start "$T/front" "${URL##*:}" --cert --bearer sesame)
door=grpcs://localhost:$D tls=$T/front/tls
echo sesame >"$T/token"
machine twelve
status 0 "certificates and a token" build --remote "$door" --remote-ca "$tls/ca.pem" --remote-cert "$tls/client.pem" --remote-key "$tls/client.key" --remote-token-file "$T/token" "$K"
is "$out" "" "without a word"
bare thirteen
# shellcheck disable=SC2086
status 0 "the token of a program" "$KB" build -v --variant $V $none --remote "$door" --remote-ca "$tls/ca.pem" --remote-cert "$tls/client.pem" --remote-key "$tls/client.key" --remote-token-command "cat $T/token" "$K"
is "$(bits_of "$K/build")" "$last" "brings what was kept"
is "$(printf '%s\n' "$out" | grep -c sesame)" 0 "and no word tells it"
"$FRONT" stop "$T/front"
refused() { # text pattern option...
	text=$1 pattern=$2
	shift 2
	machine fourteen
	status 0 "$text" build --remote "$door" "$@" "$K"
	is "$(printf '%s\n' "$out" | grep -c .)" 1 "is said in one line"
	like "$out" "$pattern" "with the reason"
}
door=grpcs://localhost:$("$FRONT" start "$T/front" "${URL##*:}" --cert --bearer sesame --port "$D")
refused "a server that nobody vouches for" 'certificate' --remote-cert "$tls/client.pem" --remote-key "$tls/client.key" --remote-token-file "$T/token"
refused "a client that nobody vouches for" '--remote-cert' --remote-ca "$tls/ca.pem" --remote-token-file "$T/token"
echo wrong >"$T/token"
refused "a wrong token" '--remote-token-file' --remote-ca "$tls/ca.pem" --remote-cert "$tls/client.pem" --remote-key "$tls/client.key" --remote-token-file "$T/token"

# ---- what cannot be meant ----
status 2 "an address of another kind" build --remote ftp://127.0.0.1 "$K"
like "$out" 'grpc://' "names those that can be"
status 2 "a key without its certificate" build --remote "$URL" --remote-key "$tls/client.key" "$K"
status 2 "options about a server, but no server" build --remote-exec "$K"
like "$out" '--remote' "says which option names it"
status 2 "steps on a cache over HTTP" build --remote http://127.0.0.1:1 --remote-exec "$K"
like "$out" 'grpc://' "names what runs them"
status 2 "no number" build --remote "$URL" --remote-jobs many "$K"
status 3 "no such file" build --remote "$URL" --remote-ca "$T/nowhere.pem" "$K"
like "$out" 'nowhere.pem' "names it"
done_testing
