#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The image, made of the Dockerfile and run as `docker run` would, by buildah: it needs no daemon and, with chroot isolation, nothing
# that a container may not do. Its base is made here by debootstrap, under the name that the Dockerfile asks for.
. "$(dirname "$0")/lib.sh"
if [ "$(id -u)" != 0 ]; then
	skip "the image" "not root"
	done_testing
fi
if ! unshare --mount true 2>/dev/null; then
	skip "the image" "mounts are closed"
	done_testing
fi
IMAGE=localhost/kernel-builder:dev
SEL="--no-lock --matrix all --torch 2.11 --backend cpu"
CPU=torch211-cxx11-cpu-x86_64-linux
CUDA=torch211-cxx11-cu130-x86_64-linux
ARM=torch211-cxx11-cpu-aarch64-linux
CERTS=/etc/ssl/certs/ca-certificates.crt # a network may have certificates of its own
buildah() { command buildah --root "$T/images" --runroot "$T/images.run" "$@"; }
# Mounts go before the directory does, however this ends.
trap 'buildah rm -a >/dev/null 2>&1; chmod -R u+w "$T" 2>/dev/null; rm -rf --one-file-system "$T"' EXIT
owners() { find "$@" -exec stat -c %u:%g {} + | sort -u | tr '\n' ' '; }
lines() { buildah inspect --type image --format "{{range .OCIv1.Config.$1}}{{println .}}{{end}}" $IMAGE | grep .; }

# docker OPTIONS -- ARGUMENTS: `docker run --rm OPTIONS kernel-builder:dev ARGUMENTS`
docker() {
	local options=() words container status
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	mapfile -t words < <(lines Entrypoint)
	if [ $# = 0 ]; then mapfile -t -O ${#words[@]} words < <(lines Cmd); fi
	container=$(buildah from --pull-never $IMAGE)
	buildah run --isolation chroot "${options[@]}" "$container" -- "${words[@]}" "$@"
	status=$?
	buildah rm "$container" >/dev/null
	return $status
}

# ---- the image ----

site=$(apt-get indextargets --no-release-info --format "\$(SITE)" | grep -v security | head -1)
slim=$(sed -n 's/^FROM \(\S*\)$/\1/p' "$ROOT/Dockerfile")
is "$(sed -n 's/^FROM \(\S*\).*/\1/p' "$ROOT/Dockerfile" | sort -u)" "$slim" "one base"
base=$ROOT/.build/$(echo "$slim" | tr ':/' '--').tar
if [ ! -f "$base" ]; then
	suite=${slim#*:}
	debootstrap --variant=minbase "${suite%-slim}" "$T/base" "$site" >"$T/debootstrap" 2>&1 || tail "$T/debootstrap"
	# What "slim" leaves out.
	(cd "$T/base" && rm -rf var/lib/apt/lists/* var/cache/apt/*.bin var/cache/apt/archives/*.deb usr/share/{doc,man,info,locale,lintian,groff})
	mkdir -p "$ROOT/.build"
	tar -C "$T/base" -cf "$base.$$" . && mv "$base.$$" "$base"
	rm -rf --one-file-system "$T/base"
fi
container=$(buildah from scratch)
buildah add -q "$container" "$base" / >/dev/null
status 0 "a base image" buildah commit -q --rm "$container" "docker.io/library/$slim"

index=$(python3 -m pip config get global.index-url 2>/dev/null || true)
index=${PIP_INDEX_URL:-$index}
status 0 "docker build" buildah bud --isolation chroot --pull-never -q ${index:+--build-arg "PIP_INDEX_URL=$index"} -t kernel-builder:dev "$ROOT"
container=$(buildah from --pull-never $IMAGE)
root=$(buildah mount "$container")
size=$(du -sm --one-file-system "$root" | cut -f1)
echo "# the image: $size MiB, of which the base $(du -m "$base" | cut -f1)"
[ "$size" -lt 150 ]
is $? 0 "less than 150 MB"
like "$(cat "$root/etc/xdg/kernel-builder/config.toml")" '^wheel-index = "https?://[^ *]+"$' "pip's index is known in it"
is "$(grep -c BEGIN "$root$CERTS" | sed 's/^[1-9][0-9][0-9]*$/many/')" many "certificates"
is "$(lines Env | grep -E '^(MAX_JOBS|CORES|KERNEL_BUILDER_HOME)=' | sort | tr '\n' ' ')" "CORES=4 KERNEL_BUILDER_HOME=/cache MAX_JOBS=4 " "defaults"
is "$(find "$root/usr/lib" "$root/usr/bin" -name 'python*' -o -name 'libicu*' -o -name 'gcc*' | grep -vE '/(gcc|python3?)$' | wc -l)" 0 "no compiler, no Python, no ICU"
buildah rm "$container" >/dev/null

# ---- kernels of others ----

N=$T/native K=$T/kernel
cp -r "$ROOT/tests/kernels/tiny" "$N"
# An internal name gets the module id, by which it shows how the file was compiled.
echo 'namespace { __global__ void inner(int *out) { *out = 1; } } extern "C" void tiny_run(int *p) { inner<<<1, 1>>>(p); }' >>"$N/src/answer.cu"
cp -r "$N" "$K"
chown -R 1234:2345 "$K"
mkdir "$T/cache"
"$KB" build -q $SEL "$N"
"$KB" build -q --no-lock --matrix all --variant $CUDA --variant $ARM "$N"

mounts=(-v "$K:/kernelcode" -v "$CERTS:$CERTS:ro")
status 0 "builds, from the network" docker "${mounts[@]}" -v "$T/cache:/cache" -- build -v $SEL --trace trace.json
like "$out" '^sandbox: off' "without namespaces"
is "$(bits "$K" $CPU)" "$(bits "$N" $CPU)" "the same bits as outside"
is "$(readlink "$K/result")" build "the link is valid outside"
is "$(owners "$K")" "1234:2345 " "all belongs to the owner of the directory"
is "$(owners "$T/cache")" "1234:2345 " "and the store"
jobs_of() { grep -oE '"job [0-9]+"' "$1" | sort -u | wc -l; }
like "$(jobs_of "$K/trace.json")" '^[234]$' "several jobs"
status 0 "again" docker "${mounts[@]}" -v "$T/cache:/cache" -- build $SEL
like "$out" '0 written, 0 B fetched' "a volume at /cache keeps the store"
status 0 "for aarch64" docker "${mounts[@]}" -v "$T/cache:/cache" -- build $SEL --target aarch64
is "$(bits "$K" $ARM)" "$(bits "$N" $ARM)" "the same bits as outside"
status 0 "MAX_JOBS" docker "${mounts[@]}" -v "$T/cache:/cache" -e MAX_JOBS=1 -- build --rebuild $SEL --trace trace.json
is "$(jobs_of "$K/trace.json")" 1 "is obeyed"
status 2 "CORES" docker "${mounts[@]}" -e CORES=x -- build
like "$out" 'CORES must be a number' "is obeyed"

status 0 "arguments go to the program" docker "${mounts[@]}" -- list-variants --matrix all --torch 2.11 --backend cpu
is "$out" $CPU "and its output comes back"
status 0 "help" docker -- help
status 3 "nothing is mounted" docker --
like "$out" 'no build.toml in /kernelcode: nothing is mounted there' "says so"
like "$out" 'docker run --rm -v "\$\(pwd\):/kernelcode"' "says what to mount"
status 3 "something else is mounted" docker -v "$K/src:/kernelcode" --
like "$out" 'what is mounted there holds no build.toml' "says so"
status 3 "create-pyproject with nothing mounted" docker -- create-pyproject
like "$out" 'no build.toml in /kernelcode: nothing is mounted there' "says so, too"
status 3 "a command that needs a Python" docker "${mounts[@]}" -- test
like "$out" '^error: test needs a Python with torch, and this image has none' "says that there is none"
is "$(printf '%s\n' "$out" | grep -c activate)" 0 "and not to activate one"
status 3 "--matrix host" docker "${mounts[@]}" -- build --matrix host
like "$out" '^error: build needs a Python with torch' "says so as well"
status 0 "help of such a command" docker -- test --help
like "$out" 'pytest' "is there"
status 0 "a kernel below what is mounted" docker -v "$T:/kernelcode" -- list-variants kernel

# ---- other owners, other stores ----

rm -rf "$K/build" "$K/result"
chown -R 3000:3000 "$K"
status 6 "--user, and a store that is another's" docker --user 3000:3000 "${mounts[@]}" -v "$T/cache:/cache" -- build $SEL
like "$out" "user 3000 may not write to the store in /cache" "says why"
status 6 "no right to become another user" docker --cap-drop all "${mounts[@]}" -- build $SEL
like "$out" "run it with --user 3000:3000" "says what to do"
status 0 "the store goes to the other owner" docker "${mounts[@]}" -v "$T/cache:/cache" -- build $SEL
like "$out" '1 written, 0 B fetched' "with what it holds"
is "$(owners "$K" "$T/cache")" "3000:3000 " "whom all belongs to"
is "$(bits "$K" $CPU)" "$(bits "$N" $CPU)" "the same bits"

rm -rf "$K/build" "$K/result"
mkdir "$T/copied"
cp -a "$KERNEL_BUILDER_HOME/trees" "$T/copied"
chown -R 3000:3000 "$T/copied"
status 0 "--user, and CUDA" docker --user 3000:3000 "${mounts[@]}" -v "$T/copied:/cache" -e MAX_JOBS=8 -e CORES=8 -- build --no-lock --matrix all --variant $CUDA
like "$out" '1 written, 0 B fetched' "of what was fetched outside"
is "$(bits "$K" $CUDA)" "$(bits "$N" $CUDA)" "the same bits as outside"
is "$(owners "$K")" "3000:3000 " "all belongs to that user"

chown -R 0:0 "$K"
rm -rf "$K/build" "$K/result"
status 0 "root's kernel" docker "${mounts[@]}" -v "$T/cache:/cache" -- build $SEL
is "$(owners "$K" "$T/cache")" "0:0 " "stays root's"
is "$(bits "$K" $CPU)" "$(bits "$N" $CPU)" "the same bits"
done_testing
