/* ELF files of strangers: read, made stubs of, edited. */
#include "base/arena.h"
#include "base/err.h"
#include "formats/elf_edit.h"
#include "formats/elf_stub.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
allows(void *arg, const char *version)
{
	(void)arg;
	return version[0] != 'G';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct stub_limit limit = { allows, NULL };
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf stub = { 0 };
	char *copy = malloc(size + 1);
	struct err e = { 0 };
	struct elf elf;
	bool done;

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	elf_read(&a, (struct str){ copy, size }, "f", &elf, &e);
	elf_stub_from(&a, (struct str){ copy, size }, "f", "f.so", size % 2 ? &limit : NULL, &stub, &e);
	/* What was written can be read. */
	if (stub.n && elf_read(&a, buf_str(&stub), "stub", &elf, &e) < 0)
		abort();
	elf_drop_needed(copy, size, "f", "libc.so.6", &done, &e);
	elf_set_loader(copy, size, "f", "gcc/ld.so", "gcc/lib", &done, &e);
	free(copy);
	return 0;
}
