#!/usr/bin/env bash
# Plain compilers against this builder, in one go, on two kernels; ratios, not times, are what to compare between machines.
# Writes bench/RESULTS.md. "plain" runs the same commands one after the other, from a script, as a Makefile without sharing would;
# all sources are fetched before.
set -euo pipefail
cd "$(dirname "$0")/.."
T=$(mktemp -d "${TMPDIR:-/tmp}/kb-bench.XXXXXX")
trap 'chmod -R u+w "$T"; rm -rf "$T"' EXIT
variant=${1:-torch25-cxx98-cu124-x86_64-linux}
other=${variant/cxx98/cxx11}
export KERNEL_BUILDER_HOME=${KERNEL_BUILDER_HOME:-$T/store}

measure() { # command...: wall seconds, CPU seconds and peak MiB into $wall $cpu $peak
	local t
	/usr/bin/time -o "$T/time" -f '%e %U %S %M' "$@" >"$T/out" 2>&1 || { cat "$T/out"; exit 1; }
	t=$(tail -n 1 "$T/time")
	read -r wall user sys peak <<<"$t"
	cpu=$(awk -v u="$user" -v s="$sys" 'BEGIN { printf "%.2f", u + s }')
	peak=$((peak / 1024))
}

# A script with every compile command of one variant, in a directory as the builder makes it.
plain_script() { # kernel
	./kernel-builder plan -q --json --no-lock --matrix 2025-01 --variant "$variant" "$1" >"$T/plan.json"
	python3 - "$T/plan.json" "$1" "$T/plain" <<'END'
import json, os, shlex, shutil, sys
plan, kernel, out = json.load(open(sys.argv[1])), os.path.abspath(sys.argv[2]), sys.argv[3]
home = os.environ["KERNEL_BUILDER_HOME"]
shutil.rmtree(out, ignore_errors=True)
lines = ["set -e"]
for s in plan["steps"]:
    if s["kind"] == "link":
        continue
    d = os.path.join(out, str(s["step"]))
    for name in ("out", "tmp"):
        os.makedirs(os.path.join(d, name))
    os.symlink(kernel, os.path.join(d, "src"))
    for name, ident in s["mounts"].items():
        if name == "src":
            continue
        root = os.path.join(home, "roots", ident)
        tree = open(root).read().split()[1] if os.path.exists(root) else ident
        os.symlink(os.path.join(home, "trees", tree), os.path.join(d, name))
    inc = os.path.join(out, "inc")
    os.makedirs(inc, exist_ok=True)
    shutil.copy("data/registration.h", inc)
    lines.append(f"cd {shlex.quote(d)}; " + shlex.join(s["argv"] + ["-I" + inc]))
open(os.path.join(out, "run.sh"), "w").write("\n".join(lines) + "\n")
END
}

{
	echo "# Results"
	echo
	echo "Made by \`make bench\` on $(date -u +%F): $(grep -m 1 'model name' /proc/cpuinfo | cut -d: -f2 | sed 's/^ *//'), $(nproc) cores. One variant: $variant."
	echo
	echo "| kernel | case | wall s | CPU s | peak MiB | CPU, plain / this |"
	echo "|---|---|---|---|---|---|"
} >"$T/results"
row() { # kernel case
	echo "| $1 | $2 | $wall | $cpu | $peak | $(awk -v p="$plain" -v c="$cpu" 'BEGIN { if (c + 0 < 0.01) c = 0.01; printf "%.1f", p / c }') |" | tee -a "$T/results"
}
for kernel in ${KB_BENCH_KERNELS:-examples/activation bench/activation-torch-all}; do
	name=$(basename $kernel)
	cp -r $kernel "$T/$name"
	rm -rf "$T/$name/build" "$T/$name/result"
	args=(-q --no-lock --matrix 2025-01 --variant "$variant" "$T/$name")
	./kernel-builder fetch "${args[@]}"
	./kernel-builder build "${args[@]}" # composes the CUDA tree
	rm -rf "$KERNEL_BUILDER_HOME"/objects/* "$KERNEL_BUILDER_HOME"/actions/* "$T/$name/build"
	plain_script "$T/$name"
	measure bash "$T/plain/run.sh"
	plain=$cpu
	row "$name" "plain g++ and nvcc"
	measure ./kernel-builder build "${args[@]}"
	row "$name" "cold"
	measure ./kernel-builder build "${args[@]}"
	row "$name" "nothing changed"
	echo "// edited" >>"$T/$name/torch-ext/torch_binding.cpp"
	measure ./kernel-builder build "${args[@]}"
	row "$name" "binding edited"
	sed -i 's/return 0.5f \* x/return 0.25f * x/' "$T/$name/activation_cuda/activation_kernels.cu"
	measure ./kernel-builder build "${args[@]}"
	row "$name" "bodies of kernels edited"
	measure ./kernel-builder build -q --no-lock --matrix 2025-01 --variant "$other" "$T/$name"
	row "$name" "another C++ ABI added"
	rm -rf "$KERNEL_BUILDER_HOME"/objects/* "$KERNEL_BUILDER_HOME"/actions/* "$T/$name/build"
	measure ./kernel-builder build --engine=plain "${args[@]}"
	row "$name" "cold, undivided nvcc (--engine=plain)"
done
cp "$T/results" bench/RESULTS.md
