/* SPDX-License-Identifier: Apache-2.0 */
/* deps.toml: headers of other people that kernels ask for by name in `depends`, such as CUTLASS. */
#include "resolve/parts.h"

static int
read_include(const struct toml_reader *r, const struct toml *v, struct catalog_depend *out)
{
	const struct toml *items = NULL;

	TRY(toml_strings(r, v, "include", TOML_NEEDED, &out->include, &items));
	for (size_t i = 0; i < items->n; i++) {
		const char *problem = catalog_include_problem(out->include.v[i]);

		if (problem)
			return toml_fail(r, &items->item[i], "%s", problem);
	}
	return items->n ? 0 : toml_fail(r, items, "\"include\" is empty");
}

static int
read_depend(const struct toml_reader *r, const struct toml *v, struct catalog_depend *out)
{
	static const char *const keys[] = { "name", "title", "version", "include", "pin", NULL };
	const struct toml *pins;

	TRY(toml_keys(r, v, "[[depend]]", keys));
	TRY(toml_string(r, v, "name", TOML_NEEDED, &out->name));
	TRY(toml_string(r, v, "title", TOML_NEEDED, &out->title));
	TRY(toml_version(r, v, "version", 3, &out->version));
	TRY(read_include(r, v, out));
	TRY(toml_tables(r, v, "pin", &pins, &out->n_pins));
	if (out->n_pins == 0)
		return toml_fail(r, v, "[[depend]] needs at least one [[depend.pin]]");
	out->pins = arena_array(r->a, struct pin, out->n_pins);
	for (size_t i = 0; i < out->n_pins; i++)
		TRY(pin_read(r, &pins[i], "[[depend.pin]]", &out->pins[i]));
	return 0;
}

int
depends_read(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	static const char *const keys[] = { "depend", NULL };
	const struct toml *list;

	TRY(toml_keys(r, root, "this file", keys));
	TRY(toml_tables(r, root, "depend", &list, &out->n_depends));
	out->depends = arena_array(r->a, struct catalog_depend, out->n_depends);
	for (size_t i = 0; i < out->n_depends; i++) {
		TRY(read_depend(r, &list[i], &out->depends[i]));
		for (size_t k = 0; k < i; k++)
			if (streq(out->depends[k].name, out->depends[i].name))
				return toml_fail(
					r, &list[i], "%s is listed twice", out->depends[i].name);
	}
	return 0;
}

const struct catalog_depend *
catalog_find_depend(const struct catalog *c, const char *name)
{
	for (size_t i = 0; i < c->n_depends; i++)
		if (streq(c->depends[i].name, name))
			return &c->depends[i];
	return NULL;
}
