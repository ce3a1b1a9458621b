/* SPDX-License-Identifier: Apache-2.0 */
/* Says where what steps gave again differs from what there was: by section where files are ELF. */
#include "engine/compare.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "elf/elf.h"
#include "engine/engine.h"
#include <elf.h>
#include <limits.h>

static size_t
first_difference(struct str x, struct str y)
{
	size_t i = 0;

	while (i < x.n && i < y.n && x.p[i] == y.p[i])
		i++;
	return i;
}

static void
say(struct buf *out, const char *what, struct str was, struct str is)
{
	size_t at = first_difference(was, is), n = 0;

	if (was.n == is.n && at == was.n)
		return;
	for (size_t i = 0; i < was.n && i < is.n; i++)
		n += was.p[i] != is.p[i];
	buf_addf(out, "    %s: ", what);
	if (was.n != is.n)
		buf_addf(out, "%zu bytes, now %zu; ", was.n, is.n);
	buf_addf(out, "from byte %zu on, %zu differ\n", at, n);
}

static struct str
contents(struct str file, const struct elf_section *s)
{
	return s->type == SHT_NOBITS ? (struct str){ "", 0 }
				     : (struct str){ file.p + s->offset, (size_t)s->size };
}

/* The k-th section of that name, k counted from 0. */
static const struct elf_section *
find(const struct elf *f, const char *name, size_t k)
{
	for (size_t i = 0; i < f->n_sections; i++)
		if (streq(f->sections[i].name, name) && k-- == 0)
			return &f->sections[i];
	return NULL;
}

/* How many sections of that name come before the i-th section. */
static size_t
ordinal(const struct elf *f, size_t i)
{
	size_t k = 0;

	for (size_t j = 0; j < i; j++)
		k += streq(f->sections[j].name, f->sections[i].name);
	return k;
}

static void
compare_sections(struct arena *a, const struct elf *x, struct str xs, const struct elf *y,
	struct str ys, struct buf *out)
{
	for (size_t i = 0; i < x->n_sections; i++) {
		const struct elf_section *s = &x->sections[i];
		const struct elf_section *t = find(y, s->name, ordinal(x, i));
		const char *what = arena_printf(a, "section %s", s->name);

		if (t)
			say(out, what, contents(xs, s), contents(ys, t));
		else
			buf_addf(out, "    %s is gone\n", what);
	}
	for (size_t i = 0; i < y->n_sections; i++)
		if (!find(x, y->sections[i].name, ordinal(y, i)))
			buf_addf(out, "    section %s is new\n", y->sections[i].name);
}

int
compare_files(const char *was, const char *is, struct buf *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct err ignored = { 0 };
	size_t before = out->n;
	struct str xs, ys;
	struct elf x, y;

	TRY(fs_read(&a, was, SIZE_MAX, &xs, e));
	TRY(fs_read(&a, is, SIZE_MAX, &ys, e));
	if (str_eq(xs, ys))
		return 0;
	if (elf_read(&a, xs, was, &x, &ignored) == 0 && elf_read(&a, ys, is, &y, &ignored) == 0)
		compare_sections(&a, &x, xs, &y, ys, out);
	if (out->n == before)
		say(out, "the file", xs, ys);
	return 0;
}

int
compare_results(const struct engine *x, const struct plan *p, struct buf *out, struct err *e)
{
	size_t n;
	const struct difference *d = engine_differences(x, &n);

	for (size_t i = 0; i < n; i++) {
		CLEANUP(arena_freep) struct arena a = { 0 };
		const struct step *s = &p->steps[d[i].step];

		buf_addf(out, "DIFFERS: %s for %s\n", s->label, s->variant->name);
		if (!s->is_transient)
			TRY(compare_files(engine_object_path(&a, x, &d[i].was),
				engine_object_path(&a, x, &d[i].is), out, e));
	}
	return n > INT_MAX ? INT_MAX : (int)n;
}
