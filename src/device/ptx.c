/* SPDX-License-Identifier: Apache-2.0 */
/* Parses PTX into chunks, compares them, and puts them into another text's order. */
#include "device/ptx.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/sha256.h"
#include <ctype.h>
#include <stdlib.h>

enum chunk_kind { CHUNK_ENTRY, CHUNK_FUNCTION, CHUNK_VARIABLE };
struct chunk {
	enum chunk_kind kind;
	bool is_literal; /* a string literal: its name is a number that means nothing */
	bool is_shared;  /* a variable of .shared */
	struct str name;
	struct str text;  /* as it stands */
	size_t name_at;   /* offset of the name in it */
	struct str canon; /* in the form that is compared */
};
struct ptx {
	struct str head;
	size_t head_end; /* where the first chunk may stand */
	struct chunk *v;
	size_t n, cap;
};

static int
cannot(struct arena *a, const char **why, const char *what, struct str at)
{
	*why = arena_printf(a, "%s: %.*s", what, at.n < 100 ? (int)at.n : 100, at.p);
	return 0;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Behind the white space, comment, string or word that begins at i, or behind one character. */
static size_t
next(struct str t, size_t i)
{
	char c = t.p[i];

	if (c == '/' && i + 1 < t.n && t.p[i + 1] == '/') {
		while (i < t.n && t.p[i] != '\n')
			i++;
	} else if (c == '/' && i + 1 < t.n && t.p[i + 1] == '*') {
		for (i += 3; i < t.n && !(t.p[i - 1] == '*' && t.p[i] == '/'); i++)
			;
		i = i < t.n ? i + 1 : t.n;
	} else if (isspace((unsigned char)c)) {
		while (i < t.n && isspace((unsigned char)t.p[i]))
			i++;
	} else if (c == '"') {
		for (i++; i < t.n && t.p[i] != '"'; i++)
			;
		i += i < t.n;
	} else if (is_word(c) || c == '.' || c == '%') {
		for (i++; i < t.n && is_word(t.p[i]); i++)
			;
	} else {
		i++;
	}
	return i;
}

static bool
is_blank(struct str t, size_t i)
{
	return isspace((unsigned char)t.p[i]) ||
	       (t.p[i] == '/' && i + 1 < t.n && (t.p[i + 1] == '/' || t.p[i + 1] == '*'));
}

static size_t
skip_blank(struct str t, size_t i)
{
	while (i < t.n && is_blank(t, i))
		i = next(t, i);
	return i;
}

static bool
is_one_of(struct str word, const char *const *list)
{
	for (; *list; list++) {
		if (str_eq(word, str_of(*list)))
			return true;
	}
	return false;
}

static bool
is_literal_name(struct str name)
{
	struct str number;
	uint64_t n;

	if (str_eq(name, STR("$str")))
		return true;
	if (str_starts(name, STR("$str$")))
		number = (struct str){ name.p + 5, name.n - 5 };
	else if (str_starts(name, STR("__unnamed_")))
		number = (struct str){ name.p + 10, name.n - 10 };
	else
		return false;
	return str_to_u64(number, &n);
}

/* Where the chunk that begins at i ends: behind a body, or behind ';'. 0: nowhere. *name_at is the
 * offset of its name: the last word in front of the parameters, of '[', '=' or ';'. */
static size_t
chunk_end(struct str t, size_t i, enum chunk_kind kind, size_t *name_at)
{
	size_t depth = 0, word = 0;
	bool named = false, assigned = false;

	for (; i < t.n; i = next(t, i)) {
		char c = t.p[i];

		if (is_blank(t, i))
			continue;
		if (depth == 0 && !named && word &&
			strchr(kind == CHUNK_VARIABLE ? "[=;" : "(;{", c)) {
			named = true;
			*name_at = word;
		}
		assigned = assigned || c == '=';
		if (c == '(' || c == '{' || c == '[')
			depth++;
		if (c == ')' || c == '}' || c == ']') {
			if (depth-- == 0)
				return 0;
		}
		if (depth == 0 && (c == ';' || (c == '}' && !assigned)))
			return named ? i + 1 : 0;
		if (depth == 0 && is_word(c))
			word = i;
	}
	return 0;
}

/* One chunk at *i, which stands at a word with a dot. */
static int
take_chunk(struct arena *a, struct str t, size_t *i, struct ptx *out, const char **why)
{
	static const char *const linkage[] = { ".visible", ".weak", ".extern", ".common", NULL };
	static const char *const variable[] = { ".global", ".const", ".shared", NULL };
	struct str at = { t.p + *i, t.n - *i };
	struct chunk c = { .kind = CHUNK_VARIABLE };
	size_t k = *i, end, name_at = 0;
	struct str word;

	for (;;) {
		word = (struct str){ t.p + k, next(t, k) - k };
		if (!is_one_of(word, linkage))
			break;
		k = skip_blank(t, k + word.n);
		if (k == t.n)
			return cannot(a, why, "PTX that ends early", at);
	}
	if (str_eq(word, STR(".entry")))
		c.kind = CHUNK_ENTRY;
	else if (str_eq(word, STR(".func")))
		c.kind = CHUNK_FUNCTION;
	else if (!is_one_of(word, variable))
		return cannot(a, why, "PTX of another kind", at);
	end = chunk_end(t, k + word.n, c.kind, &name_at);
	if (!end)
		return cannot(a, why, "PTX without an end", at);
	c.name = (struct str){ t.p + name_at, next(t, name_at) - name_at };
	c.text = (struct str){ at.p, end - *i };
	c.name_at = name_at - *i;
	c.is_shared = str_eq(word, STR(".shared"));
	c.is_literal = c.kind == CHUNK_VARIABLE && is_literal_name(c.name);
	vec_push(a, out, c);
	*i = end;
	return 1;
}

static void canonical(struct buf *out, struct str text, const struct map *literals);

/* .version, .target and .address_size, each a line. */
static int
take_head(struct arena *a, struct str t, size_t *i, struct ptx *out, const char **why)
{
	static const char *const lines[] = { ".version", ".target", ".address_size", NULL };
	CLEANUP(buf_free) struct buf head = { 0 };

	for (*i = skip_blank(t, 0); *i < t.n; *i = skip_blank(t, *i)) {
		struct str word = { t.p + *i, next(t, *i) - *i };
		size_t end = *i;

		if (!is_one_of(word, lines))
			break;
		while (end < t.n && t.p[end] != '\n')
			end++;
		canonical(&head, (struct str){ t.p + *i, end - *i }, NULL);
		buf_addc(&head, '\n');
		*i = end;
		out->head_end = end;
	}
	if (head.n == 0)
		return cannot(a, why, "no PTX", t);
	out->head = (struct str){ arena_strndup(a, head.p, head.n), head.n };
	return 1;
}

static int
parse(struct arena *a, struct str t, struct ptx *out, const char **why)
{
	size_t i;

	*out = (struct ptx){ 0 };
	if (!take_head(a, t, &i, out, why))
		return 0;
	for (; i < t.n; i = skip_blank(t, i)) {
		if (!take_chunk(a, t, &i, out, why))
			return 0;
	}
	return 1;
}

/* A label $L__BB<n>_<m>: the offset of what follows the number, or 0. */
static size_t
label_rest(struct str word)
{
	static const struct str head = { "$L__BB", 6 };
	size_t i = head.n;

	if (!str_starts(word, head))
		return 0;
	while (i < word.n && isdigit((unsigned char)word.p[i]))
		i++;
	return i > head.n && i < word.n && word.p[i] == '_' ? i : 0;
}

/* Adds the text with one space for white space and comments, without the numbers of labels and
 * literals. */
static void
canonical(struct buf *out, struct str text, const struct map *literals)
{
	bool space = false;
	size_t end;

	for (size_t i = 0; i < text.n; i = end) {
		struct str word;
		const struct chunk *literal;

		end = next(text, i);
		word = (struct str){ text.p + i, end - i };
		if (is_blank(text, i)) {
			space = true;
			continue;
		}
		if (space && out->n)
			buf_addc(out, ' ');
		space = false;
		literal = literals && is_literal_name(word) ? map_get(literals, word) : NULL;
		if (literal) {
			buf_adds(out, "\"");
			buf_add(out, literal->canon.p, literal->canon.n);
			buf_adds(out, "\"");
		} else if (label_rest(word)) {
			buf_adds(out, "$L__BB");
			buf_add(out, word.p + label_rest(word), word.n - label_rest(word));
		} else {
			buf_add(out, word.p, word.n);
		}
	}
}

/* A literal is known by what stands around its name. One that mentions another is not: it stays a
 * variable. */
static void
canon_literal(struct arena *a, struct chunk *c)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	size_t rest = c->name_at + c->name.n;

	for (size_t i = rest; i < c->text.n; i = next(c->text, i)) {
		if (is_literal_name((struct str){ c->text.p + i, next(c->text, i) - i }))
			c->is_literal = false;
	}
	canonical(&b, (struct str){ c->text.p, c->name_at }, NULL);
	canonical(&b, (struct str){ c->text.p + rest, c->text.n - rest }, NULL);
	c->canon = (struct str){ arena_strndup(a, b.p, b.n), b.n };
}

/* What a chunk is looked up by: the name, of a literal what it holds. Functions and variables are
 * one name space. */
static struct str
key_of(const struct chunk *c)
{
	return c->is_literal ? c->canon : c->name;
}

/* Makes the canonical texts, and *by_key: the chunk of each key. A function that is declared and
 * then defined is one chunk whose text is both. */
static void
canon_all(struct arena *a, struct ptx *p, struct map *by_key)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	struct map literals = { 0 };

	for (size_t i = 0; i < p->n; i++) {
		struct chunk *c = &p->v[i];

		if (c->is_literal)
			canon_literal(a, c);
		if (c->is_literal)
			*map_put(a, &literals, c->name) = c;
	}
	for (size_t i = 0; i < p->n; i++) {
		struct chunk *c = &p->v[i];
		void **place = map_put(a, by_key, key_of(c));

		b.n = 0;
		if (*place && !c->is_literal) {
			const struct chunk *earlier = *place;

			buf_add(&b, earlier->canon.p, earlier->canon.n);
			buf_addc(&b, '\n');
		}
		if (!c->is_literal) {
			canonical(&b, c->text, &literals);
			c->canon = (struct str){ arena_strndup(a, b.p, b.n), b.n };
		}
		*place = c;
	}
}

/* Counts how often each word stands in the chunks. */
static void
count_words(struct arena *a, const struct ptx *p, struct map *words)
{
	for (size_t i = 0; i < p->n; i++) {
		struct str t = p->v[i].text;

		for (size_t k = 0, end; k < t.n; k = end) {
			end = next(t, k);
			if (is_word(t.p[k]) && !isdigit((unsigned char)t.p[k])) {
				void **n = map_put(a, words, (struct str){ t.p + k, end - k });

				*n = (char *)*n + 1;
			}
		}
	}
}

static size_t
count_of(const struct map *words, struct str word)
{
	return (size_t)(uintptr_t)map_get(words, word);
}

/* The variables that ours may lack: nothing mentions them. */
static int
take_missing(struct arena *a, const struct ptx *reference, const struct ptx *ours,
	const bool *lacks, struct str *missing, const char **why)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	struct map theirs = { 0 }, mine = { 0 };

	count_words(a, reference, &theirs);
	count_words(a, ours, &mine);
	for (size_t i = 0; i < reference->n; i++) {
		const struct chunk *c = &reference->v[i];

		if (!lacks[i])
			continue;
		if (c->kind != CHUNK_VARIABLE)
			return cannot(a, why, "missing", c->name);
		/* The name of a literal means nothing in ours, and nobody else asks for it. */
		if (count_of(&theirs, c->name) != 1 ||
			(!c->is_literal && count_of(&mine, c->name) != 0))
			return cannot(a, why, "missing, and mentioned", c->name);
		if (c->is_literal)
			continue;
		buf_add(&b, c->text.p, c->text.n);
		buf_addc(&b, '\n');
	}
	*missing = (struct str){ arena_strndup(a, b.n ? b.p : "", b.n), b.n };
	return 1;
}

int
ptx_compare(struct arena *a, struct str reference, struct str ours, struct str *missing,
	const char **why)
{
	struct map theirs = { 0 }, mine = { 0 };
	struct ptx r, o;
	bool *lacks, any = false;

	*missing = STR("");
	if (!parse(a, reference, &r, why) || !parse(a, ours, &o, why))
		return 0;
	if (!str_eq(r.head, o.head))
		return cannot(a, why, "another head", o.head);
	canon_all(a, &r, &theirs);
	canon_all(a, &o, &mine);
	for (size_t i = 0; i < o.n; i++) {
		if (!map_get(&theirs, key_of(&o.v[i])))
			return cannot(a, why, "one more than the reference has", o.v[i].name);
	}
	lacks = arena_array(a, bool, r.n + 1);
	for (size_t i = 0; i < r.n; i++) {
		const struct chunk *last = map_get(&theirs, key_of(&r.v[i]));
		const struct chunk *same = map_get(&mine, key_of(&r.v[i]));

		if (!same)
			any = lacks[i] = true;
		else if (same->kind != last->kind || !str_eq(same->canon, last->canon))
			return cannot(a, why, "differs", r.v[i].name);
	}
	return any ? take_missing(a, &r, &o, lacks, missing, why) : 1;
}

int
ptx_append(struct arena *a, struct str ours, struct str missing, struct buf *out, const char **why)
{
	struct map words = { 0 };
	struct ptx o, m = { 0 };

	if (!parse(a, ours, &o, why))
		return 0;
	count_words(a, &o, &words);
	for (size_t i = skip_blank(missing, 0); i < missing.n; i = skip_blank(missing, i)) {
		if (!take_chunk(a, missing, &i, &m, why))
			return 0;
	}
	for (size_t i = 0; i < m.n; i++) {
		if (m.v[i].kind != CHUNK_VARIABLE || count_of(&words, m.v[i].name))
			return cannot(a, why, "cannot be added", m.v[i].text);
	}
	buf_add(out, ours.p, o.head_end);
	if (m.n)
		buf_adds(out, "\n\n");
	for (size_t i = 0; i < m.n; i++) {
		buf_add(out, m.v[i].text.p, m.v[i].text.n);
		if (i + 1 < m.n)
			buf_addc(out, '\n');
	}
	buf_add(out, ours.p + o.head_end, ours.n - o.head_end);
	return 1;
}

static const char *
digest_of(struct arena *a, const struct chunk *c)
{
	struct str key = key_of(c);
	struct digest d = sha256_of(key.p, key.n);
	char hex[65];

	return arena_strdup(a, digest_hex(&d, hex));
}

int
ptx_order(struct arena *a, struct str ptx, struct buf *out, const char **why)
{
	struct map by_key = { 0 };
	struct ptx p;

	if (!parse(a, ptx, &p, why))
		return 0;
	canon_all(a, &p, &by_key);
	for (size_t i = 0; i < p.n; i++)
		buf_addf(out, "%s\n", digest_of(a, &p.v[i]));
	return 1;
}

/* A chunk with what stands in front of it. */
static struct str
piece_of(const struct ptx *p, struct str text, size_t i)
{
	const char *from = i ? p->v[i - 1].text.p + p->v[i - 1].text.n : text.p + p->head_end;

	return (struct str){ from, (size_t)(p->v[i].text.p + p->v[i].text.n - from) };
}

int
ptx_arrange(struct arena *a, struct str ours, struct str order, struct buf *out, const char **why)
{
	struct map by_key = { 0 };
	const char **digest;
	const char *end;
	struct str line;
	struct ptx p;
	bool *done;

	if (!parse(a, ours, &p, why))
		return 0;
	canon_all(a, &p, &by_key);
	digest = (const char **)arena_array(a, char *, p.n + 1);
	done = arena_array(a, bool, p.n + 1);
	for (size_t i = 0; i < p.n; i++)
		digest[i] = digest_of(a, &p.v[i]);
	buf_add(out, ours.p, p.head_end);
	for (bool more = true; more;) {
		more = str_cut(&order, '\n', &line);
		for (size_t i = 0; i < p.n; i++) {
			struct str piece = piece_of(&p, ours, i);

			if (done[i] || (more && !str_eq(line, str_of(digest[i]))))
				continue;
			done[i] = true;
			buf_add(out, piece.p, piece.n);
			if (more)
				break; /* a function that is declared and defined has two lines */
		}
	}
	end = p.n ? p.v[p.n - 1].text.p + p.v[p.n - 1].text.n : ours.p + p.head_end;
	buf_add(out, end, (size_t)(ours.p + ours.n - end));
	return 1;
}

static int
by_bytes(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Each name of a chunk of that kind once, sorted. */
static int
names_of(struct arena *a, struct str text, enum chunk_kind kind, struct strs *out, const char **why)
{
	struct map seen = { 0 };
	struct ptx p;

	*out = (struct strs){ 0 };
	if (!parse(a, text, &p, why))
		return 0;
	for (size_t i = 0; i < p.n; i++) {
		void **place = map_put(a, &seen, p.v[i].name);

		if (p.v[i].kind != kind || p.v[i].is_literal || p.v[i].is_shared || *place)
			continue;
		*place = &p.v[i];
		vec_push(a, out, arena_strndup(a, p.v[i].name.p, p.v[i].name.n));
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_bytes);
	return 1;
}

int
ptx_entries(struct arena *a, struct str ptx, struct strs *out, const char **why)
{
	return names_of(a, ptx, CHUNK_ENTRY, out, why);
}

int
ptx_variables(struct arena *a, struct str ptx, struct strs *out, const char **why)
{
	return names_of(a, ptx, CHUNK_VARIABLE, out, why);
}
