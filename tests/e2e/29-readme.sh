#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the README shows: the example's build.toml, the commands of a first kernel and what they print, every everyday task, and the figures.
. "$(dirname "$0")/lib.sh"
README=$ROOT/README.md
ENVS=$ROOT/.build
"$ROOT/tools/torch_env.py" 2.15.0 "$ENVS/torch-2.15.0" kernels==0.17.2 2>&1 | sed 's/^/# /'
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$README" | sed '1d;$d'; }

is "$(block toml)" "$(cat "$ROOT/examples/relu-cpu/build.toml")" "build.toml is that of the example"
like "$(cat "$README")" '^`make demo` .*`make check`' "make demo and make check are in it"
missing=$(grep -oE '\]\([^)#]*\)' "$README" | tr -d '()]' | while read -r f; do [ -e "$ROOT/$f" ] || echo "$f"; done)
is "$missing" "" "every link leads to a file"
words=$(wc -w <"$README")
[ "$words" -lt 1250 ]
is $? 0 "it is short ($words words)"

# Figures are those that were measured.
is "$(python3 - "$README" "$ROOT/bench/RESULTS.md" <<'END2'
import re
import sys
readme, results = (open(f).read() for f in sys.argv[1:])
table = readme.split("## How fast")[1].split("##")[0]
measured = [float(n) for n in re.findall(r"[0-9]+\.[0-9]+", results)]
known = {str(round(n)) for n in measured} | {f"{n:.1f}" for n in measured}
plain = {name: float(re.search(rf"\| {name} \| [0-9.]+ \| ([0-9.]+)", results)[1]) for name in ("plain cold", "plain one of CUDA 11.8")}
known.add(str(round(4 * plain["plain one of CUDA 11.8"] + 8 * plain["plain cold"], -1)).split(".")[0])  # 4 and 8 of twelve variants
rows = [r for r in table.splitlines() if r.startswith("|")][2:]
print(*(n for r in rows for n in re.findall(r"[0-9][0-9.,]*[0-9]", r.split("|", 2)[2]) if n.replace(",", "") not in known))
END2
)" "" "every figure is in bench/RESULTS.md"

# As somebody types it, in a clone.
mkdir -p "$T/bin" "$T/clone/examples"
ln -s "$KB" "$T/bin/kernel-builder"
(cd "$ROOT/examples" && tar -cf - --exclude=build --exclude=result relu-cpu) | tar -C "$T/clone/examples" -xf -
export PATH="$T/bin:$ENVS/torch-2.15.0/bin:$PATH" LC_ALL=C
unset VIRTUAL_ENV
matches() { # the wanted text, what was printed: "..." is any lines, times may be others
	python3 - "$1" "$2" <<'END2'
import re
import sys
want, got = sys.argv[1:]
lines = [r"(?:.*\n)*?" if w == "..." else re.sub(r"[0-9.\\]+\\ s$", "[0-9.]+ s", re.escape(w)) + r"\n" for w in want.splitlines()]
if not re.fullmatch("".join(lines), got + "\n" if got else ""):
    sys.exit(f"got:\n{got}\nwanted:\n{want}")
END2
}
cd "$T/clone" || exit
compare() { # the command before, and what it should print
	[ -z "$1" ] || ok "prints what the README shows: $1" matches "$2" "$(cat "$T/got")"
}
command='' want=''
while IFS= read -r line; do
	case $line in
	'$ '*)
		compare "$command" "$want"
		command=${line#'$ '} want=''
		eval "$command" >"$T/got" 2>&1 </dev/null || result 'not ok' "$command"
		;;
	*) want=$want$line$'\n' ;;
	esac
done < <(block console)
compare "$command" "$want"

# Everyday tasks; an empty store holds nothing, so these build as they do for others.
while IFS= read -r line; do
	out=$(eval "$line" 2>&1 </dev/null)
	is $? 0 "${line%%  *}" || printf '%s\n' "$out" | tail -5 | sed 's/^/# /'
done < <(block sh)
done_testing
