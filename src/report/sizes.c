/* SPDX-License-Identifier: Apache-2.0 */
/* Reads published variants. */
#include "report/sizes.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "elf/elf.h"
#include "formats/fatbin.h"
#include <stdlib.h>

static void
add_image(struct arena *a, struct variant_size *v, const struct fatbin_image *i)
{
	const char *arch = fatbin_arch(a, i);
	struct arch_size *s = NULL;

	if (i->is_ptx)
		arch = arena_printf(a, "%s PTX", arch);
	for (size_t k = 0; k < v->archs.n; k++) {
		if (streq(v->archs.v[k].arch, arch))
			s = &v->archs.v[k];
	}
	if (!s) {
		vec_push(a, &v->archs, (struct arch_size){ .arch = arch });
		s = &v->archs.v[v->archs.n - 1];
	}
	s->n++;
	s->bytes += i->payload.n;
	s->whole += i->size > i->payload.n ? i->size : i->payload.n;
	v->device += i->payload.n;
}

/* What cannot be understood the checks complain about. */
static void
add_library(struct arena *a, const char *path, struct str bytes, struct variant_size *v)
{
	struct fatbin images = { 0 };
	struct err ignored;
	struct elf elf;

	if (elf_read(a, bytes, path, &elf, &ignored) < 0)
		return;
	for (size_t i = 0; i < elf.n_sections; i++) {
		const struct elf_section *s = &elf.sections[i];

		if (!streq(s->name, ".nv_fatbin") && !streq(s->name, "__nv_relfatbin"))
			continue;
		if (s->offset > bytes.n || s->size > bytes.n - s->offset)
			return;
		if (fatbin_read(a, (struct str){ bytes.p + s->offset, (size_t)s->size }, path,
			    &images, &ignored) < 0)
			return;
	}
	for (size_t i = 0; i < images.n; i++)
		add_image(a, v, &images.v[i]);
}

/* "8.6" before "10.0", and PTX last. */
static int
by_arch(const void *x, const void *y)
{
	const char *a = *(const char *const *)x, *b = *(const char *const *)y;
	bool p = str_has_suffix(a, " PTX"), q = str_has_suffix(b, " PTX");

	return p != q ? p - q : str_natural_cmp(a, b);
}

int
sizes_of_variant(struct arena *a, const char *dir, const char *variant, struct variant_size *out,
	struct err *e)
{
	struct fs_entries files = { 0 };

	*out = (struct variant_size){ .variant = variant, .is_there = fs_is_dir(dir) };
	if (!out->is_there)
		return 0;
	TRY(fs_walk(a, dir, &files, e));
	for (size_t i = 0; i < files.n; i++) {
		const struct fs_entry *f = &files.v[i];
		CLEANUP(fs_unmapp) struct str bytes = { 0 };
		const char *path = path_join(a, dir, f->path);

		if (f->kind != FS_FILE || strstr(f->path, "__pycache__"))
			continue;
		out->n_files++;
		out->files += (uint64_t)f->st.st_size;
		if (!str_has_suffix(f->path, ".so"))
			continue;
		out->libraries += (uint64_t)f->st.st_size;
		TRY(fs_map(path, &bytes, e));
		add_library(a, path, bytes, out);
	}
	return 0;
}

void
sizes_archs(struct arena *a, const struct variant_size *v, size_t n, struct strs *out)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < v[i].archs.n; k++)
			strs_add(a, out, v[i].archs.v[k].arch);
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_arch);
}

const struct arch_size *
size_of_arch(const struct variant_size *v, const char *arch)
{
	for (size_t i = 0; i < v->archs.n; i++) {
		if (streq(v->archs.v[i].arch, arch))
			return &v->archs.v[i];
	}
	return NULL;
}
