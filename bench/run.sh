#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plain CMake, ninja and nvcc, the same with ccache and with sccache, and this builder, in one go. Writes bench/RESULTS.md.
# bench/run.sh --help tells which parts there are; what was measured before is not measured again.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHONDONTWRITEBYTECODE=1 exec python3 bench/main.py "$@"
