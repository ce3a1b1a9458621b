/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the files of a variant, with their contents and digests. */
#include "package/package.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fill.h"
#include "base/path.h"
#include "elf/elf.h"
#include "package/templates.h"
#include <stdlib.h>

void
package_add_text(struct arena *a, struct package_files *out, const char *path, struct str text)
{
	struct package_file f = { .path = path, .text = text, .sha256 = sha256_of(text.p, text.n) };

	vec_push(a, out, f);
}

static int
cmp_file(const void *x, const void *y)
{
	return strcmp(
		((const struct package_file *)x)->path, ((const struct package_file *)y)->path);
}

static struct digest
package_id(const struct package *p)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("kernel-builder package 1"));
	for (size_t i = 0; i < p->n; i++) {
		sha256_add_field(h, str_of(p->files[i].path));
		sha256_add(h, p->files[i].sha256.b, sizeof(p->files[i].sha256.b));
		sha256_add(h, p->files[i].is_exec ? "x" : "-", 1);
	}
	return sha256_final(h);
}

static int
add_package(struct arena *a, const struct plan *p, struct package_files *out, struct err *e)
{
	const struct project *pr = p->project;
	const char *dir = path_join(a, path_join(a, pr->dir, pr->pyroot), pr->module);

	for (size_t i = 0; i < p->sources->n_package; i++) {
		const struct source *s = &p->sources->package[i];
		struct package_file f = {
			.path = s->path, .from = path_join(a, dir, s->path), .sha256 = s->sha256
		};

		if (streq(s->path, "_ops.py") || streq(s->path, "metadata.json"))
			return err_set(e, ERR_CONFIG,
				"%s: kernel-builder writes a file of this name into every variant; remove yours",
				f.from);
		vec_push(a, out, f);
	}
	return 0;
}

/* Libraries of CUDA besides its runtime that the extension needs, as Python strings:
 * "libcusolver.so.12", NULL and the error: it cannot be read. */
static const char *
needed_libraries(struct arena *a, const char *extension, struct err *e)
{
	CLEANUP(fs_unmapp) struct str bytes = { "", 0 };
	const char *out = "";
	struct elf elf;

	if (fs_map(extension, &bytes, e) < 0 || elf_read(a, bytes, extension, &elf, e) < 0)
		return NULL;
	for (size_t i = 0; i < elf.needed.n; i++) {
		const char *name = elf.needed.v[i];

		if ((str_has_prefix(name, "libcu") || str_has_prefix(name, "libnv")) &&
			!str_has_prefix(name, "libcudart."))
			out = arena_printf(a, "%s\"%s\", ", out, name);
	}
	return out;
}

static struct str
joined(struct arena *a, struct str x, struct str y)
{
	char *p = arena_array(a, char, x.n + y.n + 1);

	memcpy(p, x.p, x.n);
	memcpy(p + x.n, y.p, y.n);
	return (struct str){ p, x.n + y.n };
}

/* "_NAME_BACKEND_ID" */
static const char *
kernel_id(struct arena *a, const struct plan *p, const struct plan_variant *v)
{
	return v->ops ? v->ops
		      : arena_printf(a, "_%s_%s_%s", p->project->module,
				backend_name(v->variant->backend), p->sources->id);
}

static struct str
ops_template(const struct plan_variant *v, const char *libraries)
{
	if (v->variant->tvm_ffi)
		return embedded_ops_tvm_ffi();
	if (*libraries)
		return embedded_ops_libraries();
	return v->ops ? embedded_ops_arch() : embedded_ops_noarch();
}

static void
sort(struct package_files *files)
{
	if (files->n)
		qsort(files->v, files->n, sizeof(*files->v), cmp_file);
}

/* The files but for metadata.json become a package, with one if so wanted. */
static void
finish(struct arena *a, const struct plan *p, const struct plan_variant *v,
	struct package_files *files, bool has_metadata, struct package *out)
{
	struct package others = { .variant = v->variant->name };

	sort(files);
	others.files = files->v;
	others.n = files->n;
	if (has_metadata) {
		package_add_text(a, files, "metadata.json",
			metadata_format(a, p, v, kernel_id(a, p, v), &others));
		sort(files);
	}
	*out = (struct package){ .variant = v->variant->name, .files = files->v, .n = files->n };
	out->id = package_id(out);
}

int
package_make(struct arena *a, const struct plan *p, const struct plan_variant *v,
	const struct package_extension *extension, struct package *out, struct err *e)
{
	const struct project *pr = p->project;
	const char *id = kernel_id(a, p, v);
	const char *libraries =
		extension && v->variant->cuda ? needed_libraries(a, extension->file, e) : "";
	const struct fill_word words[] = { { "OPS", id }, { "NAME", pr->module },
		{ "MODULE", pr->module }, { "ID", p->sources->id }, { "LIBRARIES", libraries } };
	const size_t n_words = sizeof(words) / sizeof(words[0]);
	bool is_tvm = v->variant->tvm_ffi != NULL;
	struct package_files files = { 0 };

	*out = (struct package){ .variant = v->variant->name };
	if (!libraries)
		return -1;
	TRY(add_package(a, p, &files, e));
	package_add_text(a, &files, "_ops.py", fill(a, ops_template(v, libraries), words, n_words));
	if (sources_can_alias(p->sources, pr))
		package_add_text(a, &files, arena_printf(a, "%s/__init__.py", pr->module),
			fill(a, is_tvm ? embedded_alias_tvm_ffi() : embedded_alias(), words,
				n_words));
	if (extension) {
		struct package_file f = { .path = v->extension,
			.from = extension->file,
			.sha256 = extension->sha256,
			.is_exec = true };

		vec_push(a, &files, f);
	}
	finish(a, p, v, &files, true, out);
	return 0;
}

/* Operators of torch's: then _ops.py imports torch. */
static bool
has_torch_ops(const struct variant *v)
{
	return v->torch || v->kind == VARIANT_NOARCH;
}

void
package_install(struct arena *a, const struct plan *p, const struct plan_variant *v,
	const struct package *pkg, bool has_metadata, struct package *out)
{
	const char *module = p->project->module, *alias = arena_printf(a, "%s/__init__.py", module);
	const struct fill_word word = { "MODULE", module };
	struct package_files files = { 0 };

	for (size_t i = 0; i < pkg->n; i++) {
		const struct package_file *f = &pkg->files[i];

		if (streq(f->path, "metadata.json") ||
			(streq(f->path, alias) && sources_can_alias(p->sources, p->project)))
			continue;
		if (streq(f->path, "_ops.py") && has_torch_ops(v->variant))
			package_add_text(a, &files, f->path,
				joined(a, f->text, fill(a, embedded_ops_installed(), &word, 1)));
		else
			vec_push(a, &files, *f);
	}
	finish(a, p, v, &files, has_metadata, out);
}
