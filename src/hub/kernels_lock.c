/* SPDX-License-Identifier: Apache-2.0 */
/* Locks the kernels that a kernel depends on. */
#include "hub/kernels_lock.h"
#include "base/err.h"
#include "base/fs.h"
#include "hub/helper.h"
#include <stdlib.h>

static void
add(json_t *list, const struct kernel_depends *d)
{
	for (size_t i = 0; i < d->n; i++) {
		json_t *o = json_pack("{s:s}", "repo-id", d->v[i].repo_id);

		if (d->v[i].revision)
			json_object_set_new(o, "revision", json_string(d->v[i].revision));
		else
			json_object_set_new(o, "version", json_integer(d->v[i].version));
		json_array_append_new(list, o);
	}
}

static json_t *
wanted(const struct project *p)
{
	json_t *list = json_array();

	add(list, &p->kernel_depends);
	for (int b = 0; b < BACKEND_COUNT; b++)
		if (p->has_backend[b])
			add(list, &p->kernel_depends_of[b]);
	return list;
}

static int
ask(struct arena *a, const char *python, json_t *kernels, json_t **answer, struct err *e)
{
	json_t *request = json_pack("{s:s, s:o}", "do", "lock", "kernels", kernels);
	struct helper *h = NULL;
	int r = helper_start(a, python, &h, e);

	if (r == 0)
		r = helper_ask(h, request, answer, e);
	else
		json_decref(request);
	helper_end(h);
	return r;
}

int
kernels_lock_write(struct arena *a, const char *python, const struct project *p, const char *file,
	size_t *n, struct err *e)
{
	json_t *kernels = wanted(p), *answer = NULL, *locks;
	const char *text;
	char *dump;

	if (!json_array_size(kernels)) {
		json_decref(kernels);
		return err_set(e, ERR_CONFIG,
			"%s: kernel-depends names no kernel, so there is nothing to lock", p->file);
	}
	TRY(ask(a, python, kernels, &answer, e));
	locks = json_object_get(answer, "locks");
	*n = json_array_size(locks);
	dump = json_dumps(locks, JSON_INDENT(2));
	text = arena_printf(a, "%s\n", dump);
	free(dump);
	json_decref(answer);
	return fs_write_atomic(file, text, strlen(text), 0644, e);
}
