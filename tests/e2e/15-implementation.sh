#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A step of the program's own whose code changed has other keys; the others keep theirs.
# Needs neither network nor root.
. "$(dirname "$0")/lib.sh"
mkdir "$T/tree" && cp -r "$ROOT/src" "$ROOT/tools" "$T/tree"
rows() { "$T/tree/tools/implementation.sh"; }
# changed FILE: the kinds of step whose digest another text of that file changes
changed() {
	rows >"$T/before"
	cp "$T/tree/src/$1" "$T/kept"
	echo '/* changed */' >>"$T/tree/src/$1"
	rows >"$T/after"
	cp "$T/kept" "$T/tree/src/$1"
	diff "$T/before" "$T/after" | sed -n 's/^> .*\[STEP_\([A-Z_]*\)\].*/\1/p; s/^> #define \([A-Z]*\)_.*/\1/p' | tr '\n' ' '
}
is "$(rows)" "$(rows)" "digests repeat"
is "$(changed steps/embed_fatbin.c)" "EMPTY_FATBIN TRAP EMBED_FATBIN " "a step's own file"
is "$(changed steps/register.c)" "REGISTER " "another one's"
is "$(changed device/guard_words.c)" "PROOF_KEYS PROVE STUB SLICE DEVICE " "what only proofs use"
is "$(changed slim/bodies.c)" "SLIM STRIP_BODIES DROP_MACROS " "what only texts for the host use"
is "$(changed elf/elf_fatbin.c)" "EMPTY_FATBIN TRAP EMBED_FATBIN " "the format behind a step"
is "$(changed elf/elf_stub.c)" "STUBS " "link stubs"
is "$(changed engine/stage.c)" "LINK NVLINK " "how objects get their id"
is "$(changed fetch/ranges.c)$(changed cmd/build.c)$(changed check/check.c)$(changed formats/zip.c)" "" "what no step does"
ok "and the linker knows of no other source" "$ROOT/tools/implementation-check.sh"
done_testing
