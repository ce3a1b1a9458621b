/* SPDX-License-Identifier: Apache-2.0 */
/* torch.toml: releases of PyTorch. The format stands at the top of catalog.c. */
#include "resolve/parts.h"
#include <stdlib.h>

static int
read_abi(const struct toml_reader *r, const struct toml *v, struct catalog_torch *out)
{
	struct strs abi = { 0 };
	const struct toml *items = NULL;

	TRY(toml_strings(r, v, "abi", TOML_NEEDED, &abi, &items));
	for (size_t i = 0; i < abi.n; i++) {
		bool *has = streq(abi.v[i], "cxx11")   ? &out->has_cxx11
			    : streq(abi.v[i], "cxx98") ? &out->has_cxx98
						       : NULL;

		if (!has || *has)
			return toml_fail(r, &items->item[i],
				"\"abi\" must list \"cxx11\" and \"cxx98\" at most once each");
		*has = true;
	}
	return abi.n ? 0 : toml_fail(r, items, "\"abi\" is empty");
}

static int
cmp_version(const void *x, const void *y)
{
	return version_cmp(x, y);
}

static int
read_torch_cuda(const struct toml_reader *r, const struct toml *v, const struct catalog *c,
	struct catalog_torch *out)
{
	const struct toml *list = NULL;

	TRY(toml_value(r, v, "cuda", TOML_ARRAY, TOML_NEEDED, &list));
	out->cuda = arena_array(r->a, struct version, list->n);
	for (size_t i = 0; i < list->n; i++) {
		const struct toml *item = &list->item[i];

		TRY(toml_value_version(r, item, 2, &out->cuda[i]));
		if (!catalog_find_cuda(c, &out->cuda[i]))
			return toml_fail(r, item, "CUDA %s is not in cuda.toml, which has %s",
				version_text(r->a, &out->cuda[i]), catalog_cuda_list(r->a, c));
		if (torch_has_cuda(out, &out->cuda[i]))
			return toml_fail(r, item, "CUDA %s is listed twice",
				version_text(r->a, &out->cuda[i]));
		out->n_cuda++;
	}
	qsort(out->cuda, out->n_cuda, sizeof(*out->cuda), cmp_version);
	return 0;
}

int
torch_read_published(const struct toml_reader *r, const struct toml *v, const struct catalog *c,
	struct catalog_torch *out)
{
	const struct toml *headers = NULL, *libraries = NULL;
	const char *libraries_abi = NULL;

	TRY(read_abi(r, v, out));
	TRY(read_torch_cuda(r, v, c, out));
	TRY(toml_flag(r, v, "cpu", TOML_NEEDED, &out->has_cpu));
	TRY(toml_value(r, v, "headers", TOML_TABLE, TOML_NEEDED, &headers));
	TRY(pin_read(r, headers, "[torch.headers]", &out->headers));
	TRY(toml_value(r, v, "libraries", TOML_TABLE, TOML_OPTIONAL, &libraries));
	if (!libraries)
		return 0;
	out->has_libraries = true;
	TRY(toml_string(r, v, "libraries-abi", TOML_NEEDED, &libraries_abi));
	out->libraries_cxx11 = streq(libraries_abi, "cxx11");
	if (!out->libraries_cxx11 && !streq(libraries_abi, "cxx98"))
		return toml_fail(r, toml_get(v, "libraries-abi"),
			"\"libraries-abi\" must be \"cxx11\" or \"cxx98\"");
	return pin_read(r, libraries, "[torch.libraries]", &out->libraries);
}

static int
read_torch_entry(const struct toml_reader *r, const struct toml *v, const struct catalog *c,
	struct catalog_torch *out)
{
	static const char *const keys[] = { "version", "cxx-std", "abi", "cuda", "cpu", "headers",
		"libraries", "libraries-abi", NULL };
	uint64_t std = 0;

	TRY(toml_keys(r, v, "[[torch]]", keys));
	TRY(toml_version(r, v, "version", 3, &out->version));
	TRY(toml_count(r, v, "cxx-std", TOML_NEEDED, 99, &std));
	if (std != 17 && std != 20)
		return toml_fail(r, toml_get(v, "cxx-std"), "\"cxx-std\" must be 17 or 20");
	out->cxx_std = (unsigned)std;
	return torch_read_published(r, v, c, out);
}

int
torch_read(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	static const char *const keys[] = { "python", "torch", NULL };
	const struct toml *list, *python = NULL;

	TRY(toml_keys(r, root, "this file", keys));
	TRY(toml_value(r, root, "python", TOML_TABLE, TOML_OPTIONAL, &python));
	if (python) {
		out->python = arena_new(r->a, struct pin);
		TRY(pin_read(r, python, "[python]", out->python));
	}
	TRY(toml_tables(r, root, "torch", &list, &out->n_torch));
	out->torch = arena_array(r->a, struct catalog_torch, out->n_torch);
	for (size_t i = 0; i < out->n_torch; i++) {
		TRY(read_torch_entry(r, &list[i], out, &out->torch[i]));
		for (size_t k = 0; k < i; k++)
			if (version_cmp(&out->torch[k].version, &out->torch[i].version) == 0)
				return toml_fail(r, &list[i], "torch %s is listed twice",
					version_text(r->a, &out->torch[i].version));
	}
	return 0;
}
