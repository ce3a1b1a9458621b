/* SPDX-License-Identifier: Apache-2.0 */
/* Reads tar archives and Debian packages by libarchive, and distrusts them. */
#include "formats/tarball.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "formats/member.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

const struct tarball_limits tarball_default_limits = {
	.members = 200000,
	.bytes = (uint64_t)16 << 30,
	.ratio = 2000,
	.ratio_from = (uint64_t)1 << 30,
};

struct reading {
	const struct tarball_reader *r;
	const struct tarball_limits *limits;
	struct arena mem;
	struct map seen; /* path -> kind_tag: what each member, and each directory above one, is */
	struct archive *ar, *tar; /* tar reads out of ar for a Debian package */
	bool is_deb;
	uint64_t members, bytes, packed;
	struct err *e;
	bool failed; /* a callback set *e */
};

/* Values of the map. */
static char tag_file, tag_dir, tag_link;

/* ---- bytes in ---- */

static la_ssize_t
read_piece(struct archive *a, void *arg, const void **p)
{
	struct reading *g = arg;
	int64_t n = g->r->read(g->r->arg, p, g->e);

	if (n < 0) {
		g->failed = true;
		archive_set_error(a, EIO, "cannot be read");
		return ARCHIVE_FATAL;
	}
	g->packed += (uint64_t)n;
	return (la_ssize_t)n;
}

static la_ssize_t
read_data_member(struct archive *a, void *arg, const void **p)
{
	struct reading *g = arg;
	la_int64_t off;
	size_t n = 0;
	int r = archive_read_data_block(g->ar, p, &n, &off);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK) {
		archive_set_error(a, EIO, "the package is damaged");
		return ARCHIVE_FATAL;
	}
	return (la_ssize_t)n;
}

static int
fault(struct reading *g, struct archive *a, const char *what, struct err *e)
{
	const char *why = archive_error_string(a);

	if (g->failed)
		return -1;
	if (archive_errno(a) == ENOMEM)
		return err_set(e, ERR_SYS, "archive: out of memory");
	return err_set(e, ERR_HASH, "archive: %s%s%s", what, why ? ": " : "", why ? why : "");
}

static int
open_tar(struct reading *g, archive_read_callback *read, struct err *e)
{
	g->tar = archive_read_new();
	if (!g->tar)
		abort();
	archive_read_support_format_tar(g->tar);
	archive_read_support_filter_gzip(g->tar);
	archive_read_support_filter_xz(g->tar);
	archive_read_support_filter_zstd(g->tar);
	if (archive_read_open(g->tar, g, NULL, read, NULL) != ARCHIVE_OK)
		return fault(g, g->tar, "not a tar archive", e);
	return 0;
}

static int
open_deb(struct reading *g, struct err *e)
{
	struct archive_entry *ent;
	int r;

	g->ar = archive_read_new();
	if (!g->ar)
		abort();
	archive_read_support_format_ar(g->ar);
	if (archive_read_open(g->ar, g, NULL, read_piece, NULL) != ARCHIVE_OK)
		return fault(g, g->ar, "not a Debian package", e);
	while ((r = archive_read_next_header(g->ar, &ent)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(ent);

		if (name && str_has_prefix(name, "data.tar"))
			return open_tar(g, read_data_member, e);
	}
	if (r != ARCHIVE_EOF)
		return fault(g, g->ar, "not a Debian package", e);
	return err_set(e, ERR_HASH, "archive: a Debian package without data.tar");
}

/* ---- members ---- */

static int
refuse(const char *path, const char *what, struct err *e)
{
	return err_set(e, ERR_HASH, "archive: %s: %s", path, what);
}

/* Members come as "./usr/bin/x" and "usr/bin/": one spelling of both. NULL for the root itself. */
static const char *
plain_path(struct arena *a, const char *name)
{
	size_t n;

	while (name[0] == '.' && name[1] == '/') {
		name += 2;
		while (*name == '/')
			name++;
	}
	n = strlen(name);
	while (n && name[n - 1] == '/')
		n--;
	if (n == 0 || (n == 1 && name[0] == '.'))
		return NULL;
	return arena_strndup(a, name, n);
}

/* Enters a path and the directories above it; says what is in the way. */
static const char *
enter_path(struct reading *g, const char *path, char *tag)
{
	void **slot;

	for (const char *s = strchr(path, '/'); s; s = strchr(s + 1, '/')) {
		slot = map_put(&g->mem, &g->seen, (struct str){ path, (size_t)(s - path) });
		if (*slot && *slot != &tag_dir)
			return "lies below what is no directory";
		*slot = &tag_dir;
	}
	slot = map_put(&g->mem, &g->seen, str_of(path));
	if (*slot && (*slot != &tag_dir || tag != &tag_dir))
		return "occurs twice";
	*slot = tag;
	return NULL;
}

/* "/usr/lib/x" in a link at "usr/share/y" becomes "../lib/x", by way of the package's root. */
static const char *
relative_target(struct arena *a, const char *path, const char *target)
{
	size_t same = 0, up = 0;
	char *out, *to;

	while (*target == '/')
		target++;
	for (size_t i = 0; path[i] && path[i] == target[i]; i++) {
		if (path[i] == '/')
			same = i + 1;
	}
	for (const char *s = strchr(path + same, '/'); s; s = strchr(s + 1, '/'))
		up++;
	out = to = arena_alloc(a, up * 3 + strlen(target + same) + 2, 1);
	for (size_t i = 0; i < up; i++) {
		memcpy(to, "../", 3);
		to += 3;
	}
	memcpy(to, target + same, strlen(target + same));
	return out;
}

static int
check_link(struct reading *g, struct archive_entry *ent, struct tarball_entry *t, struct err *e)
{
	const char *target = archive_entry_symlink(ent), *why;

	if (!target)
		return refuse(t->path, "a link without a target", e);
	if (g->is_deb && target[0] == '/') {
		size_t n = strspn(target, "/");

		why = target[n] ? member_name_fault(str_of(target + n)) : "is the root";
		if (why)
			return err_set(e, ERR_HASH, "archive: %s: the link's target \"%s\" %s",
				t->path, target, why);
		target = relative_target(&g->mem, t->path, target);
	}
	why = member_link_fault(str_of(t->path), str_of(target));
	if (why)
		return err_set(e, ERR_HASH, "archive: %s: the link's target \"%s\" %s", t->path,
			target, why);
	t->kind = TARBALL_LINK;
	t->target = arena_strdup(&g->mem, target);
	return 0;
}

static int
check_hardlink(struct reading *g, const char *target, struct tarball_entry *t, struct err *e)
{
	t->kind = TARBALL_HARDLINK;
	t->target = plain_path(&g->mem, target);
	if (!t->target || map_get(&g->seen, str_of(t->target)) != &tag_file)
		return refuse(t->path, "a hard link to what is no file before it", e);
	return 0;
}

static int
check_kind(struct reading *g, struct archive_entry *ent, struct tarball_entry *t, struct err *e)
{
	const char *hard = archive_entry_hardlink(ent);
	la_int64_t size = archive_entry_size(ent);

	if (hard)
		return check_hardlink(g, hard, t, e);
	switch (archive_entry_filetype(ent)) {
	case S_IFLNK:
		return check_link(g, ent, t, e);
	case S_IFDIR:
		t->kind = TARBALL_DIR;
		return 0;
	case S_IFREG:
		if (size < 0 || (uint64_t)size > g->limits->bytes - g->bytes)
			return refuse(t->path, "the archive unpacks to more than is allowed", e);
		t->kind = TARBALL_FILE;
		t->size = (uint64_t)size;
		t->is_exec = (archive_entry_perm(ent) & S_IXUSR) != 0;
		return 0;
	default:
		return refuse(t->path, "neither file, directory nor link", e);
	}
}

static int
give(struct reading *g, const struct tarball_entry *t, bool wanted, const void *p, size_t n,
	struct err *e)
{
	g->bytes += n;
	if (g->bytes > g->limits->bytes)
		return refuse(t->path, "the archive unpacks to more than is allowed", e);
	if (g->bytes > g->limits->ratio_from && g->bytes / g->limits->ratio > g->packed)
		return refuse(t->path, "the archive is packed too tightly to be honest", e);
	return wanted && n ? g->r->data(g->r->arg, p, n, e) : 0;
}

/* Contents as they come; holes of sparse files are filled in. */
static int
read_contents(struct reading *g, const struct tarball_entry *t, bool wanted, struct err *e)
{
	static const char zeros[65536];
	uint64_t at = 0;

	for (;;) {
		const void *p = NULL;
		la_int64_t off = 0;
		size_t n = 0;
		int r = archive_read_data_block(g->tar, &p, &n, &off);

		if (r != ARCHIVE_OK && r != ARCHIVE_EOF)
			return fault(g, g->tar, t->path, e);
		if (r == ARCHIVE_EOF) {
			off = (la_int64_t)t->size;
			n = 0;
		}
		if (off < 0 || (uint64_t)off < at || (uint64_t)off > t->size ||
			n > t->size - (uint64_t)off)
			return refuse(t->path, "its contents are damaged", e);
		while (at < (uint64_t)off) {
			uint64_t gap = (uint64_t)off - at;
			size_t part = gap < sizeof(zeros) ? (size_t)gap : sizeof(zeros);

			TRY(give(g, t, wanted, zeros, part, e));
			at += part;
		}
		if (r == ARCHIVE_EOF)
			return 0;
		TRY(give(g, t, wanted, p, n, e));
		at += n;
	}
}

static int
read_member(struct reading *g, struct archive_entry *ent, struct err *e)
{
	const char *name = archive_entry_pathname(ent), *why;
	struct tarball_entry t = { 0 };
	char *tag;
	int wanted;

	if (!name)
		name = archive_entry_pathname_utf8(ent);
	if (++g->members > g->limits->members)
		return err_set(e, ERR_HASH, "archive: more than %ju members",
			(uintmax_t)g->limits->members);
	if (!name)
		return err_set(e, ERR_HASH, "archive: a member without a name");
	t.path = plain_path(&g->mem, name);
	if (!t.path)
		return archive_entry_filetype(ent) == S_IFDIR
			       ? 0
			       : refuse(name, "is no name of a file", e);
	why = member_name_fault(str_of(t.path));
	if (why)
		return err_set(e, ERR_HASH, "archive: the name of a member %s", why);
	TRY(check_kind(g, ent, &t, e));
	tag = t.kind == TARBALL_DIR ? &tag_dir : t.kind == TARBALL_LINK ? &tag_link : &tag_file;
	why = enter_path(g, t.path, tag);
	if (why)
		return refuse(t.path, why, e);
	wanted = g->r->entry(g->r->arg, &t, e);
	TRY(wanted);
	if (t.kind != TARBALL_FILE)
		return 0;
	TRY(read_contents(g, &t, wanted > 0, e));
	return wanted > 0 && g->r->end ? g->r->end(g->r->arg, e) : 0;
}

static int
read_all(struct reading *g, struct err *e)
{
	struct archive_entry *ent;
	int r;

	if (g->is_deb)
		TRY(open_deb(g, e));
	else
		TRY(open_tar(g, read_piece, e));
	/* A warning is about a name that the locale cannot show; we look at its bytes. */
	while ((r = archive_read_next_header(g->tar, &ent)) == ARCHIVE_OK || r == ARCHIVE_WARN)
		TRY(read_member(g, ent, e));
	if (r != ARCHIVE_EOF)
		return fault(g, g->tar, "damaged", e);
	return g->failed ? -1 : 0;
}

int
tarball_read(enum tarball_format format, const struct tarball_reader *r,
	const struct tarball_limits *limits, struct err *e)
{
	struct reading g = { .r = r,
		.limits = limits ? limits : &tarball_default_limits,
		.is_deb = format == TARBALL_DEB,
		.e = e };
	int result = read_all(&g, e);

	/* The inner one first: it reads from the outer one. */
	if (g.tar)
		archive_read_free(g.tar);
	if (g.ar)
		archive_read_free(g.ar);
	arena_free(&g.mem);
	return result;
}
