/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aarch64-tools.toml (a catalog may lack it): what runs where a build runs on aarch64.
 *
 *     [[pin]]          as in the other files
 *       replaces       the file of the pin of gcc.toml, cuda.toml or aarch64.toml whose place it
 *                      takes: a package with programs for x86-64, and what they need
 */
#include "resolve/native_tools.h"
#include "resolve/parts.h"

static const struct pin *
pin_of_file(struct pin *const *pins, size_t n, const char *file)
{
	for (size_t i = 0; i < n; i++) {
		if (streq(pins[i]->file, file) && pins[i]->has_tree)
			return pins[i];
	}
	return NULL;
}

int
native_read(const struct toml_reader *r, const struct toml *root, struct catalog *c)
{
	static const char *const keys[] = { "pin", NULL };
	struct native_tools *t = arena_new(r->a, struct native_tools);
	const struct toml *list;
	struct pin **pins;
	size_t n;

	pins = catalog_pins(r->a, c, &n);
	TRY(toml_keys(r, root, "this file", keys));
	TRY(toml_tables(r, root, "pin", &list, &t->n));
	*t = (struct native_tools){
		.machine = &targets[1], .v = arena_array(r->a, struct native_tool, t->n), .n = t->n
	};
	for (size_t i = 0; i < t->n; i++) {
		const struct pin *at;
		const char *file = NULL;

		TRY(pin_read(r, &list[i], "[[pin]]", &t->v[i].pin));
		TRY(toml_string(r, &list[i], "replaces", TOML_NEEDED, &file));
		at = pin_of_file(pins, n, file);
		if (!at)
			return toml_fail(r, toml_get(&list[i], "replaces"),
				"no pin is of %s, whose place this could take", file);
		t->v[i].tree = at->tree;
	}
	for (; c; c = c->other)
		c->native = t;
	return 0;
}

struct pin *
native_find(const struct native_tools *t, const struct pin *p)
{
	for (size_t i = 0; p->has_tree && i < t->n; i++) {
		if (digest_eq(&t->v[i].tree, &p->tree))
			return &t->v[i].pin;
	}
	return NULL;
}

/* Does a package have programs? Then it has all of them in the folders that these lie in. */
static bool
has_programs(const struct pin *p)
{
	for (size_t i = 0; i < p->n_select; i++) {
		const char *to = p->select[i].to;

		if (to && (str_has_prefix(to, "bin/") || str_has_prefix(to, "nvvm/bin/") ||
				  str_has_suffix(to, "/cc1plus") || streq(to, "ld.so")))
			return true;
	}
	return false;
}

/* In a compiler's tree, lib/ is what its programs are linked with. */
static bool
has_libraries(const struct pin *p)
{
	for (size_t i = 0; i < p->n_select; i++) {
		if (p->select[i].to && str_has_prefix(p->select[i].to, "lib/"))
			return true;
	}
	return false;
}

static const struct pin *
lacks_of(const struct native_tools *t, const struct pin *pins, size_t n, bool with_libraries)
{
	for (size_t i = 0; i < n; i++) {
		if ((has_programs(&pins[i]) || (with_libraries && has_libraries(&pins[i]))) &&
			!native_find(t, &pins[i]))
			return &pins[i];
	}
	return NULL;
}

const struct pin *
native_lacks(const struct native_tools *t, const struct variant *v)
{
	const struct catalog_gcc *g = variant_gcc(v);
	const struct pin *lacks = g ? lacks_of(t, g->pins, g->n_pins, true) : NULL;

	for (size_t i = 0; g && !lacks && i < g->n_tools; i++)
		lacks = lacks_of(t, g->tools[i]->pins, g->tools[i]->n_pins, true);
	return lacks || !v->cuda ? lacks : lacks_of(t, v->cuda->pins, v->cuda->n_pins, false);
}
