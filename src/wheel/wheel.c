/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the files of a wheel. */
#include "wheel/wheel.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "config/licence.h"
#include "wheel/dist_info.h"
#include "wheel/sbom.h"

/* What lies in site-packages/MODULE. */
static void
add_package(
	struct arena *a, const char *module, const struct package *pkg, struct package_files *out)
{
	for (size_t i = 0; i < pkg->n; i++) {
		struct package_file f = pkg->files[i];

		f.path = arena_printf(a, "%s/%s", module, f.path);
		vec_push(a, out, f);
	}
}

static int
add_licences(struct arena *a, const char *dir, const char *info, const struct strs *names,
	struct package_files *out, struct err *e)
{
	for (size_t i = 0; i < names->n; i++) {
		struct package_file f = { .path = arena_printf(
						  a, "%s/licenses/%s", info, names->v[i]),
			.from = path_join(a, dir, names->v[i]) };

		TRY(sha256_file(f.from, &f.sha256, NULL, e));
		vec_push(a, out, f);
	}
	return 0;
}

int
wheel_make(struct arena *a, const struct plan *p, const struct plan_variant *v,
	const struct package *pkg, struct wheel *out, struct err *e)
{
	const struct project *pr = p->project;
	struct wheel_identity id;
	struct strs licences = { 0 };
	struct package_files files = { 0 };
	struct package installed;
	const char *info;
	struct str record;

	wheel_identify(a, pr, v->variant, &id);
	info = arena_printf(a, "%s.dist-info", id.stem);
	package_install(a, p, v, pkg, !id.is_of_several, &installed);
	add_package(a, pr->module, &installed, &files);
	TRY(licence_files(a, pr->dir, &licences, e));
	TRY(add_licences(a, pr->dir, info, &licences, &files, e));
	package_add_text(a, &files, arena_printf(a, "%s/METADATA", info),
		metadata_core(a, pr, &id, &licences));
	package_add_text(a, &files, arena_printf(a, "%s/WHEEL", info), wheel_tags(a, &id));
	package_add_text(a, &files, arena_printf(a, "%s/sboms/%s.cdx.json", info, pr->name),
		sbom_text(a, p, v, &id));
	TRY(wheel_record(a, files.v, files.n, arena_printf(a, "%s/RECORD", info), &record, e));
	package_add_text(a, &files, arena_printf(a, "%s/RECORD", info), record);
	*out = (struct wheel){ .name = arena_printf(a, "%s-%s.whl", id.stem, id.tag),
		.files = files.v,
		.n = files.n };
	return 0;
}
