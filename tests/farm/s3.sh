#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A real server of S3 for tests: OpenStack Swift, whose proxy speaks S3 with signatures of version 4. By pip, for Debian 12's Python.
# s3.sh get DIR                       puts it there, once (78 MB); several may ask at the same time
# s3.sh start DIR STATE [--port N]    starts it, on a free port of 127.0.0.1, and prints the port when there is a bucket "cache"
# s3.sh stop STATE                    ends it; what it has stored stays
# The region is us-east-1, the access key test:tester, its secret testing. curl takes a colon in a user from the URL only, and Debian 12's does
# not send the digest of what it sends, without which S3 refuses:
#     curl --aws-sigv4 aws:amz:us-east-1:s3 -H "x-amz-content-sha256: SHA256" -T FILE http://test%3Atester:testing@127.0.0.1:PORT/cache/cas/SHA256
set -euo pipefail
. "$(dirname "$0")/lib.sh"
SWIFT=2.38.3
SERVERS='account container object'

get() {
	local dir
	dir=$(absolute "$1")
	exec 9>"$dir/lock"
	flock 9
	if [ "$(cat "$dir/version" 2>/dev/null)" = $SWIFT ]; then return; fi
	rm -rf "$dir/env"
	/usr/bin/python3 -m venv "$dir/env"
	"$dir/env/bin/pip" install -q --disable-pip-version-check --only-binary=:all: swift==$SWIFT 9>&- || die 1 "pip could not install swift"
	echo $SWIFT >"$dir/version"
}

common() {
	printf '%s\n' '[DEFAULT]' 'bind_ip = 127.0.0.1' 'bind_port = @PORT@' "swift_dir = $state" "user = $(id -un)" 'workers = 0' 'log_level = WARNING' "$@"
}
configure() {
	local s
	printf '%s\n' '[swift-hash]' 'swift_hash_path_suffix = tests' >"$state/swift.conf"
	for s in $SERVERS; do
		common "devices = $state/devices" 'mount_check = false' 'disable_fallocate = true' '[pipeline:main]' "pipeline = $s-server" \
			"[app:$s-server]" "use = egg:swift#$s" >"$state/$s/conf.in"
	done
	common '[pipeline:main]' 'pipeline = catch_errors s3api tempauth slo proxy-server' '[app:proxy-server]' 'use = egg:swift#proxy' \
		'account_autocreate = true' '[filter:tempauth]' 'use = egg:swift#tempauth' 'user_test_tester = testing .admin' \
		'[filter:s3api]' 'use = egg:swift#s3api' '[filter:slo]' 'use = egg:swift#slo' '[filter:catch_errors]' 'use = egg:swift#catch_errors' >"$state/conf.in"
}
ring() { # server: one copy, on this device
	(cd "$state" && rm -f "$1.builder" && "$bin/swift-ring-builder" "$1.builder" create 1 1 1 &&
		"$bin/swift-ring-builder" "$1.builder" add "r1z1-127.0.0.1:$(cat "$1/port")/d1" 1 && "$bin/swift-ring-builder" "$1.builder" rebalance) >"$state/ring.log"
}
start() {
	local state bin port='' s
	bin=$(absolute "$1")/env/bin state=$(absolute "$2")
	case ${3-}:$# in :2) ;; --port:4) number "$3" "$4"; port=$4 ;; *) usage ;; esac
	[ -x "$bin/swift-proxy-server" ] || die 1 "$1 has no swift: $ME get $1"
	mkdir -p "$state"/{account,container,object,devices/d1}
	configure
	for s in $SERVERS; do
		serve "$state/$s" '' listens "$bin/swift-$s-server" "$state/$s/conf" -v
		ring "$s"
	done
	serve "$state" "$port" listens "$bin/swift-proxy-server" "$state/conf" -v
	[ -f "$state/bucket" ] || curl -sSf -X PUT --aws-sigv4 aws:amz:us-east-1:s3 -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" "http://test%3Atester:testing@127.0.0.1:$(cat "$state/port")/cache" >>"$state/log" 2>&1 ||
		die 1 "no bucket; the end of $state/log: $(tail -n 5 "$state/log")"
	touch "$state/bucket"
	cat "$state/port"
}
stop() { # STATE
	local s
	for s in "$1" "$1"/{account,container,object}; do end "$s" KILL; done
}

case ${1:-}:$# in
get:2) get "$2" ;;
start:[35]) start "${@:2}" ;;
stop:2) stop "$2" ;;
*) usage ;;
esac
