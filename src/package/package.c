#include "package/package.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fill.h"
#include "base/path.h"
#include "formats/elf.h"
#include "package/embedded.h"
#include <stdlib.h>

struct files {
	struct package_file *v;
	size_t n, cap;
};

static void
add_text(struct arena *a, struct files *out, const char *path, struct str text)
{
	struct package_file f = { .path = path, .text = text, .sha256 = sha256_of(text.p, text.n) };

	vec_push(a, out, f);
}

static int
cmp_file(const void *x, const void *y)
{
	return strcmp(((const struct package_file *)x)->path, ((const struct package_file *)y)->path);
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
add_package(struct arena *a, const struct plan *p, struct files *out, struct err *e)
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
				"%s: the builder writes a file of this name into every variant; remove yours",
				f.from);
		vec_push(a, out, f);
	}
	return 0;
}

/* Libraries of CUDA besides its runtime that the extension needs, as Python strings: "libcusolver.so.12", */
static int
needed_libraries(struct arena *a, const char *extension, const char **out, struct err *e)
{
	struct str bytes;
	struct elf elf;

	*out = "";
	TRY(fs_read(a, extension, SIZE_MAX, &bytes, e));
	TRY(elf_read(a, bytes, extension, &elf, e));
	for (size_t i = 0; i < elf.needed.n; i++) {
		const char *name = elf.needed.v[i];

		if ((str_has_prefix(name, "libcu") || str_has_prefix(name, "libnv")) &&
			!str_has_prefix(name, "libcudart."))
			*out = arena_printf(a, "%s\"%s\", ", *out, name);
	}
	return 0;
}

static int
add_ops(struct arena *a, const struct plan_variant *v, const char *extension, const struct fill_word *words,
	size_t n_words, struct files *out, struct err *e)
{
	struct fill_word *more = arena_array(a, struct fill_word, n_words + 1);
	struct str text = v->ops ? embedded_ops_arch() : embedded_ops_noarch();
	const char *libraries = "";

	if (extension && v->variant->cuda)
		TRY(needed_libraries(a, extension, &libraries, e));
	if (*libraries)
		text = embedded_ops_libraries();
	memcpy(more, words, n_words * sizeof(*words));
	more[n_words] = (struct fill_word){ "LIBRARIES", libraries };
	add_text(a, out, "_ops.py", fill(a, text, more, n_words + 1));
	return 0;
}

int
package_make(struct arena *a, const struct plan *p, const struct plan_variant *v,
	const char *extension, const struct digest *object, struct package *out, struct err *e)
{
	const struct project *pr = p->project;
	const char *id = v->ops ? v->ops :
				  arena_printf(a, "_%s_%s_%s", pr->module,
					  backend_name(v->variant->backend), p->sources->id);
	const struct fill_word words[] = { { "OPS", id }, { "NAME", pr->module },
		{ "MODULE", pr->module }, { "ID", p->sources->id } };
	const size_t n_words = sizeof(words) / sizeof(words[0]);
	struct files files = { 0 };

	*out = (struct package){ .variant = v->variant->name };
	TRY(add_package(a, p, &files, e));
	TRY(add_ops(a, v, extension, words, n_words, &files, e));
	if (sources_can_alias(p->sources, pr))
		add_text(a, &files, arena_printf(a, "%s/__init__.py", pr->module),
			fill(a, embedded_alias(), words, n_words));
	if (object) {
		struct package_file f = { .path = arena_printf(a, "%s.abi3.so", v->ops),
			.from = extension,
			.sha256 = *object,
			.is_exec = true };

		vec_push(a, &files, f);
	}
	qsort(files.v, files.n, sizeof(*files.v), cmp_file);
	out->files = files.v;
	out->n = files.n;
	add_text(a, &files, "metadata.json", metadata_format(a, p, v, id, out));
	qsort(files.v, files.n, sizeof(*files.v), cmp_file);
	out->files = files.v;
	out->n = files.n;
	out->id = package_id(out);
	return 0;
}
