# SPDX-License-Identifier: Apache-2.0
# Small roots of other distributions, and what a user without root does in one. For scripts: needs root, the network and debootstrap,
# and $roots, the directory that they are in. Ubuntu's suites (jammy) want KB_UBUNTU_MIRROR=URL; options for debootstrap are in
# KB_DEBOOTSTRAP.
# shellcheck shell=bash
roots=${roots:?the directory of the roots}

debian() { apt-get indextargets --no-release-info --format "\$(SITE)" | grep -v security | head -1; }
# make_root SUITE: a root with Python and nothing that is not needed for it.
make_root() {
	local mirror
	[ ! -e "$roots/$1.made" ] || return 0
	mirror=$(debian)
	case $1 in bullseye | bookworm | trixie) ;; *) mirror=${KB_UBUNTU_MIRROR:?is not set} ;; esac
	mkdir -p "$roots"
	rm -rf --one-file-system "${roots:?}/$1"
	debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates ${KB_DEBOOTSTRAP:-} "$1" "$roots/$1" "$mirror" || return
	rm -rf "$roots/$1"/var/cache/apt/archives/*.deb
	touch "$roots/$1.made"
}

# A user's command in a root: with /proc, /dev and the network, without rights of root, and no variable but those of pip.
inside() { # suite command...
	local root=$roots/$1
	shift
	# shellcheck disable=SC2016
	unshare --mount --propagation private bash -c '
		root=$1 && shift
		mount --bind "$root" "$root" && mount --rbind /dev "$root/dev" && mount --bind /proc "$root/proc" &&
			mount --bind /etc/resolv.conf "$root/etc/resolv.conf" && cd "$root" && mkdir -p mnt && pivot_root . mnt && umount -l /mnt && cd / &&
			exec /usr/bin/setpriv --reuid=1000 --regid=1000 --clear-groups --inh-caps=-all --bounding-set=-all \
				/usr/bin/env -i HOME=/home/user PIP_CERT=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PATH=/home/user/venv/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 CI=1 '"$passed_on"' "$@"' - "$root" "$@"
}
passed_on=
# Where apt is not Debian's, public mirrors are asked, which this network may not reach.
export KERNEL_BUILDER_DEBIAN_MIRROR=${KERNEL_BUILDER_DEBIAN_MIRROR-$(debian)}
for v in PIP_INDEX_URL https_proxy http_proxy no_proxy KERNEL_BUILDER_DEBIAN_MIRROR; do
	[ -z "${!v:-}" ] || passed_on="$passed_on $v='${!v}'"
done

# new_home SUITE FILE...: an empty home with these files. A network may have certificates of its own.
new_home() {
	local root=$roots/$1
	shift
	rm -rf --one-file-system "$root/home/user"
	mkdir -p "$root/home/user"
	cp -r "$@" "$root/home/user/"
	[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	chown -R 1000:1000 "$root/home/user"
}
