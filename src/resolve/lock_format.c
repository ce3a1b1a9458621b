/* SPDX-License-Identifier: Apache-2.0 */
/* Writes kernel-builder.lock. */
#include "base/err.h"
#include "resolve/lock.h"
#include "resolve/parts.h"
#include <jansson.h>
#include <stdlib.h>

enum { LOCK_VERSION = 2 };

/* What of the catalog the variants use. */
struct used {
	const struct catalog *c;
	const struct matrix *m;
	const struct resolution *r;
	bool *torch, *tvm_ffi, *cuda, *gcc, *tools, *row, *depends; /* by index */
	bool any;
};

static json_t *
text_list(const struct strs *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(list, json_string(s->v[i]));
	return list;
}

static json_t *
version_json(struct arena *a, const struct version *v)
{
	return json_string(version_text(a, v));
}

static json_t *
pin_json(const struct pin *p)
{
	json_t *out = json_object(), *select = json_array();
	char hex[65];

	json_object_set_new(out, "kind", json_string(pin_kind_name[p->kind]));
	json_object_set_new(out, "name", json_string(p->name));
	json_object_set_new(out, "file", json_string(p->file));
	if (p->size)
		json_object_set_new(out, "size", json_integer((json_int_t)p->size));
	if (p->has_sha256)
		json_object_set_new(out, "sha256", json_string(digest_hex(&p->sha256, hex)));
	if (p->has_tree)
		json_object_set_new(out, "tree", json_string(digest_hex(&p->tree, hex)));
	if (p->is_plain)
		json_object_set_new(out, "plain", json_true());
	for (size_t i = 0; i < p->n_select; i++) {
		const struct pin_select *s = &p->select[i];
		json_t *one = json_object();

		json_object_set_new(one, "from", json_string(s->from));
		if (s->to)
			json_object_set_new(one, "to", json_string(s->to));
		if (s->symbols)
			json_object_set_new(one, "symbols", json_true());
		json_array_append_new(select, one);
	}
	json_object_set_new(out, "select", select);
	return out;
}

static json_t *
pins_json(const struct pin *pins, size_t n)
{
	json_t *out = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, pin_json(&pins[i]));
	return out;
}

static void
add_all(json_t *out, json_t *more)
{
	json_array_extend(out, more);
	json_decref(more);
}

/* All parts of a compiler, in the order in which its tree is composed. */
static json_t *
native_json(const struct catalog_gcc *g)
{
	json_t *out = json_array();

	for (size_t i = 0; i < g->n_tools; i++)
		add_all(out, pins_json(g->tools[i]->pins, g->tools[i]->n_pins));
	add_all(out, pins_json(g->pins, g->n_pins));
	return out;
}

static json_t *
gcc_json(struct arena *a, const struct catalog_gcc *g)
{
	json_t *out = json_object(), *tools = json_array();

	for (size_t i = 0; i < g->n_tools; i++)
		json_array_append_new(tools, json_string(g->tools[i]->name));
	json_object_set_new(out, "version", version_json(a, &g->version));
	json_object_set_new(out, "tools", tools);
	json_object_set_new(out, "pins", pins_json(g->pins, g->n_pins));
	if (g->native)
		json_object_set_new(out, "native", native_json(g->native));
	return out;
}

static json_t *
tools_json(const struct catalog_tools *t)
{
	json_t *out = json_object();

	json_object_set_new(out, "name", json_string(t->name));
	json_object_set_new(out, "pins", pins_json(t->pins, t->n_pins));
	return out;
}

static json_t *
cuda_json(struct arena *a, const struct catalog_cuda *c)
{
	json_t *out = json_object(), *files = json_array();

	json_object_set_new(out, "version", version_json(a, &c->version));
	json_object_set_new(out, "gcc", json_integer((json_int_t)c->gcc));
	json_object_set_new(out, "capabilities", text_list(&c->capabilities));
	json_object_set_new(out, "defaults", text_list(&c->defaults));
	if (c->newer.n)
		json_object_set_new(out, "newer", text_list(&c->newer));
	if (c->note)
		json_object_set_new(out, "note", json_string(c->note));
	if (c->runtime)
		json_object_set_new(out, "runtime", pin_json(c->runtime));
	for (size_t i = 0; i < c->n_files; i++) {
		json_t *f = json_object();

		json_object_set_new(f, "path", json_string(c->files[i].path));
		json_object_set_new(f, "text", json_string(c->files[i].text));
		json_object_set_new(f, "exec", json_boolean(c->files[i].is_exec));
		json_array_append_new(files, f);
	}
	json_object_set_new(out, "pins", pins_json(c->pins, c->n_pins));
	json_object_set_new(out, "files", files);
	return out;
}

static json_t *
depend_json(struct arena *a, const struct catalog_depend *d)
{
	json_t *out = json_object();

	json_object_set_new(out, "name", json_string(d->name));
	json_object_set_new(out, "title", json_string(d->title));
	json_object_set_new(out, "version", version_json(a, &d->version));
	json_object_set_new(out, "include", text_list(&d->include));
	json_object_set_new(out, "pins", pins_json(d->pins, d->n_pins));
	return out;
}

static json_t *
depends_json(struct arena *a, const struct used *u)
{
	json_t *out = json_array();

	for (size_t i = 0; i < u->c->n_depends; i++)
		if (u->depends[i])
			json_array_append_new(out, depend_json(a, &u->c->depends[i]));
	return out;
}

static json_t *
torch_json(struct arena *a, const struct used *u, const struct catalog_torch *t)
{
	json_t *out = json_object(), *cuda = json_array(), *abi = json_array();

	for (size_t i = 0; i < u->c->n_cuda; i++)
		if (u->cuda[i] && torch_has_cuda(t, &u->c->cuda[i].version))
			json_array_append_new(cuda, version_json(a, &u->c->cuda[i].version));
	if (t->has_cxx11)
		json_array_append_new(abi, json_string("cxx11"));
	if (t->has_cxx98)
		json_array_append_new(abi, json_string("cxx98"));
	json_object_set_new(out, "version", version_json(a, &t->version));
	json_object_set_new(out, "cxx-std", json_integer((json_int_t)t->cxx_std));
	json_object_set_new(out, "abi", abi);
	json_object_set_new(out, "cuda", cuda);
	json_object_set_new(out, "cpu", json_boolean(t->has_cpu));
	json_object_set_new(out, "headers", pin_json(&t->headers));
	if (t->has_libraries) {
		json_object_set_new(out, "libraries", pin_json(&t->libraries));
		json_object_set_new(
			out, "libraries-abi", json_string(t->libraries_cxx11 ? "cxx11" : "cxx98"));
	}
	return out;
}

static json_t *
tvm_ffi_json(struct arena *a, const struct catalog_tvm_ffi *t)
{
	json_t *out = json_object();

	json_object_set_new(out, "version", version_json(a, &t->version));
	json_object_set_new(out, "cxx-std", json_integer((json_int_t)t->cxx_std));
	json_object_set_new(out, "headers", pin_json(&t->headers));
	json_object_set_new(out, "library", pin_json(&t->library));
	return out;
}

/* Only where tvm-ffi is used, since nothing else needs the static runtime. */
static void
add_tvm_ffi(struct arena *a, const struct used *u, json_t *root)
{
	json_t *list = json_array(), *runtimes = json_array();

	for (size_t i = 0; i < u->c->n_tvm_ffi; i++)
		if (u->tvm_ffi[i])
			json_array_append_new(list, tvm_ffi_json(a, &u->c->tvm_ffi[i]));
	for (size_t i = 0; json_array_size(list) && i < u->c->n_cuda; i++) {
		const struct catalog_static_runtime *t =
			u->cuda[i] ? catalog_find_static_runtime(u->c, &u->c->cuda[i].version)
				   : NULL;
		json_t *one = t ? json_object() : NULL;

		if (!t)
			continue;
		json_object_set_new(one, "cuda", version_json(a, &t->cuda));
		json_object_set_new(one, "pin", pin_json(&t->pin));
		json_array_append_new(runtimes, one);
	}
	if (json_array_size(list)) {
		json_object_set(root, "tvm-ffi", list);
		json_object_set(root, "cuda-runtimes", runtimes);
	}
	json_decref(list);
	json_decref(runtimes);
}

/* Those of the releases that the variants use; NULL when there are none. */
static json_t *
cuda_libraries_json(struct arena *a, const struct used *u)
{
	json_t *out = NULL;

	for (size_t i = 0; i < u->c->n_cuda_libraries; i++) {
		const struct catalog_library *l = &u->c->cuda_libraries[i];
		const struct catalog_cuda *c = catalog_find_cuda(u->c, &l->cuda);
		json_t *one;

		if (!c || !u->cuda[c - u->c->cuda])
			continue;
		one = json_object();
		json_object_set_new(one, "name", json_string(l->name));
		json_object_set_new(one, "cuda", version_json(a, &l->cuda));
		json_object_set_new(one, "words", text_list(&l->words));
		json_object_set_new(one, "pin", pin_json(&l->pin));
		out = out ? out : json_array();
		json_array_append_new(out, one);
	}
	return out;
}

/* Such rows are in no matrix of the catalog: what was resolved says which there are. */
static void
add_tvm_ffi_rows(struct arena *a, const struct used *u, json_t *rows)
{
	for (size_t i = 0; i < u->r->n; i++) {
		const struct variant *v = &u->r->v[i];
		json_t *row;

		if (!v->tvm_ffi || v->catalog->target != u->c->target)
			continue;
		row = json_object();
		json_object_set_new(row, "tvm-ffi", version_json(a, &v->tvm_ffi->version));
		if (v->cuda)
			json_object_set_new(row, "cuda", version_json(a, &v->cuda->version));
		json_array_append_new(rows, row);
	}
}

static json_t *
matrix_json(struct arena *a, const struct used *u)
{
	json_t *out = json_object(), *rows = json_array();

	for (size_t i = 0; i < u->m->n_rows; i++) {
		const struct matrix_row *r = &u->m->rows[i];
		const struct catalog_torch *t;
		json_t *row;

		if (!u->row[i])
			continue;
		t = catalog_find_torch(u->c, &r->torch);
		row = json_object();
		/* The release that is pinned: matrix "host" may name another patch of it. */
		json_object_set_new(row, "torch", version_json(a, &t->version));
		json_object_set_new(row, "abi", json_string(r->cxx11 ? "cxx11" : "cxx98"));
		if (r->cuda.n)
			json_object_set_new(row, "cuda", version_json(a, &r->cuda));
		json_array_append_new(rows, row);
	}
	add_tvm_ffi_rows(a, u, rows);
	json_object_set_new(out, "name", json_string(u->m->name));
	json_object_set_new(out, "about", json_string(u->m->about));
	json_object_set_new(out, "rows", rows);
	return out;
}

static bool
is_row_of(const struct catalog *c, const struct matrix_row *row, const struct variant *v)
{
	if (!v->torch || catalog_find_torch(c, &row->torch) != v->torch || row->cxx11 != v->cxx11)
		return false;
	return row->cuda.n ? v->cuda && version_cmp_minor(&row->cuda, &v->cuda->version) == 0
			   : !v->cuda;
}

static void
find_used_gcc(struct used *u, const struct catalog_gcc *g)
{
	if (!g)
		return;
	u->gcc[g - u->c->gcc] = true;
	for (size_t i = 0; i < g->n_tools; i++)
		u->tools[g->tools[i] - u->c->tools] = true;
}

/* What the sections of a variant ask for; that a name is known, the plan says. */
static void
find_used_depends(struct used *u, const struct variant *v)
{
	for (size_t i = 0; i < v->n_kernels; i++) {
		const struct strs *names = &v->kernels[i].kernel->depends;

		for (size_t k = 0; k < names->n; k++) {
			const struct catalog_depend *d = catalog_find_depend(u->c, names->v[k]);

			if (d)
				u->depends[d - u->c->depends] = true;
		}
	}
}

static void
find_used(struct arena *a, const struct resolution *r, struct used *u)
{
	u->r = r;
	u->tvm_ffi = arena_array(a, bool, u->c->n_tvm_ffi);
	u->torch = arena_array(a, bool, u->c->n_torch);
	u->cuda = arena_array(a, bool, u->c->n_cuda);
	u->gcc = arena_array(a, bool, u->c->n_gcc);
	u->tools = arena_array(a, bool, u->c->n_tools);
	u->row = arena_array(a, bool, u->m->n_rows);
	u->depends = arena_array(a, bool, u->c->n_depends);
	for (size_t i = 0; i < r->n; i++) {
		const struct variant *v = &r->v[i];

		if (v->kind == VARIANT_NOARCH || v->catalog->target != u->c->target)
			continue;
		u->any = true;
		if (v->torch)
			u->torch[v->torch - u->c->torch] = true;
		if (v->tvm_ffi)
			u->tvm_ffi[v->tvm_ffi - u->c->tvm_ffi] = true;
		if (v->cuda)
			u->cuda[v->cuda - u->c->cuda] = true;
		find_used_gcc(u, variant_gcc(v));
		find_used_depends(u, v);
		for (size_t k = 0; v->torch && k < u->m->n_rows; k++)
			u->row[k] |= is_row_of(u->c, &u->m->rows[k], v);
	}
}

static json_t *
part_json(struct arena *a, const struct used *u)
{
	json_t *root = json_object(), *torch = json_array(), *cuda = json_array(),
	       *gcc = json_array(), *tools = json_array(), *depends = depends_json(a, u),
	       *libraries = cuda_libraries_json(a, u);

	for (size_t i = 0; i < u->c->n_torch; i++)
		if (u->torch[i])
			json_array_append_new(torch, torch_json(a, u, &u->c->torch[i]));
	for (size_t i = 0; i < u->c->n_cuda; i++)
		if (u->cuda[i])
			json_array_append_new(cuda, cuda_json(a, &u->c->cuda[i]));
	for (size_t i = 0; i < u->c->n_gcc; i++)
		if (u->gcc[i])
			json_array_append_new(gcc, gcc_json(a, &u->c->gcc[i]));
	for (size_t i = 0; i < u->c->n_tools; i++)
		if (u->tools[i])
			json_array_append_new(tools, tools_json(&u->c->tools[i]));
	if (u->c->target != &targets[0])
		json_object_set_new(root, "target", json_string(u->c->target->cpu));
	json_object_set_new(root, "gcc", gcc);
	json_object_set_new(root, "tools", tools);
	json_object_set_new(
		root, "libraries", pins_json(u->c->libraries, u->any ? u->c->n_libraries : 0));
	json_object_set_new(root, "matrix", matrix_json(a, u));
	json_object_set_new(root, "torch", torch);
	json_object_set_new(root, "cuda", cuda);
	if (json_array_size(depends))
		json_object_set(root, "depends", depends);
	json_decref(depends);
	if (libraries)
		json_object_set_new(root, "cuda-libraries", libraries);
	add_tvm_ffi(a, u, root);
	if (json_array_size(torch) && u->c->python)
		json_object_set_new(root, "python", pin_json(u->c->python));
	return root;
}

/* Has it nothing that is compiled? */
static bool
is_noarch(const struct resolution *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].kind != VARIANT_NOARCH)
			return false;
	}
	return true;
}

/* The parts of all targets that a variant is for; that of a noarch kernel is the first's. */
static json_t *
lock_json(struct arena *a, const struct catalog *c, const char *matrix, const struct resolution *r)
{
	json_t *root = NULL, *variants = json_array(), *others = json_array();

	for (const struct catalog *of = c; of; of = of->other) {
		struct used u = { .c = of, .m = catalog_find_matrix(of, matrix) };
		json_t *part;

		find_used(a, r, &u);
		if (!u.any && !(of == c && is_noarch(r)))
			continue;
		part = part_json(a, &u);
		if (root)
			json_array_append_new(others, part);
		else
			root = part;
	}
	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(variants, json_string(r->v[i].name));
	json_object_set_new(root, "version", json_integer(LOCK_VERSION));
	json_object_set_new(root, "variants", variants);
	if (json_array_size(others))
		json_object_set(root, "others", others);
	json_decref(others);
	return root;
}

int
lock_format(struct arena *a, const struct catalog *c, const char *matrix,
	const struct resolution *r, struct str *out, struct err *e)
{
	json_t *root CLEANUP(json_decrefp) = NULL;
	char *text;

	if (!catalog_find_matrix(c, matrix))
		return err_set(e, ERR_RESOLVE,
			"matrix %s cannot be locked: the catalog does not hold it", matrix);
	root = lock_json(a, c, matrix, r);
	/* jansson answers NULL when memory ran out or a text is not UTF-8. */
	text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
	if (!text)
		return err_set(e, ERR_BUG, "the lock cannot be written as JSON");
	out->p = arena_printf(a, "%s\n", text);
	out->n = strlen(out->p);
	free(text);
	return 0;
}
