/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of preprocessed C++ and CUDA text, as g++ -E writes it: line markers tell files, no
 * comments, no macros. Tokens are offsets into the text; nothing is copied.
 */
#ifndef CXX_LEX_H
#define CXX_LEX_H
#include "base/map.h"
#include "base/vec.h"
#include "cxx/words.h"

struct err;
enum token_kind {
	TOKEN_NAME, /* identifiers and keywords; what is what is told by `name` */
	TOKEN_NUMBER,
	TOKEN_STRING, /* with its prefix and suffix; raw ones too */
	TOKEN_CHARACTER,
	TOKEN_PUNCT,     /* one of enum punct, or a single character */
	TOKEN_DIRECTIVE, /* a whole line that begins with '#' and is no line marker: #pragma, and
			    with -dD #define */
	TOKEN_END,       /* the last one; empty, at the end of the text */
};
/* A single character stands for itself. */
enum punct {
	P_SCOPE = 256, /* :: */
	P_ARROW,
	P_ARROW_STAR,
	P_DOT_STAR,
	P_ELLIPSIS,
	P_SHL, /* << ; a ">>" is always two tokens, for it may close two lists */
	P_LE,
	P_GE,
	P_EQ,
	P_NE,
	P_AND,
	P_OR,
	P_INCREMENT, /* ++ */
	P_DECREMENT,
	P_ASSIGN, /* += and the others, but >>= */
	P_SPACESHIP,
};
/* A text has millions of them, and most of the memory that reading it takes is theirs. */
struct token {
	uint32_t offset;
	/* TOKEN_NAME: number of the name. TOKEN_PUNCT: enum punct; of a bracket see match. */
	uint32_t value;
	uint32_t match; /* of ( [ { ) ] }: the index of the other one */
	uint32_t length : 24;
	uint32_t kind : 7;
	uint32_t is_first : 1; /* of its line */
};
/* # LINE "FILE" FLAGS */
struct marker {
	uint32_t offset, end; /* of the marker's own line, without the line feed */
	uint32_t line;        /* of what follows */
	uint32_t file;        /* index into files */
	uint8_t flags; /* bit n: flag n was there (1: begins, 2: returns, 3: system header, 4:
			  extern "C") */
};
struct lexed {
	struct str text;
	struct token *token; /* n of them, the last is TOKEN_END */
	uint32_t n;
	struct marker *marker; /* the first one is for the text itself */
	uint32_t n_markers;
	uint32_t *near;    /* what lex_marker found last: the next one is seldom far */
	const char **file; /* names as in the markers */
	uint32_t n_files;
	struct str *name; /* of each number; keywords come first, in the order of enum word */
	uint32_t n_names;
	struct map number; /* of each name, plus 1, as a pointer */
};
/* Reads the text, which must stay where it is. At most 1 GiB. 0, or -1 with ERR_STEP when it is not
 * understood: an unclosed string, brackets that do not match, a # inside a line, a token of 16 MiB;
 * the message names file and line. Memory is the arena's. */
int lex(struct arena *a, struct str text, struct lexed *out, struct err *e);
/* The same for who asks for directives: no other token is kept, nor a name, and brackets may match
 * or not. */
int lex_directives(struct arena *a, struct str text, struct lexed *out, struct err *e);
/* The number of a name, or UINT32_MAX when the text does not have it. */
uint32_t lex_find(const struct lexed *l, struct str name);
/* The last line marker in front of a token. */
uint32_t lex_marker(const struct lexed *l, uint32_t token);
/* The line of a token in its file. */
uint32_t lex_line(const struct lexed *l, uint32_t token);
/* The same for one token after the other: at is zero before the first, and remembers how far the
 * lines are counted. */
struct lex_place {
	bool is_known;
	uint32_t marker, offset, line;
};
uint32_t lex_line_after(const struct lexed *l, uint32_t token, struct lex_place *at);

static inline struct str
token_text(const struct lexed *l, uint32_t i)
{
	return (struct str){ l->text.p + l->token[i].offset, l->token[i].length };
}
static inline bool
token_is(const struct lexed *l, uint32_t i, uint32_t punct)
{
	return l->token[i].kind == TOKEN_PUNCT && l->token[i].value == punct;
}
/* A name or keyword with that number. */
static inline bool
token_word(const struct lexed *l, uint32_t i, uint32_t word)
{
	return l->token[i].kind == TOKEN_NAME && l->token[i].value == word;
}
/* A name that can name something: no keyword. `requires` may be one before C++20, but in
 * `requires ::a` it is a clause, not a namespace. */
static inline bool
token_names(const struct lexed *l, uint32_t i)
{
	return l->token[i].kind == TOKEN_NAME && l->token[i].value >= W_N_KEYWORDS &&
	       !(l->token[i].value == W_REQUIRES && token_is(l, i + 1, P_SCOPE));
}
/* The number of its file. */
static inline uint32_t
token_file_number(const struct lexed *l, uint32_t i)
{
	return l->marker[lex_marker(l, i)].file;
}
static inline const char *
token_file(const struct lexed *l, uint32_t i)
{
	return l->file[token_file_number(l, i)];
}
#endif
