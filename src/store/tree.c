/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes manifests of trees. */
#include "store/tree.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/record.h"
#include "formats/member.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static int
scan_link(const char *full, struct tree_entry *t, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlink(full, target, sizeof(target));
	const char *fault;

	if (n < 0)
		return err_sys(e, "cannot read link %s", full);
	fault = member_link_fault(str_of(t->path), (struct str){ target, (size_t)n });
	if (fault)
		return err_set(e, ERR_STORE, "%s: the link's target \"%.*s\" %s", t->path, (int)n,
			target, fault);
	t->is_link = true;
	t->size = (uint64_t)n;
	t->sha256 = sha256_of(target, (size_t)n);
	return 0;
}

int
tree_scan(struct arena *a, const char *dir, struct tree *out, struct err *e)
{
	struct fs_entries found;

	*out = (struct tree){ 0 };
	TRY(fs_walk(a, dir, &found, e));
	for (size_t i = 0; i < found.n; i++) {
		const struct fs_entry *f = &found.v[i];
		const char *full = path_join(a, dir, f->path);
		const char *fault = member_name_fault(str_of(f->path));
		struct tree_entry t = { .path = f->path };

		if (f->kind == FS_DIR)
			continue;
		if (fault)
			return err_set(e, ERR_STORE, "%s: the name %s", f->path, fault);
		if (f->kind == FS_OTHER)
			return err_set(
				e, ERR_STORE, "%s is not a file, directory or link", f->path);
		if (f->kind == FS_LINK) {
			TRY(scan_link(full, &t, e));
		} else {
			t.is_exec = (f->st.st_mode & S_IXUSR) != 0;
			TRY(sha256_file(full, &t.sha256, &t.size, e));
		}
		vec_push(a, out, t);
	}
	tree_sort(out);
	return 0;
}

static int
cmp_entry(const void *x, const void *y)
{
	return strcmp(((const struct tree_entry *)x)->path, ((const struct tree_entry *)y)->path);
}

void
tree_sort(struct tree *t)
{
	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), cmp_entry);
}

void
tree_format(const struct tree *t, struct buf *out)
{
	char hex[65];

	record_add_head(out, RECORD_TREE);
	for (size_t i = 0; i < t->n; i++) {
		const struct tree_entry *x = &t->v[i];

		buf_addf(out, "%s %ju ",
			x->is_link   ? "l 777"
			: x->is_exec ? "f 755"
				     : "f 644",
			(uintmax_t)x->size);
		buf_adds(out, digest_hex(&x->sha256, hex));
		buf_addc(out, ' ');
		buf_adds(out, x->path);
		buf_addc(out, '\n');
	}
}

static const char *
parse_line(struct arena *a, struct str line, struct tree_entry *t)
{
	struct str kind, mode, size, sha;

	if (!str_cut(&line, ' ', &kind) || !str_cut(&line, ' ', &mode) ||
		!str_cut(&line, ' ', &size) || !str_cut(&line, ' ', &sha))
		return "not five fields";
	t->is_link = str_eq(kind, STR("l"));
	t->is_exec = !t->is_link && str_eq(mode, STR("755"));
	if (t->is_link ? !str_eq(mode, STR("777"))
		       : !str_eq(kind, STR("f")) || !(t->is_exec || str_eq(mode, STR("644"))))
		return "neither file nor link";
	if (!str_to_u64(size, &t->size) || (size.n > 1 && size.p[0] == '0'))
		return "the size is not a number";
	if (!digest_parse(sha, &t->sha256))
		return "the digest is not one";
	if (member_name_fault(line))
		return member_name_fault(line);
	t->path = arena_strndup(a, line.p, line.n);
	return NULL;
}

int
tree_parse(struct arena *a, struct str manifest, struct tree *out, struct err *e)
{
	struct str line;
	unsigned number = 1;

	*out = (struct tree){ 0 };
	if (manifest.n == 0 || manifest.p[manifest.n - 1] != '\n')
		return err_set(e, ERR_STORE, "manifest: cut off");
	if (!record_take_head(&manifest, RECORD_TREE))
		return err_set(e, ERR_STORE, "manifest: line 1: not \"" RECORD_TREE "\"");
	while (str_cut(&manifest, '\n', &line)) {
		struct tree_entry t = { 0 };
		const char *fault = parse_line(a, line, &t);

		number++;
		if (!fault && out->n && strcmp(out->v[out->n - 1].path, t.path) >= 0)
			fault = "not in order";
		if (fault)
			return err_set(e, ERR_STORE, "manifest: line %u: %s", number, fault);
		vec_push(a, out, t);
	}
	return 0;
}

struct digest
tree_digest(const struct tree *t)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	tree_format(t, &text);
	return sha256_of(text.p, text.n);
}
