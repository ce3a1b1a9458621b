#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packs a static program with its man pages and completions, the same bytes each time: tarball.sh PROGRAM DATE SHARE LICENSES OUT
# It unpacks into one directory, with bin/ and share/ as below a prefix.
set -eu
program=$1 date=$2 share=$3 licenses=$4 out=$5
name=$(basename "$out" .tar.gz)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
to=$dir/$name
mkdir -p "$to/bin" "$to/share/doc/kernel-builder"
cp "$program" "$to/bin/kernel-builder"
cp -r "$share"/man "$share"/bash-completion "$share"/zsh "$share"/fish "$to/share/"
cp -r LICENSE README.md NEWS.md "$share/doc/kernel-builder/docs" "$licenses" "$to/share/doc/kernel-builder/"
chmod -R u+rwX,go+rX,go-w "$to"
tar -C "$dir" --sort=name --mtime="$date 00:00:00Z" --owner=0 --group=0 --numeric-owner --format=ustar -cf "$dir/tar" "$name"
gzip -n9 <"$dir/tar" >"$out.tmp"
mv "$out.tmp" "$out"
