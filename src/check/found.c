/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as checks make them, and what several checks ask. */
#include "base/arena.h"
#include "check/run.h"
#include <jansson.h>

/* Names come from other people's files: one line of UTF-8 without control characters. */
static const char *
clean(struct arena *a, const char *s)
{
	json_t *valid = json_string(s);
	char *out;

	if (!s)
		return NULL;
	out = arena_strdup(a, s);
	for (unsigned char *c = (unsigned char *)out; *c; c++)
		if (*c < ' ' || *c == 127 || (!valid && *c > 127))
			*c = '?';
	json_decref(valid);
	return out;
}

void
found(struct check_run *r, struct finding f)
{
	f.variant = clean(r->a, r->facts->variant);
	f.file = clean(r->a, f.file);
	f.symbol = clean(r->a, f.symbol);
	f.library = clean(r->a, f.library);
	f.message = clean(r->a, f.message);
	vec_push(r->a, r->out, f);
}

bool
defined_in_variant(const struct facts *f, const char *symbol)
{
	if (f->n_files == 1)
		return false; /* the only library does not define what it lacks */
	for (size_t i = 0; i < f->n_files; i++) {
		const struct fact_file *l = &f->files[i];

		for (size_t k = 0; fact_is_library(l) && k < l->elf.n_symbols; k++)
			if (l->elf.symbols[k].is_defined && streq(l->elf.symbols[k].name, symbol))
				return true;
	}
	return false;
}
