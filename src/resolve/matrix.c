/* SPDX-License-Identifier: Apache-2.0 */
/*
 * matrix.toml, format 1: a list of [[matrix]] tables
 *
 *     name     "2025-01"; letters, digits, '.', '_' and '-'; not "host", which is made at run time
 *     about    a line for people
 *     torch    ["2.4", "2.5.1"]: releases of torch.toml, a minor version standing for its newest
 *              patch; or "newest N": the newest N minor versions; or "all" of them
 *     abi      ["cxx11", "cxx98"]; or "all": those of each release
 *     cuda     ["11.8", "12.1"]; or "all": those of each release; [] for none
 *     cpu      true to have each release without CUDA as well, if it was published so
 *
 * A name that is written out must exist, and each torch release of the list must have been
 * published for each ABI and CUDA version of the lists, for the first target; others have what of
 * it was published for them. The rows are written out for torch, then ABI, then backend: the order
 * in which variants are listed and built.
 */
#include "resolve/parts.h"
#include <ctype.h>

/* One matrix while it is written out. */
struct maker {
	const struct toml_reader *r;
	const struct catalog *c;
	const struct toml *table;
	/* the same matrix for the first target; NULL: it is that. Others may have less. */
	const struct matrix *first;
	VEC(const struct catalog_torch *) torch;
	VEC(struct matrix_row) rows;
};

static bool
is_newest_of_minor(const struct catalog *c, const struct catalog_torch *t)
{
	const struct version minor = { .v = { t->version.v[0], t->version.v[1] }, .n = 2 };

	return catalog_find_torch(c, &minor) == t;
}

static int
take_newest(struct maker *m, const struct toml *v)
{
	uint64_t want = UINT64_MAX;
	size_t have = 0, skip;

	if (!str_eq(v->s, STR("all"))) {
		struct str s = v->s;

		if (!str_starts(s, STR("newest ")) ||
			!str_to_u64((struct str){ s.p + 7, s.n - 7 }, &want) || want == 0)
			return toml_fail(m->r, v,
				"\"torch\" must be a list of versions, \"all\" or \"newest N\"");
	}
	for (size_t i = 0; i < m->c->n_torch; i++)
		have += is_newest_of_minor(m->c, &m->c->torch[i]);
	skip = have > want ? have - (size_t)want : 0;
	for (size_t i = 0; i < m->c->n_torch; i++) {
		if (!is_newest_of_minor(m->c, &m->c->torch[i]))
			continue;
		if (skip > 0)
			skip--;
		else
			vec_push(m->r->a, &m->torch, &m->c->torch[i]);
	}
	return 0;
}

static int
take_torch(struct maker *m)
{
	const struct toml *v = toml_get(m->table, "torch");

	if (!v)
		return toml_fail(m->r, m->table, "\"torch\" is missing");
	if (v->kind == TOML_STRING)
		return take_newest(m, v);
	if (v->kind != TOML_ARRAY)
		return toml_fail(
			m->r, v, "\"torch\" must be a list of versions, \"all\" or \"newest N\"");
	for (size_t i = 0; i < v->n; i++) {
		const struct catalog_torch *t;
		struct version want;

		if (v->item[i].kind != TOML_STRING || !version_parse(v->item[i].s, &want) ||
			want.n < 2 || want.n > 3)
			return toml_fail(m->r, &v->item[i],
				"a torch release is written as \"2.4\" or \"2.4.1\"");
		t = catalog_find_torch(m->c, &want);
		if (!t && m->first)
			continue;
		if (!t || (want.n == 3 && version_cmp(&t->version, &want) != 0))
			return toml_fail(m->r, &v->item[i],
				"torch %s is not in torch.toml, which has %s",
				version_text(m->r->a, &want), catalog_torch_list(m->r->a, m->c));
		vec_push(m->r->a, &m->torch, t);
	}
	return 0;
}

/* The list at key, or NULL for "all". */
static int
list_or_all(struct maker *m, const char *key, const struct toml **out)
{
	const struct toml *v = toml_get(m->table, key);

	*out = NULL;
	if (!v)
		return toml_fail(m->r, m->table, "\"%s\" is missing", key);
	if (v->kind == TOML_STRING && str_eq(v->s, STR("all")))
		return 0;
	if (v->kind != TOML_ARRAY)
		return toml_fail(m->r, v, "\"%s\" must be a list or \"all\"", key);
	*out = v;
	return 0;
}

static void
add_row(struct maker *m, const struct catalog_torch *t, bool cxx11, const struct version *cuda)
{
	struct matrix_row row = { .torch = t->version, .cxx11 = cxx11 };

	if (cuda)
		row.cuda = *cuda;
	vec_push(m->r->a, &m->rows, row);
}

static int
add_rows(struct maker *m, const struct catalog_torch *t, bool cxx11, const struct toml *cuda,
	bool cpu)
{
	if (cpu && t->has_cpu)
		add_row(m, t, cxx11, NULL);
	for (size_t i = 0; !cuda && i < t->n_cuda; i++)
		add_row(m, t, cxx11, &t->cuda[i]);
	for (size_t i = 0; cuda && i < cuda->n; i++) {
		struct version v;

		TRY(toml_value_version(m->r, &cuda->item[i], 2, &v));
		if (!torch_has_cuda(t, &v) && m->first)
			continue;
		if (!torch_has_cuda(t, &v))
			return toml_fail(m->r, &cuda->item[i],
				"torch %s was not published for CUDA %s",
				version_text(m->r->a, &t->version), version_text(m->r->a, &v));
		add_row(m, t, cxx11, &v);
	}
	return 0;
}

static int
add_torch(struct maker *m, const struct catalog_torch *t, const struct toml *abi,
	const struct toml *cuda, bool cpu)
{
	if (!abi) {
		if (t->has_cxx11)
			TRY(add_rows(m, t, true, cuda, cpu));
		if (t->has_cxx98)
			TRY(add_rows(m, t, false, cuda, cpu));
		return 0;
	}
	for (size_t i = 0; i < abi->n; i++) {
		const struct toml *v = &abi->item[i];
		bool cxx11 = v->kind == TOML_STRING && str_eq(v->s, STR("cxx11"));

		if (!cxx11 && (v->kind != TOML_STRING || !str_eq(v->s, STR("cxx98"))))
			return toml_fail(m->r, v, "an ABI is \"cxx11\" or \"cxx98\"");
		if ((cxx11 ? !t->has_cxx11 : !t->has_cxx98) && m->first)
			continue;
		if (cxx11 ? !t->has_cxx11 : !t->has_cxx98)
			return toml_fail(m->r, v, "torch %s was not published with the ABI %s",
				version_text(m->r->a, &t->version), cxx11 ? "cxx11" : "cxx98");
		TRY(add_rows(m, t, cxx11, cuda, cpu));
	}
	return 0;
}

static bool
is_matrix_name(const char *s)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '.' && *s != '_' && *s != '-')
			return false;
	return true;
}

static int
check_name(const struct toml_reader *r, const struct toml *table, const struct catalog *c,
	const char *name)
{
	const struct toml *at = toml_get(table, "name");

	if (!is_matrix_name(name) || streq(name, "host"))
		return toml_fail(r, at, "\"%s\" cannot be the name of a matrix", name);
	if (catalog_find_matrix(c, name))
		return toml_fail(r, at, "matrix %s is listed twice", name);
	return 0;
}

static bool
same_row(const struct matrix_row *x, const struct matrix_row *y)
{
	return version_cmp(&x->torch, &y->torch) == 0 && x->cxx11 == y->cxx11 &&
	       version_cmp(&x->cuda, &y->cuda) == 0;
}

static int
check_rows(const struct maker *m)
{
	if (m->rows.n == 0 && !m->first)
		return toml_fail(m->r, m->table, "this matrix has no variant");
	for (size_t i = 0; i < m->rows.n; i++)
		for (size_t k = 0; k < i; k++)
			if (same_row(&m->rows.v[i], &m->rows.v[k]))
				return toml_fail(m->r, m->table,
					"this matrix has torch %s twice for the same ABI and backend",
					version_text(m->r->a, &m->rows.v[i].torch));
	return 0;
}

/* What of the first target's rows is not there. */
static void
find_missing(const struct maker *m, struct matrix *out)
{
	if (!m->first)
		return;
	out->missing = arena_array(m->r->a, struct matrix_row, m->first->n_rows + 1);
	for (size_t i = 0; i < m->first->n_rows; i++) {
		const struct matrix_row *row = &m->first->rows[i];
		bool found = !catalog_find_torch(m->c, &row->torch);

		for (size_t k = 0; k < m->rows.n && !found; k++)
			found = same_row(&m->rows.v[k], row);
		if (!found)
			out->missing[out->n_missing++] = *row;
	}
}

static int
read_matrix(const struct toml_reader *r, const struct toml *table, const struct catalog *c,
	const struct matrix *first, struct matrix *out)
{
	static const char *const keys[] = { "name", "about", "torch", "abi", "cuda", "cpu", NULL };
	struct maker m = { .r = r, .c = c, .table = table, .first = first };
	const struct toml *abi, *cuda;
	bool cpu = false;

	TRY(toml_keys(r, table, "[[matrix]]", keys));
	TRY(toml_string(r, table, "name", TOML_NEEDED, &out->name));
	TRY(check_name(r, table, c, out->name));
	TRY(toml_string(r, table, "about", TOML_NEEDED, &out->about));
	TRY(toml_flag(r, table, "cpu", TOML_NEEDED, &cpu));
	TRY(take_torch(&m));
	TRY(list_or_all(&m, "abi", &abi));
	TRY(list_or_all(&m, "cuda", &cuda));
	for (size_t i = 0; i < m.torch.n; i++)
		TRY(add_torch(&m, m.torch.v[i], abi, cuda, cpu));
	TRY(check_rows(&m));
	out->rows = m.rows.v;
	out->n_rows = m.rows.n;
	find_missing(&m, out);
	return 0;
}

int
matrix_read(const struct toml_reader *r, const struct toml *root, const struct catalog *first,
	struct catalog *out)
{
	static const char *const keys[] = { "matrix", NULL };
	const struct toml *list;
	size_t n;

	TRY(toml_keys(r, root, "this file", keys));
	TRY(toml_tables(r, root, "matrix", &list, &n));
	out->matrices = arena_array(r->a, struct matrix, n);
	for (size_t i = 0; i < n; i++) {
		TRY(read_matrix(
			r, &list[i], out, first ? &first->matrices[i] : NULL, &out->matrices[i]));
		out->n_matrices++;
	}
	return 0;
}
