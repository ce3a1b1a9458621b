#!/bin/sh
cd "$(dirname "$0")/.." || exit 2
git ls-files --cached --others --exclude-standard '*.sh' .ci/run | xargs -r shellcheck -S warning
