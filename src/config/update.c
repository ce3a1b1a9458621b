/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update-build: from any generation to edition 5 or 6, by edits of the text. Of each generation
 * only what it has and edition 5 has not is changed; generation.c and legacy.c say what that is.
 */
#include "config/update.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/edit.h"

struct updating {
	struct arena *a;
	const struct project *p; /* what the old text says */
	struct editing ed;
	int edition;
	const char *license; /* to write; NULL: it has one */
	struct err *e;
};

static int
cannot(const struct updating *u, const struct toml_place *at, const char *what)
{
	unsigned line = 1;

	for (size_t i = 0; at && i < at->key.begin; i++)
		line += u->ed.t.text.p[i] == '\n';
	return err_set(u->e, ERR_CONFIG, "%s:%u:1: %s", u->p->file, line, what);
}

static const char *
backend_list(const struct updating *u)
{
	const char *out = "";

	for (int b = 0; b < BACKEND_COUNT; b++)
		if (u->p->has_backend[b])
			out = arena_printf(u->a, "%s%s\"%s\"", out, *out ? ", " : "",
				backend_name((enum backend)b));
	return arena_printf(u->a, "[%s]", out);
}

/* name, version, edition, license and backends of [general]. */
static int
update_general(struct updating *u)
{
	struct editing *ed = &u->ed;
	const struct toml_place *name = edit_find(ed, "general", "name", NULL);
	const struct toml_place *version = edit_find(ed, "general", "version", NULL);
	const struct toml_place *edition = edit_find(ed, "general", "edition", NULL);
	const struct toml_place *beside = version ? version : name;
	const char *number = arena_printf(u->a, "%d", u->edition);

	if (u->p->gen <= GEN_0B) { /* version is that of the format, and name stands in [torch] */
		edit_insert(ed, version, true, "name", arena_printf(u->a, "\"%s\"", u->p->name));
		edit_set_value(ed, version, "1");
	} else if (!streq(u->p->name,
			   toml_text_string(u->a, str_of(edit_written(ed, name->val))))) {
		edit_set_value(ed, name, edit_quote(ed, name->val, u->p->name));
	}
	if (!version)
		edit_insert(ed, beside, false, "version", "1");
	if (edition)
		edit_set_value(ed, edition, number);
	else
		edit_insert(ed, beside, false, "edition", number);
	if (u->license)
		edit_insert(ed, beside, false, "license", arena_printf(u->a, "\"%s\"", u->license));
	if (u->p->gen < GEN_3)
		edit_insert(ed, beside, false, "backends", backend_list(u));
	return 0;
}

/* "12" and "12.8.1" have two parts in edition 5: only these were ever compared. */
static void
update_version(struct updating *u, const struct toml_place *p)
{
	struct version v;
	const char *text;

	if (!p || !strchr("\"'", u->ed.t.text.p[p->val.begin]))
		return;
	text = toml_text_string(u->a, str_of(edit_written(&u->ed, p->val)));
	if (version_parse(str_of(text), &v) && v.n != 2)
		edit_set_value(&u->ed, p,
			edit_quote(&u->ed, p->val,
				arena_printf(u->a, "%u.%u", v.v[0], v.n > 1 ? v.v[1] : 0)));
}

static void
update_versions(struct updating *u)
{
	struct editing *ed = &u->ed;

	update_version(u, edit_find(ed, "general", "cuda", "minver", NULL));
	update_version(u, edit_find(ed, "general", "cuda", "maxver", NULL));
	update_version(u, edit_find(ed, "general", "cuda-minver", NULL));
	update_version(u, edit_find(ed, "general", "cuda-maxver", NULL));
	update_version(u, edit_find(ed, "torch", "minver", NULL));
	update_version(u, edit_find(ed, "torch", "maxver", NULL));
	update_version(u, edit_find(ed, "torch", "stable-abi", NULL));
	for (size_t i = 0; i < u->p->n_kernels; i++)
		update_version(u, edit_find_kernel(ed, u->p->kernels[i].name, "cuda-minver"));
}

/* v2 had one list for [general] and [general.cuda]. */
static void
update_python(struct updating *u, const struct toml_place *p)
{
	struct toml_spans items = { 0 };
	struct strs cuda = { 0 };
	const char *list = "";
	size_t n = 0;

	if (!p)
		return;
	items = toml_text_items(u->a, u->ed.t.text, p->val);
	for (size_t i = 0; i < items.n; i++) {
		const char *written = edit_written(&u->ed, items.v[i]);

		if (streq(toml_text_string(u->a, str_of(written)), "einops")) {
			n++;
			continue;
		}
		list = arena_printf(u->a, "%s%s%s", list, cuda.n ? ", " : "", written);
		vec_push(u->a, &cuda, written);
	}
	if (!cuda.n)
		return;
	if (!n) {
		edit_rename(&u->ed, p, "cuda.python-depends");
		return;
	}
	for (size_t i = 0; i < items.n; i++)
		if (strs_has(&cuda, edit_written(&u->ed, items.v[i])))
			edit_remove_item(&u->ed, items.v[i]);
	edit_insert(&u->ed, p, false, "cuda.python-depends", arena_printf(u->a, "[%s]", list));
}

static void
update_v2(struct updating *u)
{
	struct editing *ed = &u->ed;
	const struct toml_place *p;

	if ((p = edit_find(ed, "general", "cuda-minver", NULL)))
		edit_rename(ed, p, "cuda.minver");
	if ((p = edit_find(ed, "general", "cuda-maxver", NULL)))
		edit_rename(ed, p, "cuda.maxver");
	if ((p = edit_find(ed, "general", "universal", NULL)))
		edit_remove(ed, p);
	update_python(u, edit_find(ed, "general", "python-depends", NULL));
}

/* Names in depends that are others now. */
static void
update_depends(struct updating *u, const char *kernel)
{
	const struct toml_place *p = edit_find_kernel(&u->ed, kernel, "depends");
	struct toml_spans items = { 0 };

	if (p)
		items = toml_text_items(u->a, u->ed.t.text, p->val);
	for (size_t i = 0; i < items.n; i++) {
		const char *name = toml_text_string(u->a, str_of(edit_written(&u->ed, items.v[i])));
		const char *now = streq(name, "cutlass_sycl") ? "sycl_tla"
				  : streq(name, "cutlass")    ? "cutlass_3_5"
							      : NULL;

		if (now)
			vec_push(u->a, &u->ed.edits,
				(struct edit){ items.v[i].begin, items.v[i].end,
					edit_quote(&u->ed, items.v[i], now), u->ed.edits.n });
	}
}

/* The header [kernel.NAME], or SIZE_MAX. */
static size_t
kernel_header(const struct updating *u, const char *name)
{
	for (size_t i = 0; i < u->ed.t.headers.n; i++) {
		const struct strs *path = &u->ed.t.headers.v[i].path;

		if (path->n == 2 && streq(path->v[0], "kernel") && streq(path->v[1], name))
			return i;
	}
	return SIZE_MAX;
}

/* A key of the section itself, to put another beside it. */
static const struct toml_place *
any_key(const struct updating *u, const char *name)
{
	return edit_find_kernel(&u->ed, name, "src");
}

/* What a section has of one key, as it is written; NULL: nothing. */
static const char *
value_of(const struct updating *u, const char *kernel, const char *key)
{
	const struct toml_place *p = edit_find_kernel(&u->ed, kernel, key);

	return p ? edit_written(&u->ed, p->val) : NULL;
}

static const char *
name_key(struct arena *a, const char *name)
{
	bool bare = !strchr(name, '.');

	return arena_printf(a, bare ? "%s" : "\"%s\"", name);
}

/* cuda-hipify: the same once more for rocm, where the section has its place. */
static void
add_rocm(struct updating *u, const struct project_kernel *rocm, const char *cuda)
{
	static const char *const keys[] = { "depends", "src", "include", "rocm-archs" };
	const char *key = u->edition == 6 ? "language" : "backend";
	const char *value = u->edition == 6 ? "\"cpp-rocm\"" : "\"rocm\"";
	const char *name = name_key(u->a, rocm->name), *eol = u->ed.eol;
	const struct toml_place *whole = edit_find_kernel(&u->ed, cuda, NULL);
	size_t header = kernel_header(u, cuda);
	const char *lines =
		arena_printf(u->a, "%s[kernel.%s]%s%s = %s%s", eol, name, eol, key, value, eol);
	const char *table = arena_printf(u->a, "{ %s = %s", key, value);

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *v = value_of(u, cuda, keys[i]);

		if (!v)
			continue;
		lines = arena_printf(u->a, "%s%s = %s%s", lines, keys[i], v, eol);
		table = arena_printf(u->a, "%s, %s = %s", table, keys[i], v);
	}
	if (whole)
		edit_insert(&u->ed, whole, false, name, arena_printf(u->a, "%s }", table));
	else
		edit_append(&u->ed, header, lines);
}

/* The backend of a section, which early formats did not name, or called language. */
static void
update_backend(struct updating *u, const struct project_kernel *k)
{
	struct editing *ed = &u->ed;
	const struct toml_place *p = edit_find_kernel(ed, k->name, "backend");
	const char *key = u->edition == 6 ? "language" : "backend";
	const char *value =
		arena_printf(u->a, "%s%s", u->edition == 6 ? "cpp-" : "", backend_name(k->backend));

	if (!p)
		p = edit_find_kernel(ed, k->name, "language");
	if (!p) {
		edit_insert(
			ed, any_key(u, k->name), true, key, arena_printf(u->a, "\"%s\"", value));
		return;
	}
	edit_rename(ed, p, key);
	edit_set_value(ed, p, edit_quote(ed, p->val, value));
}

/* Keys that v1 allowed and that no section of this backend has any more. */
static void
drop_keys(struct updating *u, const struct project_kernel *k)
{
	const struct toml_place *p;

	p = edit_find_kernel(&u->ed, k->name, "rocm-archs");
	if (p)
		edit_remove(&u->ed, p);
	p = edit_find_kernel(&u->ed, k->name, "cuda-capabilities");
	if (p && k->backend != BACKEND_CUDA)
		edit_remove(&u->ed, p);
}

static void
update_kernels(struct updating *u)
{
	const struct project *p = u->p;

	for (size_t i = 0; i < p->n_kernels; i++) {
		const struct project_kernel *k = &p->kernels[i];
		const struct toml_place *capabilities;

		/* One that cuda-hipify made is written behind its twin. */
		if (p->gen == GEN_1 && k->backend == BACKEND_ROCM) {
			add_rocm(u, k, p->kernels[i - 1].name);
			continue;
		}
		if (p->gen < GEN_2 || u->edition == 6)
			update_backend(u, k);
		if (p->gen == GEN_1)
			drop_keys(u, k);
		update_depends(u, k->name);
		capabilities = edit_find_kernel(&u->ed, k->name, "capabilities");
		if (capabilities)
			edit_rename(&u->ed, capabilities, "cuda-capabilities");
	}
}

/* The oldest formats: [torch] or [extension] with the kernel's name and where its package is. */
static int
update_g0(struct updating *u)
{
	struct editing *ed = &u->ed;
	const char *table = edit_find(ed, "torch", "name", NULL) ? "torch" : "extension";
	const struct toml_place *root = edit_find(ed, table, "pyroot", NULL);

	if (!streq(u->p->pyroot, "torch-ext"))
		return cannot(u, root,
			arena_printf(u->a,
				"newer formats have the package in torch-ext; move %s there, also in src and include, and write pyroot = \"torch-ext\"",
				u->p->pyroot));
	edit_remove(ed, root);
	edit_remove(ed, edit_find(ed, table, "name", NULL));
	if (streq(table, "extension"))
		edit_rename_table(ed, table, "torch");
	return 0;
}

/* Is something left of [torch] when its keys but pyext are gone? */
static bool
torch_stays(const struct updating *u)
{
	for (size_t i = 0; i < u->ed.t.headers.n; i++)
		if (streq(u->ed.t.headers.v[i].path.v[0], "torch"))
			return true;
	return edit_find(&u->ed, "torch", NULL) || edit_find(&u->ed, "torch", "pyext", NULL);
}

/* A kernel in Python only has [torch-noarch], with fewer keys. */
static void
update_noarch(struct updating *u)
{
	static const char *const gone[] = { "universal", "src", "include", "minver", "maxver" };
	const struct toml_place *p;

	if (u->p->gen < GEN_3) {
		for (size_t i = 0; i < sizeof(gone) / sizeof(*gone); i++)
			if ((p = edit_find(&u->ed, "torch", gone[i], NULL)))
				edit_remove(&u->ed, p);
		edit_rename_table(&u->ed, "torch", "torch-noarch");
	}
	if (u->p->gen < GEN_3 ? !torch_stays(u) : u->p->gen == GEN_3)
		edit_append(&u->ed, SIZE_MAX,
			arena_printf(u->a, "%s[torch-noarch]%s", u->ed.eol, u->ed.eol));
}

/* Keys that the original reads by these names only. */
static void
update_names(struct updating *u)
{
	const struct toml_place *p;

	if ((p = edit_find(&u->ed, "torch-noarch", "cuda-capabilities", NULL)))
		edit_rename(&u->ed, p, "cuda_capabilities");
	if ((p = edit_find(&u->ed, "torch-noarch", "rocm-archs", NULL)))
		edit_rename(&u->ed, p, "rocm_archs");
}

static int
edit_all(struct updating *u)
{
	const struct toml_place *universal;

	update_names(u);
	if (u->p->gen == (u->edition == 6 ? GEN_6 : GEN_5))
		return 0;
	if (u->p->gen <= GEN_0B)
		TRY(update_g0(u));
	TRY(update_general(u));
	update_versions(u);
	if (u->p->gen == GEN_2)
		update_v2(u);
	universal = edit_find(&u->ed, "torch", "universal", NULL);
	if (universal && u->p->framework == FRAMEWORK_TORCH)
		edit_remove(&u->ed, universal);
	if (u->p->framework == FRAMEWORK_TORCH_NOARCH)
		update_noarch(u);
	update_kernels(u);
	return 0;
}

/* What came out is read, and means what the old text meant. */
static int
check(struct updating *u, struct str text)
{
	struct project q;
	const char *what;

	if (project_parse(u->a, text, u->p->dir, false, &q, u->e) < 0) {
		u->e->code = ERR_BUG;
		return err_wrap(u->e, "the updated text is not read");
	}
	what = project_difference(u->p, &q);
	if (what)
		return err_set(u->e, ERR_BUG, "the updated %s has another %s", u->p->file, what);
	return 0;
}

int
project_update(struct arena *a, struct str text, const char *dir, const struct update *how,
	struct updated *out, struct err *e)
{
	struct project p;
	struct updating u = { .a = a, .p = &p, .edition = how->edition, .e = e };

	TRY(project_parse(a, text, dir, false, &p, e));
	*out = (struct updated){ text, p.gen };
	if (!u.edition)
		u.edition = p.gen == GEN_6 ? 6 : 5;
	if (p.gen == GEN_6 && u.edition == 5)
		return err_set(e, ERR_CONFIG,
			"%s: this is edition 6; update-build does not go back to 5", p.file);
	if (!p.license && !how->license)
		return err_set(e, ERR_CONFIG,
			"%s: it has no license, and edition 5 needs one; name it, as in --license Apache-2.0",
			p.file);
	u.license = p.license ? NULL : how->license;
	if (!edit_begin(a, text, &u.ed))
		return err_set(e, ERR_BUG, "%s: cannot rewrite this text", p.file);
	TRY(edit_all(&u));
	out->text = edit_apply(&u.ed);
	return check(&u, out->text);
}
