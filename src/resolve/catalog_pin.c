/* SPDX-License-Identifier: Apache-2.0 */
/* Pins in TOML: parsed and checked. */
#include "base/map.h"
#include "base/path.h"
#include "resolve/native_tools.h"
#include "resolve/parts.h"

const char *const pin_kind_name[PIN_KINDS] = { "wheel", "deb", "archive", "sdist", "directory" };

bool
pin_kind_parse(const char *s, enum pin_kind *out)
{
	for (int i = 0; i < PIN_KINDS; i++)
		if (streq(s, pin_kind_name[i])) {
			*out = (enum pin_kind)i;
			return true;
		}
	return false;
}

/* Without "." and "..", empty components and what a shell or a URL would read in another way. */
static bool
is_plain_path(const char *p)
{
	struct str rest = str_of(p), part;

	if (!path_is_inside(rest) || strchr(p, '\\'))
		return false;
	while (str_cut(&rest, '/', &part))
		if (part.n == 0 || str_eq(part, STR(".")) || str_eq(part, STR("..")))
			return false;
	for (; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			return false;
	return true;
}

static bool
is_plain_name(const char *s)
{
	return is_plain_path(s) && !strchr(s, '/');
}

static const char *
select_problem(const struct pin_select *s)
{
	size_t n = strlen(s->from);

	if (n == 0 || !is_plain_path(s->from))
		return "\"from\" must be a relative path without \"..\"";
	if (!s->to)
		return s->symbols ? "\"symbols\" makes no sense without \"to\"" : NULL;
	if (!is_plain_path(s->to))
		return "\"to\" must be a relative path without \"..\"";
	if ((s->from[n - 1] == '/') != (s->to[strlen(s->to) - 1] == '/'))
		return "\"from\" and \"to\" must both end with '/', or neither";
	return NULL;
}

const char *
pin_problem(const struct pin *p)
{
	if (!is_plain_name(p->name))
		return "\"name\" must be a plain name";
	if (p->kind == PIN_WHEEL && (!is_plain_name(p->file) || !str_has_suffix(p->file, ".whl")))
		return "\"file\" must be the name of a .whl";
	if (p->kind == PIN_DIRECTORY && !is_plain_name(p->file))
		return "\"file\" must be a tag";
	if (p->kind == PIN_SDIST &&
		(!is_plain_name(p->file) || !str_has_suffix(p->file, ".tar.gz")))
		return "\"file\" must be the name of a .tar.gz";
	if (p->kind != PIN_WHEEL && (!is_plain_path(p->file) || str_has_suffix(p->file, "/")))
		return "\"file\" must be a relative path without \"..\"";
	if (!p->has_tree && !p->has_sha256)
		return "\"sha256\" is needed where \"tree\" is not known";
	if (p->n_select == 0)
		return "\"select\" is empty";
	for (size_t i = 0; i < p->n_select; i++) {
		const char *problem = select_problem(&p->select[i]);

		if (problem)
			return problem;
	}
	return NULL;
}

const char *
pin_problem_in_use(const struct pin *p)
{
	const char *problem = pin_problem(p);

	if (!problem && p->kind == PIN_WHEEL && !p->has_tree)
		return "\"tree\" is needed, for wheels are fetched in parts";
	if (!problem && p->kind == PIN_DIRECTORY && !p->has_tree)
		return "\"tree\" is needed, for nothing else proves a directory";
	if (!problem && p->kind == PIN_SDIST && !p->has_sha256)
		return "\"sha256\" is needed, for sdists are fetched whole";
	return problem;
}

const char *
catalog_file_problem(const struct catalog_file *f)
{
	if (!is_plain_path(f->path) || str_has_suffix(f->path, "/"))
		return "\"path\" must be a relative path without \"..\"";
	return NULL;
}

const char *
catalog_include_problem(const char *dir)
{
	return is_plain_path(dir) && !str_has_suffix(dir, "/")
		       ? NULL
		       : "\"include\" lists relative paths without \"..\" and '/' at the end";
}

static int
read_select(const struct toml_reader *r, const struct toml *table, struct pin *out)
{
	static const char *const keys[] = { "from", "to", "symbols", NULL };
	const struct toml *list;

	TRY(toml_tables(r, table, "select", &list, &out->n_select));
	out->select = arena_array(r->a, struct pin_select, out->n_select);
	for (size_t i = 0; i < out->n_select; i++) {
		struct pin_select *s = &out->select[i];
		const char *problem;

		TRY(toml_keys(r, &list[i], "a selection", keys));
		TRY(toml_string(r, &list[i], "from", TOML_NEEDED, &s->from));
		TRY(toml_string(r, &list[i], "to", TOML_OPTIONAL, &s->to));
		TRY(toml_flag(r, &list[i], "symbols", TOML_OPTIONAL, &s->symbols));
		problem = select_problem(s);
		if (problem)
			return toml_fail(r, &list[i], "%s", problem);
	}
	return 0;
}

static int
read_tree(const struct toml_reader *r, const struct toml *table, struct pin *out)
{
	const struct toml *v = toml_get(table, "tree");
	int got;

	if (v && v->kind == TOML_STRING && v->s.n == 0)
		return 0;
	got = toml_digest(r, table, "tree", TOML_OPTIONAL, &out->tree);
	out->has_tree = got > 0;
	return got;
}

int
pin_read_draft(
	const struct toml_reader *r, const struct toml *table, const char *what, struct pin *out)
{
	static const char *const keys[] = { "kind", "name", "file", "size", "sha256", "tree",
		"select", "plain", "nar", "replaces", NULL };
	const char *kind = NULL, *problem;
	int got;

	*out = (struct pin){ 0 };
	TRY(toml_keys(r, table, what, keys));
	TRY(toml_string(r, table, "kind", TOML_NEEDED, &kind));
	if (!pin_kind_parse(kind, &out->kind))
		return toml_fail(r, toml_get(table, "kind"), "\"kind\" must be " PIN_KIND_LIST);
	TRY(toml_string(r, table, "name", TOML_NEEDED, &out->name));
	TRY(toml_string(r, table, "file", TOML_NEEDED, &out->file));
	TRY(toml_count(r, table, "size", TOML_OPTIONAL, INT64_MAX, &out->size));
	TRY(got = toml_digest(r, table, "sha256", TOML_OPTIONAL, &out->sha256));
	out->has_sha256 = got > 0;
	TRY(toml_flag(r, table, "plain", TOML_OPTIONAL, &out->is_plain));
	TRY(got = toml_digest(r, table, "nar", TOML_OPTIONAL, &out->nar));
	out->has_nar = got > 0;
	TRY(read_tree(r, table, out));
	TRY(read_select(r, table, out));
	problem = pin_problem(out);
	return problem ? toml_fail(r, table, "%s: %s", what, problem) : 0;
}

int
pin_read(const struct toml_reader *r, const struct toml *table, const char *what, struct pin *out)
{
	const char *problem;

	TRY(pin_read_draft(r, table, what, out));
	problem = pin_problem_in_use(out);
	return problem ? toml_fail(r, table, "%s: %s", what, problem) : 0;
}

struct all {
	struct arena *a;
	struct map trees;
	VEC(struct pin *) v;
};

static void
add_pins(struct all *all, struct pin *pins, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct str tree = { (const char *)pins[i].tree.b, sizeof(pins[i].tree.b) };

		if (pins[i].has_tree && map_get(&all->trees, tree))
			continue;
		if (pins[i].has_tree)
			*map_put(all->a, &all->trees, tree) = &pins[i];
		vec_push(all->a, &all->v, &pins[i]);
	}
}

static void
add_cuda_pins(struct all *all, const struct catalog_cuda *cuda)
{
	add_pins(all, cuda->pins, cuda->n_pins);
	if (cuda->runtime)
		add_pins(all, cuda->runtime, 1);
	if (cuda->redist)
		add_cuda_pins(all, cuda->redist);
}

static void
add_all(struct all *all, const struct catalog *c)
{
	for (size_t i = 0; i < c->n_torch; i++) {
		add_pins(all, &c->torch[i].headers, 1);
		if (c->torch[i].has_libraries)
			add_pins(all, &c->torch[i].libraries, 1);
	}
	for (size_t i = 0; i < c->n_cuda; i++)
		add_cuda_pins(all, &c->cuda[i]);
	for (size_t i = 0; i < c->n_tools; i++)
		add_pins(all, c->tools[i].pins, c->tools[i].n_pins);
	for (size_t i = 0; i < c->n_gcc; i++)
		add_pins(all, c->gcc[i].pins, c->gcc[i].n_pins);
	add_pins(all, c->libraries, c->n_libraries);
	for (size_t i = 0; i < c->n_depends; i++)
		add_pins(all, c->depends[i].pins, c->depends[i].n_pins);
	for (size_t i = 0; i < c->n_cuda_libraries; i++)
		add_pins(all, &c->cuda_libraries[i].pin, 1);
	for (size_t i = 0; i < c->n_tvm_ffi; i++) {
		add_pins(all, &c->tvm_ffi[i].headers, 1);
		add_pins(all, &c->tvm_ffi[i].library, 1);
	}
	for (size_t i = 0; i < c->n_static_runtimes; i++)
		add_pins(all, &c->static_runtimes[i].pin, 1);
	if (c->python)
		add_pins(all, c->python, 1);
}

struct pin **
catalog_pins(struct arena *a, const struct catalog *c, size_t *n)
{
	struct all all = { .a = a };

	for (const struct catalog *of = c; of; of = of->other)
		add_all(&all, of);
	for (size_t i = 0; c->native && i < c->native->n; i++)
		add_pins(&all, &c->native->v[i].pin, 1);
	*n = all.v.n;
	return all.v.v;
}
