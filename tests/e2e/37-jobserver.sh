#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Under make -jN: make's job server says how many steps run, in all builders together, and gets every token back.
# Runs alone.
. "$(dirname "$0")/lib.sh"
shares_trees
export KB SEL="--no-lock --matrix all --torch 2.11 --backend cpu --cores 8 -j8" T
K=$T/tiny
cp -r "$ROOT/tests/kernels/tiny" "$K"
list='"src/answer.cpp", "src/answer.h"'
for i in 1 2 3 4; do
	printf '#include <functional>\nint f%d(std::function<int(int)> f) { return f(%d); }\n' $i $i >"$K/src/f$i.cpp"
	list="$list, \"src/f$i.cpp\""
done
sed -i "s|src = \[\"src/answer.cpp\", \"src/answer.h\"\]|src = [$list]|" "$K/build.toml"
cp -r "$K" "$T/other"
sed -i 's/return f/return 1 + f/' "$T"/other/src/f?.cpp
most() { # the most steps at once that the events tell of
	sed -n 's/.*"event":"\(started\|ended\)".*/\1/p' "$1" | awk '$1 == "started" { n++; if (n > m) m = n } $1 == "ended" && n > 0 { n-- } END { print m + 0 }'
}
forget() { rm -rf "$KERNEL_BUILDER_HOME/objects" "$KERNEL_BUILDER_HOME/actions" "$T"/*/build; }

# Counts the free tokens of the make that runs it, and leaves them there.
cat >"$T/count.py" <<'P'
import os, re
r, w = map(int, re.search(r"--jobserver-(?:auth|fds)=(\d+),(\d+)", os.environ["MAKEFLAGS"]).groups())
fd = os.open(f"/proc/self/fd/{r}", os.O_RDONLY | os.O_NONBLOCK)
try:
    tokens = os.read(fd, 100)
except BlockingIOError:
    tokens = b""
os.write(w, tokens)
print("free tokens:", len(tokens))
P
cat >"$T/Makefile" <<'M'
BUILD = "$$KB" build -q $$SEL
one:
	+$(BUILD) --events 9 "$$T/tiny" 9>"$$T/events"
two: first second
first:
	+$(BUILD) --events 9 "$$T/tiny" 9>>"$$T/events"
second:
	+$(BUILD) --events 9 "$$T/other" 9>>"$$T/events"
# Another recipe has a job for as long as the builder runs.
beside: busy one.done
busy:
	while [ ! -e "$$T/done" ]; do sleep 0.05; done
one.done:
	+$(BUILD) --events 9 "$$T/tiny" 9>"$$T/events"; s=$$?; touch "$$T/done"; exit $$s
broken:
	+$(BUILD) "$$T/tiny" && exit 1 || exit 0
# What an earlier builder told is gone first: it would be taken for this one's.
stopped:
	+rm -f "$$T/events"; \
	$(BUILD) --events 9 "$$T/tiny" 9>"$$T/events" & pid=$$!; \
	while [ "$$(cat "$$T/events" 2>/dev/null | grep -c '"event":"started"')" -lt 3 ]; do sleep 0.02; done; kill -INT $$pid; wait $$pid; echo "ended with $$?"
killed:
	+$(BUILD) "$$T/tiny" & pid=$$!; sleep 0.3; kill -TERM $$pid; wait $$pid; echo "ended with $$?"
down:
	+$(MAKE) -f $(firstword $(MAKEFILE_LIST)) one
unmarked:
	$(BUILD) --events 9 "$$T/tiny" 9>"$$T/events"
count-after-%: %
	+@python3 "$$T/count.py"
M
run() { make -f "$T/Makefile" --no-print-directory "$@" 2>&1; }
unset MAKEFLAGS MFLAGS MAKELEVEL

"$KB" fetch -q ${SEL%--cores*} "$K"
status 0 "make -j3" run -j3 count-after-one
is "$(most "$T/events")" 3 "three steps at once, not eight"
like "$out" '^free tokens: 2$' "and every token is there again"
forget
status 0 "make -j1" run -j1 one
[ "$(most "$T/events")" -gt 3 ]
is $? 0 "without a job server the number is our own" # -j1 makes none
forget
status 0 "another job runs beside" run -j2 beside
is "$(most "$T/events")" 1 "one step at a time"
forget
: >"$T/events"
status 0 "two builders under make -j4" run -j4 count-after-two
both=$(most "$T/events")
[ "$both" -gt 2 ] && [ "$both" -le 4 ]
is $? 0 "up to four steps in both together ($both)"
like "$out" '^free tokens: 3$' "and every token is there again"
forget
status 0 "a make below a make" run -j3 count-after-down
is "$(most "$T/events")" 3 "the same tokens"
like "$out" '^free tokens: 2$' "all there"

forget
status 0 "SIGINT" run -j4 count-after-stopped
like "$out" '^ended with 130$' "ends the builder"
like "$out" '^free tokens: 3$' "it gave its tokens back"
forget
status 0 "SIGTERM" run -j4 count-after-killed
like "$out" '^ended with 143$' "ends the builder"
like "$out" '^free tokens: 3$' "it gave its tokens back"
for i in 1 2 3; do echo 'int broken(' >>"$K/src/f$i.cpp"; done
status 0 "steps fail" run -j4 count-after-broken
like "$out" 'FAILED: src/f' "(they do)"
like "$out" '^free tokens: 3$' "and give their tokens back"
for i in 1 2 3; do sed -i '$d' "$K/src/f$i.cpp"; done

forget
status 0 "a recipe without +" run -j2 unmarked
like "$out" "^warning: make's job server \([-0-9]+,[-0-9]+\) cannot be used" "says so"
like "$out" 'put a \+ before the command' "and what to do"

# make 4.4 uses a FIFO.
forget
mkfifo "$T/fifo"
exec 8<>"$T/fifo"
printf x >&8
export MAKEFLAGS=" -j2 --jobserver-auth=fifo:$T/fifo"
status 0 "a FIFO" sh -c '"$KB" build -q $SEL --events 9 "$T/tiny" 9>"$T/events"'
is "$(most "$T/events")" 2 "two steps at once"
is "$(timeout 1 head -c 1 <&8)" x "the token is there again"
done_testing
