/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one of two builds. */
#include "diff/side.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "check/check.h"
#include <ctype.h>

#define EXTENSION ".abi3.so"

static int
add_dir(struct arena *a, const char *path, struct side *out, struct err *e)
{
	struct side_unit u = { .path = path, .is_dir = true };
	const char *real;

	/* "." and links have no name of a variant. */
	TRY(fs_real_path(a, path, &real, e));
	u.name = path_base(real);
	vec_push(a, out, u);
	return 0;
}

int
side_open(struct arena *a, const char *path, struct side *out, struct err *e)
{
	struct side_unit file = { .name = path_base(path), .path = path };
	struct strs dirs = { 0 };

	if (!fs_exists(path))
		return err_set(e, ERR_USAGE, "there is no file or directory %s", path);
	if (!fs_is_dir(path)) {
		vec_push(a, out, file);
		return 0;
	}
	TRY(check_discover(a, path, &dirs, e));
	for (size_t i = 0; i < dirs.n; i++)
		TRY(add_dir(a, dirs.v[i], out, e));
	return 0;
}

/* "lhgfj6g3n" of "_relu_cpu_lhgfj6g3n.abi3.so" */
static const char *
id_of(struct arena *a, const char *path)
{
	const char *base = path_base(path), *end, *at;

	if (*base != '_' || !str_has_suffix(base, EXTENSION))
		return NULL;
	end = base + strlen(base) - strlen(EXTENSION);
	for (at = end; at > base && at[-1] != '_'; at--)
		;
	return end - at >= 7 ? arena_strndup(a, at, (size_t)(end - at)) : NULL;
}

static int
read_file(struct arena *a, const char *path, struct facts *out, struct err *e)
{
	const struct fact_file *f;

	TRY(facts_of_file(a, path, out, e));
	f = out->is_wheel ? NULL : &out->files[0];
	if (f && !f->is_elf)
		return err_set(e, ERR_USAGE,
			"%s is neither a library nor a wheel; diff takes directories with variants, variants, libraries (.so) and wheels (.whl)",
			path);
	if (f && f->fault)
		return err_set(e, ERR_USAGE, "%s cannot be read as a library: %s", path, f->fault);
	return 0;
}

int
holding_read(struct arena *a, const struct side_unit *u, const struct store *s, struct holding *out,
	struct err *e)
{
	*out = (struct holding){ .unit = u, .store = s };
	TRY(u->is_dir ? facts_of_variant(a, u->path, u->name, &out->facts, e)
		      : read_file(a, u->path, &out->facts, e));
	for (size_t i = 0; i < out->facts.n_files && !out->id; i++)
		out->id = id_of(a, out->facts.files[i].path);
	return 0;
}

static size_t
hex_digits(const char *p)
{
	size_t n = 0;

	while (isxdigit((unsigned char)p[n]))
		n++;
	return n;
}

/* Names with internal linkage have digests of 8 digits between underscores. */
static bool
is_digest(const char *name, const char *p)
{
	return p > name && p[-1] == '_' && hex_digits(p) == 8 && p[8] == '_' &&
	       strstr(name, "_GLOBAL__N__");
}

const char *
holding_plain(struct arena *a, const struct holding *h, const char *name)
{
	const size_t n = h->id ? strlen(h->id) : 0;
	CLEANUP(buf_free) struct buf out = { 0 };

	for (const char *p = name; *p;) {
		const size_t skip = n && strncmp(p, h->id, n) == 0 ? n : is_digest(name, p) ? 8 : 0;

		buf_addc(&out, skip ? '*' : *p);
		p += skip ? skip : 1;
	}
	return arena_strndup(a, out.n ? out.p : "", out.n);
}

static void
add_symbols(struct arena *a, const struct holding *h, const struct elf *elf, bool defined,
	struct strs *out)
{
	for (size_t i = 0; i < elf->n_symbols; i++) {
		const struct elf_symbol *s = &elf->symbols[i];
		const char *name = holding_plain(a, h, s->name);

		if (s->is_defined != defined || s->bind == ELF_LOCAL)
			continue;
		if (s->version && !defined)
			name = arena_printf(a, "%s@%s", name, s->version);
		vec_push(a, out, name);
	}
}

static void
add_code(struct arena *a, const struct fatbin *f, struct strs *out)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct fatbin_image *m = &f->v[i];
		const char *text = arena_printf(a, "%s %s%s", m->is_ptx ? "PTX" : "cubin",
			fatbin_arch(a, m), m->is_relocatable ? ", relocatable" : "");

		strs_add(a, out, text);
	}
}

void
holding_set(struct arena *a, const struct holding *h, const struct fact_file *f,
	enum side_set which, struct strs *out)
{
	if (which == SIDE_EXPORTS || which == SIDE_IMPORTS)
		add_symbols(a, h, &f->elf, which == SIDE_EXPORTS, out);
	else if (which == SIDE_CODE)
		add_code(a, &f->images, out);
	for (size_t i = 0; which == SIDE_NEEDS && i < f->elf.needed.n; i++)
		vec_push(a, out, f->elf.needed.v[i]);
}

int
holding_kernels(struct arena *a, const struct holding *h, const struct fact_file *f,
	struct resources *out, struct err *e)
{
	const struct digest is = sha256_of(f->bytes.p, f->bytes.n);
	const char *real;

	if (h->store && h->unit->is_dir) {
		int r;

		TRY(fs_real_path(a, h->unit->path, &real, e));
		TRY(r = resources_get(a, h->store, real, &is, out, e));
		if (r)
			return 0;
	}
	return resources_of_images(a, &f->images, f->path, out, e);
}
