/* SPDX-License-Identifier: Apache-2.0 */
/* libraries.toml: libraries of CUDA that kernels may call. The format stands at the top of
 * catalog.c. */
#include "resolve/parts.h"

#define SUFFIX ".symbols"

const char *
catalog_library_problem(const struct catalog_library *l)
{
	if (!l->words.n)
		return "\"words\" is empty";
	for (size_t i = 0; i < l->pin.n_select; i++) {
		const char *to = l->pin.select[i].to;

		if (!l->pin.select[i].symbols || !to || strchr(to, '/') ||
			!str_has_suffix(to, SUFFIX) || strlen(to) == strlen(SUFFIX))
			return "a library is selected as its symbols, \"libx.so.1.symbols\"";
	}
	return NULL;
}

static int
read_one(const struct toml_reader *r, const struct toml *v, const struct catalog *c,
	struct catalog_library *out)
{
	static const char *const keys[] = { "name", "cuda", "words", "pin", NULL };
	const struct toml *pin = NULL;
	const char *problem;

	TRY(toml_keys(r, v, "[[library]]", keys));
	TRY(toml_string(r, v, "name", TOML_NEEDED, &out->name));
	TRY(toml_version(r, v, "cuda", 2, &out->cuda));
	if (!catalog_find_cuda(c, &out->cuda))
		return toml_fail(r, toml_get(v, "cuda"),
			"CUDA %s is not in cuda.toml, which has %s", version_text(r->a, &out->cuda),
			catalog_cuda_list(r->a, c));
	TRY(toml_strings(r, v, "words", TOML_NEEDED, &out->words, NULL));
	TRY(toml_value(r, v, "pin", TOML_TABLE, TOML_NEEDED, &pin));
	TRY(pin_read(r, pin, "[library.pin]", &out->pin));
	problem = catalog_library_problem(out);
	return problem ? toml_fail(r, v, "%s", problem) : 0;
}

int
libraries_read(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	static const char *const keys[] = { "library", NULL };
	const struct toml *list;

	TRY(toml_keys(r, root, "this file", keys));
	TRY(toml_tables(r, root, "library", &list, &out->n_cuda_libraries));
	out->cuda_libraries = arena_array(r->a, struct catalog_library, out->n_cuda_libraries);
	for (size_t i = 0; i < out->n_cuda_libraries; i++)
		TRY(read_one(r, &list[i], out, &out->cuda_libraries[i]));
	return 0;
}
