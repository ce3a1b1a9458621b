#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The pictures of docs/report.md, the page and its table of kernels: tools/report-shots.sh PAGE DIR. Needs chromium and pngquant (apt).
set -eu
page=$(realpath "$1") dir=$2
table=$(mktemp --suffix=.html)
trap 'rm -f "$table"' EXIT
sed 's|</style>|header, footer, .figures, main > section:not(:has(#kernels)) { display: none; } h2 { margin-top: 0; }</style>|' "$page" >"$table"
shot() { # name page width height
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="$3,$4" --screenshot="$dir/report-$1.png" "file://$2" 2>/dev/null
	pngquant --force --strip --speed 1 --output "$dir/report-$1.png" 64 "$dir/report-$1.png"
}
shot 1400 "$page" 1400 1500
shot 400 "$page" 400 1500
shot kernels "$table" 1000 420
