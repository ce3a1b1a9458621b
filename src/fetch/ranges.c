/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of a wheel: its directory is read from the end of the file, then the bytes of the chosen
 * members, neighbours together. Over HTTP by ranges where the server serves them, else the file is
 * fetched whole.
 */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "fetch/internal.h"
#include "fetch/select.h"
#include "fetch/unpack.h"
#include "formats/zip.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	GAP = 64 << 10,       /* what lies between two members is fetched along if it is no more */
	CHUNK = 1 << 20,      /* of a local file */
	RUN_LIMIT = 16 << 20, /* a longer run of members is split, to be fetched in parallel */
};
#define CONTENT_LIMIT ((uint64_t)16 << 30)

/* Where the bytes come from: a local file, or an address. */
struct blob {
	struct task *t;
	int fd; /* -1: url */
	const char *url;
	uint64_t size;
	struct str tail; /* the last bytes of a remote file */
	bool no_ranges;
};
/* A chosen member. */
struct chosen {
	const struct zip_member *m;
	const char *to;
	struct wheel *w;
	struct zip_unpack *unpack;
	int fd;
	uint64_t at; /* place in the file of the next byte to take */
	bool done;
};
/* A run of members with one range. */
struct run {
	struct wheel *w;
	size_t first, n, now; /* in w->chosen */
	uint64_t at;
};
struct wheel {
	struct task *t;
	struct blob blob;
	struct zip zip;
	struct unpack out;
	VEC(struct chosen) chosen;
	struct wheel_libraries libraries; /* members of which only the symbols are wanted */
};

/* ---- reading ---- */

static int
read_local(struct blob *b, uint64_t off, char *p, size_t n, struct err *e)
{
	while (n) {
		ssize_t r = pread(b->fd, p, n, (off_t)off);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, "cannot read %s", b->url);
		if (r == 0)
			return err_set(e, ERR_HASH, "%s is cut off", b->url);
		p += r;
		off += (uint64_t)r;
		n -= (size_t)r;
	}
	return 0;
}

struct memory {
	char *p;
	size_t n;
};

static int
memory_put(void *arg, const void *p, size_t n, struct err *e)
{
	struct memory *m = arg;

	if (n > m->n)
		return err_set(e, ERR_BUG, "a range is longer than asked for");
	memcpy(m->p, p, n);
	m->p += n;
	m->n -= n;
	return 0;
}

/* For zip_read: what lies in the tail comes from there, only what precedes it is fetched. */
static int
read_blob(void *arg, uint64_t off, void *buf, size_t n, struct err *e)
{
	struct blob *b = arg;
	uint64_t tail_from = b->size - b->tail.n;
	struct memory m = { buf, n };
	struct http_range range = { off, off + n, { memory_put, NULL, &m } };
	int r;

	if (b->fd >= 0)
		return read_local(b, off, buf, n, e);
	if (off + n > tail_from) {
		uint64_t from = off > tail_from ? off : tail_from;

		memcpy((char *)buf + (from - off), b->tail.p + (from - tail_from),
			(size_t)(off + n - from));
		range.to = from;
		m.n = (size_t)(from - off);
	}
	if (range.from == range.to)
		return 0;
	r = http_ranges(b->t->http, b->url, b->size, &range, 1, e);
	if (r == 1) {
		b->no_ranges = true;
		return err_set(e, ERR_NET, "%s: the server does not support ranges", b->url);
	}
	return r;
}

/* ---- writing ---- */

static int
put_contents(void *arg, const void *p, size_t n, struct err *e)
{
	struct chosen *c = arg;

	if (fs_write_all(c->fd, p, n, e) < 0)
		return err_wrap(e, "%s", c->to);
	return 0;
}

/* Takes bytes of the file from c->at on, all within the member. */
static int
take(struct chosen *c, const char *p, size_t n, struct err *e)
{
	int r;

	c->at += n;
	if (c->done)
		return 0;
	if (!c->unpack) {
		TRY(unpack_file(
			&c->w->out, c->to, c->m->is_exec && !c->w->t->pin->is_plain, &c->fd, e));
		c->unpack = zip_unpack_new(c->m, 0, put_contents, c);
	}
	r = zip_unpack_add(c->unpack, p, n, e);
	TRY(r);
	if (r == 0)
		return 0;
	c->done = true;
	zip_unpack_free(c->unpack);
	c->unpack = NULL;
	fd_closep(&c->fd);
	return 0;
}

static int
take_run(void *arg, const void *bytes, size_t n, struct err *e)
{
	struct run *r = arg;
	const char *p = bytes;

	while (n) {
		struct chosen *c = r->now < r->n ? &r->w->chosen.v[r->first + r->now] : NULL;
		uint64_t stop = !c ? UINT64_MAX : r->at < c->m->from ? c->m->from : c->m->to;
		size_t part = n < stop - r->at ? n : (size_t)(stop - r->at);

		if (c && r->at >= c->m->from)
			TRY(take(c, p, part, e));
		r->at += part;
		p += part;
		n -= part;
		if (c && r->at == c->m->to) {
			if (!c->done)
				return err_set(e, ERR_HASH, "zip: %s: cut off", c->m->name);
			r->now++;
		}
	}
	return 0;
}

/* ---- what to read ---- */

static int
choose(struct wheel *w, struct err *e)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->zip.n; i++) {
		struct chosen c = { .m = &w->zip.v[i], .w = w, .fd = -1, .at = w->zip.v[i].from };
		bool symbols;
		int r;

		if (c.m->is_dir)
			continue;
		r = select_member(w->t->a, w->t->pin, c.m->name, &c.to, &symbols, e);
		TRY(r);
		if (r == 0)
			continue;
		sum += c.m->size;
		if (sum > CONTENT_LIMIT || c.m->size > CONTENT_LIMIT)
			return err_set(e, ERR_HASH, "the wheel unpacks to more than 16 GiB");
		if (symbols) {
			struct wheel_library l = { c.m, c.to };

			vec_push(w->t->a, &w->libraries, l);
		} else {
			vec_push(w->t->a, &w->chosen, c);
		}
	}
	if (w->chosen.n + w->libraries.n == 0)
		return err_set(e, ERR_CONFIG, "the pin selects none of the %zu members", w->zip.n);
	return 0;
}

/* Runs of neighbours. */
static size_t
make_runs(struct wheel *w, struct run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < w->chosen.n; i++) {
		const struct zip_member *m = w->chosen.v[i].m;
		struct run *last = n ? &run[n - 1] : NULL;
		const struct zip_member *before = last ? w->chosen.v[i - 1].m : NULL;

		if (before && last->first + last->n == i && m->from - before->to <= GAP &&
			m->to - last->at <= RUN_LIMIT) {
			last->n++;
			continue;
		}
		run[n++] = (struct run){ .w = w, .first = i, .n = 1, .at = m->from };
	}
	return n;
}

/* Feeds those ranges that lie in the tail, which is here already; *n becomes the count of others.
 */
static int
use_tail(struct blob *b, struct http_range *range, size_t *n, struct err *e)
{
	uint64_t tail_from = b->size - b->tail.n;
	size_t left = 0;

	for (size_t i = 0; i < *n; i++) {
		const struct http_range *r = &range[i];

		if (r->from < tail_from)
			range[left++] = *r;
		else
			TRY(r->sink.put(r->sink.arg, b->tail.p + (r->from - tail_from),
				(size_t)(r->to - r->from), e));
	}
	*n = left;
	return 0;
}

static int
read_ranges(void *arg, struct http_range *range, size_t n, struct err *e)
{
	static char chunk[CHUNK];
	struct wheel *w = arg;
	struct blob *b = &w->blob;
	uint64_t sum = 0;

	for (size_t i = 0; b->fd >= 0 && i < n; i++) {
		for (uint64_t at = range[i].from; at < range[i].to;) {
			uint64_t left = range[i].to - at;
			size_t part = left < CHUNK ? (size_t)left : CHUNK;

			TRY(read_local(b, at, chunk, part, e));
			TRY(range[i].sink.put(range[i].sink.arg, chunk, part, e));
			at += part;
		}
	}
	if (b->fd >= 0)
		return 0;
	TRY(use_tail(b, range, &n, e));
	for (size_t i = 0; i < n; i++)
		sum += range[i].to - range[i].from;
	w->t->need(w->t, w->t->bytes + sum);
	return http_ranges(w->t->http, b->url, b->size, range, n, e);
}

static size_t
add_runs(struct wheel *w, struct http_range *range)
{
	struct run *run = arena_array(w->t->a, struct run, w->chosen.n + 1);
	size_t n = make_runs(w, run);

	for (size_t i = 0; i < n; i++) {
		const struct chosen *last = &w->chosen.v[run[i].first + run[i].n - 1];

		range[i] =
			(struct http_range){ run[i].at, last->m->to, { take_run, NULL, &run[i] } };
	}
	return n;
}

/* 1: the server serves no ranges. */
static int
read_members(struct wheel *w, struct err *e)
{
	struct http_range *range = arena_array(w->t->a, struct http_range, w->chosen.n + 1);
	size_t n = add_runs(w, range);
	int r = n ? read_ranges(w, range, n, e) : 0;

	if (r != 0 || w->libraries.n == 0)
		return r;
	return wheel_symbols(w->t, &w->out, &w->libraries, read_ranges, w, e);
}

/* 1 as above. */
static int
unpack_wheel(struct wheel *w, struct err *e)
{
	struct zip_source src = { read_blob, &w->blob, w->blob.size };

	if (zip_read(w->t->a, &src, &w->zip, e) < 0)
		return w->blob.no_ranges ? 1 : -1;
	TRY(choose(w, e));
	return read_members(w, e);
}

/* Runs unpack_wheel with a fresh tmp/tree, and leaves nothing open behind. */
static int
unpack_blob(struct task *t, const struct blob *blob, struct err *e)
{
	struct wheel w = { .t = t, .blob = *blob };
	const char *dir = path_join(t->a, t->tmp, "tree");
	int r;

	TRY(fs_remove(dir, e));
	TRY(fs_mkdirs(dir, e));
	unpack_init(&w.out, dir);
	r = unpack_wheel(&w, e);
	for (size_t i = 0; i < w.chosen.n; i++) {
		zip_unpack_free(w.chosen.v[i].unpack);
		fd_closep(&w.chosen.v[i].fd);
	}
	unpack_free(&w.out);
	return r;
}

static int
unpack_local(struct task *t, const char *path, struct err *e)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct blob blob = { .t = t, .fd = fd, .url = path };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "cannot open %s", path);
	blob.size = (uint64_t)st.st_size;
	t->size = blob.size;
	if (unpack_blob(t, &blob, e) < 0)
		return err_wrap(e, "%s", path);
	return 0;
}

/* How much of the end to read at once: the directory of a large wheel is about a 600th of it. */
static size_t
tail_guess(uint64_t size)
{
	uint64_t n = size / 512;

	return n < ZIP_TAIL ? ZIP_TAIL : n > 4 << 20 ? 4 << 20 : (size_t)n;
}

static int
unpack_remote(struct task *t, const char *url, uint64_t size, struct err *e)
{
	struct blob blob = { .t = t, .fd = -1, .url = url };
	struct http_end end;
	int r = http_tail(t->a, t->http, url, tail_guess(size), &end, e);

	if (r != 0)
		return r;
	blob.tail = end.bytes;
	blob.size = end.size;
	if (size && blob.size != size)
		return err_set(e, ERR_HASH, "%s has %ju bytes, not %ju", http_safe_url(t->a, url),
			(uintmax_t)blob.size, (uintmax_t)size);
	t->size = blob.size;
	r = unpack_blob(t, &blob, e);
	return r < 0 && e->code == ERR_HASH ? err_wrap(e, "%s", http_safe_url(t->a, url)) : r;
}

/* The index, the pin and the file must agree. */
static int
check_index(struct task *t, struct index_file *f, struct err *e)
{
	const struct pin *pin = t->pin;
	char is[65], want[65];

	if (pin->has_sha256 && f->has_sha256 && !digest_eq(&pin->sha256, &f->sha256))
		return err_set(e, ERR_HASH, "the index says SHA-256 %s, but %s is pinned",
			digest_hex(&f->sha256, is), digest_hex(&pin->sha256, want));
	if (pin->size && f->size && pin->size != f->size)
		return err_set(e, ERR_HASH, "the index says %ju bytes, but %ju are pinned",
			(uintmax_t)f->size, (uintmax_t)pin->size);
	if (pin->has_sha256) {
		f->sha256 = pin->sha256;
		f->has_sha256 = true;
	}
	if (pin->size)
		f->size = pin->size;
	if (!f->has_sha256 && (t->full || !pin->has_tree))
		return err_set(e, ERR_HASH, "neither the index nor the pin has a SHA-256");
	t->has_sha256 = f->has_sha256;
	t->sha256 = f->sha256;
	return 0;
}

int
task_find_indexed(struct task *t, struct index_file *out, struct err *e)
{
	TRY(index_find(t->a, t->http, t->sources->wheel_index, t->pin, out, e));
	return check_index(t, out, e);
}

const char *
task_find_in_wheels(struct task *t, const char *dir)
{
	const char *sub[] = { t->pin->name, index_normal_name(t->a, t->pin->name), NULL };

	return task_find_local(t, dir, t->pin->file, sub);
}

static int
fetch_remote(struct task *t, struct err *e)
{
	struct index_file f;
	const char *path;
	int r = 1;

	TRY(task_find_indexed(t, &f, e));
	if (!t->full)
		r = unpack_remote(t, f.url, f.size, e);
	if (r <= 0)
		return r;
	if (!t->full)
		log_debug("%s: the server does not support ranges; fetching the whole file",
			t->pin->file);
	TRY(task_download(t, f.url, f.size, f.has_sha256 ? &f.sha256 : NULL, &path, e));
	return unpack_local(t, path, e);
}

int
wheel_fetch(struct task *t, struct err *e)
{
	const char *dir = source_as_dir(t->a, t->sources->wheel_index), *path;
	const struct digest *want = t->pin->has_sha256 ? &t->pin->sha256 : NULL;

	if (!dir)
		return fetch_remote(t, e);
	path = task_find_in_wheels(t, dir);
	if (!path)
		return err_set(e, ERR_NET, "%s is not in %s", t->pin->file, dir);
	if (t->full || !t->pin->has_tree)
		TRY(task_check_file(t, path, want, e));
	return unpack_local(t, path, e);
}
