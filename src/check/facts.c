/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the files of a variant once, for all checks. */
#include "check/facts.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "formats/zip.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const size_t FILE_LIMIT = (size_t)4 << 30;

/* The .nv_fatbin and __nv_relfatbin sections; of a file without section headers, all of it. */
static int
read_images(struct arena *a, struct fact_file *f, struct err *e)
{
	if (f->elf.n_sections == 0)
		return fatbin_read(a, f->bytes, f->path, &f->images, e);
	for (size_t i = 0; i < f->elf.n_sections; i++) {
		const struct elf_section *s = &f->elf.sections[i];
		bool is_relocatable = streq(s->name, "__nv_relfatbin");
		size_t before = f->images.n;
		struct str part;

		if (!streq(s->name, ".nv_fatbin") && !is_relocatable)
			continue;
		if (s->offset > f->bytes.n || s->size > f->bytes.n - s->offset)
			return err_set(e, ERR_ABI, "%s: %s lies behind the end of the file",
				f->path, s->name);
		part = (struct str){ f->bytes.p + s->offset, (size_t)s->size };
		TRY(fatbin_read(a, part, f->path, &f->images, e));
		for (size_t k = before; k < f->images.n; k++)
			f->images.v[k].is_relocatable = is_relocatable;
	}
	return 0;
}

/* Code of GPUs comes in ELF files, too (.cubin, .hsaco). The loader never sees them. */
static bool
is_device_code(struct str bytes)
{
	Elf64_Ehdr eh;

	if (bytes.n < sizeof(eh))
		return false;
	memcpy(&eh, bytes.p, sizeof(eh));
	return eh.e_machine == EM_CUDA || eh.e_machine == EM_AMDGPU;
}

static void
add_file(struct arena *a, struct fact_file *f)
{
	struct err why = { 0 };

	f->is_elf = str_starts(f->bytes, STR("\177ELF")) && !is_device_code(f->bytes);
	if (f->is_elf &&
		(elf_read(a, f->bytes, f->path, &f->elf, &why) < 0 || read_images(a, f, &why) < 0))
		f->fault = arena_strdup(a, why.msg);
}

static void
read_metadata(struct arena *a, struct facts *out)
{
	const struct fact_file *f = facts_find(out, "metadata.json");
	struct err why = { 0 };

	if (!f || f->is_link)
		return;
	out->has_metadata = true;
	if (metadata_parse(a, f->bytes, f->path, &out->metadata, &why) < 0)
		out->metadata_fault = arena_strdup(a, why.msg);
}

int
facts_of_variant(
	struct arena *a, const char *dir, const char *name, struct facts *out, struct err *e)
{
	struct fs_entries all = { 0 };

	*out = (struct facts){ .variant = name };
	variant_name_parse(a, name, &out->name);
	TRY(fs_walk(a, dir, &all, e));
	out->files = arena_array(a, struct fact_file, all.n);
	for (size_t i = 0; i < all.n; i++) {
		struct fact_file *f = &out->files[out->n_files];

		if (all.v[i].kind == FS_DIR)
			continue;
		out->n_files++;
		f->path = all.v[i].path;
		f->is_link = all.v[i].kind != FS_FILE;
		if (f->is_link)
			continue;
		TRY(fs_read(a, path_join(a, dir, f->path), FILE_LIMIT, &f->bytes, e));
		add_file(a, f);
	}
	read_metadata(a, out);
	return 0;
}

static int
read_at(void *arg, uint64_t off, void *to, size_t n, struct err *e)
{
	const struct str *all = arg;

	if (off > all->n || n > all->n - off)
		return err_set(e, ERR_HASH, "the file ends too early");
	memcpy(to, all->p + off, n);
	return 0;
}

static int
put(void *arg, const void *p, size_t n, struct err *e)
{
	struct buf *b = arg;

	if (n > FILE_LIMIT - b->n)
		return err_set(e, ERR_HASH, "a member is larger than 4 GiB");
	buf_add(b, p, n);
	return 0;
}

/* Requires-Dist: apache-tvm-ffi>=0.1 (core metadata of Python's packages). */
static void
read_requires(struct arena *a, struct str text, struct strs *out)
{
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		struct str head = STR("Requires-Dist: ");
		size_t n = 0;

		if (!str_starts(line, head))
			continue;
		line = (struct str){ line.p + head.n, line.n - head.n };
		while (n < line.n && !strchr(" <>=!~;[(\r", line.p[n]))
			n++;
		vec_push(a, out, arena_strndup(a, line.p, n));
	}
}

static int
add_member(struct arena *a, struct str wheel, const struct zip_member *m, struct facts *out,
	struct err *e)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	struct zip_unpack *u = zip_unpack_new(m, 0, put, &b);
	struct fact_file f;
	int r = zip_unpack_add(u, wheel.p + m->from, (size_t)(m->to - m->from), e);

	zip_unpack_free(u);
	if (r < 0)
		return -1;
	if (r == 0)
		return err_set(e, ERR_HASH, "%s ends too early", m->name);
	if (str_has_suffix(m->name, ".dist-info/METADATA"))
		read_requires(a, buf_str(&b), &out->requires);
	f = (struct fact_file){ .path = m->name,
		.bytes = { arena_strndup(a, b.n ? b.p : "", b.n), b.n } };
	add_file(a, &f);
	if (str_starts(f.bytes, STR("\177ELF")))
		out->files[out->n_files++] = f;
	else
		out->others[out->n_others++] = f;
	return 0;
}

static int
read_wheel(struct arena *a, struct str wheel, struct facts *out, struct err *e)
{
	const struct zip_source src = { .read_at = read_at, .arg = &wheel, .size = wheel.n };
	struct zip z;

	TRY(zip_read(a, &src, &z, e));
	out->files = arena_array(a, struct fact_file, z.n);
	out->others = arena_array(a, struct fact_file, z.n);
	for (size_t i = 0; i < z.n; i++)
		if (!z.v[i].is_dir)
			TRY(add_member(a, wheel, &z.v[i], out, e));
	return 0;
}

int
facts_of_file(struct arena *a, const char *path, struct facts *out, struct err *e)
{
	struct str bytes;

	*out = (struct facts){ .variant = path_base(path), .is_lone = true };
	TRY(fs_read(a, path, FILE_LIMIT, &bytes, e));
	out->is_wheel = streq(path_ext(path), ".whl");
	if (out->is_wheel) {
		if (read_wheel(a, bytes, out, e) < 0)
			return err_wrap(e, "%s", path);
		return 0;
	}
	out->files = arena_array(a, struct fact_file, 1);
	out->n_files = 1;
	out->files[0] = (struct fact_file){ .path = path_base(path), .bytes = bytes };
	add_file(a, &out->files[0]);
	return 0;
}

const struct fact_file *
facts_find(const struct facts *f, const char *path)
{
	for (size_t i = 0; i < f->n_files; i++)
		if (streq(f->files[i].path, path))
			return &f->files[i];
	return NULL;
}
