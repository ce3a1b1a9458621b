#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# All shell scripts, also those of an unpacked tarball.
cd "$(dirname "$0")/.." || exit 2
{ git ls-files --cached --others --exclude-standard '*.sh' .ci/run 2>/dev/null || find . -name '*.sh' -o -path ./.ci/run; } |
	xargs -r shellcheck -S warning
