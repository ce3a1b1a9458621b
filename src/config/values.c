/* SPDX-License-Identifier: Apache-2.0 */
/* The values of build.toml that have rules of their own: names, URLs, dependencies, bounds. */
#include "base/arena.h"
#include "base/err.h"
#include "config/capability.h"
#include "config/reading.h"

static const char *const backend_names[BACKEND_COUNT] = { "cpu", "cuda", "rocm", "metal", "xpu",
	"neuron", "tpu", "cann" };
const struct words backend_words = { backend_names, BACKEND_COUNT };

const char *
backend_name(enum backend b)
{
	return backend_names[b];
}

int
value_backend(const struct reading *r, const struct toml *v, const char *what, enum backend *out,
	struct err *e)
{
	int i = value_word(r, v, what, backend_words, e);

	if (i < 0)
		return -1;
	*out = (enum backend)i;
	return 0;
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* A lower-case letter, then letters, digits and dashes, no dash at the end, two characters or more.
 */
static bool
name_is_valid(const char *s)
{
	size_t n = strlen(s);

	if (n < 2 || !is_lower(s[0]) || s[n - 1] == '-')
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static char *
with_char(struct arena *a, const char *s, char from, char to)
{
	char *copy = arena_strdup(a, s);

	for (char *p = copy; (p = strchr(p, from));)
		*p = to;
	return copy;
}

const char *
project_name_fault(struct arena *a, const char *name)
{
	const char *module = with_char(a, name, '-', '_'), *owner = python_module_owner(module);

	if (!name_is_valid(name))
		return " is not allowed; use two or more lower-case letters, digits and dashes, starting with a letter and not ending with a dash, such as \"my-kernel\"";
	if (!owner)
		return NULL;
	return arena_printf(a,
		": the module %s belongs to %s, and the kernel would hide it; choose another, such as \"%s-kernel\"",
		module, owner, name);
}

int
field_name(const struct reading *r, const struct section *s, struct err *e)
{
	const struct toml_pair *p = field_find(s, "name");
	const char *given, *name, *fault;

	TRY(field_need(r, s, "name", "name = \"my-kernel\"", e));
	TRY(field_string(r, s, "name", &given, e));
	name = given;
	/* Names were free before v4; those that differ by underscores only are still understood. */
	if (r->p->gen < GEN_4)
		name = with_char(r->a, given, '_', '-');
	fault = project_name_fault(r->a, name);
	if (fault)
		return fail_at(
			r, p->val.line, p->val.col, e, "name %s%s", quoted(r->a, p->val.s), fault);
	if (!streq(name, given))
		warn_at(r, p->val.line, p->val.col, "name \"%s\" is read as \"%s\"", given, name);
	r->p->name = name;
	r->p->module = with_char(r->a, name, '-', '_');
	return 0;
}

static size_t
scheme_length(const char *url)
{
	size_t n = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	return n && url[n] == ':' ? n : 0;
}

static bool
has_blank(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return true;
	return false;
}

/* v is a string that is not empty. */
static int
check_git_url(const struct reading *r, const struct section *s, const char *key,
	const struct toml *v, struct err *e)
{
	static const char *const schemes[] = { "https", "http", "git", "ssh", "git+ssh",
		"git+https", "git+http" };
	const char *url = v->s.p, *colon = strchr(url, ':');
	size_t n = scheme_length(url);

	if (n) {
		struct str scheme = { url, n };
		bool known = false;

		for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
			known = known || str_eq(scheme, str_of(schemes[i]));
		if (!known)
			return fail_at(r, v->line, v->col, e,
				"%s in %s is a URL with the scheme %s%s", key, s->where,
				quoted(r->a, scheme), advice(r->a, scheme, WORDS(schemes)));
	}
	if (has_blank(url) || !colon || colon == url || !colon[1] ||
		(n ? !str_has_prefix(colon, "://") || !colon[3] || colon[3] == '/'
		   : colon[1] == '/'))
		return fail_at(r, v->line, v->col, e,
			"%s in %s is %s, which is not the URL of a git repository; write one such as \"https://example.org/me/kernel\" or \"git@example.org:me/kernel\"",
			key, s->where, quoted(r->a, v->s));
	return 0;
}

int
field_git_url(const struct reading *r, const struct section *s, const char *key, const char **out,
	struct err *e)
{
	const struct toml_pair *p = field_find(s, key);
	const char *url = NULL;

	if (field_string(r, s, key, &url, e) <= 0)
		return p ? -1 : 0;
	TRY(check_git_url(r, s, key, &p->val, e));
	*out = url;
	return 1;
}

int
field_upstream(const struct reading *r, const struct section *s, struct strs *out, struct err *e)
{
	const struct toml_pair *p = field_find(s, "upstream");
	const struct toml *items = NULL;
	const char *one = NULL;

	if (!p || p->val.kind != TOML_ARRAY) {
		TRY(field_git_url(r, s, "upstream", &one, e));
		if (one)
			vec_push(r->a, out, one);
		return 0;
	}
	if (r->p->gen < GEN_6)
		return fail_at(r, p->val.line, p->val.col, e,
			"upstream in %s is a list, which came with edition 6; name one URL, or write edition = 6",
			s->where);
	TRY(field_strings(r, s, "upstream", out, &items, e));
	for (size_t i = 0; i < items->n; i++)
		TRY(check_git_url(r, s, "upstream", &items->item[i], e));
	return 0;
}

int
field_hub(const struct reading *r, const struct section *general, struct err *e)
{
	static const struct key keys[] = { { "repo-id", GEN_2 }, { "branch", GEN_2 } };
	struct section hub = section_of(r->a, general, "hub");

	TRY(section_check(r, &hub, KEYS(keys), e));
	TRY(field_string(r, &hub, "repo-id", &r->p->hub_repo_id, e));
	TRY(field_string(r, &hub, "branch", &r->p->hub_branch, e));
	return 0;
}

static const char *const depend_names[] = { "torch", "cutlass_2_10", "cutlass_3_5", "cutlass_3_6",
	"cutlass_3_8", "cutlass_3_9", "cutlass_4_0", "cutlass_4_4", "cutlass_4_5", "sycl_tla",
	"metal-cpp" };

/* Names that earlier generations had for what is called otherwise now. */
static const char *
depend_renamed(const struct reading *r, const struct toml *v)
{
	if (str_eq(v->s, STR("cutlass_sycl")))
		return "sycl_tla";
	if (r->p->gen <= GEN_0B && str_eq(v->s, STR("cutlass")))
		return "cutlass_3_5"; /* 3.5.1 was the only one when the name had no number */
	return NULL;
}

int
field_depends(const struct reading *r, const struct section *s, struct strs *out, struct err *e)
{
	const char *what = arena_printf(r->a, "depends in %s", s->where);
	const struct toml *items = NULL;
	struct strs given = { 0 };

	TRY(field_need(r, s, "depends", "depends = [\"torch\"], or depends = [] for none", e));
	TRY(field_strings(r, s, "depends", &given, &items, e));
	for (size_t i = 0; i < items->n; i++) {
		const struct toml *v = &items->item[i];
		const char *name = depend_renamed(r, v);

		if (name && r->p->gen >= GEN_5)
			return fail_at(r, v->line, v->col, e,
				"%s: %s is called \"%s\" since edition 5; write that", what,
				quoted(r->a, v->s), name);
		if (!name) {
			int word = value_word(r, v, what, WORDS(depend_names), e);

			if (word < 0)
				return -1;
			name = depend_names[word];
		}
		strs_add(r->a, out, name);
	}
	return 0;
}

static int
kernel_depend(
	const struct reading *r, const struct section *s, struct kernel_depend *out, struct err *e)
{
	static const struct key keys[] = { { "repo-id", GEN_5 }, { "version", GEN_5 },
		{ "revision", GEN_5 } };
	uint64_t version = 0;
	int has_version, has_revision;

	*out = (struct kernel_depend){ .version = -1 };
	TRY(section_check(r, s, KEYS(keys), e));
	TRY(field_need(r, s, "repo-id", "repo-id = \"owner/name\"", e));
	TRY(field_string(r, s, "repo-id", &out->repo_id, e));
	TRY(has_version = field_count(r, s, "version", &version, e));
	TRY(has_revision = field_string(r, s, "revision", &out->revision, e));
	if (has_version == has_revision)
		return fail_at(r, s->line, s->col, e, "%s has %s; give one of them", s->where,
			has_version ? "both version and revision" : "neither version nor revision");
	if (has_version)
		out->version = (int64_t)version;
	return 0;
}

int
field_kernel_depends(
	const struct reading *r, const struct section *s, struct kernel_depends *out, struct err *e)
{
	const struct toml_pair *p = field_find(s, "kernel-depends");

	if (!p)
		return 0;
	TRY(value_is(
		r, &p->val, TOML_ARRAY, arena_printf(r->a, "kernel-depends in %s", s->where), e));
	for (size_t i = 0; i < p->val.n; i++) {
		const struct toml *v = &p->val.item[i];
		struct section item = { .line = v->line, .col = v->col, .table = v };
		struct kernel_depend depend;

		item.where = arena_printf(r->a, "kernel-depends in %s", s->where);
		TRY(value_is(
			r, v, TOML_TABLE, arena_printf(r->a, "each item of %s", item.where), e));
		TRY(kernel_depend(r, &item, &depend, e));
		vec_push(r->a, out, depend);
	}
	return 1;
}

int
field_capabilities(const struct reading *r, const struct section *s, const char *key,
	struct strs *out, struct err *e)
{
	const struct toml *items = NULL;
	int have = field_strings(r, s, key, out, &items, e);

	for (size_t i = 0; have > 0 && i < items->n; i++) {
		const struct toml *v = &items->item[i];
		const char *instead;

		if (!capability_is_valid(v->s))
			return fail_at(r, v->line, v->col, e,
				"%s in %s: %s is not a CUDA capability; write one such as \"8.0\", \"9.0a\" or \"12.0+PTX\"",
				key, s->where, quoted(r->a, v->s));
		instead = capability_instead(v->s);
		if (instead && strncmp(instead, v->s.p, strlen(instead)) == 0)
			return fail_at(r, v->line, v->col, e,
				"%s in %s: no CUDA has %s; write \"%s\"", key, s->where,
				quoted(r->a, v->s), instead);
		/* The other capabilities of a list like "8.0", "11.8" are good. */
		if (instead)
			warn_at(r, v->line, v->col,
				"%s in %s: no CUDA has %s; write \"%s\", or drop it", key, s->where,
				quoted(r->a, v->s), instead);
	}
	return have;
}

int
check_bounds(
	const struct reading *r, const struct section *s, const struct bounds *b, struct err *e)
{
	const struct toml_pair *p = field_find(s, b->high_key);

	if (!b->low->n || !b->high->n || version_cmp(b->low, b->high) <= 0)
		return 0;
	return fail_at(r, p->val.line, p->val.col, e,
		"%s %s in %s is below %s %s, so no version fits; correct one of them", b->high_key,
		version_text(r->a, b->high), s->where, b->low_key, version_text(r->a, b->low));
}
