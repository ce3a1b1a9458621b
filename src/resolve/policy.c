/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policies' tables. tools/policies.py makes them; they are built into the program.
 *
 * data/manylinux.toml, format 1
 *     policies         names, oldest first
 *     [alias]          other name = name
 *     [libraries]      name = sonames that every distribution has
 *     [MACHINE]
 *       first          the oldest policy that knows this machine
 *       loader         soname of its dynamic loader
 *       [MACHINE.F]    name = versions of the family F: "2.14" of GLIBC_2.14
 *     Where a policy is a key, the list holds what it has more than older ones have.
 *
 * data/abi3.toml and data/torch-shims.toml
 *     One line for each symbol, NAME = "VERSION", below [function], then [data]; for the other
 * below [shim]. They are TOML, but looked up as text, so a line has just this form.
 *
 * data/newer-symbols.toml
 *     The same form below [since]; a version is that of a symbol: "GLIBCXX_3.4.26".
 */
#include "resolve/policy.h"
#include "base/embed.h"
#include "base/err.h"
#include "formats/toml_read.h"
#include <stdlib.h>

EMBED(policy_manylinux, "data/manylinux.toml")
EMBED(policy_abi3, "data/abi3.toml")
EMBED(policy_shims, "data/torch-shims.toml")
EMBED(policy_newer, "data/newer-symbols.toml")

struct family {
	const char *name, *newest; /* "GLIBC"; "2.28" or NULL */
	struct strs versions;      /* without the family's name */
};
struct manylinux {
	const char *loader;
	struct strs libraries;
	struct family *families;
	size_t n_families;
};

/* Policies up to the one asked for, in order. */
struct upto {
	struct strs names;
	size_t n; /* how many of them count */
};

static bool
strs_have(const struct strs *s, size_t n, struct str text)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_of(s->v[i]), text))
			return true;
	return false;
}

/* The lists of all policies that count, one behind the other. */
static int
gather(const struct toml_reader *r, const struct toml *table, const struct upto *u,
	struct strs *out)
{
	for (size_t i = 0; i < u->n; i++) {
		struct strs more = { 0 };

		TRY(toml_strings(r, table, u->names.v[i], TOML_OPTIONAL, &more, NULL));
		for (size_t k = 0; k < more.n; k++)
			vec_push(r->a, out, more.v[k]);
	}
	return 0;
}

static int
read_family(const struct toml_reader *r, const struct toml_pair *p, const struct upto *u,
	struct family *out)
{
	struct version best = { 0 };

	out->name = p->key.p;
	TRY(gather(r, &p->val, u, &out->versions));
	for (size_t i = 0; i < out->versions.n; i++) {
		struct version v;

		if (!version_parse(str_of(out->versions.v[i]), &v) || version_cmp(&v, &best) < 0)
			continue;
		best = v;
		out->newest = out->versions.v[i];
	}
	return 0;
}

static int
read_machine(const struct toml_reader *r, const struct toml *v, const struct upto *u,
	struct manylinux *m)
{
	TRY(toml_string(r, v, "loader", TOML_NEEDED, &m->loader));
	m->families = arena_array(r->a, struct family, v->n);
	for (size_t i = 0; i < v->n; i++)
		if (v->pair[i].val.kind == TOML_TABLE)
			TRY(read_family(r, &v->pair[i], u, &m->families[m->n_families++]));
	return 0;
}

/* The place of a policy in the list, and the first that knows the machine. Fails when it is not one
 * of those between. */
static int
find_policy(const struct toml_reader *r, const struct toml *root, const struct toml *machine,
	const char *machine_name, const char *name, struct upto *u)
{
	const char *plain = name, *first, *list = "";
	const struct toml *alias;
	bool known = false;

	TRY(toml_strings(r, root, "policies", TOML_NEEDED, &u->names, NULL));
	TRY(toml_value(r, root, "alias", TOML_TABLE, TOML_NEEDED, &alias));
	TRY(toml_string(r, alias, name, TOML_OPTIONAL, &plain));
	TRY(toml_string(r, machine, "first", TOML_NEEDED, &first));
	for (size_t i = 0; i < u->names.n; i++) {
		known = known || streq(u->names.v[i], first);
		if (!known)
			continue;
		if (streq(u->names.v[i], plain)) {
			u->n = i + 1;
			return 0;
		}
		list = arena_printf(r->a, "%s%s%s", list, *list ? ", " : "", u->names.v[i]);
	}
	return err_set(r->e, ERR_USAGE, "\"%s\" is not a manylinux policy for %s; choose from %s",
		name, machine_name, list);
}

int
manylinux_load(struct arena *a, const char *name, const char *machine, const struct manylinux **out,
	struct err *e)
{
	const struct toml_reader r = { .a = a, .file = "manylinux.toml", .e = e };
	struct manylinux *m = arena_new(a, struct manylinux);
	const struct toml *at = NULL, *libraries;
	struct upto u = { 0 };
	struct toml root;
	uint64_t format;

	TRY(toml_parse(a, embedded_policy_manylinux(), r.file, &root, e));
	TRY(toml_count(&r, &root, "format", TOML_NEEDED, 1, &format));
	if (*machine)
		at = toml_get(&root, machine);
	if (!at || at->kind != TOML_TABLE || !toml_get(at, "loader"))
		return err_set(e, ERR_USAGE,
			"there are manylinux policies for x86_64 and aarch64, not for \"%s\"",
			machine);
	TRY(find_policy(&r, &root, at, machine, name, &u));
	TRY(toml_value(&r, &root, "libraries", TOML_TABLE, TOML_NEEDED, &libraries));
	TRY(gather(&r, libraries, &u, &m->libraries));
	TRY(read_machine(&r, at, &u, m));
	*out = m;
	return 0;
}

static const struct family *
find_family(const struct manylinux *p, struct str name)
{
	for (size_t i = 0; i < p->n_families; i++)
		if (str_eq(str_of(p->families[i].name), name))
			return &p->families[i];
	return NULL;
}

enum version_verdict
manylinux_judge(const struct manylinux *p, const char *version)
{
	struct str rest = str_of(version), family;
	const struct family *f;

	if (!str_cut(&rest, '_', &family))
		return VERSION_UNKNOWN;
	f = find_family(p, family);
	if (!f)
		return VERSION_UNKNOWN;
	return strs_have(&f->versions, f->versions.n, rest) ? VERSION_ALLOWED : VERSION_TOO_NEW;
}

const char *
manylinux_newest(const struct manylinux *p, const char *family)
{
	const struct family *f = find_family(p, str_of(family));

	return f ? f->newest : NULL;
}

bool
manylinux_has_library(const struct manylinux *p, const char *soname)
{
	return streq(soname, p->loader) || strs_have(&p->libraries, p->libraries.n, str_of(soname));
}

/* A line NAME = "VALUE"; false for any other. */
static bool
read_line(struct str line, struct str *name, struct str *value)
{
	*value = line;
	if (!str_cut(value, ' ', name) || !str_starts(*value, STR("= \"")) ||
		!str_ends(*value, STR("\"")) || value->n < 4)
		return false;
	*value = (struct str){ value->p + 3, value->n - 4 };
	return true;
}

/* Looks for the line of a symbol. */
static bool
look_up(struct str table, const char *symbol, struct str *value)
{
	const char *end = table.p + table.n;
	size_t n = strlen(symbol);

	for (const char *p = table.p; n && (p = memmem(p, (size_t)(end - p), symbol, n)) != NULL;
		p++) {
		struct str rest = { p, (size_t)(end - p) }, line, name;

		if (p == table.p || p[-1] != '\n' || !str_cut(&rest, '\n', &line))
			continue;
		if (read_line(line, &name, value) && str_eq(name, (struct str){ symbol, n }))
			return true;
	}
	return false;
}

bool
symbol_since(const char *symbol, struct str *version)
{
	return look_up(embedded_policy_newer(), symbol, version);
}

bool
abi3_added(const char *symbol, struct version *added)
{
	struct str value;

	return look_up(embedded_policy_abi3(), symbol, &value) && version_parse(value, added);
}

bool
torch_shim_added(const char *symbol, struct version *added)
{
	struct str value;

	return look_up(embedded_policy_shims(), symbol, &value) && version_parse(value, added);
}

static int
by_name(const void *x, const void *y)
{
	return strcmp(((const struct abi3_symbol *)x)->name, ((const struct abi3_symbol *)y)->name);
}

int
abi3_symbols(struct arena *a, const struct version *version, struct abi3_symbol **out, size_t *n,
	struct err *e)
{
	VEC(struct abi3_symbol) found = { 0 };
	struct str rest = embedded_policy_abi3(), line;
	bool is_data = false;

	while (str_cut(&rest, '\n', &line)) {
		struct version added;
		struct str name, value;

		if (str_eq(line, STR("[data]")))
			is_data = true;
		if (read_line(line, &name, &value) && version_parse(value, &added) &&
			version_cmp(&added, version) <= 0)
			vec_push(a, &found,
				(struct abi3_symbol){ arena_strndup(a, name.p, name.n), is_data });
	}
	if (found.n == 0)
		return err_set(e, ERR_USAGE, "Python %s is older than the limited API",
			version_text(a, version));
	qsort(found.v, found.n, sizeof(*found.v), by_name);
	*out = found.v;
	*n = found.n;
	return 0;
}
