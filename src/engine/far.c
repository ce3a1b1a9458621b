/* SPDX-License-Identifier: Apache-2.0 */
/* Records and objects on a server. */
#include "engine/far.h"
#include "base/arena.h"
#include "base/err.h"
#include "engine/far_pack.h"
#include <sys/stat.h>

static struct str
bytes_of(const struct digest *d)
{
	return (struct str){ (const char *)d->b, sizeof(d->b) };
}

static struct far_blob *
blob_of(struct far *f, const struct digest *d)
{
	struct far_blob *b = map_get(&f->blobs, bytes_of(d));

	if (b)
		return b;
	b = arena_new(f->arena, struct far_blob);
	*map_put(f->arena, &f->blobs,
		(struct str){ arena_strndup(f->arena, (const char *)d->b, sizeof(d->b)),
			sizeof(d->b) }) = b;
	return b;
}

/* What is gone stays so: the server's word for it was wrong before. */
void
far_note(struct far *f, const struct digest *d, uint64_t size, bool is_exec)
{
	struct far_blob *b = blob_of(f, d);

	b->size = size;
	b->is_exec = is_exec;
	b->is_packed = false;
}

/* A file of a kept result: nothing, if its name is no name of ours. */
static void
note_file(struct far *f, const struct remote_file *file)
{
	struct str name = str_of(file->path), hex, size;
	struct far_blob *b;
	struct digest d;
	uint64_t n = 0;

	if (digest_parse(name, &d)) {
		far_note(f, &d, file->size, file->is_exec);
		return;
	}
	if (!str_cut(&name, '.', &hex) || !digest_parse(hex, &d) || !str_cut(&name, '.', &size) ||
		!str_to_u64(size, &n) || !str_eq(name, STR("z")))
		return;
	b = blob_of(f, &d);
	/* As it is, it serves everybody. */
	if (b->size && !b->is_packed)
		return;
	*b = (struct far_blob){ .size = n,
		.is_exec = file->is_exec,
		.is_gone = b->is_gone,
		.is_packed = true,
		.packed = file->digest,
		.packed_size = file->size };
}

void
far_note_gone(struct far *f, const struct digest *d)
{
	struct far_blob *b = map_get(&f->blobs, bytes_of(d));

	if (b)
		b->is_gone = true;
}

const struct far_blob *
far_blob(const struct far *f, const struct digest *d)
{
	const struct far_blob *b = f ? map_get(&f->blobs, bytes_of(d)) : NULL;

	return b && !b->is_gone ? b : NULL;
}

void
far_expect(struct far *f, const struct digest *key)
{
	remote_expect(f->remote, key);
}

int
far_find(struct far *f, const struct digest *key, struct str *text, struct err *e)
{
	struct remote_result r;
	int found = remote_find(f->remote, f->arena, key, &r, e);

	if (found <= 0)
		return found;
	for (size_t i = 0; i < r.n_files; i++)
		note_file(f, &r.files[i]);
	*text = r.text;
	return 1;
}

/* 1: the object is among what is to be sent. 0: it is not here any more. */
static int
add_object(struct far *f, const struct digest *d, struct remote_file *file, struct remote_blob *b,
	struct err *e)
{
	const char *path = store_object_path(f->arena, f->store, d);
	const char *packed = arena_printf(f->arena, "%s/%u", f->scratch, f->n_packed++);
	char hex[65];
	struct stat sb;
	int r;

	if (stat(path, &sb) < 0)
		return 0;
	*b = (struct remote_blob){ .digest = *d, .size = (uint64_t)sb.st_size, .path = path };
	file->path = arena_strdup(f->arena, digest_hex(d, hex));
	file->is_exec = sb.st_mode & S_IXUSR;
	TRY(r = far_pack(path, packed, &b->digest, &b->size, e));
	if (r) {
		b->path = packed;
		file->path = arena_printf(f->arena, "%s.%ju.z", hex, (uintmax_t)sb.st_size);
	} else {
		b->digest = *d;
		b->size = (uint64_t)sb.st_size;
	}
	file->digest = b->digest;
	file->size = b->size;
	return 1;
}

int
far_keep(struct far *f, const struct digest *key, struct str text, const struct digest *objects,
	size_t n, struct err *e)
{
	struct remote_file *files = arena_array(f->arena, struct remote_file, n + 1);
	struct remote_blob *blobs = arena_array(f->arena, struct remote_blob, n + 1);
	struct remote_result r = { .text = text, .files = files, .n_files = n };
	int there;

	if (!f->scratch)
		return 0;
	for (size_t i = 0; i < n; i++) {
		TRY(there = add_object(f, &objects[i], &files[i], &blobs[i], e));
		/* Nobody but the server needs it. */
		if (!there)
			return 0;
	}
	remote_keep(f->remote, key, &r, blobs);
	return 0;
}
