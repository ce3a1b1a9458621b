/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of Python: indentation, strings of all kinds, numbers, operators. */
#include "python/python_internal.h"

/* As CPython has them. */
enum { MAX_INDENTS = 100, MAX_BRACKETS = 200, MAX_NESTED = 150 };
struct lexer {
	struct arena *a;
	const char *path;
	struct err *e;
	const char *p, *end;
	const char *line_start;
	unsigned line;
	struct python_tokens *out;
	struct {
		unsigned column, alt; /* tabs to 8, tabs to 1 */
	} indents[MAX_INDENTS];
	size_t n_indents;
	struct {
		char open;
		unsigned line, col;
	} brackets[MAX_BRACKETS];
	size_t n_brackets;
	unsigned n_nested; /* strings around the cursor, each in a field of the one before */
};

static unsigned
column(const struct lexer *l, const char *at)
{
	return (unsigned)(at - l->line_start) + 1;
}

static int
fail_at(struct lexer *l, unsigned line, unsigned col, const char *what)
{
	return err_set(l->e, ERR_CONFIG, "%s:%u:%u: %s", l->path, line, col, what);
}

static int
fail(struct lexer *l, const char *what)
{
	return fail_at(l, l->line, column(l, l->p), what);
}

static char
peek(const struct lexer *l, size_t n)
{
	return (size_t)(l->end - l->p) > n ? l->p[n] : '\0';
}

static void
add(struct lexer *l, enum python_kind kind, const char *from, unsigned line, unsigned col)
{
	const struct python_token t = { kind, { from, (size_t)(l->p - from) }, line, col };

	vec_push(l->a, l->out, t);
}

static bool
is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* \n, \r\n or \r; the cursor is on it. */
static void
pass_newline(struct lexer *l)
{
	l->p += peek(l, 0) == '\r' && peek(l, 1) == '\n' ? 2 : 1;
	l->line++;
	l->line_start = l->p;
}

static bool
at_newline(const struct lexer *l)
{
	return l->p < l->end && (*l->p == '\n' || *l->p == '\r');
}

/* Punctuation beyond ASCII that editors and web pages put where Python wants its own. */
static int
check_character(struct lexer *l)
{
	const unsigned char *u = (const unsigned char *)l->p;
	size_t left = (size_t)(l->end - l->p);

	if ((left >= 2 && u[0] == 0xc2 && u[1] < 0xc0 && u[1] != 0xaa && u[1] != 0xb5 &&
		    u[1] != 0xba) ||
		(left >= 2 && u[0] == 0xc3 && (u[1] == 0x97 || u[1] == 0xb7)) ||
		(left >= 3 && u[0] == 0xe2 &&
			(u[1] == 0x80 || (u[1] == 0x82 && u[2] >= 0xa0) ||
				(u[1] == 0x86 && u[2] >= 0x90) ||
				(u[1] >= 0x87 && u[1] <= 0xaf))) ||
		(left >= 3 && u[0] == 0xe3 && u[1] == 0x80 &&
			(u[2] < 0x85 || (u[2] >= 0x88 && u[2] <= 0xa0))) ||
		(left >= 3 && u[0] == 0xef && u[1] == 0xbc &&
			(u[2] <= 0x8f || (u[2] >= 0x9a && u[2] <= 0xa0))) ||
		(left >= 4 && u[0] == 0xf0 && u[1] == 0x9f))
		return fail(l, "Python does not allow this character here; use ASCII");
	return 0;
}

static int
lex_word(struct lexer *l)
{
	const char *from = l->p;
	unsigned col = column(l, from);

	while (l->p < l->end && is_word_byte(*l->p)) {
		if ((unsigned char)*l->p >= 0x80)
			TRY(check_character(l));
		l->p++;
	}
	add(l, PY_NAME, from, l->line, col);
	return 0;
}

/* Digits with single underscores between them. */
static bool
pass_digits(struct lexer *l, const char *digits)
{
	bool any = false;

	for (;; l->p++) {
		if (peek(l, 0) == '_' && peek(l, 1) && strchr(digits, peek(l, 1)))
			continue;
		if (!peek(l, 0) || !strchr(digits, peek(l, 0)))
			return any;
		any = true;
	}
}

/* Behind a number may stand a keyword that goes on with the expression: 1if x else 2. */
static bool
goes_on(const struct lexer *l)
{
	static const char *const words[] = { "and", "else", "for", "if", "in", "is", "not", "or" };
	size_t n = 0;

	while (is_word_byte(peek(l, n)))
		n++;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == n && memcmp(words[i], l->p, n) == 0)
			return true;
	return n == 0;
}

static bool
is_zero(const char *from, const char *to)
{
	while (from < to && (*from == '0' || *from == '_'))
		from++;
	return from == to;
}

static int
lex_number(struct lexer *l)
{
	static const char decimal[] = "0123456789";
	const char *from = l->p, *digits = NULL;
	unsigned col = column(l, from);
	bool real = false;

	if (*l->p == '0' && peek(l, 1) && strchr("xXoObB", peek(l, 1))) {
		digits = strchr("xX", l->p[1])   ? "0123456789abcdefABCDEF"
			 : strchr("oO", l->p[1]) ? "01234567"
						 : "01";
		l->p += 2;
		if (!pass_digits(l, digits))
			return fail(l, "a number without digits");
	} else {
		pass_digits(l, decimal);
		if (peek(l, 0) == '.') {
			real = true;
			l->p++;
			if (peek(l, 0) != '_')
				pass_digits(l, decimal);
		}
		if ((peek(l, 0) == 'e' || peek(l, 0) == 'E') &&
			(is_digit(peek(l, 1)) || ((peek(l, 1) == '+' || peek(l, 1) == '-') &&
							 is_digit(peek(l, 2))))) {
			real = true;
			l->p += 2;
			pass_digits(l, decimal);
		}
		if (peek(l, 0) == 'j' || peek(l, 0) == 'J') {
			real = true;
			l->p++;
		}
		if (!real && *from == '0' && !is_zero(from, l->p))
			return fail_at(
				l, l->line, col, "a number must not begin with 0; octal is 0o17");
	}
	if (!goes_on(l))
		return fail(l, "letters directly after a number");
	add(l, PY_NUMBER, from, l->line, col);
	return 0;
}

static int pass_string(struct lexer *l, bool formatted, bool raw);

/* A string in a field that begins at from; its prefix stands before the cursor. */
static int
pass_nested(struct lexer *l, const char *from)
{
	const char *s = l->p;
	bool f = false, r = false;
	int status;

	if (l->n_nested == MAX_NESTED)
		return fail(l, "f-strings are nested more than 150 levels deep");
	while (s > from && is_word_byte(s[-1]))
		s--;
	for (const char *c = s; l->p - s <= 2 && c < l->p; c++) {
		f = f || strchr("fFtT", *c);
		r = r || strchr("rR", *c);
	}
	l->n_nested++;
	status = pass_string(l, f, r);
	l->n_nested--;
	return status;
}

static int pass_field(struct lexer *l, unsigned depth, char quote, size_t n);

/* What follows ":" in f"{...}", up to "}". */
static int
pass_format(struct lexer *l, unsigned depth, char quote, size_t n)
{
	while (l->p < l->end) {
		char c = *l->p;

		if (at_newline(l) && n == 1)
			return fail(l, "a line ends inside a field of an f-string");
		if (at_newline(l)) {
			pass_newline(l);
			continue;
		}
		if (c == quote && (n == 1 || (peek(l, 1) == quote && peek(l, 2) == quote)))
			break;
		l->p++;
		if (c == '}')
			return 0;
		if (c == '{')
			TRY(pass_field(l, depth + 1, quote, n));
	}
	return fail(l, "a field of an f-string is not closed");
}

/* The expression in f"{...}", and what follows ":" in it; the cursor is behind "{". quote and n:
 * what ends the string around it, which format texts must not have. */
static int
pass_field(struct lexer *l, unsigned depth, char quote, size_t n)
{
	char open[MAX_BRACKETS];
	size_t n_open = 0;
	const char *from = l->p;
	bool any = false;

	if (depth > 20)
		return fail(l, "fields of f-strings are nested more than 20 levels deep");
	while (l->p < l->end) {
		char c = *l->p;

		if (c == '"' || c == '\'') {
			any = true;
			TRY(pass_nested(l, from));
		} else if (strchr("([{", c)) {
			if (n_open == MAX_BRACKETS)
				return fail(l, "too many brackets");
			open[n_open++] = c;
			any = true;
			l->p++;
		} else if (n_open && strchr(")]}", c)) {
			if (open[--n_open] != (c == ')' ? '(' : c == ']' ? '[' : '{'))
				return fail(l, "brackets in a field of an f-string do not match");
			l->p++;
		} else if (c == '}' || (!n_open && (c == ':' || (c == '!' && peek(l, 1) != '=')))) {
			if (!any)
				return fail(l, "an empty field in an f-string");
			l->p++;
			if (c == ':')
				return pass_format(l, depth, quote, n);
			if (c == '}')
				return 0;
		} else if (c == ')' || c == ']') {
			return fail(l, "brackets in a field of an f-string do not match");
		} else if (c == '#') {
			while (l->p < l->end && !at_newline(l))
				l->p++;
		} else if (at_newline(l)) {
			pass_newline(l);
		} else {
			any = any || (c != ' ' && c != '\t');
			l->p++;
		}
	}
	return fail(l, "a field of an f-string is not closed");
}

/* N{DIGIT ONE}; a quote or the line's end cuts it off. */
static void
pass_name(struct lexer *l)
{
	while (l->p < l->end && *l->p != '}' && *l->p != '"' && *l->p != '\'' && !at_newline(l))
		l->p++;
	if (peek(l, 0) == '}')
		l->p++;
}

/* The cursor is on the opening quote. */
static int
pass_string(struct lexer *l, bool formatted, bool raw)
{
	unsigned line = l->line, col = column(l, l->p);
	char quote = *l->p;
	size_t n = peek(l, 1) == quote && peek(l, 2) == quote ? 3 : 1;

	l->p += n;
	while (l->p < l->end) {
		if (*l->p == '\\') {
			l->p++;
			if (at_newline(l))
				pass_newline(l);
			else if (formatted && !raw && peek(l, 0) == 'N' && peek(l, 1) == '{')
				pass_name(l);
			else if (l->p < l->end && !(formatted && strchr("{}", *l->p)))
				l->p++;
		} else if (*l->p == quote &&
			   (n == 1 || (peek(l, 1) == quote && peek(l, 2) == quote))) {
			l->p += n;
			return 0;
		} else if (at_newline(l)) {
			if (n == 1)
				break;
			pass_newline(l);
		} else if (formatted && (*l->p == '{' || *l->p == '}') && peek(l, 1) == *l->p) {
			l->p += 2;
		} else if (formatted && *l->p == '{') {
			l->p++;
			TRY(pass_field(l, 0, quote, n));
		} else if (formatted && *l->p == '}') {
			return fail(l, "a single } in an f-string");
		} else {
			l->p++;
		}
	}
	return fail_at(l, line, col, "the string is not closed");
}

/* How long the prefix of a string is here; -1 when there is no string. */
static int
string_prefix(const struct lexer *l, bool *formatted, bool *raw)
{
	static const char *const prefixes[] = { "", "b", "br", "f", "fr", "r", "rb", "rf", "rt",
		"t", "tr", "u" };
	char lower[3] = { 0 };
	size_t n = 0;

	while (n < 3 && peek(l, n) && strchr("bBfFrRtTuU", peek(l, n)))
		n++;
	if (n == 3 || (peek(l, n) != '"' && peek(l, n) != '\''))
		return -1;
	for (size_t i = 0; i < n; i++)
		lower[i] = (char)(l->p[i] | 0x20);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (streq(prefixes[i], lower)) {
			*formatted = strchr(lower, 'f') || strchr(lower, 't');
			*raw = strchr(lower, 'r') != NULL;
			return (int)n;
		}
	return -1;
}

static int
note_bracket(struct lexer *l, char c)
{
	unsigned col = column(l, l->p);

	if (strchr("([{", c)) {
		if (l->n_brackets == MAX_BRACKETS)
			return fail(l, "brackets are nested too deep");
		l->brackets[l->n_brackets].open = c;
		l->brackets[l->n_brackets].line = l->line;
		l->brackets[l->n_brackets++].col = col;
		return 0;
	}
	if (l->n_brackets == 0)
		return fail(l, "a closing bracket without an opening one");
	if (l->brackets[--l->n_brackets].open != (c == ')' ? '(' : c == ']' ? '[' : '{'))
		return fail(l, "the closing bracket does not match the opening one");
	return 0;
}

static int
lex_operator(struct lexer *l)
{
	static const char *const ops[] = { "**=", "//=", ">>=", "<<=", "...", "!=", "->",
		":=", "==", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "**",
		"//", "<<", ">>", "+", "-", "*", "/", "%", "&", "|", "^", "~", "@", "<", ">", "(",
		")", "[", "]", "{", "}", ",", ":", ".", ";", "=" };
	const char *from = l->p;
	unsigned col = column(l, from);

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		size_t n = strlen(ops[i]);

		if ((size_t)(l->end - l->p) < n || memcmp(l->p, ops[i], n) != 0)
			continue;
		if (n == 1 && strchr("()[]{}", *from))
			TRY(note_bracket(l, *from));
		l->p += n;
		add(l, PY_OP, from, l->line, col);
		return 0;
	}
	return fail(l, "a character that Python does not know here");
}

/* The blanks at the head of a line give INDENT and DEDENT. */
static int
set_indent(struct lexer *l, unsigned col, unsigned alt)
{
	unsigned top = l->indents[l->n_indents - 1].column,
		 top_alt = l->indents[l->n_indents - 1].alt;

	if ((col == top) != (alt == top_alt) || (col > top && alt <= top_alt))
		return fail(l, "tabs and spaces are mixed in the indentation");
	if (col > top) {
		if (l->n_indents == MAX_INDENTS)
			return fail(l, "too many levels of indentation");
		l->indents[l->n_indents].column = col;
		l->indents[l->n_indents++].alt = alt;
		add(l, PY_INDENT, l->p, l->line, column(l, l->p));
	}
	while (col < l->indents[l->n_indents - 1].column) {
		l->n_indents--;
		add(l, PY_DEDENT, l->p, l->line, column(l, l->p));
	}
	if (col != l->indents[l->n_indents - 1].column)
		return fail(l, "the indentation matches no line above");
	if (alt != l->indents[l->n_indents - 1].alt)
		return fail(l, "tabs and spaces are mixed in the indentation");
	return 0;
}

/* At the head of a line; empty ones and comments have no indentation. */
static int
lex_indent(struct lexer *l)
{
	unsigned col = 0, alt = 0;

	for (; l->p < l->end; l->p++) {
		if (*l->p == ' ') {
			col++;
			alt++;
		} else if (*l->p == '\t') {
			col = (col / 8 + 1) * 8;
			alt++;
		} else if (*l->p == '\f') {
			col = alt = 0;
		} else if (*l->p == '\\' && (peek(l, 1) == '\n' || peek(l, 1) == '\r')) {
			l->p++;
			pass_newline(l);
			l->p--;
		} else {
			break;
		}
	}
	if (l->p == l->end || at_newline(l) || *l->p == '#')
		return 0;
	return set_indent(l, col, alt);
}

static int
lex_line_end(struct lexer *l)
{
	const char *from = l->p;
	unsigned line = l->line, col = column(l, from);
	bool counts = l->n_brackets == 0 && l->out->n &&
		      l->out->v[l->out->n - 1].kind != PY_NEWLINE &&
		      l->out->v[l->out->n - 1].kind != PY_DEDENT;

	pass_newline(l);
	if (counts)
		add(l, PY_NEWLINE, from, line, col);
	return l->n_brackets ? 0 : lex_indent(l);
}

static int
lex_one(struct lexer *l)
{
	bool formatted, raw;
	int prefix;
	const char *from = l->p;
	unsigned line = l->line, col = column(l, from);

	if (at_newline(l))
		return lex_line_end(l);
	if (*l->p == '#') {
		while (l->p < l->end && !at_newline(l))
			l->p++;
		return 0;
	}
	if (*l->p == ' ' || *l->p == '\t' || *l->p == '\f') {
		l->p++;
		return 0;
	}
	if (*l->p == '\\') {
		l->p++;
		if (!at_newline(l))
			return fail(l, "a backslash is not the last character of its line");
		pass_newline(l);
		return l->p == l->end ? fail(l, "the file ends after a backslash") : 0;
	}
	if (*l->p == '\0')
		return fail(l, "a NUL byte");
	if ((prefix = string_prefix(l, &formatted, &raw)) >= 0) {
		l->p += prefix;
		TRY(pass_string(l, formatted, raw));
		add(l, PY_STRING, from, line, col);
		return 0;
	}
	if (is_digit(*l->p) || (*l->p == '.' && is_digit(peek(l, 1))))
		return lex_number(l);
	return is_word_byte(*l->p) ? lex_word(l) : lex_operator(l);
}

int
python_lex(struct arena *a, struct str text, const char *path, struct python_tokens *out,
	struct err *e)
{
	struct lexer l = { .a = a,
		.path = path,
		.e = e,
		.p = text.p,
		.end = text.p + text.n,
		.line = 1,
		.out = out,
		.n_indents = 1 };

	if (str_starts(text, STR("\xef\xbb\xbf")))
		l.p += 3;
	l.line_start = l.p;
	TRY(lex_indent(&l));
	while (l.p < l.end)
		TRY(lex_one(&l));
	if (l.n_brackets)
		return fail_at(&l, l.brackets[l.n_brackets - 1].line,
			l.brackets[l.n_brackets - 1].col, "the bracket is not closed");
	if (out->n && out->v[out->n - 1].kind != PY_NEWLINE && out->v[out->n - 1].kind != PY_DEDENT)
		add(&l, PY_NEWLINE, l.p, l.line, column(&l, l.p));
	for (; l.n_indents > 1; l.n_indents--)
		add(&l, PY_DEDENT, l.p, l.line, column(&l, l.p));
	add(&l, PY_END, l.p, l.line, column(&l, l.p));
	return 0;
}
