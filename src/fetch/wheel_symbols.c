/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The symbols of shared libraries in a wheel, without reading the libraries: the table of symbols
 * is near the beginning, the names are near the beginning or, when patchelf made them longer, at
 * the end, and the section headers are at the end. Of a deflated member the beginning is easy; for
 * the end see formats/inflate.h. A library of 900 MB takes 1 to 2 MB this way.
 *
 * No checksum covers parts of a member, so what is found here counts only by the digest of the
 * tree, which `lock --verify-full` compares with what the whole file gives.
 */
#include "base/err.h"
#include "base/path.h"
#include "elf/symbols.h"
#include "fetch/internal.h"
#include "fetch/unpack.h"
#include "formats/inflate.h"
#include "formats/zip.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	LOCAL_SIZE = 30,   /* of a local header, without name and extra field */
	FIRST = 256 << 10, /* packed bytes to begin with, at each end */
	/* more than what an estimate says, for a block to begin and the window to fill */
	MARGIN = 128 << 10,
	SMALL = 2 << 20, /* a member of no more is read whole */
	DEFLATED = 8,
};

struct library {
	const struct wheel_library *is;
	struct buf head, tail;         /* packed bytes: the member's first and last ones */
	uint64_t want_head, want_tail; /* how many of them there should be */
	/* where in the member packed contents begin; 0: not known yet */
	uint64_t data;
	bool is_whole, is_done;
};
struct libraries {
	struct task *t;
	struct unpack *out;
	wheel_reader *read;
	void *arg;
	struct library *v;
	size_t n;
};

static uint64_t
length(const struct library *l)
{
	return l->is->member->to - l->is->member->from;
}

static unsigned
u16(const char *p)
{
	return (unsigned char)p[0] | (unsigned)(unsigned char)p[1] << 8;
}

static int
put(void *arg, const void *p, size_t n, struct err *e)
{
	(void)e;
	buf_add(arg, p, n);
	return 0;
}

static int
write_list(struct libraries *ls, struct library *l, const struct buf *text, struct err *e)
{
	CLEANUP(fd_closep) int fd = -1;

	l->is_done = true;
	buf_free(&l->head);
	buf_free(&l->tail);
	TRY(unpack_file(ls->out, l->is->to, false, &fd, e));
	return fs_write_all(fd, text->p, text->n, e);
}

/* ---- of a whole member ---- */

static int
put_file(void *arg, const void *p, size_t n, struct err *e)
{
	return fs_write_all(*(int *)arg, p, n, e);
}

static int
put_packed(void *arg, const void *p, size_t n, struct err *e)
{
	return zip_unpack_add(arg, p, n, e) < 0 ? -1 : 0;
}

static int
list_file(struct libraries *ls, struct library *l, int fd, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	uint64_t size = l->is->member->size, ignored;
	struct elf_parts parts = { .size = size };
	void *p = mmap(NULL, size ? size : 1, PROT_READ, MAP_PRIVATE, fd, 0);
	int r;

	if (p == MAP_FAILED)
		return err_sys(e, "cannot map %s", l->is->member->name);
	parts.head = (struct str){ p, size };
	r = symbols_of_library(&parts, l->is->member->name, &text, &ignored, &ignored, e);
	munmap(p, size);
	if (r < 0) {
		e->code = ERR_HASH; /* of the pin */
		return -1;
	}
	return write_list(ls, l, &text, e);
}

static int
read_whole(struct libraries *ls, struct library *l, struct err *e)
{
	const char *path = path_join(ls->t->a, ls->t->tmp, "library");
	const struct zip_member *m = l->is->member;
	CLEANUP(fd_closep) int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct zip_unpack *u;
	struct http_range range = { m->from, m->to, { put_packed, NULL, NULL } };
	int r;

	if (fd < 0 || unlink(path) < 0)
		return err_sys(e, "cannot create %s", path);
	u = zip_unpack_new(m, 0, put_file, &fd);
	range.sink.arg = u;
	r = ls->read(ls->arg, &range, 1, e);
	if (r == 0 && zip_unpack_add(u, "", 0, e) <= 0)
		r = err_set(e, ERR_HASH, "zip: %s: cut off", m->name);
	zip_unpack_free(u);
	return r != 0 ? r : list_file(ls, l, fd, e);
}

/* ---- of its ends ---- */

/* The beginning tells where the packed contents begin. */
static int
find_data(struct library *l, struct err *e)
{
	const struct zip_member *m = l->is->member;
	const char *p = l->head.p;

	if (l->head.n < LOCAL_SIZE || memcmp(p, "PK\3\4", 4) != 0 || u16(p + 8) != m->method)
		return err_set(
			e, ERR_HASH, "zip: %s: no local header where the directory says", m->name);
	l->data = (uint64_t)LOCAL_SIZE + u16(p + 26) + u16(p + 28);
	if (l->data > length(l) || m->packed > length(l) - l->data)
		return err_set(e, ERR_HASH, "zip: %s: runs into the next member", m->name);
	return 0;
}

/* Contents of both ends, as far as they are certain. */
static int
open_ends(struct library *l, struct buf *head, struct buf *tail, size_t *known, struct err *e)
{
	const struct zip_member *m = l->is->member;
	/* what follows the packed contents */
	size_t behind = (size_t)(length(l) - l->data - m->packed);
	struct str first = { l->head.p, l->head.n }, last = { l->tail.p, l->tail.n };

	first.p += l->data < first.n ? l->data : first.n;
	first.n -= l->data < first.n ? l->data : first.n;
	last.n -= behind < last.n ? behind : last.n;
	*known = 0;
	if (m->method != DEFLATED) {
		buf_add(head, first.p, first.n);
		buf_add(tail, last.p, last.n);
		return 0;
	}
	if (inflate_head(first, m->size, head) < 0)
		return err_set(e, ERR_HASH, "zip: %s: its packed data are damaged", m->name);
	if (inflate_tail(last, m->size, tail, known) == 0)
		tail->n = 0;
	if (tail->n > m->size)
		tail->n = 0;
	return 0;
}

/* How many packed bytes may give so many of contents, after `had` packed ones gave `got`. */
static uint64_t
estimate(uint64_t had, uint64_t got, uint64_t needed)
{
	double ratio = got ? (double)had / (double)got : 1;
	uint64_t n = (uint64_t)((double)needed * ratio * 1.05) + MARGIN, least = had + had / 2;

	return n > least ? n : least;
}

/* Lists the symbols of a library, or says what else is wanted of it. */
static int
try_ends(struct libraries *ls, struct library *l, struct err *e)
{
	CLEANUP(buf_free) struct buf head = { 0 }, tail = { 0 }, text = { 0 };
	uint64_t need_head, need_tail;
	struct elf_parts parts;
	size_t known;
	int got;

	if (!l->data)
		TRY(find_data(l, e));
	TRY(open_ends(l, &head, &tail, &known, e));
	parts = (struct elf_parts){ buf_str(&head),
		{ tail.n ? tail.p + known : "", tail.n - known }, l->is->member->size };
	got = symbols_of_library(&parts, l->is->member->name, &text, &need_head, &need_tail, e);
	if (got > 0)
		return write_list(ls, l, &text, e);
	if (got < 0) {
		l->is_whole = true; /* damaged, or really so: the checksum will tell */
		return 0;
	}
	if (need_head > head.n)
		l->want_head = estimate(l->head.n, head.n, need_head);
	if (need_tail > tail.n - known)
		l->want_tail = estimate(l->tail.n, tail.n, need_tail);
	l->is_whole = l->want_head + l->want_tail >= length(l);
	return 0;
}

/* What is wanted and not there, of all libraries at once. */
static int
read_ends(struct libraries *ls, struct err *e)
{
	struct http_range *range = arena_array(ls->t->a, struct http_range, 2 * ls->n);
	struct buf *front = arena_array(ls->t->a, struct buf, ls->n); /* what precedes a tail */
	size_t n = 0;
	int r;

	for (size_t i = 0; i < ls->n; i++) {
		struct library *l = &ls->v[i];
		const struct zip_member *m = l->is->member;

		if (l->is_done || l->is_whole)
			continue;
		if (l->want_head > l->head.n)
			range[n++] = (struct http_range){ m->from + l->head.n,
				m->from + l->want_head, { put, NULL, &l->head } };
		if (l->want_tail > l->tail.n)
			range[n++] = (struct http_range){ m->to - l->want_tail, m->to - l->tail.n,
				{ put, NULL, &front[i] } };
	}
	r = n ? ls->read(ls->arg, range, n, e) : 0;
	for (size_t i = 0; i < ls->n; i++) {
		if (front[i].n) {
			buf_add(&front[i], ls->v[i].tail.p, ls->v[i].tail.n);
			buf_free(&ls->v[i].tail);
			ls->v[i].tail = front[i];
		}
	}
	return r;
}

static int
read_all(struct libraries *ls, struct err *e)
{
	for (bool more = true; more;) {
		int r = read_ends(ls, e);

		more = false;
		for (size_t i = 0; r == 0 && i < ls->n; i++) {
			struct library *l = &ls->v[i];

			if (l->is_done)
				continue;
			r = l->is_whole ? read_whole(ls, l, e) : try_ends(ls, l, e);
			more = more || !l->is_done;
		}
		if (r != 0)
			return r;
	}
	return 0;
}

int
wheel_symbols(struct task *t, struct unpack *out, const struct wheel_libraries *l,
	wheel_reader *read, void *arg, struct err *e)
{
	struct libraries ls = { t, out, read, arg, arena_array(t->a, struct library, l->n + 1),
		l->n };
	int r;

	for (size_t i = 0; i < ls.n; i++) {
		struct library *x = &ls.v[i];

		*x = (struct library){ .is = &l->v[i], .is_whole = t->full };
		x->want_head = length(x) > SMALL ? FIRST : length(x);
		x->want_tail = length(x) > SMALL ? FIRST : 0;
	}
	r = read_all(&ls, e);
	for (size_t i = 0; i < ls.n; i++) {
		buf_free(&ls.v[i].head);
		buf_free(&ls.v[i].tail);
	}
	return r;
}
