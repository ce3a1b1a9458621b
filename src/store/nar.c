/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest that Nix knows a tree by: SHA-256 of its serialisation as a Nix archive ("NAR"), as
 * section 5.2.1 of E. Dolstra's thesis describes it. A text is its length (8 bytes, little-endian),
 * its bytes, and zeros up to a multiple of 8. A node is "(", "type", then "regular", for a program
 * "executable" and "", then "contents" and the bytes "symlink", "target" and the target "directory"
 * and, in byte order of the names, "entry", "(", "name", NAME, "node", NODE, ")" and ")". The
 * archive is "nix-archive-1" and a node.
 */
#include "base/err.h"
#include "base/path.h"
#include "store/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

struct nar {
	struct arena a;
	struct sha256 *sha;
	const char *root;
	const struct tree_entry **v; /* in the order of the archive */
	size_t n, at;
};

static void
add_size(struct nar *w, uint64_t n)
{
	unsigned char b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (unsigned char)(n >> (8 * i));
	sha256_add(w->sha, b, sizeof(b));
}

static void
add_padding(struct nar *w, uint64_t n)
{
	static const char zeros[8];

	sha256_add(w->sha, zeros, (8 - n % 8) % 8);
}

static void
add_text(struct nar *w, const char *p, size_t n)
{
	add_size(w, n);
	sha256_add(w->sha, p, n);
	add_padding(w, n);
}

/* Several texts, ended by NULL. */
static void
add_texts(struct nar *w, const char *const *texts)
{
	for (; *texts; texts++)
		add_text(w, *texts, strlen(*texts));
}
#define TEXTS(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}

/* A file that is not as the manifest says makes a digest that no output has. */
static int
add_contents(struct nar *w, const struct tree_entry *t, const char *path, struct err *e)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char piece[1 << 16];
	uint64_t size = 0;
	ssize_t n;

	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	add_size(w, t->size);
	while ((n = read(fd, piece, sizeof(piece))) > 0) {
		sha256_add(w->sha, piece, (size_t)n);
		size += (uint64_t)n;
	}
	if (n < 0 || size != t->size)
		return err_set(e, ERR_STORE, "%s: changed while it was read", path);
	add_padding(w, size);
	return 0;
}

static int
add_leaf(struct nar *w, const struct tree_entry *t, struct err *e)
{
	const char *path = path_join(&w->a, w->root, t->path);
	char target[PATH_MAX];
	ssize_t n;

	if (!t->is_link) {
		add_texts(w, TEXTS("(", "type", "regular"));
		if (t->is_exec)
			add_texts(w, TEXTS("executable", ""));
		add_texts(w, TEXTS("contents"));
		TRY(add_contents(w, t, path, e));
	} else {
		n = readlink(path, target, sizeof(target));
		if (n < 0)
			return err_sys(e, "cannot read link %s", path);
		add_texts(w, TEXTS("(", "type", "symlink", "target"));
		add_text(w, target, (size_t)n);
	}
	add_texts(w, TEXTS(")"));
	return 0;
}

/* The entries from w->at on whose paths begin with the same `prefix` bytes as the first's. */
static int
add_dir(struct nar *w, size_t prefix, struct err *e)
{
	const char *first = w->at < w->n ? w->v[w->at]->path : "";

	add_texts(w, TEXTS("(", "type", "directory"));
	while (w->at < w->n && strncmp(w->v[w->at]->path, first, prefix) == 0) {
		const struct tree_entry *t = w->v[w->at];
		const char *name = t->path + prefix, *slash = strchr(name, '/');

		add_texts(w, TEXTS("entry", "(", "name"));
		add_text(w, name, slash ? (size_t)(slash - name) : strlen(name));
		add_texts(w, TEXTS("node"));
		if (slash) {
			TRY(add_dir(w, (size_t)(slash - t->path) + 1, e));
		} else {
			TRY(add_leaf(w, t, e));
			w->at++;
		}
		add_texts(w, TEXTS(")"));
	}
	add_texts(w, TEXTS(")"));
	return 0;
}

/* As strings, but '/' is less than any other byte: what is in one directory stays together, in
 * order of names. */
static int
compare(const void *x, const void *y)
{
	const unsigned char *p =
		(const unsigned char *)(*(const struct tree_entry *const *)x)->path;
	const unsigned char *q =
		(const unsigned char *)(*(const struct tree_entry *const *)y)->path;

	while (*p && *p == *q)
		p++, q++;
	return (*p == '/' ? 1 : *p ? *p + 1 : 0) - (*q == '/' ? 1 : *q ? *q + 1 : 0);
}

int
store_tree_nar(struct store *s, const struct digest *d, struct digest *out, struct err *e)
{
	struct nar w = { 0 };
	struct tree t;
	int r;

	if (store_check_tree(s, d, false, e) < 0 || store_read_manifest(&w.a, s, d, &t, e) < 0) {
		arena_free(&w.a);
		return -1;
	}
	w.root = store_tree_path(&w.a, s, d);
	w.v = arena_array(&w.a, const struct tree_entry *, t.n + 1);
	for (size_t i = 0; i < t.n; i++)
		w.v[w.n++] = &t.v[i];
	qsort(w.v, w.n, sizeof(*w.v), compare);
	w.sha = sha256_new();
	add_texts(&w, TEXTS("nix-archive-1"));
	r = add_dir(&w, 0, e);
	*out = sha256_final(w.sha);
	arena_free(&w.a);
	return r;
}
