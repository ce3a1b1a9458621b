/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and digests the kernel's sources. */
#include "plan/sources.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "formats/launches.h"
#include "plan/rdc.h"
#include "plan/shipped.h"
#include <stdlib.h>

EMBED(registration, "data/registration.h")

/* How Python files begin that this program writes. */
#define GENERATED_HEAD "# Written by kernel-builder"

/* base32 of RFC 4648, lower case: safe in symbols, file names and Python modules */
static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";

static int
cmp_source(const void *x, const void *y)
{
	return strcmp(((const struct source *)x)->path, ((const struct source *)y)->path);
}

/* While the set is made it is not sorted yet. */
static bool
has_file(const struct sources_set *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++) {
		if (streq(s->v[i].path, path))
			return true;
	}
	return false;
}

static int
add(struct arena *a, const struct project *p, const struct strs *src, struct sources_set *out,
	struct err *e)
{
	for (size_t i = 0; i < src->n; i++) {
		struct source s = { .path = src->v[i],
			.is_header = !source_is_compiled(src->v[i]) };

		if (has_file(out, s.path))
			continue;
		TRY(sha256_file(path_join(a, p->dir, s.path), &s.sha256, NULL, e));
		vec_push(a, out, s);
	}
	return 0;
}

/* Of sources whose device code is linked, whether they need CUDA's device runtime. */
static int
find_launches(struct arena *a, const struct project *p, const struct project_kernel *k,
	struct sources_set *out, struct err *e)
{
	for (size_t i = 0; rdc_is_asked(&k->cuda_flags) && i < out->n; i++) {
		struct source *s = &out->v[i];
		struct str text;

		if (!source_is_cuda(s->path) || !strs_has(&k->src, s->path))
			continue;
		TRY(fs_read(a, path_join(a, p->dir, s->path), SIZE_MAX, &text, e));
		s->launch = launches_from_device(a, text);
	}
	return 0;
}

/* The header that kernels include for their registration, unless they bring one of that name. */
static void
add_registration(struct arena *a, const struct project *p, struct sources_set *out)
{
	struct str text = embedded_registration();
	struct source s = { .path = arena_printf(a, "%s/registration.h", p->pyroot),
		.sha256 = sha256_of(text.p, text.n),
		.is_header = true,
		.text = text.p };

	if (p->framework == FRAMEWORK_TORCH && !has_file(out, s.path))
		vec_push(a, out, s);
}

/* The _ops.py that create-pyproject leaves in the package: each variant gets one of its own. */
static int
is_generated(struct arena *a, const char *full, const char *path, struct err *e)
{
	struct str text;

	if (!streq(path, "_ops.py"))
		return 0;
	TRY(fs_read(a, full, SIZE_MAX, &text, e));
	return str_starts(text, STR(GENERATED_HEAD));
}

static int
load_package(struct arena *a, const struct project *p, struct sources_set *out, struct err *e)
{
	const char *dir = path_join(a, path_join(a, p->dir, p->pyroot), p->module);
	struct shipped ships;
	int ours;

	TRY(shipped_find(a, p, &ships, e));
	out->package = arena_array(a, struct source, ships.files.n);
	for (size_t i = 0; i < ships.files.n; i++) {
		struct source s = { .path = ships.files.v[i] };
		const char *full = path_join(a, dir, s.path);

		if (str_has_prefix(s.path, arena_printf(a, "%s/", p->module)))
			return err_set(e, ERR_CONFIG,
				"%s: kernel-builder puts the alias for `import %s` there; rename this directory",
				full, p->module);
		TRY(ours = is_generated(a, full, s.path, e));
		if (ours)
			continue;
		TRY(sha256_file(full, &s.sha256, NULL, e));
		out->package[out->n_package++] = s;
	}
	out->left_out = ships.left_out;
	return 0;
}

static void
add_files(struct sha256 *h, const struct source *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sha256_add_field(h, str_of(v[i].path));
		sha256_add(h, v[i].sha256.b, sizeof(v[i].sha256.b));
	}
}

/* What identifies a kernel: its name and version, its files, and the text of build.toml, which
 * holds the flags. */
static int
make_id(struct arena *a, const struct project *p, struct sources_set *s, struct err *e)
{
	struct sha256 *h;
	struct digest d, toml;
	char *id = arena_alloc(a, 11, 1);
	uint64_t bits = 0;

	TRY(sha256_file(p->file, &toml, NULL, e));
	h = sha256_new();
	sha256_add_field(h, STR("kernel-builder id 1"));
	sha256_add(h, toml.b, sizeof(toml.b));
	add_files(h, s->v, s->n);
	sha256_add_field(h, STR("package"));
	add_files(h, s->package, s->n_package);
	d = sha256_final(h);
	for (size_t i = 0; i < 7; i++)
		bits = bits << 8 | d.b[i];
	for (size_t i = 0; i < 10; i++)
		id[i] = base32[bits >> (5 * i) & 31];
	s->id = id;
	return 0;
}

int
sources_load(struct arena *a, const struct project *p, struct sources_set *out, struct err *e)
{
	*out = (struct sources_set){ 0 };
	TRY(add(a, p, &p->src, out, e));
	for (size_t i = 0; i < p->n_kernels; i++)
		TRY(add(a, p, &p->kernels[i].src, out, e));
	for (size_t i = 0; i < p->n_kernels; i++)
		TRY(find_launches(a, p, &p->kernels[i], out, e));
	add_registration(a, p, out);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), cmp_source);
	TRY(load_package(a, p, out, e));
	return make_id(a, p, out, e);
}

const struct source *
sources_find_file(const struct sources_set *s, const char *path)
{
	const struct source key = { .path = path };

	return s->n ? bsearch(&key, s->v, s->n, sizeof(*s->v), cmp_source) : NULL;
}

bool
sources_can_alias(const struct sources_set *s, const struct project *p)
{
	for (size_t i = 0; i < s->n_package; i++) {
		const char *path = s->package[i].path;

		if (str_has_prefix(path, p->module) &&
			(streq(path + strlen(p->module), ".py") ||
				streq(path + strlen(p->module), ".pyi")))
			return false;
	}
	return true;
}
