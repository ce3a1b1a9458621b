/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for macros of the GPU architecture in the user's files. */
#include "device/arch.h"
#include "base/arena.h"
#include "base/map.h"
#include "cxx/lex.h"
#include "formats/root.h"

/* A directive that matters: #if and its like with the names of its condition, #define and #undef
 * with what they define, #include. */
enum directive_kind { D_IF, D_ELSE, D_ENDIF, D_DEFINE, D_INCLUDE };
struct directive {
	enum directive_kind kind;
	uint32_t line;
	struct str text; /* D_IF: the condition; D_DEFINE: the name; D_INCLUDE: what is included, as
			    far as it is a name */
};
struct directives {
	struct directive *v;
	size_t n, cap;
};
/* Lines between a condition that depends and its end. */
struct region {
	uint32_t first, last;
};
struct file {
	const struct arch_file *from;
	struct directives all;
	bool depends; /* included in a region */
	struct {
		struct region *v;
		size_t n, cap;
	} regions;
};
struct arch {
	struct arena *a;
	const unsigned *archs;
	size_t n_archs;
	struct map depends; /* names that can be something else, or not defined */
	struct map stands;  /* names of which that can be told no more than of __CUDA_ARCH__ */
	struct file *file;
	size_t n_files;
	struct map macros; /* name -> struct strs_: replacement texts */
	bool has_changed;
	const char **unknown;
};
struct texts {
	struct str *v;
	size_t n, cap;
};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
	       (c & 0x80);
}

static bool
is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

/* The next identifier of the text; numbers and what sticks to them are none. */
static bool
next_name(struct str *text, struct str *name)
{
	while (text->n) {
		size_t n = 0;

		while (n < text->n && is_word(text->p[n]))
			n++;
		if (n == 0) {
			text->p++;
			text->n--;
			continue;
		}
		*name = (struct str){ text->p, n };
		text->p += n;
		text->n -= n;
		if (is_letter(*name->p))
			return true;
	}
	return false;
}

/* nvcc defines it for each architecture: __CUDA_ARCH__, __CUDA_ARCH_FEAT_SM90_ALL, ... but not the
 * list of all. */
static bool
is_of_arch(struct str name)
{
	return str_starts(name, STR("__CUDA_ARCH")) && !str_eq(name, STR("__CUDA_ARCH_LIST__"));
}

static bool
depends(const struct arch *h, struct str name)
{
	return is_of_arch(name) || map_get(&h->depends, name);
}

static void
add_name(struct arch *h, struct str name)
{
	void **slot;

	if (depends(h, name))
		return;
	slot = map_put(h->a, &h->depends, name);
	*slot = h;
	h->has_changed = true;
}

/* It stands for __CUDA_ARCH__, wherever it is defined. */
static bool
stands_for_arch(const struct arch *h, struct str name)
{
	return map_get(&h->stands, name) && !map_get(&h->depends, name);
}

static bool
is_arch_text(const struct arch *h, struct str text)
{
	text = str_trim(text);
	while (text.n > 1 && text.p[0] == '(' && text.p[text.n - 1] == ')')
		text = str_trim((struct str){ text.p + 1, text.n - 2 });
	return str_eq(text, STR("__CUDA_ARCH__")) || stands_for_arch(h, text);
}

/* A line with those that it goes on in (behind a backslash), without its comments' ends being
 * looked for: names in a comment make the answer "perhaps not", no more. feeds grows by the line
 * feeds in it. */
static struct str
logical_line(struct str *rest, uint32_t *feeds)
{
	struct str out = { rest->p, 0 };

	while (out.n < rest->n) {
		const char *end = memchr(rest->p + out.n, '\n', rest->n - out.n);
		size_t n = end ? (size_t)(end - rest->p) : rest->n;
		bool goes_on = n > 0 &&
			       (rest->p[n - 1] == '\\' ||
				       (n > 1 && rest->p[n - 1] == '\r' && rest->p[n - 2] == '\\'));

		out.n = n < rest->n ? n + 1 : n;
		*feeds += n < rest->n;
		if (!goes_on)
			break;
	}
	rest->p += out.n;
	rest->n -= out.n;
	return out;
}

static struct str
after_blanks(struct str s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	return s;
}

/* Up to the first comment. */
static struct str
without_comment(struct str s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] == '/' && (s.p[i + 1] == '/' || s.p[i + 1] == '*'))
			s.n = i;
	}
	return s;
}

static bool
read_directive(struct str line, struct directive *out)
{
	struct str word;

	line = after_blanks(line);
	if (line.n == 0 || *line.p != '#')
		return false;
	line.p++;
	line.n--;
	line = after_blanks(line);
	word.p = line.p;
	for (word.n = 0; word.n < line.n && is_word(line.p[word.n]); word.n++)
		;
	line.p += word.n;
	line.n -= word.n;
	*out = (struct directive){ .text = without_comment(line) };
	if (str_eq(word, STR("define")) || str_eq(word, STR("undef"))) {
		out->kind = D_DEFINE;
		return next_name(&line, &out->text);
	}
	if (str_eq(word, STR("include")) || str_eq(word, STR("include_next")) ||
		str_eq(word, STR("import")))
		out->kind = D_INCLUDE;
	else if (str_eq(word, STR("endif")))
		out->kind = D_ENDIF;
	else if (str_eq(word, STR("else")))
		out->kind = D_ELSE;
	else if (str_starts(word, STR("if")) || str_starts(word, STR("elif")))
		out->kind = str_starts(word, STR("if")) ? D_IF : D_ELSE;
	else
		return false;
	/* As if it were #if defined(...). */
	if (str_eq(word, STR("ifdef")) || str_eq(word, STR("ifndef")) ||
		str_eq(word, STR("elifdef")) || str_eq(word, STR("elifndef")))
		out->text = (struct str){ word.p, (size_t)(out->text.p + out->text.n - word.p) };
	return true;
}

static void
read_file(struct arch *h, const struct arch_file *from, struct file *out)
{
	struct str rest = from->bytes;
	uint32_t number = 1;

	out->from = from;
	while (rest.n) {
		uint32_t feeds = 0;
		struct str line = logical_line(&rest, &feeds);
		struct directive d;

		if (read_directive(line, &d)) {
			d.line = number;
			vec_push(h->a, &out->all, d);
		}
		number += feeds;
	}
}

/* "OP NUMBER" behind __CUDA_ARCH__ that is as true for one architecture as for all others. */
static bool
is_settled(const struct arch *h, struct str rest)
{
	unsigned true_for = 0;
	uint64_t limit;
	char op[3] = "";
	size_t n = 0;

	rest = after_blanks(rest);
	while (n < 2 && n < rest.n && strchr("<>=!", rest.p[n])) {
		op[n] = rest.p[n];
		n++;
	}
	rest.p += n;
	rest.n -= n;
	rest = after_blanks(rest);
	for (n = 0; n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9'; n++)
		;
	if (!*op || !str_to_u64((struct str){ rest.p, n }, &limit) ||
		(n < rest.n && is_word(rest.p[n])))
		return false;
	for (size_t i = 0; i < h->n_archs; i++) {
		unsigned v = h->archs[i];

		true_for += streq(op, ">=")   ? v >= limit
			    : streq(op, ">")  ? v > limit
			    : streq(op, "<=") ? v <= limit
			    : streq(op, "<")  ? v < limit
			    : streq(op, "==") ? v == limit
			    : streq(op, "!=") ? v != limit
					      : 0;
	}
	return true_for == 0 || true_for == h->n_archs;
}

/* The condition can be another one for another architecture. That __CUDA_ARCH__ is defined is so
 * for all. */
static bool
mentions(const struct arch *h, struct str text)
{
	bool defined = false;
	struct str name;

	while (next_name(&text, &name)) {
		bool is_arch = str_eq(name, STR("__CUDA_ARCH__")),
		     stands = stands_for_arch(h, name);

		if ((depends(h, name) || stands) &&
			!((is_arch || stands) && (defined || is_settled(h, text))))
			return true;
		defined = str_eq(name, STR("defined")) || str_ends(name, STR("def"));
	}
	return false;
}

static bool
is_in_region(const struct file *f, uint32_t line)
{
	for (size_t i = 0; i < f->regions.n; i++) {
		if (line >= f->regions.v[i].first && line <= f->regions.v[i].last)
			return true;
	}
	return f->depends;
}

/* "<a/b.h>" is the end of the name of one of the files. */
static bool
is_known_file(const struct arch *h, struct str what)
{
	struct str name = str_trim(what);

	if (name.n < 2 || (*name.p != '<' && *name.p != '"'))
		return false;
	name.p++;
	name.n--;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '>' || name.p[i] == '"')
			name.n = i;
	}
	for (size_t i = 0; i < h->n_files; i++) {
		if (str_ends(str_of(h->file[i].from->path), name))
			return true;
	}
	return false;
}

/* One pass over the conditions of a file: what is defined in regions depends, too. */
static void
scan_file(struct arch *h, struct file *f)
{
	size_t depth = 0, since = SIZE_MAX; /* depth of the outermost condition that depends */
	struct region r = { 0 };

	f->regions.n = 0;
	for (size_t i = 0; i < f->all.n; i++) {
		const struct directive *d = &f->all.v[i];
		bool inside = since != SIZE_MAX;

		depth += d->kind == D_IF;
		if ((d->kind == D_IF || d->kind == D_ELSE) && !inside && mentions(h, d->text)) {
			since = depth;
			r.first = d->line;
		}
		if (d->kind == D_ENDIF) {
			if (inside && since == depth) {
				since = SIZE_MAX;
				r.last = d->line;
				vec_push(h->a, &f->regions, r);
			}
			depth -= depth > 0;
		}
		if (d->kind == D_DEFINE && (inside || f->depends))
			add_name(h, d->text);
		/* What it defines is not known. */
		if (d->kind == D_INCLUDE && (inside || f->depends) && !**h->unknown &&
			!is_known_file(h, d->text))
			*h->unknown = arena_printf(h->a,
				"%s:%u includes a file for some architectures only", f->from->path,
				d->line);
	}
}

/* Whether the place where a file is first included is in a region. */
static void
look_at_parent(struct arch *h, struct file *f)
{
	const struct arch_file *from = f->from;

	if (f->depends || from->parent >= h->n_files)
		return;
	f->depends = is_in_region(&h->file[from->parent], from->line);
	h->has_changed = h->has_changed || f->depends;
}

/* The definitions that the text has, by name. */
static void
read_macros(struct arch *h, struct str text)
{
	static const char word[] = "#define ";

	while (text.n) {
		struct str line, name;
		struct texts **slot;

		str_cut(&text, '\n', &line);
		if (!str_starts(line, STR(word)))
			continue;
		line.p += strlen(word);
		line.n -= strlen(word);
		if (!next_name(&line, &name))
			continue;
		slot = (struct texts **)map_put(h->a, &h->macros, name);
		if (!*slot)
			*slot = arena_new(h->a, struct texts);
		vec_push(h->a, *slot, line);
	}
}

static bool
pastes(struct str text)
{
	return text.n && memmem(text.p, text.n, "##", 2);
}

/* A name can be put together of words that were seen; behind the first, also of numbers, which are
 * not looked at. */
static bool
is_pasted(struct arch *h, const struct map *seen, struct str name)
{
	bool *ends = arena_array(h->a, bool, name.n + 1);

	ends[0] = true;
	for (size_t from = 0; from < name.n; from++) {
		bool is_number = from && name.p[from] >= '0' && name.p[from] <= '9';

		for (size_t to = from + 1; ends[from] && to <= name.n; to++)
			ends[to] = ends[to] || is_number ||
				   map_get(seen, (struct str){ name.p + from, to - from });
	}
	return ends[name.n];
}

static const struct str *
find_pasted(struct arch *h, const struct map *seen)
{
	for (size_t i = 0; i < h->depends.n; i++) {
		if (is_pasted(h, seen, h->depends.entry[i].key))
			return &h->depends.entry[i].key;
	}
	for (size_t i = 0; i < h->stands.n; i++) {
		if (is_pasted(h, seen, h->stands.entry[i].key))
			return &h->stands.entry[i].key;
	}
	return NULL;
}

/* What the names of the user's files can become. */
static int
follow(struct arch *h, struct texts *todo, const char **why)
{
	struct map seen = { 0 };
	const struct str *pasted;
	bool may_paste = false;

	while (todo->n) {
		struct str text = todo->v[--todo->n], name;

		may_paste = may_paste || pastes(text);
		while (next_name(&text, &name)) {
			const struct texts *more;
			void **slot;

			if (depends(h, name) || map_get(&h->stands, name)) {
				*why = arena_printf(h->a, "%.*s depends on the architecture",
					(int)name.n, name.p);
				return 0;
			}
			slot = map_put(h->a, &seen, name);
			if (*slot)
				continue;
			*slot = h;
			more = map_get(&h->macros, name);
			for (size_t i = 0; more && i < more->n; i++)
				vec_push(h->a, todo, more->v[i]);
		}
	}
	pasted = may_paste ? find_pasted(h, &seen) : NULL;
	if (pasted)
		*why = arena_printf(h->a,
			"%.*s may be put together, and depends on the architecture", (int)pasted->n,
			pasted->p);
	return !pasted;
}

static bool
has_one_that_depends(const struct arch *h, struct str text)
{
	struct str name;

	while (next_name(&text, &name)) {
		if (depends(h, name) || map_get(&h->stands, name))
			return true;
	}
	return false;
}

/* Macros that conditions may have in place of those that depend: what expands to one depends. */
static void
follow_macros(struct arch *h)
{
	for (size_t k = 0; k < h->macros.n; k++) {
		const struct str name = h->macros.entry[k].key;
		const struct texts *texts = h->macros.entry[k].val;
		bool all = true, any = false;

		for (size_t i = 0; i < texts->n; i++) {
			all = all && is_arch_text(h, texts->v[i]);
			any = any || has_one_that_depends(h, texts->v[i]);
		}
		if (!any || is_of_arch(name))
			continue;
		if (!all)
			add_name(h, name);
		else if (!map_get(&h->stands, name)) {
			*map_put(h->a, &h->stands, name) = h;
			h->has_changed = true;
		}
	}
}

static uint32_t
count_lines(struct str text)
{
	uint32_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

struct arch_file *
arch_files(struct arena *a, const struct lexed *l, size_t *n)
{
	struct arch_file *out = arena_array(a, struct arch_file, l->n_files + 1);
	size_t *index = arena_array(a, size_t, l->n_files + 1); /* + 1 */

	*n = 0;
	for (uint32_t i = 1; i < l->n_markers; i++) {
		const struct marker *m = &l->marker[i], *before = m - 1;
		struct str between = { l->text.p + before->end, m->offset - before->end };

		if (index[m->file] || *l->file[m->file] == '<' || !*l->file[m->file])
			continue;
		out[*n].path = l->file[m->file];
		out[*n].parent = m->flags & 1 << 1 && index[before->file] ? index[before->file] - 1
									  : SIZE_MAX;
		out[*n].line = before->line + count_lines(between) - 2;
		index[m->file] = ++*n;
	}
	return out;
}

int
arch_is_same(struct arena *a, const struct arch_text *t, const char **why)
{
	struct arch h = { .a = a,
		.archs = t->archs,
		.n_archs = t->n_archs,
		.file = arena_array(a, struct file, t->n_files),
		.n_files = t->n_files };
	struct texts todo = { 0 };

	for (size_t i = 0; i < t->n_files; i++) {
		read_file(&h, &t->files[i], &h.file[i]);
		if (str_has_prefix(t->files[i].path, ROOT_SOURCES "/"))
			vec_push(a, &todo, t->files[i].bytes);
	}
	*why = "";
	h.unknown = why;
	read_macros(&h, t->macros);
	do {
		h.has_changed = false;
		follow_macros(&h);
		for (size_t i = 0; i < h.n_files; i++) {
			look_at_parent(&h, &h.file[i]);
			scan_file(&h, &h.file[i]);
		}
	} while (h.has_changed);
	if (**why)
		return 0;
	return follow(&h, &todo, why);
}
