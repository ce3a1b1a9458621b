#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A newcomer's first minutes in a small root of another distribution: from pip install to a published kernel. Prints the transcript, with
# the seconds that each command took, as docs/first-minutes.md has it; fails where a command does, or says what it should not.
# Usage: tests/first-minutes.sh [--roots DIR] [--files DIR] [--torch X.Y] [SUITE]     bookworm by default
# --roots, --files and Ubuntu's suites: see tests/install.sh. --torch: 2.15 by default; Ubuntu 22.04's Python has torch up to 2.14. Fetches some gigabytes, which are torch's.
set -u
cd "$(dirname "$0")/.." || exit 2
T=$(mktemp -d "${TMPDIR:-/tmp}/kb-first.XXXXXX")
roots=$T/roots files='' torch=2.15
while [ $# -gt 1 ]; do
	case $1 in
	--roots) roots=$(realpath -m "$2") ;;
	--files) files=$(realpath "$2") ;;
	--torch) torch=$2 ;;
	*) break ;;
	esac
	shift 2
done
suite=${1:-bookworm}
. tests/roots.sh
end() {
	exec 9>&-
	wait
	rm -rf --one-file-system "$T"
}
trap end EXIT
[ -n "$files" ] || { "${MAKE:-make}" -s wheel && files=.; } || exit
make_root "$suite" >"$T/log" 2>&1 || { tail -5 "$T/log" >&2; exit 1; }

# A hub of this machine, which the root reaches as 127.0.0.1.
mkdir "$T/hub"
echo of-a-newcomer >"$T/hub/token"
mkfifo "$T/stop"
python3 tests/hub/server.py "$T/hub" <"$T/stop" >"$T/port" &
exec 9>"$T/stop"
until [ -s "$T/port" ]; do sleep 0.1; done

# The session, as one would type it: `$ command`, then what its output must have (an extended regular expression), behind ##.
cat >"$T/session" <<'SESSION'
python3 -m venv ~/venv                                  ##
pip install -q ~/kernel_builder-*.whl                   ##
kernel-builder --version                                ## ^kernel-builder [0-9.]+$
kernel-builder init me/my-kernel                        ## 15 files written
cd my-kernel                                            ##
kernel-builder check-config                             ##
kernel-builder list-variants                            ## ^torch215-cxx11-cpu-x86_64-linux
kernel-builder build --torch 2.15                       ## variants in ./build
ls build                                                ## cu13
kernel-builder build --torch 2.15                       ## , 0 written
pip install -q torch==2.15.0 numpy pytest kernels huggingface_hub jinja2  ##
kernel-builder test                                     ## [0-9]+ passed
python3 example.py                                      ## tensor\(\[2.5000, 5.0000, 7.5000\]\)
echo '// edited' >>my_kernel_cpu/scale.cpp              ##
kernel-builder test                                     ## [0-9]+ passed
kernel-builder report                                   ## report
kernel-builder wheel --torch 2.15                       ## .whl
pip install -q dist/my_kernel-*+torch215.cpu-*.whl      ##
cd ~                                                    ##
python3 -c 'import torch, my_kernel; print(my_kernel.scale(torch.ones(3), 2.0))'  ## tensor\(\[2., 2., 2.\]\)
kernel-builder upload my-kernel                         ## ^uploaded to
python3 -c 'import kernels; print(kernels.get_kernel("me/my-kernel", version=1, backend="cpu").__name__)'  ## my_kernel
SESSION
cat >"$T/run" <<'RUN'
cd || exit
export HF_TOKEN=of-a-newcomer
failed=0 total=$(date +%s)
while IFS= read -r line <&3; do
	command=$(printf '%s' "${line%%##*}" | sed 's/ *$//') want=$(printf '%s' "${line#*##}" | sed 's/^ *//; s/ *$//')
	printf '$ %s\n' "$command"
	begin=$(date +%s%N)
	eval "$command" >"$HOME/.out" 2>&1 </dev/null
	status=$?
	tenths=$((($(date +%s%N) - begin) / 100000000))
	if [ "$(wc -l <"$HOME/.out")" -gt 24 ]; then head -8 "$HOME/.out"; echo "..."; tail -12 "$HOME/.out"; else cat "$HOME/.out"; fi
	[ "$tenths" -lt 10 ] || printf '[%d.%d s]\n' $((tenths / 10)) $((tenths % 10))
	[ "$status" = 0 ] || { echo "!!! exit status $status"; failed=1; }
	grep -qE -- "$want" "$HOME/.out" || [ -z "$want" ] || { echo "!!! nothing matches $want"; failed=1; }
done 3<"$HOME/session"
echo "[$(($(date +%s) - total)) s in all]"
exit $failed
RUN
sed -i "s/2\.15/$torch/g; s/torch215/torch${torch/./}/g" "$T/session"
new_home "$suite" "$files"/kernel_builder-*.whl "$T/session" "$T/run"
passed_on="$passed_on HF_ENDPOINT=http://127.0.0.1:$(cat "$T/port") HF_HUB_DISABLE_XET=1"
inside "$suite" bash /home/user/run
