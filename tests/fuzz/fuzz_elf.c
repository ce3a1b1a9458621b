/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files of strangers: read, made stubs of, edited. */
#include "base/arena.h"
#include "base/err.h"
#include "elf/elf_code.h"
#include "elf/elf_edit.h"
#include "elf/elf_stub.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
allows(void *arg, const char *version)
{
	(void)arg;
	return version[0] != 'G';
}

static bool
count(void *arg, struct str bytes, bool begins)
{
	size_t *n = arg;

	*n += bytes.n > 0 && begins;
	return true;
}

static bool
count_operand(void *arg, const char *bytes)
{
	size_t *n = arg;

	*n += bytes[0] || bytes[7];
	return true;
}

static bool
any(const char *name)
{
	return name[0] != 'z';
}

/* Code of a file that is none must not be read out of bounds. */
static void
try_code(struct arena *a, struct str bytes)
{
	struct elf_code *c = elf_code_read(a, bytes);
	struct code_calls calls = { 0 };
	size_t n = 0;

	if (c)
		calls = elf_code_calls(a, c, any);
	for (size_t i = 0; i < calls.n && i < 50; i++) {
		elf_code_constants(c, calls.v[i].from, calls.v[i].to, count, &n);
		elf_code_operands(c, calls.v[i].from, calls.v[i].to, count_operand, &n);
		elf_code_stored(a, c, calls.v[i].from, calls.v[i].to);
		n += elf_code_argument(c, &calls.v[i]).n;
		elf_code_callers(a, c, calls.v[i].function);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct stub_options options = { "f.so", size % 2 ? allows : NULL, NULL };
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
	try_code(&a, (struct str){ copy, size });
	elf_stub_from(&a, (struct str){ copy, size }, "f", &options, &stub, &e);
	/* What was written can be read. */
	if (stub.n && elf_read(&a, buf_str(&stub), "stub", &elf, &e) < 0)
		abort();
	elf_drop_needed(copy, size, "f", "libc.so.6", &done, &e);
	elf_set_loader(copy, size, "f", &(struct elf_loader){ "gcc/ld.so", "gcc/lib" }, &done, &e);
	free(copy);
	return 0;
}
