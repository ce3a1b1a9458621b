/* SPDX-License-Identifier: Apache-2.0 */
/* Parses a file: bytes to tokens, tokens to what the file declares, or where it is wrong. */
#include "python/python_internal.h"

/* UTF-8, unless one of the first two lines names another encoding. */
static bool
is_text(struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p, *end = p + text.n;
	struct str rest = text, line;

	for (int i = 0; i < 2 && str_cut(&rest, '\n', &line); i++)
		if (line.n && line.p[0] == '#' && memmem(line.p, line.n, "coding", 6))
			return true;
	while (p < end) {
		size_t n = *p < 0x80   ? 1
			   : *p < 0xc2 ? 0
			   : *p < 0xe0 ? 2
			   : *p < 0xf0 ? 3
			   : *p < 0xf5 ? 4
				       : 0;

		if (n == 0 || (size_t)(end - p) < n)
			return false;
		for (size_t i = 1; i < n; i++)
			if ((p[i] & 0xc0) != 0x80)
				return false;
		p += n;
	}
	return true;
}

static const char *
describe(struct parser *p)
{
	const struct python_token *t = p->fault_at;

	switch (t->kind) {
	case PY_NEWLINE:
		return arena_printf(p->a, "%s, at the end of the line", p->fault);
	case PY_INDENT:
		return arena_printf(p->a, "%s, where the indentation grows", p->fault);
	case PY_DEDENT:
		return arena_printf(p->a, "%s, where the indentation ends", p->fault);
	case PY_END:
		return arena_printf(p->a, "%s, at the end of the file", p->fault);
	default:
		return arena_printf(
			p->a, "%s, at %.*s", p->fault, (int)(t->s.n < 40 ? t->s.n : 40), t->s.p);
	}
}

int
python_parse(
	struct arena *a, struct str text, const char *path, struct python_file *out, struct err *e)
{
	struct python_tokens tokens = { 0 };
	struct parser p = { .a = a, .path = path, .is_top = true };

	*out = (struct python_file){ 0 };
	if (!is_text(text))
		return err_set(e, ERR_CONFIG, "%s:1:1: the text is not UTF-8", path);
	TRY(python_lex(a, text, path, &tokens, e));
	p.t = tokens.v;
	if (!parse_file(&p))
		return err_set(e, ERR_CONFIG, "%s:%u:%u: %s", path, p.fault_at->line,
			p.fault_at->col, describe(&p));
	*out = (struct python_file){ tokens.v, tokens.n, p.calls.v, p.calls.n };
	return 0;
}
