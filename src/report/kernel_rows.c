/* SPDX-License-Identifier: Apache-2.0 */
/* Puts equal kernels of several variants together, and sorts. */
#include "report/kernel_rows.h"
#include "base/err.h"
#include "base/map.h"
#include "formats/mangled.h"
#include <stdlib.h>

/* All that the table shows of it. */
static void
add_figures(const struct cubin_kernel *k, struct buf *out)
{
	buf_addf(out, " %u %llu %llu", k->registers, (unsigned long long)k->shared,
		(unsigned long long)k->stack);
	if (k->knows_spills)
		buf_addf(out, " %llu %llu", (unsigned long long)k->spill_stores,
			(unsigned long long)k->spill_loads);
}

static struct str
key_of(struct arena *a, const struct resource *r, bool is_new)
{
	CLEANUP(buf_free) struct buf key = { 0 };

	buf_addf(&key, "%s\n%s\n%s\n", r->k.name, r->arch, r->source ? r->source : "");
	add_figures(&r->k, &key);
	buf_addf(&key, "\n%s", is_new ? "new" : "");
	if (r->was)
		add_figures(r->was, &key);
	return (struct str){ arena_strndup(a, key.p, key.n), key.n };
}

static void
add_kernel(struct arena *a, struct map *seen, const char *variant, const struct resource *r,
	bool is_new, struct kernel_rows *out)
{
	void **slot = map_put(a, seen, key_of(a, r, is_new));

	if (!*slot) {
		const struct kernel_row row = { .name = mangled_plain(a, str_of(r->k.name)),
			.arch = r->arch,
			.source = r->source,
			.k = &r->k,
			.was = r->was,
			.is_new = is_new };

		vec_push(a, out, row);
		*slot = (void *)(uintptr_t)out->n;
	}
	strs_add(a, &out->v[(uintptr_t)*slot - 1].variants, variant);
}

static int
more_first(uint64_t x, uint64_t y)
{
	return (x < y) - (x > y);
}

static uint64_t
spilled_bytes(const struct cubin_kernel *k)
{
	return k->knows_spills ? k->spill_stores + k->spill_loads : 0;
}

static int
by_size(const void *x, const void *y)
{
	const struct kernel_row *r = x, *s = y;
	int d = more_first(spilled_bytes(r->k), spilled_bytes(s->k));

	if (!d)
		d = more_first(r->k->registers, s->k->registers);
	if (!d)
		d = more_first(r->k->shared, s->k->shared);
	if (!d)
		d = more_first(r->k->stack, s->k->stack);
	if (!d)
		d = strcmp(r->name, s->name);
	if (!d)
		d = str_natural_cmp(r->arch, s->arch);
	return d ? d : strcmp(r->variants.v[0], s->variants.v[0]);
}

void
kernel_rows_make(
	struct arena *a, const struct variant_kernels *v, size_t n, struct kernel_rows *out)
{
	struct map seen = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct resources *all = &v[i].all;

		for (size_t k = 0; k < all->n; k++)
			add_kernel(a, &seen, v[i].variant, &all->v[k],
				all->beside && !all->v[k].was, out);
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_size);
}
