/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of tar archives and Debian packages, on archives that libarchive writes here. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "formats/tarball.h"
#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

struct made {
	const char *name;
	unsigned type; /* S_IFREG, ...; 0: a hard link */
	unsigned mode;
	const char *text; /* contents, or target of a link */
	uint64_t zeros;   /* so many behind the text */
};

static la_ssize_t
on_write(struct archive *a, void *arg, const void *p, size_t n)
{
	(void)a;
	buf_add(arg, p, n);
	return (la_ssize_t)n;
}

static void
add_member(struct archive *a, const struct made *m)
{
	static const char zeros[65536];
	struct archive_entry *ent = archive_entry_new();
	bool has_text = m->type == S_IFREG;

	archive_entry_set_pathname(ent, m->name);
	archive_entry_set_filetype(ent, m->type ? m->type : S_IFREG);
	archive_entry_set_perm(ent, (mode_t)m->mode);
	if (m->type == 0)
		archive_entry_set_hardlink(ent, m->text);
	if (m->type == S_IFLNK)
		archive_entry_set_symlink(ent, m->text);
	archive_entry_set_size(ent, has_text ? (la_int64_t)(strlen(m->text) + m->zeros) : 0);
	if (archive_write_header(a, ent) != ARCHIVE_OK)
		fail_msg("%s", archive_error_string(a));
	if (has_text) {
		archive_write_data(a, m->text, strlen(m->text));
		for (uint64_t left = m->zeros; left;) {
			size_t n = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);

			archive_write_data(a, zeros, n);
			left -= n;
		}
	}
	archive_entry_free(ent);
}

/* filter: "none", "gzip", "xz", "zstd". */
static struct buf
make_tar(const struct made *m, size_t n, const char *filter)
{
	struct archive *a = archive_write_new();
	struct buf out = { 0 };

	archive_write_set_format_gnutar(a);
	archive_write_set_bytes_in_last_block(a, 1);
	if (!streq(filter, "none"))
		assert_int_equal(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_open(a, &out, NULL, on_write, NULL), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++)
		add_member(a, &m[i]);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	return out;
}

static void
ar_member(struct buf *b, const char *name, const char *p, size_t n)
{
	buf_addf(b, "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", name, 0, 0, 0, "100644", n);
	buf_add(b, p, n);
	if (n % 2)
		buf_addc(b, '\n');
}

static struct buf
make_deb(const struct buf *data, const char *data_name)
{
	struct buf b = { 0 };

	buf_adds(&b, "!<arch>\n");
	ar_member(&b, "debian-binary", "2.0\n", 4);
	ar_member(&b, "control.tar.xz", "anything", 8);
	if (data_name)
		ar_member(&b, data_name, data->p, data->n);
	return b;
}

/* ---- reading into a text ---- */

struct reading {
	const struct buf *in;
	size_t at, piece;
	struct buf out;
	const char *skip; /* contents of this one are not wanted */
	uint64_t bytes;
};

static int64_t
on_read(void *arg, const void **p, struct err *e)
{
	struct reading *r = arg;
	size_t n = r->in->n - r->at < r->piece ? r->in->n - r->at : r->piece;

	(void)e;
	*p = r->in->p + r->at;
	r->at += n;
	return (int64_t)n;
}

static int
on_entry(void *arg, const struct tarball_entry *ent, struct err *e)
{
	static const char *const kind[] = { "file", "dir", "link", "same" };
	struct reading *r = arg;

	(void)e;
	buf_addf(&r->out, "%s%s %s%s%s", kind[ent->kind], ent->is_exec ? "*" : "", ent->path,
		ent->target ? " > " : "", ent->target ? ent->target : "");
	if (ent->kind != TARBALL_FILE || (r->skip && streq(r->skip, ent->path))) {
		buf_addc(&r->out, '\n');
		return 0;
	}
	buf_addf(&r->out, " %ju:", (uintmax_t)ent->size);
	return 1;
}

static int
on_data(void *arg, const void *p, size_t n, struct err *e)
{
	struct reading *r = arg;

	(void)e;
	if (r->bytes < 100)
		buf_add(&r->out, p, n < 100 ? n : 100);
	r->bytes += n;
	return 0;
}

static int
on_end(void *arg, struct err *e)
{
	struct reading *r = arg;

	(void)e;
	buf_addc(&r->out, '\n');
	return 0;
}

static int
read_it(const struct buf *in, enum tarball_format f, const struct tarball_limits *limits,
	struct reading *r, struct err *e)
{
	struct tarball_reader reader = { r, on_read, on_entry, on_data, on_end };

	r->in = in;
	r->at = 0;
	r->out.n = 0;
	r->bytes = 0;
	r->piece = r->piece ? r->piece : 4096;
	return tarball_read(f, &reader, limits, e);
}

static void
test_good(void **state)
{
	static const char *const filter[] = { "none", "gzip", "xz", "zstd" };
	static const struct made m[] = {
		{ "./", S_IFDIR, 0755, NULL, 0 },
		{ "./usr/", S_IFDIR, 0755, NULL, 0 },
		{ "./usr/bin/", S_IFDIR, 0755, NULL, 0 },
		{ "./usr/bin/", S_IFDIR, 0755, NULL, 0 },
		{ "./usr/bin/tool", S_IFREG, 04755, "tool", 0 },
		{ "./usr/bin/same", 0, 0755, "./usr/bin/tool", 0 },
		{ "./usr/share/text", S_IFREG, 0640, "", 0 },
		{ "./usr/share/skipped", S_IFREG, 0644, "not wanted", 0 },
		{ "./usr/lib/l", S_IFLNK, 0777, "../bin/tool", 0 },
	};
	static const char want[] = "dir usr\ndir usr/bin\ndir usr/bin\nfile* usr/bin/tool 4:tool\n"
				   "same usr/bin/same > usr/bin/tool\nfile usr/share/text 0:\n"
				   "file usr/share/skipped\nlink usr/lib/l > ../bin/tool\n";

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct buf tar = make_tar(m, sizeof(m) / sizeof(*m), filter[i]);
		struct buf deb = make_deb(&tar, i == 0 ? "data.tar" : "data.tar.xz");
		struct reading r = { .skip = "usr/share/skipped", .piece = i == 1 ? 1 : 0 };
		struct err e = { 0 };

		if (read_it(&tar, TARBALL_TAR, NULL, &r, &e) < 0)
			fail_msg("%s: %s", filter[i], e.msg);
		assert_string_equal(r.out.p, want);
		if (read_it(&deb, TARBALL_DEB, NULL, &r, &e) < 0)
			fail_msg("%s: %s", filter[i], e.msg);
		assert_string_equal(r.out.p, want);
		buf_free(&tar);
		buf_free(&deb);
		buf_free(&r.out);
	}
}

/* Absolute links of a package mean its own root. */
static void
test_deb_links(void **state)
{
	const struct {
		const char *path, *target, *want; /* want NULL: refused */
	} c[] = {
		{ "usr/lib/a.so", "/lib/a.so.6", "../../lib/a.so.6" },
		{ "usr/lib/a.so", "/usr/lib/x/a.so.6", "x/a.so.6" },
		{ "usr/lib/a.so", "/usr/share/a", "../share/a" },
		{ "usr/lib/a.so", "//usr/lib/b", "b" },
		{ "a", "/b", "b" },
		{ "usr/lib/a.so", "/usr/../etc/a", NULL },
		{ "usr/lib/a.so", "/", NULL },
		{ "usr/lib/a.so", "../../../etc", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct made m = { c[i].path, S_IFLNK, 0777, c[i].target, 0 };
		struct buf tar = make_tar(&m, 1, "none"), deb = make_deb(&tar, "data.tar");
		struct reading r = { 0 };
		struct err e = { 0 };

		assert_int_equal(read_it(&deb, TARBALL_DEB, NULL, &r, &e), c[i].want ? 0 : -1);
		if (c[i].want) {
			struct buf want = { 0 };

			buf_addf(&want, "link %s > %s\n", c[i].path, c[i].want);
			assert_string_equal(r.out.p, want.p);
			buf_free(&want);
		}
		/* In any other archive they leave the tree. */
		assert_int_equal(read_it(&tar, TARBALL_TAR, NULL, &r, &e),
			c[i].target[0] == '/' || !c[i].want ? -1 : 0);
		buf_free(&tar);
		buf_free(&deb);
		buf_free(&r.out);
	}
}

static void
test_refused(void **state)
{
	const struct {
		struct made m[3];
		const char *text;
	} c[] = {
		{ { { "../a", S_IFREG, 0644, "x", 0 } }, "holds . or .." },
		{ { { "a/../../b", S_IFREG, 0644, "x", 0 } }, "holds . or .." },
		{ { { "/etc/a", S_IFREG, 0644, "x", 0 } }, "is absolute" },
		{ { { ".//./a", S_IFREG, 0644, "x", 0 } }, NULL },
		{ { { "a\nb", S_IFREG, 0644, "x", 0 } }, "control character" },
		{ { { "a\\b", S_IFREG, 0644, "x", 0 } }, "backslash" },
		{ { { "./", S_IFREG, 0644, "x", 0 } }, "archive: " },
		{ { { "l", S_IFLNK, 0777, "/etc", 0 } }, "is absolute" },
		{ { { "d/l", S_IFLNK, 0777, "../../x", 0 } }, "leaves the tree" },
		{ { { "d/l", S_IFLNK, 0777, "x/../../y", 0 } }, "goes up again" },
		{ { { "l", S_IFLNK, 0777, "d", 0 }, { "l/x", S_IFREG, 0644, "x", 0 } },
			"lies below what is no directory" },
		{ { { "l", S_IFLNK, 0777, "d", 0 }, { "l", S_IFDIR, 0755, NULL, 0 } },
			"occurs twice" },
		{ { { "a", S_IFREG, 0644, "x", 0 }, { "a/b", S_IFREG, 0644, "x", 0 } },
			"lies below what is no directory" },
		{ { { "a/b", S_IFREG, 0644, "x", 0 }, { "a", S_IFREG, 0644, "x", 0 } },
			"occurs twice" },
		{ { { "a", S_IFREG, 0644, "x", 0 }, { "./a", S_IFREG, 0644, "y", 0 } },
			"occurs twice" },
		{ { { "h", 0, 0644, "absent", 0 } }, "hard link to what is no file" },
		{ { { "h", 0, 0644, "../../etc/passwd", 0 } }, "hard link to what is no file" },
		{ { { "h", 0, 0644, "/etc/passwd", 0 } }, "hard link to what is no file" },
		{ { { "l", S_IFLNK, 0777, "d", 0 }, { "h", 0, 0644, "l", 0 } },
			"hard link to what is no file" },
		{ { { "p", S_IFIFO, 0644, NULL, 0 } }, "neither file, directory nor link" },
		{ { { "c", S_IFCHR, 0644, NULL, 0 } }, "neither file, directory nor link" },
		{ { { "b", S_IFBLK, 0644, NULL, 0 } }, "neither file, directory nor link" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct buf tar = make_tar(c[i].m, c[i].m[1].name ? 2 : 1, "none");
		struct reading r = { 0 };
		struct err e = { 0 };
		int got = read_it(&tar, TARBALL_TAR, NULL, &r, &e);

		if (!c[i].text) {
			assert_int_equal(got, 0);
		} else {
			if (got == 0)
				fail_msg("case %zu was accepted: %s", i, r.out.p);
			if (e.code != ERR_HASH || !strstr(e.msg, c[i].text))
				fail_msg("case %zu: %s", i, e.msg);
		}
		buf_free(&tar);
		buf_free(&r.out);
	}
}

static void
test_limits(void **state)
{
	static const struct made m[] = { { "a", S_IFREG, 0644, "x", 5 << 20 },
		{ "b", S_IFREG, 0644, "x", 5 << 20 }, { "c", S_IFREG, 0644, "x", 5 << 20 } };
	const struct {
		struct tarball_limits limits;
		const char *text;
	} c[] = {
		{ { 3, 20 << 20, 100000, 1 << 20 }, NULL },
		{ { 2, 20 << 20, 100000, 1 << 20 }, "more than 2 members" },
		{ { 3, 15 << 20, 100000, 1 << 20 }, "more than is allowed" },
		{ { 3, 20 << 20, 100, 1 << 20 }, "too tightly" },
		{ { 3, 20 << 20, 100, 20 << 20 }, NULL },
	};
	struct buf tar = make_tar(m, 3, "xz");

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct reading r = { .skip = "b" };
		struct err e = { 0 };
		int got = read_it(&tar, TARBALL_TAR, &c[i].limits, &r, &e);

		assert_int_equal(got, c[i].text ? -1 : 0);
		if (c[i].text && !strstr(e.msg, c[i].text))
			fail_msg("case %zu: %s", i, e.msg);
		if (!c[i].text)
			assert_int_equal(r.bytes, 2 * ((5 << 20) + 1));
		buf_free(&r.out);
	}
	buf_free(&tar);
}

/* Cut anywhere, or with a byte changed: an error, or what precedes the cut. Nothing worse. */
static void
test_damaged(void **state)
{
	static const struct made m[] = { { "a", S_IFREG, 0644, "hello", 3000 },
		{ "b/c", S_IFREG, 0755, "there", 0 } };
	struct buf tar = make_tar(m, 2, "gzip"), deb = make_deb(&tar, "data.tar.gz"), empty = { 0 };
	struct buf no_data = make_deb(&tar, NULL), wrong = make_deb(&empty, "data.tar.xz");
	struct reading r = { 0 }, whole = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(read_it(&deb, TARBALL_DEB, NULL, &whole, &e), 0);
	for (size_t i = 0; i < deb.n; i++) {
		struct buf cut = { 0 };

		buf_add(&cut, deb.p, i);
		if (read_it(&cut, TARBALL_DEB, NULL, &r, &e) == 0)
			assert_string_equal(r.out.p, whole.out.p);
		else
			assert_int_equal(e.code, ERR_HASH);
		buf_free(&cut);
		deb.p[i] ^= 0x10;
		read_it(&deb, TARBALL_DEB, NULL, &r, &e);
		deb.p[i] ^= 0x10;
	}
	assert_int_equal(read_it(&no_data, TARBALL_DEB, NULL, &r, &e), -1);
	assert_non_null(strstr(e.msg, "without data.tar"));
	assert_int_equal(read_it(&wrong, TARBALL_DEB, NULL, &r, &e), -1);
	assert_int_equal(read_it(&tar, TARBALL_DEB, NULL, &r, &e), -1);
	assert_int_equal(read_it(&deb, TARBALL_TAR, NULL, &r, &e), -1);
	buf_free(&tar);
	buf_free(&deb);
	buf_free(&no_data);
	buf_free(&wrong);
	buf_free(&r.out);
	buf_free(&whole.out);
}

static int64_t
fail_read(void *arg, const void **p, struct err *e)
{
	(void)arg;
	(void)p;
	return err_set(e, ERR_SYS, "the disk is on fire");
}

static int
fail_entry(void *arg, const struct tarball_entry *ent, struct err *e)
{
	(void)arg;
	return err_set(e, ERR_CONFIG, "%s is not wanted", ent->path);
}

/* Errors of the callbacks come through as they are. */
static void
test_callbacks(void **state)
{
	static const struct made m = { "a", S_IFREG, 0644, "hello", 0 };
	struct buf tar = make_tar(&m, 1, "xz");
	struct reading r = { .in = &tar, .piece = 4096 };
	struct tarball_reader reader = { &r, fail_read, on_entry, on_data, NULL };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(tarball_read(TARBALL_TAR, &reader, NULL, &e), -1);
	assert_string_equal(e.msg, "the disk is on fire");
	assert_int_equal(tarball_read(TARBALL_DEB, &reader, NULL, &e), -1);
	assert_string_equal(e.msg, "the disk is on fire");
	reader.read = on_read;
	reader.entry = fail_entry;
	assert_int_equal(tarball_read(TARBALL_TAR, &reader, NULL, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_string_equal(e.msg, "a is not wanted");
	buf_free(&tar);
	buf_free(&r.out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_deb_links),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_callbacks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
