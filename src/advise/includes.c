/* SPDX-License-Identifier: Apache-2.0 */
/* Reads data/includes.toml. */
#include "advise/includes.h"
#include "base/embed.h"
#include "base/err.h"
#include "formats/toml.h"

EMBED(includes, "data/includes.toml")

static int
get_strings(
	struct arena *a, const struct toml *v, const char *what, struct strs *out, struct err *e)
{
	if (!v || v->kind != TOML_ARRAY)
		return err_set(e, ERR_BUG, "includes.toml: %s must be a list", what);
	for (size_t i = 0; i < v->n; i++) {
		if (v->item[i].kind != TOML_STRING || v->item[i].s.n == 0)
			return err_set(e, ERR_BUG, "includes.toml: %s must hold strings", what);
		vec_push(a, out, v->item[i].s.p);
	}
	return 0;
}

static int
get_string(const struct toml *v, const char *what, const char **out, struct err *e)
{
	if (!v || v->kind != TOML_STRING)
		return err_set(e, ERR_BUG, "includes.toml: %s must be a string", what);
	*out = v->s.p;
	return 0;
}

int
table_load(struct arena *a, struct table *out, struct err *e)
{
	const struct toml *headers, *stable;
	struct toml t;

	*out = (struct table){ 0 };
	TRY(toml_parse(a, embedded_includes(), "includes.toml", &t, e));
	TRY(get_strings(a, toml_get(&t, "wide"), "wide", &out->wide, e));
	TRY(get_strings(a, toml_get(&t, "always"), "always", &out->always, e));
	TRY(get_string(toml_get(&t, "names_of_torch"), "names_of_torch", &out->names_of_torch, e));
	headers = toml_get(&t, "headers");
	stable = toml_get(&t, "stable");
	if (!headers || headers->kind != TOML_TABLE || !stable || stable->kind != TOML_TABLE)
		return err_set(e, ERR_BUG, "includes.toml: headers and stable must be tables");
	for (size_t i = 0; i < headers->n; i++) {
		const struct toml_pair *p = &headers->pair[i];
		struct table_header h = { .path = arena_strndup(a, p->key.p, p->key.n) };

		TRY(get_strings(a, &p->val, h.path, &h.names, e));
		vec_push(a, &out->headers, h);
	}
	TRY(get_strings(a, toml_get(stable, "headers"), "stable.headers", &out->stable, e));
	return get_string(toml_get(stable, "since"), "stable.since", &out->stable_since, e);
}
