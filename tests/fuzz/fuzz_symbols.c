/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of deflate streams and of libraries; lists of symbols. */
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "elf/symbols.h"
#include "formats/inflate.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf head = { 0 }, tail = { 0 }, text = { 0 };
	char *copy = malloc(size + 1);
	struct str all = { copy, size };
	struct stub_symbols list;
	struct map names = { 0 };
	struct err e = { 0 };
	uint64_t need_head, need_tail;
	size_t known, cut = size ? data[0] % size : 0;
	struct elf_parts parts;

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	inflate_head(all, 1 << 20, &head);
	if (inflate_tail(all, 1 << 20, &tail, &known) && known > tail.n)
		abort();
	parts = (struct elf_parts){ { copy, cut }, { copy + cut, size - cut }, size };
	/* What was written can be read. */
	if (symbols_of_library(&parts, "f", &text, &need_head, &need_tail, &e) > 0 &&
		symbols_parse(&a, buf_str(&text), "f", NULL, &list, &e) < 0)
		abort();
	symbols_parse(&a, all, "f", NULL, &list, &e);
	elf_object_names(&a, all, "f", &names, &e);
	free(copy);
	return 0;
}
