/* SPDX-License-Identifier: Apache-2.0 */
/* Locks come with a kernel's sources, so from anybody. What is accepted must be written and read
 * again without a change. */
#include "base/err.h"
#include "resolve/lock.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str
format_all(struct arena *a, const struct lock *l)
{
	const struct matrix *m = &l->catalog.matrices[0];
	struct resolution r = { 0 };
	struct str out;
	struct err e;

	for (size_t i = 0; i < m->n_rows; i++) {
		struct variant v = { .torch = catalog_find_torch(&l->catalog, &m->rows[i].torch),
			.cxx11 = m->rows[i].cxx11 };

		if (m->rows[i].cuda.n)
			v.cuda = catalog_find_cuda(&l->catalog, &m->rows[i].cuda);
		vec_push(a, &r, v);
	}
	if (lock_format(a, &l->catalog, l->matrix, &r, &out, &e) < 0)
		abort();
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct lock lock;
	struct err e = { 0 };

	if (lock_parse(&a, (struct str){ (const char *)data, size }, "lock", &lock, &e) == 0) {
		struct str once = format_all(&a, &lock), twice;

		if (lock_parse(&a, once, "lock", &lock, &e) < 0)
			abort();
		twice = format_all(&a, &lock);
		if (!str_eq(once, twice))
			abort();
	} else if (e.code != ERR_CONFIG || e.msg[0] == '\0' || strchr(e.msg, '\n')) {
		abort();
	}
	arena_free(&a);
	return 0;
}
