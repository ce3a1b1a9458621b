/* SPDX-License-Identifier: Apache-2.0 */
/* Adds releases to the catalog and fills in digests of trees. */
#include "fetch/maintain.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "fetch/internal.h"
#include "fetch/release_wheel.h"
#include "resolve/catalog_write.h"
#include <jansson.h>
#include <stdlib.h>

enum { CATALOG_LIMIT = 1 << 20 };

struct adding {
	const struct fetch_job *job;
	const char *dir;
	const struct new_torch *torch;
	const struct catalog *catalog; /* before it */
	struct version version;
	struct strs *notes;
};

static void
add_note(struct arena *a, const struct adding *add, const struct target *t, const char *text)
{
	vec_push(a, add->notes,
		arena_printf(a, "torch %s for %s: %s", add->torch->version, t->title, text));
}

/* Replaces a file of the catalog, unless the catalog would then be refused. */
static int
replace(struct arena *a, const char *dir, const char *name, struct str was, struct str text,
	struct err *e)
{
	const char *path = path_join(a, dir, name);
	struct catalog c;
	struct err ignored;

	TRY(fs_write_atomic(path, text.p, text.n, 0644, e));
	if (catalog_load(a, dir, &c, e) == 0)
		return 0;
	fs_write_atomic(path, was.p, was.n, 0644, &ignored);
	return err_wrap(e, "%s is left as it was", path);
}

static int
take_cuda(struct arena *a, const struct catalog *c, const struct strs *cuda,
	struct catalog_torch *out, struct err *e)
{
	if (cuda->n == 0)
		return 0;
	out->cuda = arena_array(a, struct version, cuda->n);
	out->n_cuda = 0;
	for (size_t i = 0; i < cuda->n; i++) {
		struct version v;

		if (!version_parse(str_of(cuda->v[i]), &v) || v.n != 2 || !catalog_find_cuda(c, &v))
			return err_set(e, ERR_CONFIG,
				"CUDA %s is not in cuda.toml; add it there first", cuda->v[i]);
		out->cuda[out->n_cuda++] = v;
	}
	return 0;
}

/* ---- what a release's wheel has ---- */

/* Every library must be there that the release before it had: without this one, torch has no
 * CUDA. Says whether it has. */
static int
find_libraries(struct arena *a, const struct store *s, struct pin *p, bool *has_cuda, struct err *e)
{
	const char *dir = store_tree_path(a, s, &p->tree);
	struct pin_select *kept = arena_array(a, struct pin_select, p->n_select);
	size_t n = 0;

	*has_cuda = true;
	for (size_t i = 0; i < p->n_select; i++) {
		const struct pin_select *l = &p->select[i];

		if (fs_exists(path_join(a, dir, l->to)))
			kept[n++] = *l;
		else if (str_has_suffix(l->from, "_cuda.so"))
			*has_cuda = false;
		else
			return err_set(e, ERR_CONFIG,
				"%s has no %s, as torch had before; write its entry by hand",
				p->file, l->from);
	}
	p->select = kept;
	p->n_select = n;
	return 0;
}

/* The C++ ABI, by a function of torch that takes a string. */
static int
find_abi(struct arena *a, const struct store *s, const struct pin *p, bool *is_cxx11, struct err *e)
{
	static const char before[] = "_ZN3c105ErrorC1ENS_14SourceLocationE";
	const char *path = path_join(a, store_tree_path(a, s, &p->tree), "libc10.so.symbols"), *at;
	struct str text;

	TRY(fs_read(a, path, SIZE_MAX, &text, e));
	at = strstr(text.p, before);
	*is_cxx11 = at && str_has_prefix(at + strlen(before), "NSt7__cxx11");
	if (!*is_cxx11 && !(at && str_has_prefix(at + strlen(before), "Ss")))
		return err_set(e, ERR_CONFIG,
			"%s: libc10.so does not show its C++ ABI; write its entry by hand",
			p->file);
	return 0;
}

/* Fetches what is pinned of a release's wheel, and looks into it. */
static int
pin_wheel(struct arena *a, const struct fetch_job *job, const char *file, struct catalog_torch *t,
	bool *has_cuda, struct err *e)
{
	struct pin *pins[] = { &t->headers, &t->libraries };

	*has_cuda = true;
	for (int i = 0; i < 1 + t->has_libraries; i++)
		*pins[i] = (struct pin){ .kind = PIN_WHEEL,
			.name = pins[i]->name,
			.file = file,
			.select = pins[i]->select,
			.n_select = pins[i]->n_select };
	TRY(fetch_pins(a, job, pins, 1 + (size_t)t->has_libraries, e));
	if (!t->has_libraries)
		return 0;
	TRY(find_libraries(a, job->store, &t->libraries, has_cuda, e));
	return find_abi(a, job->store, &t->libraries, &t->libraries_cxx11, e);
}

/* ---- a release in a file of the catalog ---- */

static int
write_release(struct arena *a, const char *dir, const char *name, const struct catalog_torch *t,
	struct err *e)
{
	CLEANUP(buf_free) struct buf entry = { 0 };
	struct str was;

	TRY(fs_read(a, path_join(a, dir, name), CATALOG_LIMIT, &was, e));
	catalog_format_torch(a, &entry, t);
	return replace(a, dir, name, was, catalog_insert_torch(a, was, buf_str(&entry)), e);
}

static int
add_first(struct arena *a, const struct adding *add, struct catalog_torch *t, struct err *e)
{
	const struct catalog *c = add->catalog;
	const char *file;
	bool has_cuda;
	int found;

	if (c->n_torch == 0)
		return err_set(e, ERR_CONFIG,
			"%s/torch.toml has no release to go by; write the first by hand", add->dir);
	*t = c->torch[c->n_torch - 1];
	t->version = add->version;
	TRY(take_cuda(a, c, add->torch->cuda, t, e));
	TRY(found = release_wheel_find(a, add->job->sources,
		    &(struct wheel_release){ t->headers.name, add->torch->version, c->target },
		    &file, e));
	if (!found)
		return err_set(e, ERR_NET, "the index has no %s manylinux wheel of %s %s",
			c->target->title, t->headers.name, add->torch->version);
	TRY(pin_wheel(a, add->job, file, t, &has_cuda, e));
	if (!has_cuda && t->n_cuda)
		return err_set(e, ERR_CONFIG, "%s is without CUDA; write its entry by hand", file);
	TRY(write_release(a, add->dir, "torch.toml", t, e));
	add_note(a, add, c->target, arena_printf(a, "%s", file));
	return 0;
}

/* Of those CUDA releases those of which the target has the runtime. */
static void
keep_cuda(struct arena *a, const struct adding *add, const struct catalog *of,
	struct catalog_torch *t)
{
	const struct version *all = t->cuda;
	size_t n = t->n_cuda;

	t->cuda = arena_array(a, struct version, n + 1);
	t->n_cuda = 0;
	for (size_t i = 0; i < n; i++) {
		if (catalog_find_cuda(of, &all[i])->runtime)
			t->cuda[t->n_cuda++] = all[i];
		else
			add_note(a, add, of->target,
				arena_printf(a,
					"CUDA %s is left out, for %s.toml has no runtime of it",
					version_text(a, &all[i]), of->target->cpu));
	}
}

/* first: the same release for x86-64, which has the same parts. */
static int
add_other(struct arena *a, const struct adding *add, const struct catalog *of,
	const struct catalog_torch *first, struct err *e)
{
	const char *cpu = of->target->cpu, *file;
	struct catalog_torch t = *first;
	bool has_cuda;
	int found;

	TRY(found = release_wheel_find(a, add->job->sources,
		    &(struct wheel_release){ t.headers.name, add->torch->version, of->target },
		    &file, e));
	if (!found) {
		add_note(a, add, of->target, "left out, for the index has no manylinux wheel");
		return 0;
	}
	TRY(pin_wheel(a, add->job, file, &t, &has_cuda, e));
	t.cxx_std = 0; /* that of torch.toml */
	t.has_cxx11 = t.libraries_cxx11;
	t.has_cxx98 = !t.libraries_cxx11;
	if (has_cuda) {
		keep_cuda(a, add, of, &t);
	} else {
		t.n_cuda = 0;
		t.without = arena_printf(a,
			"the package index has torch %s for %s without CUDA only, and nothing else has its symbols",
			add->torch->version, of->target->title);
	}
	TRY(write_release(a, add->dir, arena_printf(a, "%s.toml", cpu), &t, e));
	add_note(a, add, of->target, has_cuda ? file : arena_printf(a, "%s, without CUDA", file));
	return 0;
}

static const struct catalog_torch *
find_exact(const struct catalog *c, const struct version *v)
{
	const struct catalog_torch *t = catalog_find_torch(c, v);

	return t && version_cmp(&t->version, v) == 0 ? t : NULL;
}

int
maintain_add_torch(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	const struct new_torch *torch, struct strs *notes, struct err *e)
{
	struct adding add = { job, catalog_dir, torch, .notes = notes };
	struct catalog_torch first;
	const struct catalog_torch *there;
	struct catalog c;

	TRY(catalog_load(a, catalog_dir, &c, e));
	add.catalog = &c;
	if (!version_parse(str_of(torch->version), &add.version) || add.version.n != 3)
		return err_set(e, ERR_CONFIG, "%s: name a release as 2.4.1", torch->version);
	there = find_exact(&c, &add.version);
	if (there)
		first = *there;
	else
		TRY(add_first(a, &add, &first, e));
	for (const struct catalog *of = c.other; of; of = of->other) {
		if (!find_exact(of, &add.version))
			TRY(add_other(a, &add, of, &first, e));
	}
	if (!notes->n)
		return err_set(e, ERR_CONFIG, "%s has torch %s already",
			path_join(a, catalog_dir, "torch.toml"), torch->version);
	return 0;
}

static int
fill_file(struct arena *a, const struct fetch_job *job, const char *dir, const char *name,
	size_t *count, struct err *e)
{
	const char *path = path_join(a, dir, name);
	struct catalog_gaps gaps;
	struct pin **pins;
	struct str text;

	TRY(fs_read(a, path, CATALOG_LIMIT, &text, e));
	TRY(catalog_find_gaps(a, text, path, &gaps, e));
	if (gaps.n == 0)
		return 0;
	pins = arena_array(a, struct pin *, gaps.n);
	for (size_t i = 0; i < gaps.n; i++)
		pins[i] = &gaps.v[i].pin;
	TRY(fetch_pins(a, job, pins, gaps.n, e));
	*count += gaps.n;
	text = catalog_fill_gaps(a, text, &gaps);
	return fs_write_atomic(path, text.p, text.n, 0644, e);
}

int
maintain_fill_trees(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	size_t *count, struct err *e)
{
	struct catalog c;

	*count = 0;
	TRY(fill_file(a, job, catalog_dir, "torch.toml", count, e));
	TRY(fill_file(a, job, catalog_dir, "cuda.toml", count, e));
	TRY(fill_file(a, job, catalog_dir, "gcc.toml", count, e));
	if (fs_exists(path_join(a, catalog_dir, "deps.toml")))
		TRY(fill_file(a, job, catalog_dir, "deps.toml", count, e));
	if (fs_exists(path_join(a, catalog_dir, "libraries.toml")))
		TRY(fill_file(a, job, catalog_dir, "libraries.toml", count, e));
	if (fs_exists(path_join(a, catalog_dir, "aarch64.toml")))
		TRY(fill_file(a, job, catalog_dir, "aarch64.toml", count, e));
	if (fs_exists(path_join(a, catalog_dir, "aarch64-tools.toml")))
		TRY(fill_file(a, job, catalog_dir, "aarch64-tools.toml", count, e));
	if (fs_exists(path_join(a, catalog_dir, "tvm-ffi.toml")))
		TRY(fill_file(a, job, catalog_dir, "tvm-ffi.toml", count, e));
	return catalog_load(a, catalog_dir, &c, e);
}

int
maintain_nix_trees(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	struct str *out, struct err *e)
{
	json_t *root CLEANUP(json_decrefp) = json_object();
	struct pin **pins, **known;
	struct catalog c;
	size_t n, count = 0;
	char *text;

	TRY(catalog_load(a, catalog_dir, &c, e));
	pins = catalog_pins(a, &c, &n);
	known = arena_array(a, struct pin *, n + 1);
	for (size_t i = 0; i < n; i++)
		if (pins[i]->has_tree && !pins[i]->has_nar)
			known[count++] = pins[i];
	TRY(fetch_pins(a, job, known, count, e));
	for (size_t i = 0; i < count; i++) {
		char tree[65], hex[65];
		struct digest nar;

		TRY(store_tree_nar(job->store, &known[i]->tree, &nar, e));
		json_object_set_new(root, digest_hex(&known[i]->tree, tree),
			json_string(digest_hex(&nar, hex)));
	}
	for (size_t i = 0; i < n; i++) {
		char tree[65], hex[65];

		if (pins[i]->has_tree && pins[i]->has_nar)
			json_object_set_new(root, digest_hex(&pins[i]->tree, tree),
				json_string(digest_hex(&pins[i]->nar, hex)));
	}
	text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
	if (!text)
		return err_set(e, ERR_BUG, "the trees cannot be written as JSON");
	out->p = arena_printf(a, "%s\n", text);
	out->n = strlen(out->p);
	free(text);
	return 0;
}
