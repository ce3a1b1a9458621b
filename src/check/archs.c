/* SPDX-License-Identifier: Apache-2.0 */
/* Architectures in metadata.json against the device code in the variant's libraries. The client
 * refuses a kernel on a GPU that the metadata do not list, and trusts them on those they do. A
 * cubin that is not linked serves no GPU; PTX is linked by the driver. */
#include "check/run.h"

struct archs {
	struct strs cubins, ptx; /* "9.0a" */
	/* of relocatable PTX; not all of that is the kernel's: CUDA's device runtime has some */
	struct strs linkable;
	const char *file; /* a library with device code; NULL: there is none */
};

static void
gather(struct check_run *r, struct archs *out)
{
	for (size_t i = 0; i < r->facts->n_files; i++) {
		const struct fact_file *f = &r->facts->files[i];

		for (size_t k = 0; fact_is_library(f) && k < f->images.n; k++) {
			const struct fatbin_image *image = &f->images.v[k];
			struct strs *list = !image->is_ptx          ? &out->cubins
					    : image->is_relocatable ? &out->linkable
								    : &out->ptx;
			const char *text = fatbin_arch(r->a, image);

			out->file = f->path;
			/* What a GPU runs is what nvlink made of it. */
			if (image->is_relocatable && !image->is_ptx)
				continue;
			strs_add(r->a, list, text);
		}
	}
}

static void
check_listed(struct check_run *r, const struct archs *have, const char *listed, struct strs *seen,
	struct strs *seen_ptx)
{
	bool ptx = str_has_suffix(listed, "+PTX");
	const char *arch = ptx ? arena_strndup(r->a, listed, strlen(listed) - 4) : listed;

	vec_push(r->a, seen, arch);
	if (ptx)
		vec_push(r->a, seen_ptx, arch);
	if (!strs_has(&have->cubins, arch))
		found_error(r, .rule = "archs", .file = "metadata.json",
			.message = arena_printf(r->a,
				"lists the architecture %s, but no library has a cubin for it",
				arch),
			.advice = "compile for it, or take it out of backend.archs");
	if (ptx && !strs_has(&have->ptx, arch) && !strs_has(&have->linkable, arch))
		found_error(r, .rule = "archs", .file = "metadata.json",
			.message = arena_printf(
				r->a, "lists %s, but no library has PTX for %s", listed, arch),
			.advice =
				"compile with code=compute_... too, or take +PTX out of backend.archs");
}

static void
check_unlisted(struct check_run *r, const struct archs *have, const struct strs *cubins,
	const struct strs *ptx)
{
	for (size_t i = 0; i < have->cubins.n; i++)
		if (!strs_has(cubins, have->cubins.v[i]))
			found_warning(r, .rule = "archs", .file = have->file,
				.message = arena_printf(r->a,
					"has a cubin for %s, which metadata.json does not list",
					have->cubins.v[i]),
				.advice = "add it to backend.archs, or do not compile for it");
	for (size_t i = 0; i < have->ptx.n; i++)
		if (!strs_has(ptx, have->ptx.v[i]))
			found_warning(r, .rule = "archs", .file = have->file,
				.message = arena_printf(r->a,
					"has PTX for %s, which metadata.json does not list as %s+PTX",
					have->ptx.v[i], have->ptx.v[i]),
				.advice = "add it to backend.archs, or do not compile it in");
}

void
check_archs(struct check_run *r)
{
	const struct facts *f = r->facts;
	struct strs seen = { 0 }, seen_ptx = { 0 };
	struct archs have = { 0 };

	if (f->is_lone || !f->has_metadata || f->metadata_fault || f->name.kind == NAME_NOARCH)
		return;
	gather(r, &have);
	if (!streq(f->metadata.backend, "cuda")) {
		if (have.file)
			found_error(r, .rule = "archs", .file = have.file,
				.message = arena_printf(r->a,
					"has CUDA device code in a variant for %s",
					f->metadata.backend),
				.advice = "compile it without CUDA sources");
		return;
	}
	if (!f->metadata.has_archs) {
		if (have.file)
			found_warning(r, .rule = "archs", .file = "metadata.json",
				.message =
					"does not say for which architectures there is device code",
				.advice = "add backend.archs");
		return;
	}
	for (size_t i = 0; i < f->metadata.archs.n; i++)
		check_listed(r, &have, f->metadata.archs.v[i], &seen, &seen_ptx);
	check_unlisted(r, &have, &seen, &seen_ptx);
}
