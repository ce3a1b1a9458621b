/* SPDX-License-Identifier: Apache-2.0 */
/* Finds bodies of device code in host text and leaves them out. */
#include "slim/bodies.h"
#include "base/arena.h"
#include "base/err.h"
#include "cxx/kernel_files.h"
#include "cxx/split.h"

/* A '[' that indexes something; any other begins a lambda, an attribute or a structured binding. */
static bool
is_index(const struct lexed *l, uint32_t i)
{
	return token_names(l, i - 1) || token_is(l, i - 1, ')') || token_is(l, i - 1, ']') ||
	       token_word(l, i - 1, W_THIS) || l->token[i - 1].kind == TOKEN_STRING;
}

/* new T[n], operator[], T[n] of a keyword type: int[3]. None of them opens a scope. */
static bool
is_array_type(const struct lexed *l, uint32_t i)
{
	switch (l->token[i - 1].kind == TOKEN_NAME ? l->token[i - 1].value : W_N) {
	case W_BOOL:
	case W_CHAR:
	case W_DOUBLE:
	case W_FLOAT:
	case W_INT:
	case W_LONG:
	case W_SHORT:
	case W_UNSIGNED:
		return true;
	}
	return token_is(l, i - 1, '>') || token_is(l, i - 1, '*');
}

/* Directives that mean nothing outside of the loop in front of which they stand. */
static bool
is_unroll(struct str directive)
{
	static const char *const known[] = { "unroll", "nounroll", "GCC unroll" };
	struct str rest = { directive.p + 1, directive.n - 1 };

	rest = str_trim(rest);
	if (!str_starts(rest, STR("pragma")))
		return false;
	rest = str_trim((struct str){ rest.p + 6, rest.n - 6 });
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (str_starts(rest, str_of(known[i])))
			return true;
	}
	return false;
}

/* Does the body hold something that the host's text may know of outside of it? */
static bool
is_plain_body(const struct lexed *l, uint32_t open, uint32_t close)
{
	for (uint32_t i = open + 1; i < close; i++) {
		if (l->token[i].kind == TOKEN_DIRECTIVE && !is_unroll(token_text(l, i)))
			return false;
		if (token_is(l, i, '[') && !is_index(l, i) && !is_array_type(l, i))
			return false;
		if (l->token[i].kind != TOKEN_NAME)
			continue;
		switch (l->token[i].value) {
		case W_CLASS:
		case W_STRUCT:
		case W_UNION:
		case W_ENUM:
		case W_THREAD_LOCAL:
		case W_THREAD:
			return false;
		case W_STATIC:
			if (!token_word(l, i + 1, W_CONSTEXPR))
				return false;
		}
	}
	return true;
}

static bool
has_deduced_type(const struct lexed *l, const struct decl *d)
{
	for (uint32_t i = d->begin; i < d->body; i++) {
		if (token_word(l, i, W_AUTO) || token_word(l, i, W_DECLTYPE) ||
			token_word(l, i, W_DECLTYPE_GNU))
			return true;
	}
	return false;
}

static bool
is_stripped(const struct lexed *l, const struct decl *d, const bool *is_user)
{
	static const uint32_t not = DECL_HOST | DECL_CONSTEXPR | DECL_VIRTUAL | DECL_CONSTRUCTOR;

	if (d->kind != DECL_FUNCTION || !d->body || !d->parameters)
		return false;
	if (!(d->flags & (DECL_GLOBAL | DECL_DEVICE)) || d->flags & not )
		return false;
	/* Behind the '}' may stand the handler of a function-try-block. */
	if (d->end != d->body_end + 1 || token_is(l, d->body - 1, ':'))
		return false;
	for (uint32_t i = d->begin; i < d->end; i++) {
		if (!is_user[token_file_number(l, i)])
			return false;
	}
	return !has_deduced_type(l, d) && is_plain_body(l, d->body, d->body_end);
}

int
strip_bodies(struct arena *a, struct str text, struct buf *out, struct err *e)
{
	struct lex_place line = { 0 };
	struct lexed l;
	struct split s;
	bool *is_user;
	size_t at = 0;
	int n = 0;

	TRY(lex(a, text, &l, e));
	split(a, &l, &s);
	is_user = kernel_files(a, &l);
	for (uint32_t i = 0; i < s.n; i++) {
		const struct decl *d = &s.decl[i];
		size_t open, close;

		if (!is_stripped(&l, d, is_user))
			continue;
		open = l.token[d->body].offset + 1;
		close = l.token[d->body_end].offset;
		/* Members stand behind their class, in the order of the text all the same. */
		if (open < at)
			return err_set(e, ERR_BUG, "declarations out of order");
		buf_add(out, text.p + at, open - at);
		/* The same whatever stood there: macros come with line markers of their own. */
		buf_addf(out, "\n# %u \"%s\"\n", lex_line_after(&l, d->body_end, &line),
			token_file(&l, d->body_end));
		at = close;
		n++;
	}
	buf_add(out, text.p + at, text.n - at);
	return n;
}
