/* SPDX-License-Identifier: Apache-2.0 */
/* Fills a kernel's CARD.md: what the template may name stands here, and in data/hub/hub.py. */
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "hub/helper.h"
#include "hub/hub.h"
#include "hub/variant_files.h"
#include <ctype.h>

enum { CARD_MAX = 4 << 20 };

static json_t *
text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *
lower(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s ? s : "");

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return json_string(copy);
}

static json_t *
joined(struct arena *a, const struct strs *list)
{
	const char *out = list->n ? list->v[0] : NULL;

	for (size_t i = 1; i < list->n; i++)
		out = arena_printf(a, "%s, %s", out, list->v[i]);
	return text_or_null(out);
}

static json_t *
backends(const struct project *p)
{
	json_t *out = json_array();

	for (int b = 0; b < BACKEND_COUNT; b++)
		if (p->has_backend[b])
			json_array_append_new(out, json_string(backend_name((enum backend)b)));
	return out;
}

static void
add_strings(json_t *out, const json_t *list)
{
	size_t i, k, n;
	json_t *x;

	json_array_foreach(list, i, x)
	{
		n = json_array_size(out);
		for (k = 0; k < n && !json_equal(json_array_get(out, k), x); k++)
			;
		if (k == n)
			json_array_append(out, x);
	}
}

/* Names of the variants, and the capabilities that any of them has code for. */
static int
add_variants(struct arena *a, const struct strs *dirs, json_t *values, struct err *e)
{
	json_t *names = json_array(), *capabilities = json_array(), *o = NULL;

	json_object_set_new(values, "variants", names);
	json_object_set_new(values, "capabilities", capabilities);
	for (size_t i = 0; i < dirs->n; i++) {
		TRY(variant_metadata(a, dirs->v[i], &o, e));
		json_array_append_new(names, json_string(path_base(dirs->v[i])));
		add_strings(capabilities, json_object_get(json_object_get(o, "backend"), "archs"));
		json_decref(o);
	}
	return 0;
}

static json_t *
values_of(struct arena *a, const struct card_wish *w)
{
	const struct project *p = w->project;
	const char *benchmark = path_join(a, p->dir, "benchmarks/benchmark.py");
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(p->name));
	json_object_set_new(o, "repo_id", json_string(w->repo));
	json_object_set_new(o, "version", json_integer((json_int_t)p->version));
	json_object_set_new(o, "license", lower(a, p->license));
	json_object_set_new(o, "upstream", joined(a, &p->upstream));
	json_object_set_new(o, "source", text_or_null(p->source));
	json_object_set_new(o, "has_benchmark", json_boolean(fs_exists(benchmark)));
	json_object_set_new(o, "backends", backends(p));
	return o;
}

static int
ask(struct arena *a, const struct card_wish *w, json_t *request, const char **out, struct err *e)
{
	struct helper *h = NULL;
	json_t *answer = NULL;
	int r;

	if (!request)
		return err_set(e, ERR_CONFIG, "%s:1:1: this is not UTF-8", w->file);
	r = helper_start(a, w->python, &h, e);
	if (r == 0)
		r = helper_ask(h, request, &answer, e);
	else
		json_decref(request);
	helper_end(h);
	if (r == 0)
		*out = arena_strdup(a, json_string_value(json_object_get(answer, "text")));
	json_decref(answer);
	return r;
}

int
hub_card(struct arena *a, const struct card_wish *w, const char **out, struct err *e)
{
	const struct project *p = w->project;
	const char *dir = NULL;
	struct str text;
	json_t *values;

	TRY(fs_read(a, w->file, CARD_MAX, &text, e));
	TRY(fs_real_path(a, p->dir, &dir, e));
	dir = path_join(a, path_join(a, dir, p->pyroot), p->module);
	values = values_of(a, w);
	if (add_variants(a, w->variants, values, e) < 0) {
		json_decref(values);
		return -1;
	}
	return ask(a, w,
		json_pack("{s:s, s:s, s:s%, s:s, s:o}", "do", "card", "file", w->file, "template",
			text.p, text.n, "package", dir, "values", values),
		out, e);
}
