/* SPDX-License-Identifier: Apache-2.0 */
/* Object files: a section gets other bytes, and two objects are compared. */
#include "base/arena.h"
#include "base/err.h"
#include "elf/elf.h"
#include "elf/elf_fatbin.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ways[] = { "f.o", "g.o" };
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf once = { 0 }, twice = { 0 };
	struct str text = { (const char *)data, size }, both[] = { text, text };
	const char *why = NULL;
	struct err e = { 0 };
	struct elf o;

	/* An object is like itself, or none. */
	if (elf_object_alike(&a, both, ways, &why, &e) < 0)
		check_that(e.code == ERR_ABI);
	else
		check_that(!why);
	if (elf_fatbin(text, "f.o", ".nv_fatbin", STR("other"), &once, &e) < 0) {
		check_that(e.code == ERR_ABI);
		return 0;
	}
	/* What was written can be read, and written again. */
	check_that(elf_read(&a, buf_str(&once), "once.o", &o, &e) == 0);
	check_that(
		elf_fatbin(buf_str(&once), "once.o", ".nv_fatbin", STR("other"), &twice, &e) == 0);
	check_that(str_eq(buf_str(&once), buf_str(&twice)));
	return 0;
}
