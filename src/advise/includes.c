/* SPDX-License-Identifier: Apache-2.0 */
/* Reads data/includes.toml. */
#include "advise/includes.h"
#include "base/embed.h"
#include "base/err.h"
#include "formats/toml_read.h"

EMBED(includes, "data/includes.toml")

int
table_load(struct arena *a, struct table *out, struct err *e)
{
	const struct toml_reader r = { .a = a, .file = "includes.toml", .e = e };
	const struct toml *headers, *stable;
	struct toml t;

	*out = (struct table){ 0 };
	TRY(toml_parse(a, embedded_includes(), r.file, &t, e));
	TRY(toml_strings(&r, &t, "wide", TOML_NEEDED, &out->wide, NULL));
	TRY(toml_strings(&r, &t, "always", TOML_NEEDED, &out->always, NULL));
	TRY(toml_string(&r, &t, "names_of_torch", TOML_NEEDED, &out->names_of_torch));
	TRY(toml_value(&r, &t, "headers", TOML_TABLE, TOML_NEEDED, &headers));
	TRY(toml_value(&r, &t, "stable", TOML_TABLE, TOML_NEEDED, &stable));
	for (size_t i = 0; i < headers->n; i++) {
		const struct toml_pair *p = &headers->pair[i];
		struct table_header h = { .path = arena_strndup(a, p->key.p, p->key.n) };

		TRY(toml_strings(&r, headers, h.path, TOML_NEEDED, &h.names, NULL));
		vec_push(a, &out->headers, h);
	}
	TRY(toml_strings(&r, stable, "headers", TOML_NEEDED, &out->stable, NULL));
	return toml_string(&r, stable, "since", TOML_NEEDED, &out->stable_since) < 0 ? -1 : 0;
}
