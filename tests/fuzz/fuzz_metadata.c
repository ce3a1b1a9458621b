/* SPDX-License-Identifier: Apache-2.0 */
/* A metadata.json that somebody else wrote, and the names of its variants. */
#include "base/arena.h"
#include "base/err.h"
#include "check/metadata_read.h"
#include "check/name.h"
#include "formats/mangled.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(const char *s)
{
	if (!s || !*s)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const char *text = arena_strndup(&a, (const char *)data, size);
	struct variant_name name;
	struct metadata m;
	struct mangled owner;
	struct err e = { 0 };

	variant_name_parse(&a, text, &name);
	if (name.kind != NAME_UNKNOWN)
		need(name.backend);
	if (mangled_owner(text, &owner) &&
		(owner.first.n == 0 || owner.first.p + owner.first.n > text + size) &&
		!str_eq(owner.first, STR("std")))
		abort();
	if (metadata_parse(&a, (struct str){ (const char *)data, size }, "metadata.json", &m, &e) <
		0) {
		if (e.code != ERR_CONFIG || strchr(e.msg, '\n'))
			abort();
		return 0;
	}
	need(m.name);
	need(m.id);
	need(m.backend);
	for (size_t i = 0; i < m.n_digests; i++)
		need(m.digests[i].text);
	for (size_t i = 0; i < m.archs.n; i++)
		need(m.archs.v[i]);
	return 0;
}
