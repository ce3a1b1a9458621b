/* SPDX-License-Identifier: Apache-2.0 */
/* The TOML shim: any bytes give a document with places in order, or an error with a place. */
#include "base/arena.h"
#include "base/err.h"
#include "formats/toml.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct toml *v, int depth)
{
	if (depth > 70)
		abort();
	if (v->kind == TOML_STRING && v->s.p[v->s.n] != '\0')
		abort();
	for (size_t i = 0; v->kind == TOML_ARRAY && i < v->n; i++)
		check(&v->item[i], depth + 1);
	for (size_t i = 0; v->kind == TOML_TABLE && i < v->n; i++) {
		const struct toml_pair *p = &v->pair[i];

		if (p->line == 0 || p->col == 0 || p->key.p[p->key.n] != '\0')
			abort();
		if (i && (p->line < p[-1].line || (p->line == p[-1].line && p->col <= p[-1].col)))
			abort();
		check(&p->val, depth + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct toml doc;
	struct err e = { 0 };

	if (toml_parse(&a, (struct str){ (const char *)data, size }, "f", &doc, &e) == 0) {
		check(&doc, 0);
		return 0;
	}
	if (e.code != ERR_CONFIG || strncmp(e.msg, "f:", 2) != 0 || strstr(e.msg, "cannot read"))
		abort();
	return 0;
}
