/* SPDX-License-Identifier: Apache-2.0 */
/* gcc.toml: compilers and linkers, and which of them a torch and a CUDA take. */
#include "resolve/parts.h"
#include <stdlib.h>

static int
read_pins(const struct toml_reader *r, const struct toml *table, const char *key, const char *what,
	struct pin **out, size_t *n)
{
	const struct toml *list;

	TRY(toml_tables(r, table, key, &list, n));
	*out = arena_array(r->a, struct pin, *n);
	for (size_t i = 0; i < *n; i++)
		TRY(pin_read(r, &list[i], what, &(*out)[i]));
	return 0;
}

static int
read_tools(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	static const char *const keys[] = { "name", "pin", NULL };
	const struct toml *list;

	TRY(toml_tables(r, root, "tools", &list, &out->n_tools));
	out->tools = arena_array(r->a, struct catalog_tools, out->n_tools);
	for (size_t i = 0; i < out->n_tools; i++) {
		struct catalog_tools *t = &out->tools[i];

		TRY(toml_keys(r, &list[i], "[[tools]]", keys));
		TRY(toml_string(r, &list[i], "name", TOML_NEEDED, &t->name));
		TRY(read_pins(r, &list[i], "pin", "[[tools.pin]]", &t->pins, &t->n_pins));
		for (size_t k = 0; k < i; k++)
			if (streq(out->tools[k].name, t->name))
				return toml_fail(r, &list[i], "tools %s are listed twice", t->name);
	}
	return 0;
}

const struct catalog_tools *
catalog_find_tools(const struct catalog *c, const char *name)
{
	for (size_t i = 0; i < c->n_tools; i++)
		if (streq(c->tools[i].name, name))
			return &c->tools[i];
	return NULL;
}

static int
read_gcc_entry(const struct toml_reader *r, const struct toml *v, const struct catalog *c,
	struct catalog_gcc *out)
{
	static const char *const keys[] = { "version", "tools", "pin", NULL };
	const struct toml *items = NULL;
	struct strs names = { 0 };

	out->target = c->target;
	TRY(toml_keys(r, v, "[[gcc]]", keys));
	TRY(toml_version(r, v, "version", 3, &out->version));
	TRY(toml_strings(r, v, "tools", TOML_NEEDED, &names, &items));
	out->tools = (const struct catalog_tools **)arena_array(r->a, void *, names.n);
	out->n_tools = names.n;
	for (size_t i = 0; i < names.n; i++) {
		out->tools[i] = catalog_find_tools(c, names.v[i]);
		if (!out->tools[i])
			return toml_fail(
				r, &items->item[i], "there are no [[tools]] %s", names.v[i]);
	}
	TRY(read_pins(r, v, "pin", "[[gcc.pin]]", &out->pins, &out->n_pins));
	return out->n_pins ? 0 : toml_fail(r, v, "[[gcc]] needs at least one [[gcc.pin]]");
}

static int
cmp_gcc(const void *x, const void *y)
{
	const struct catalog_gcc *p = x, *q = y;

	return version_cmp(&p->version, &q->version);
}

int
gcc_read(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	static const char *const keys[] = { "tools", "library", "gcc", NULL };
	const struct toml *list;

	TRY(toml_keys(r, root, "this file", keys));
	TRY(read_tools(r, root, out));
	TRY(read_pins(r, root, "library", "[[library]]", &out->libraries, &out->n_libraries));
	TRY(toml_tables(r, root, "gcc", &list, &out->n_gcc));
	out->gcc = arena_array(r->a, struct catalog_gcc, out->n_gcc);
	for (size_t i = 0; i < out->n_gcc; i++) {
		TRY(read_gcc_entry(r, &list[i], out, &out->gcc[i]));
		for (size_t k = 0; k < i; k++)
			if (out->gcc[k].version.v[0] == out->gcc[i].version.v[0])
				return toml_fail(r, &list[i], "gcc %u is listed twice",
					out->gcc[i].version.v[0]);
	}
	if (out->n_gcc)
		qsort(out->gcc, out->n_gcc, sizeof(*out->gcc), cmp_gcc);
	return 0;
}

const struct catalog_gcc *
catalog_find_gcc(const struct catalog *c, unsigned major)
{
	for (size_t i = 0; i < c->n_gcc; i++)
		if (c->gcc[i].version.v[0] == major)
			return &c->gcc[i];
	return NULL;
}

unsigned
catalog_gcc_for(unsigned cxx_std)
{
	return cxx_std >= 20 ? 13 : 12;
}
