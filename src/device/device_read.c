/* SPDX-License-Identifier: Apache-2.0 */
/* Reads where a text's lines come from, and which are the user's own. */
#include "base/arena.h"
#include "base/err.h"
#include "cxx/kernel_files.h"
#include "device/device.h"
#include "formats/root.h"

/* The lines of a text, with what its markers say. */
struct lines {
	struct arena *a;
	struct str text;
	const char **why;
	struct map files;        /* of the markers: normal_file_name() of each */
	VEC(const char *) names; /* the same, each once */
	VEC(struct device_line) out;
};

static int
cannot(struct lines *x, const char *what, struct str at)
{
	at = str_trim(at);
	*x->why = arena_printf(x->a, "%s: %.*s", what, at.n < 100 ? (int)at.n : 100, at.p);
	return 0;
}

/* # 12 "file" 1 3: the name between the quotes; *enters: the flag 1 is there. */
static bool
read_marker(struct str line, struct str *name, bool *enters)
{
	const char *from, *to;

	if (line.n < 5 || line.p[0] != '#' || line.p[1] != ' ' || line.p[2] < '0' ||
		line.p[2] > '9')
		return false;
	from = memchr(line.p, '"', line.n);
	to = memrchr(line.p, '"', line.n);
	if (!from || from == to)
		return false;
	*name = (struct str){ from + 1, (size_t)(to - from - 1) };
	*enters = to + 2 < line.p + line.n && to[1] == ' ' && to[2] == '1';
	return true;
}

/* Each name is normalised once. */
static const char *
file_of(struct lines *x, struct str name)
{
	void **place = map_put(x->a, &x->files, name);

	if (!*place) {
		char *normal = arena_strdup(
			x->a, normal_file_name(x->a, arena_strndup(x->a, name.p, name.n)));

		*place = normal;
		vec_push(x->a, &x->names, normal);
	}
	return *place;
}

/* "define" of "#define X", and what follows; false when the line is no directive. */
static bool
read_directive(struct str line, struct str *word, struct str *rest)
{
	size_t i = 1;

	if (line.n == 0 || line.p[0] != '#')
		return false;
	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
		i++;
	*word = (struct str){ line.p + i, 0 };
	while (i < line.n && ((line.p[i] >= 'a' && line.p[i] <= 'z') || line.p[i] == '_'))
		i++;
	word->n = (size_t)(line.p + i - word->p);
	*rest = str_trim((struct str){ line.p + i, line.n - i });
	return true;
}

static bool
is_macro_line(struct str word)
{
	return str_eq(word, STR("define")) || str_eq(word, STR("undef"));
}

static bool
is_include_line(struct str word)
{
	return str_eq(word, STR("include")) || str_eq(word, STR("include_next")) ||
	       str_eq(word, STR("import"));
}

/* The file that an #include enters, from the lines behind it; NULL: it was skipped, for it was
 * included before. */
static const char *
entered(struct lines *x, struct str rest)
{
	struct str line, name;
	bool enters;

	while (str_cut(&rest, '\n', &line)) {
		if (str_trim(line).n == 0)
			continue;
		if (!read_marker(line, &name, &enters))
			return NULL;
		if (enters)
			return file_of(x, name);
		if (line.p[line.n - 1] != '"')
			return NULL;
	}
	return NULL;
}

static bool
is_torch_file(const char *file)
{
	return str_has_prefix(file, ROOT_TORCH "/") || str_has_prefix(file, ROOT_PYTHON "/");
}

static bool
is_torch_name(struct str name)
{
	static const char *const heads[] = { "torch/", "ATen/", "c10/", "pybind11/", "Python.h",
		"caffe2/", "THC" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		if (str_starts(name, str_of(heads[i])))
			return true;
	}
	return false;
}

/* The name of an include without what leads out of its file's directory. */
static struct str
tail_of(struct arena *a, struct str name)
{
	struct str tail = str_of(normal_file_name(a, arena_strndup(a, name.p, name.n)));

	while (str_starts(tail, STR("../")))
		tail = (struct str){ tail.p + 3, tail.n - 3 };
	return tail;
}

static bool
may_mean(struct str tail, const char *file)
{
	struct str s = str_of(file);

	return str_ends(s, tail) && (s.n == tail.n || s.p[s.n - tail.n - 1] == '/');
}

/* Could an include of that name have meant a file of the user's, or another one, in front? */
static void
find_included(struct lines *x, struct str name, bool *user, bool *other)
{
	struct str tail = tail_of(x->a, name);

	*user = *other = false;
	for (size_t i = 0; i < x->names.n; i++) {
		if (may_mean(tail, x->names.v[i]))
			*(str_has_prefix(x->names.v[i], ROOT_SOURCES "/") ? user : other) = true;
	}
}

/* An #include in a file of the user's. `rest` is the text behind the line. */
static int
take_include(struct lines *x, struct str what, struct str rest)
{
	struct str name = { what.p + 1, what.n < 2 ? 0 : what.n - 2 };
	const char *file = entered(x, rest);
	struct device_line line = { .kind = DEVICE_INCLUDE, .text = what };
	bool user = false, other = false;

	if (what.n < 3 || !((what.p[0] == '<' && what.p[what.n - 1] == '>') ||
				  (what.p[0] == '"' && what.p[what.n - 1] == '"')))
		return cannot(x, "an include of another kind", what);
	if (file && str_has_prefix(file, ROOT_SOURCES "/"))
		return 1;
	if ((file && is_torch_file(file)) || is_torch_name(name)) {
		line.kind = DEVICE_TORCH;
	} else if (!file) {
		find_included(x, name, &user, &other);
		if (user == other)
			return cannot(x, "an include that may mean several files", what);
		if (user)
			return 1;
	}
	vec_push(x->a, &x->out, line);
	return 1;
}

static int
take_pragma(struct lines *x, struct str rest)
{
	if (str_starts(rest, STR("push_macro")) || str_starts(rest, STR("pop_macro")))
		return cannot(x, "a pragma that changes macros", rest);
	return 1;
}

/* Collects the user's directives and makes a text without those that the lexer need not see. */
static int
take_lines(struct lines *x, char *plain)
{
	struct str rest = x->text, line, name, word, what;
	bool is_user = false, enters;

	while (str_cut(&rest, '\n', &line)) {
		if (line.n == 0 || line.p[0] != '#')
			continue;
		if (read_marker(line, &name, &enters)) {
			is_user = str_has_prefix(file_of(x, name), ROOT_SOURCES "/");
			continue;
		}
		if (!read_directive(line, &word, &what))
			continue;
		if (is_macro_line(word) || is_include_line(word)) {
			memset(plain + (line.p - x->text.p), ' ', line.n);
			if (is_user && is_macro_line(word))
				vec_push(x->a, &x->out, (struct device_line){ DEVICE_MACRO, line });
			else if (is_user && !take_include(x, what, rest))
				return 0;
		} else if (is_user && !str_eq(word, STR("pragma"))) {
			return cannot(x, "a directive of another kind", line);
		} else if (is_user && !take_pragma(x, what)) {
			return 0;
		}
	}
	return 1;
}

bool
device_is_host_only(const struct decl *d)
{
	return d->kind == DECL_FUNCTION &&
	       !(d->flags & (DECL_DEVICE | DECL_GLOBAL | DECL_CONSTEXPR));
}

static int
cannot_at(
	struct arena *a, const char **why, const char *what, const struct lexed *l, uint32_t token)
{
	*why = arena_printf(a, "%s: %s:%u", what, token_file(l, token), lex_line(l, token));
	return 0;
}

/* [...] __device__: the attribute stands right behind the brackets. [[nodiscard]] __device__ begins
 * a function. */
static bool
is_device_lambda(const struct lexed *l, uint32_t i)
{
	uint32_t k = l->token[i].match + 1;

	if (!token_is(l, i, '[') || token_is(l, i + 1, '[') ||
		!(token_word(l, k, W_ATTRIBUTE) || token_word(l, k, W_ATTRIBUTE2)))
		return false;
	for (uint32_t end = l->token[k + 1].match; k < end; k++) {
		if (token_word(l, k, W_AT_DEVICE) || token_word(l, k, W_AT_DEVICE2) ||
			token_word(l, k, W_AT_HOST) || token_word(l, k, W_AT_HOST2))
			return true;
	}
	return false;
}

/* Words and attributes that only the full text can serve. */
static int
check_tokens(struct arena *a, const struct device_text *t, const struct decl *d, const char **why)
{
	static const char *const refused[] = { "requires", "concept", "alias", "ifunc", "weakref",
		"co_await", "co_yield", "co_return" };
	const struct lexed *l = &t->lexed;

	for (uint32_t i = d->begin; i < d->end; i++) {
		if (is_device_lambda(l, i))
			return cannot_at(a, why, "an extended lambda", l, i);
		if (l->token[i].kind != TOKEN_NAME)
			continue;
		if (str_starts(token_text(l, i), STR("__nv_dl_")) ||
			str_starts(token_text(l, i), STR("__nv_hdl_")))
			return cannot_at(a, why, "an extended lambda", l, i);
		for (size_t k = 0; k < sizeof(refused) / sizeof(*refused); k++) {
			if (str_eq(token_text(l, i), str_of(refused[k])))
				return cannot_at(a, why, refused[k], l, i);
		}
	}
	return 1;
}

uint32_t
device_static_name(const struct lexed *l, const struct decl *d)
{
	uint32_t open, i = d->begin + 1;

	if (d->kind != DECL_UNKNOWN || d->end < d->begin + 6 ||
		!token_word(l, d->begin, W_STATIC) || !token_is(l, d->end - 1, ';') ||
		!token_is(l, d->end - 2, ')'))
		return 0;
	open = l->token[d->end - 2].match;
	if (token_word(l, i, W_CONST))
		i++;
	if (open < i + 2 || !(token_names(l, i) || token_is(l, i, P_SCOPE)) ||
		!token_names(l, open - 1) ||
		!(token_names(l, open - 2) || token_is(l, open - 2, '>')))
		return 0;
	for (; i < open; i++) {
		if (!(l->token[i].kind == TOKEN_NAME || l->token[i].kind == TOKEN_NUMBER ||
			    token_is(l, i, P_SCOPE) || token_is(l, i, '<') || token_is(l, i, '>') ||
			    token_is(l, i, ',')) ||
			token_word(l, i, W_ATTRIBUTE) || token_word(l, i, W_ATTRIBUTE2) ||
			token_word(l, i, W_CONSTEXPR) || token_word(l, i, W_OPERATOR))
			return 0;
	}
	return open - 1;
}

static bool
has_try_block(const struct lexed *l, const struct decl *d)
{
	if (d->kind != DECL_FUNCTION || !d->body)
		return false;
	for (uint32_t i = d->parameters; i < d->body; i++) {
		if (token_word(l, i, W_TRY))
			return true;
	}
	return false;
}

/* The user's declarations, each in the user's files and in the user's namespaces as a whole; and
 * nothing else there. */
static int
take_user(struct arena *a, struct device_text *t, const char **why)
{
	const struct lexed *l = &t->lexed;
	const bool *is_user = kernel_files(a, l);
	bool *is_theirs = arena_array(a, bool, t->split.n + 1); /* of each declaration so far */
	uint32_t covered = 0, there = 0;

	t->user = arena_array(a, uint32_t, t->split.n + 1);
	for (uint32_t i = 0; i < t->split.n; i++) {
		const struct decl *d = &t->split.decl[i];
		bool is = is_theirs[i] = is_user[token_file_number(l, d->begin)];

		if (d->scope != UINT32_MAX && is != is_theirs[d->scope])
			return cannot_at(a, why, "an include inside a namespace", l,
				t->split.decl[d->scope].begin);
		if (!is || d->parent != UINT32_MAX)
			continue;
		if ((d->kind == DECL_UNKNOWN && !device_static_name(l, d)) || d->kind == DECL_ASM ||
			d->kind == DECL_CONCEPT || has_try_block(l, d))
			return cannot_at(a, why,
				d->kind == DECL_CONCEPT ? "a concept"
							: "a declaration that is not understood",
				l, d->begin);
		if (!check_tokens(a, t, d, why))
			return 0;
		t->user[t->n_user++] = i;
		covered += d->end - d->begin;
		for (uint32_t k = d->begin; k < d->end; k++) {
			if (!is_user[token_file_number(l, k)])
				return cannot_at(a, why, "an include inside a declaration", l, k);
		}
	}
	for (uint32_t i = 0, m = 0; i + 1 < l->n; i++) {
		while (m + 1 < l->n_markers && l->marker[m + 1].offset <= l->token[i].offset)
			m++;
		there += is_user[l->marker[m].file];
	}
	if (there != covered)
		return cannot_at(a, why, "a declaration that other files began", l, 0);
	return 1;
}

static int
check_members(struct arena *a, const struct device_text *t, const char **why)
{
	for (uint32_t i = 0, at = 0; i < t->n_user; i++) {
		at = t->user[i];
		for (uint32_t k = at + 1; k < t->split.n && t->split.decl[k].parent != UINT32_MAX;
			k++) {
			if (has_try_block(&t->lexed, &t->split.decl[k]))
				return cannot_at(a, why, "a function-try-block", &t->lexed,
					t->split.decl[k].begin);
		}
	}
	return 1;
}

int
device_read_lines(struct arena *a, struct str full, struct device_text *out, const char **why)
{
	char *plain = arena_strndup(a, full.p, full.n);
	struct lines x = { .a = a, .text = full, .why = why };

	*out = (struct device_text){ 0 };
	if (!take_lines(&x, plain))
		return 0;
	out->line = x.out.v;
	out->n_lines = x.out.n;
	out->lexed.text = (struct str){ plain, full.n };
	return 1;
}

int
device_read_rest(struct arena *a, struct device_text *out, const char **why)
{
	struct lines x = { .a = a, .why = why };
	struct err e;

	if (lex(a, out->lexed.text, &out->lexed, &e) < 0)
		return cannot(&x, "not read", str_of(e.msg));
	split(a, &out->lexed, &out->split);
	return take_user(a, out, why) && check_members(a, out, why);
}

int
device_read(struct arena *a, struct str full, struct device_text *out, const char **why)
{
	return device_read_lines(a, full, out, why) && device_read_rest(a, out, why);
}

/* From the end of a marker to the next one. */
static struct str
lines_behind(const struct lexed *l, struct str full, uint32_t marker)
{
	uint32_t from = l->marker[marker].end;
	size_t end = marker + 1 < l->n_markers ? l->marker[marker + 1].offset : full.n;

	return (struct str){ full.p + from, end - from };
}

/* Which files of others an include in the user's files may mean. */
static bool *
included_files(struct arena *a, const struct lexed *l, struct str full, const bool *is_user)
{
	bool *may = arena_array(a, bool, l->n_files + 1);
	const char **normal = (const char **)arena_array(a, char *, l->n_files + 1);

	for (uint32_t f = 0; f < l->n_files; f++)
		normal[f] = normal_file_name(a, l->file[f]);
	for (uint32_t i = 0; i < l->n_markers; i++) {
		struct str rest = lines_behind(l, full, i), line, word, what, tail;

		while (is_user[l->marker[i].file] && str_cut(&rest, '\n', &line)) {
			if (!read_directive(str_trim(line), &word, &what) ||
				!is_include_line(word) || what.n < 3)
				continue;
			tail = tail_of(a, (struct str){ what.p + 1, what.n - 2 });
			for (uint32_t f = 0; f < l->n_files; f++)
				may[f] |= may_mean(tail, normal[f]);
		}
	}
	return may;
}

void
device_own_lines(struct arena *a, const struct lexed *l, struct str full, struct buf *out)
{
	const bool *is_user = kernel_files(a, l), *may = included_files(a, l, full, is_user);
	bool *seen = arena_array(a, bool, l->n_files + 1);

	for (uint32_t i = 0; i < l->n_markers; i++) {
		const struct marker *m = &l->marker[i];
		struct str lines = lines_behind(l, full, i);

		if (is_user[m->file]) {
			buf_add(out, full.p + m->offset, m->end - m->offset);
			buf_add(out, lines.p, lines.n);
		} else if (!seen[m->file] && (may[m->file] || (i > 0 && is_user[m[-1].file]))) {
			/* The one behind an include is what it enters. */
			buf_addf(out, "%.*s\n", (int)(m->end - m->offset), full.p + m->offset);
			seen[m->file] = true;
		}
	}
}

struct digest
device_headers_digest(struct arena *a, const struct lexed *l, struct str full)
{
	const bool *is_user = kernel_files(a, l);
	struct sha256 *h = sha256_new();
	uint32_t end;

	for (uint32_t i = 0; i < l->n_markers; i = end) {
		size_t from = l->marker[i].offset, to;

		for (end = i + 1; end < l->n_markers; end++) {
			if (is_user[l->marker[end].file] != is_user[l->marker[i].file])
				break;
		}
		to = end < l->n_markers ? l->marker[end].offset : full.n;
		if (!is_user[l->marker[i].file])
			sha256_add_field(h, (struct str){ full.p + from, to - from });
	}
	return sha256_final(h);
}
