/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aarch64.toml (a catalog may lack it): what differs where kernels are built for another target
 * than x86_64, on an x86-64 machine. What is not named there is the same.
 *
 *     [python]         a pin, as in torch.toml
 *     [[tools]]        of gcc.toml
 *       name
 *       [[tools.pin]]  takes the place of the pin of that name; of another one: replaces = "NAME"
 *     [[library]]      pins: take the place of those of gcc.toml, all of them
 *     [[gcc]]          a cross compiler of the release that gcc.toml has
 *       version
 *       [[gcc.pin]]    as [[tools.pin]]
 *     [[cuda]]         a release of cuda.toml, whose tree stays: programs and headers are the same
 *       version
 *       [cuda.runtime] a pin: the library of the runtime, below lib/
 *     [[torch]]        a release of torch.toml; one that is not here is not there for the target
 *       version, abi, cuda, cpu, headers, libraries, libraries-abi
 *                      as in torch.toml; each CUDA version of the list needs a [cuda.runtime]
 *       without        why something is there for x86_64 and not for this; ends a sentence
 *     [[tvm-ffi]], [[runtime]]
 *                      as in tvm-ffi.toml, whose pins are for x86_64 alone
 */
#include "resolve/parts.h"

/* Which pin that takes the place of; NULL and the error, if there is none. */
static struct pin *
place_of(const struct toml_reader *r, const struct toml *table, struct pin *pins, size_t n)
{
	const char *name = NULL;

	if (toml_string(r, table, "replaces", TOML_OPTIONAL, &name) < 0 ||
		(!name && toml_string(r, table, "name", TOML_NEEDED, &name) < 0))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (streq(pins[i].name, name))
			return &pins[i];
	}
	toml_fail(r, table, "there is no pin %s whose place this could take", name);
	return NULL;
}

/* The pins of table with those of the first target that stay. */
static int
replace_pins(const struct toml_reader *r, const struct toml *table, const char *what,
	struct pin **pins, size_t n)
{
	struct pin *copy = arena_array(r->a, struct pin, n + 1);
	const struct toml *list;
	size_t count;

	for (size_t i = 0; i < n; i++)
		copy[i] = (*pins)[i];
	TRY(toml_tables(r, table, "pin", &list, &count));
	for (size_t i = 0; i < count; i++) {
		struct pin *at = place_of(r, &list[i], *pins, n);

		if (!at)
			return -1;
		TRY(pin_read(r, &list[i], what, &copy[at - *pins]));
	}
	*pins = copy;
	return 0;
}

static int
read_tools(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	static const char *const keys[] = { "name", "pin", NULL };
	struct catalog_tools *copy = arena_array(r->a, struct catalog_tools, out->n_tools + 1);
	const struct toml *list;
	size_t n;

	for (size_t i = 0; i < out->n_tools; i++)
		copy[i] = out->tools[i];
	out->tools = copy;
	TRY(toml_tables(r, root, "tools", &list, &n));
	for (size_t i = 0; i < n; i++) {
		struct catalog_tools *t;
		const char *name = NULL;

		TRY(toml_keys(r, &list[i], "[[tools]]", keys));
		TRY(toml_string(r, &list[i], "name", TOML_NEEDED, &name));
		t = (struct catalog_tools *)catalog_find_tools(out, name);
		if (!t)
			return toml_fail(
				r, &list[i], "there are no [[tools]] %s in gcc.toml", name);
		TRY(replace_pins(r, &list[i], "[[tools.pin]]", &t->pins, t->n_pins));
	}
	return 0;
}

static int
read_libraries(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	const struct toml *list;

	TRY(toml_tables(r, root, "library", &list, &out->n_libraries));
	out->libraries = arena_array(r->a, struct pin, out->n_libraries);
	for (size_t i = 0; i < out->n_libraries; i++)
		TRY(pin_read(r, &list[i], "[[library]]", &out->libraries[i]));
	return 0;
}

/* A compiler as the first target has it becomes a cross compiler. */
static int
cross(const struct toml_reader *r, const struct toml *v, struct catalog *out,
	const struct catalog_gcc *native, struct catalog_gcc *g)
{
	static const char *const keys[] = { "version", "pin", NULL };
	const struct catalog_tools **tools =
		(const struct catalog_tools **)arena_array(r->a, void *, native->n_tools + 1);

	TRY(toml_keys(r, v, "[[gcc]]", keys));
	*g = *native;
	g->target = out->target;
	g->native = native;
	for (size_t i = 0; i < g->n_tools; i++)
		tools[i] = catalog_find_tools(out, native->tools[i]->name);
	g->tools = tools;
	return replace_pins(r, v, "[[gcc.pin]]", &g->pins, g->n_pins);
}

static int
read_gcc(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	const struct catalog first = *out;
	const struct toml *list;
	size_t n;

	TRY(toml_tables(r, root, "gcc", &list, &n));
	out->gcc = arena_array(r->a, struct catalog_gcc, n + 1);
	out->n_gcc = 0;
	for (size_t k = 0; k < first.n_gcc; k++) {
		for (size_t i = 0; i < n; i++) {
			struct version v;

			TRY(toml_version(r, &list[i], "version", 3, &v));
			if (version_cmp(&v, &first.gcc[k].version) != 0)
				continue;
			TRY(cross(r, &list[i], out, &first.gcc[k], &out->gcc[out->n_gcc]));
			out->n_gcc++;
		}
	}
	return out->n_gcc == n
		       ? 0
		       : toml_fail(r, root,
				 "each [[gcc]] must be one of gcc.toml, and be listed once");
}

static int
read_cuda(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	static const char *const keys[] = { "version", "runtime", NULL };
	struct catalog_cuda *copy = arena_array(r->a, struct catalog_cuda, out->n_cuda + 1);
	const struct toml *list;
	size_t n;

	for (size_t i = 0; i < out->n_cuda; i++) {
		copy[i] = out->cuda[i];
		if (copy[i].redist) {
			copy[i].redist = arena_new(r->a, struct catalog_cuda);
			*copy[i].redist = *out->cuda[i].redist;
		}
	}
	out->cuda = copy;
	TRY(toml_tables(r, root, "cuda", &list, &n));
	for (size_t i = 0; i < n; i++) {
		const struct toml *runtime = NULL;
		struct catalog_cuda *c;
		struct version v;

		TRY(toml_keys(r, &list[i], "[[cuda]]", keys));
		TRY(toml_version(r, &list[i], "version", 2, &v));
		c = (struct catalog_cuda *)catalog_find_cuda(out, &v);
		if (!c || c->runtime)
			return toml_fail(r, &list[i],
				c ? "CUDA %s is listed twice" : "CUDA %s is not in cuda.toml",
				version_text(r->a, &v));
		TRY(toml_value(r, &list[i], "runtime", TOML_TABLE, TOML_NEEDED, &runtime));
		c->runtime = arena_new(r->a, struct pin);
		TRY(pin_read(r, runtime, "[cuda.runtime]", c->runtime));
		if (c->redist)
			c->redist->runtime = c->runtime;
	}
	return 0;
}

static int
read_release(const struct toml_reader *r, const struct toml *v, const struct catalog *c,
	const struct catalog_torch *first, struct catalog_torch *out)
{
	static const char *const keys[] = { "version", "abi", "cuda", "cpu", "headers", "libraries",
		"libraries-abi", "without", NULL };

	*out = (struct catalog_torch){ .version = first->version, .cxx_std = first->cxx_std };
	TRY(toml_keys(r, v, "[[torch]]", keys));
	TRY(torch_read_published(r, v, c, out));
	for (size_t i = 0; i < out->n_cuda; i++) {
		if (!catalog_find_cuda(c, &out->cuda[i])->runtime)
			return toml_fail(r, toml_get(v, "cuda"), "CUDA %s has no [cuda.runtime]",
				version_text(r->a, &out->cuda[i]));
	}
	return toml_string(r, v, "without", TOML_OPTIONAL, &out->without);
}

static int
read_torch(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	const struct catalog first = *out;
	const struct toml *list;
	size_t n;

	TRY(toml_tables(r, root, "torch", &list, &n));
	out->torch = arena_array(r->a, struct catalog_torch, n + 1);
	out->n_torch = 0;
	for (size_t k = 0; k < first.n_torch; k++) {
		for (size_t i = 0; i < n; i++) {
			struct version v;

			TRY(toml_version(r, &list[i], "version", 3, &v));
			if (version_cmp(&v, &first.torch[k].version) != 0)
				continue;
			TRY(read_release(
				r, &list[i], out, &first.torch[k], &out->torch[out->n_torch]));
			out->n_torch++;
		}
	}
	return out->n_torch == n
		       ? 0
		       : toml_fail(r, root,
				 "each [[torch]] must be one of torch.toml, and be listed once");
}

int
target_read(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	static const char *const keys[] = { "python", "tools", "library", "gcc", "cuda", "torch",
		"tvm-ffi", "runtime", NULL };
	const struct toml *python = NULL;

	TRY(toml_keys(r, root, "this file", keys));
	TRY(toml_value(r, root, "python", TOML_TABLE, TOML_OPTIONAL, &python));
	if (python) {
		out->python = arena_new(r->a, struct pin);
		TRY(pin_read(r, python, "[python]", out->python));
	}
	TRY(read_tools(r, root, out));
	TRY(read_libraries(r, root, out));
	TRY(read_gcc(r, root, out));
	TRY(read_cuda(r, root, out));
	TRY(read_torch(r, root, out));
	return tvm_ffi_read_releases(r, root, out);
}
