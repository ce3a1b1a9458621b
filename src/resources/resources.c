/* SPDX-License-Identifier: Apache-2.0 */
/* Gathers what kernels take, and finds those that spill and did not. */
#include "resources/resources.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "check/facts.h"
#include "formats/mangled.h"

static int
add_image(struct arena *a, const struct fatbin_image *i, const char *path, struct resources *out,
	struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct cubin_kernels kernels = { 0 };
	const char *arch = fatbin_arch(a, i);
	struct str bytes;

	if (!fatbin_unpack(&scratch, i, &bytes))
		return err_set(e, ERR_ABI, "%s: device code for %s cannot be unpacked", path, arch);
	TRY(cubin_read(a, bytes, i->arch, path, &kernels, e));
	for (size_t k = 0; k < kernels.n; k++) {
		struct resource r = { .arch = arch, .k = kernels.v[k] };

		vec_push(a, out, r);
	}
	return 0;
}

int
resources_of_images(struct arena *a, const struct fatbin *images, const char *path,
	struct resources *out, struct err *e)
{
	for (size_t i = 0; i < images->n; i++) {
		if (!images->v[i].is_ptx && !images->v[i].is_relocatable)
			TRY(add_image(a, &images->v[i], path, out, e));
	}
	return 0;
}

int
resources_of_library(struct arena *a, const char *path, struct resources *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct facts f;

	TRY(facts_of_file(&scratch, path, &f, e));
	for (size_t i = 0; i < f.n_files; i++) {
		if (fact_is_library(&f.files[i]))
			TRY(resources_of_images(a, &f.files[i].images, path, out, e));
	}
	return 0;
}

static struct str
key_of(struct arena *a, const char *arch, const char *name)
{
	return str_of(arena_printf(a, "%s %s", arch, name));
}

int
resources_add_source(struct arena *a, struct str cubin, const char *arch, const char *source,
	struct resources *all, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct cubin_kernels kernels = { 0 };
	struct map names = { 0 };

	TRY(cubin_read(&scratch, cubin, 0, source, &kernels, e));
	for (size_t i = 0; i < kernels.n; i++)
		*map_put(&scratch, &names, str_of(kernels.v[i].name)) = &kernels;
	for (size_t i = 0; i < all->n; i++) {
		struct resource *r = &all->v[i];

		if (!r->source && streq(r->arch, arch) && map_get(&names, str_of(r->k.name)))
			r->source = arena_strdup(a, source);
	}
	return 0;
}

static bool
spills(const struct cubin_kernel *k)
{
	return k->knows_spills && k->spill_stores + k->spill_loads > 0;
}

static struct map
by_key(struct arena *a, const struct resources *all)
{
	struct map out = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		const struct resource *r = &all->v[i];
		void **slot = map_put(a, &out, key_of(a, r->arch, r->k.name));

		/* Of a template that several files have, any may be the one that runs. */
		if (!*slot || spills(&r->k))
			*slot = (void *)(uintptr_t)r;
	}
	return out;
}

void
resources_beside(const struct resources *before, const char *beside, struct resources *now)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	const struct map was = by_key(&scratch, before);

	now->beside = beside;
	for (size_t i = 0; i < now->n; i++) {
		struct resource *r = &now->v[i];
		const struct resource *old = map_get(&was, key_of(&scratch, r->arch, r->k.name));

		r->was = old ? &old->k : NULL;
	}
}

void
resources_compare(struct arena *a, const struct resources *before, const struct resources *now,
	struct resources_spills *out)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	const struct map was = by_key(&scratch, before);

	for (size_t i = 0; i < now->n; i++) {
		const struct resource *r = &now->v[i];
		struct resources_spill s = {
			.before = map_get(&was, key_of(&scratch, r->arch, r->k.name)), .now = r
		};

		if (spills(&r->k) && s.before && s.before->k.knows_spills && !spills(&s.before->k))
			vec_push(a, out, s);
	}
}

const char *
resources_spill_text(struct arena *a, const struct resources_spill *s)
{
	const struct cubin_kernel *k = &s->now->k, *was = &s->before->k;

	return arena_printf(a,
		"%s%s%s spills registers for %s, and did not: %llu bytes of stores, %llu of loads; %u registers, before %u; stack of %llu bytes, before %llu",
		mangled_plain(a, str_of(k->name)), s->now->source ? " in " : "",
		s->now->source ? s->now->source : "", s->now->arch,
		(unsigned long long)k->spill_stores, (unsigned long long)k->spill_loads,
		k->registers, was->registers, (unsigned long long)k->stack,
		(unsigned long long)was->stack);
}
