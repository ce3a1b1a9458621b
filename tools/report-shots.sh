#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The pictures of docs/report.md: tools/report-shots.sh PAGE DIR. Needs chromium and pngquant (apt).
set -eu
page=$(realpath "$1") dir=$2
shot() { # width height
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="$1,$2" --screenshot="$dir/report-$1.png" "file://$page" 2>/dev/null
	pngquant --force --strip --speed 1 --output "$dir/report-$1.png" 64 "$dir/report-$1.png"
}
shot 1400 1500
shot 400 1500
