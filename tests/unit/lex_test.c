/* SPDX-License-Identifier: Apache-2.0 */
/* cxx/lex.h: tokens, markers and brackets of preprocessed text. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "cxx/lex.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_tokens(void **state)
{
	static const struct {
		const char *text, *tokens; /* joined by spaces */
	} t[] = {
		{ "a<b>>c", "a < b > > c" },
		{ "a<<b<<=c", "a << b <<= c" },
		{ "x->y->*z .* w", "x -> y ->* z .* w" },
		{ "a<=>b ... ::c", "a <=> b ... :: c" },
		{ "1.5e+3f 0x1'000 .5 1..2", "1.5e+3f 0x1'000 .5 1..2" },
		{ "\"a\\\"b\"_s u8\"x\" L'\\''", "\"a\\\"b\"_s u8\"x\" L'\\''" },
		{ "R\"x(a)\"(b)x\" c", "R\"x(a)\"(b)x\" c" },
		{ "LR\"(\n\")\"", "LR\"(\n\")\"" },
		{ "ab\"c\"", "ab \"c\"" },
		{ "a/*\"*/b//'\nc", "a b c" },
		{ "<%:%> <::> <::a", "<% : %> <: :> < :: a" },
		{ "#pragma x \"\n y", "#pragma x \" y" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct arena a = { 0 };
		struct lexed l;
		struct err e = { 0 };
		char joined[200] = "";

		if (lex(&a, str_of(t[i].text), &l, &e) < 0)
			fail_msg("%s: %s", t[i].text, e.msg);
		for (uint32_t k = 0; k + 1 < l.n; k++) {
			strcat(joined, k ? " " : "");
			strncat(joined, token_text(&l, k).p, token_text(&l, k).n);
		}
		assert_string_equal(joined, t[i].tokens);
		assert_int_equal(l.token[l.n - 1].kind, TOKEN_END);
		arena_free(&a);
	}
}

static void
test_kinds(void **state)
{
	static const uint8_t kinds[] = { TOKEN_NAME, TOKEN_NAME, TOKEN_PUNCT, TOKEN_STRING,
		TOKEN_NUMBER, TOKEN_CHARACTER, TOKEN_DIRECTIVE, TOKEN_NAME, TOKEN_END };
	struct arena a = { 0 };
	struct lexed l;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(lex(&a, STR("class a; \"s\" 3 'c'\n#define x ((\n a"), &l, &e), 0);
	assert_int_equal(l.n, sizeof(kinds));
	for (uint32_t i = 0; i < l.n; i++)
		assert_int_equal(l.token[i].kind, kinds[i]);
	assert_true(token_word(&l, 0, W_CLASS));
	assert_false(token_names(&l, 0));
	assert_true(token_names(&l, 1));
	assert_int_equal(l.token[1].value, l.token[7].value);
	assert_int_equal(lex_find(&l, STR("a")), l.token[1].value);
	assert_int_equal(lex_find(&l, STR("b")), UINT32_MAX);
	assert_int_equal(lex_find(&l, STR("final")), W_FINAL);
	assert_true(l.token[0].is_first && !l.token[1].is_first && l.token[7].is_first);
	arena_free(&a);
}

static void
test_markers(void **state)
{
	static const char text[] =
		"a\n# 1 \"x.h\" 1 3 4\nb\n\nc\n#line 7\n d\n# 30 \"y \\\" z\" 2\n\"p\"\n  e";
	struct arena a = { 0 };
	struct lexed l;
	struct err e = { 0 };
	const struct {
		const char *file;
		uint32_t line;
	} want[] = { { "", 1 }, { "x.h", 1 }, { "x.h", 3 }, { "x.h", 7 }, { "y \\\" z", 30 },
		{ "y \\\" z", 31 } };

	(void)state;
	assert_int_equal(lex(&a, STR(text), &l, &e), 0);
	assert_int_equal(l.n, 7);
	for (uint32_t i = 0; i < 6; i++) {
		assert_string_equal(token_file(&l, i), want[i].file);
		assert_int_equal(lex_line(&l, i), want[i].line);
	}
	assert_int_equal(l.n_markers, 4);
	assert_int_equal(l.marker[1].flags, 1 << 1 | 1 << 3 | 1 << 4);
	assert_int_equal(l.marker[3].flags, 1 << 2);
	arena_free(&a);
}

static uint32_t
last_marker(const struct lexed *l, uint32_t token)
{
	uint32_t i = 0;

	while (i + 1 < l->n_markers && l->marker[i + 1].offset <= l->token[token].offset)
		i++;
	return i;
}

/* Whichever marker was asked for before. */
static void
test_marker_of(void **state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct arena a = { 0 };
	struct lexed l;
	struct err e = { 0 };
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 300; i++)
		buf_addf(&text, "%s# %d \"f%d\"\n", i % 3 ? "x y\n" : "", i + 1, i % 7);
	buf_adds(&text, "z");
	assert_int_equal(lex(&a, buf_str(&text), &l, &e), 0);
	assert_int_equal(l.n_markers, 301);
	for (int i = 0; i < 5000; i++) {
		uint32_t token = (seed = seed * 1664525 + 1013904223) % l.n;

		assert_int_equal(lex_marker(&l, token), last_marker(&l, token));
		/* And one behind it, as those who read on ask. */
		token += seed % 8;
		if (token < l.n)
			assert_int_equal(lex_marker(&l, token), last_marker(&l, token));
	}
	arena_free(&a);
}

static void
test_long_token(void **state)
{
	const size_t n = 1 << 24;
	struct arena a = { 0 };
	char *text = arena_alloc(&a, n + 20, 1);
	struct lexed l;
	struct err e = { 0 };

	(void)state;
	memset(text, 'x', n + 10);
	memcpy(text, "\na;\n", 4);
	assert_int_equal(lex(&a, (struct str){ text, n + 3 }, &l, &e), 0);
	assert_int_equal(l.token[2].length, n - 1);
	assert_int_equal(lex(&a, (struct str){ text, n + 4 }, &l, &e), -1);
	assert_string_equal(e.msg, ":3: a string or a name of 16 MiB");
	arena_free(&a);
}

static void
test_brackets(void **state)
{
	struct arena a = { 0 };
	struct lexed l;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(lex(&a, STR("f(a[1]{<::>})"), &l, &e), 0);
	assert_int_equal(l.token[1].match, 10);
	assert_int_equal(l.token[10].match, 1);
	assert_int_equal(l.token[3].match, 5);
	assert_int_equal(l.token[7].match, 8);
	arena_free(&a);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} t[] = {
		{ "# 5 \"f.h\"\n\n(a", "f.h:6: a bracket is not closed" },
		{ "a)", ":1: a bracket that was not opened" },
		{ "(a]", ":1: a bracket that was not opened" },
		{ "\n\"abc\n\"", ":2: a string that does not end" },
		{ "'", ":1: a string that does not end" },
		{ "a\nb # c", ":2: a # inside a line" },
		{ "\"\\", ":1: a string that does not end" },
		{ "R\"x(a)y\"", ":1: a raw string that does not end" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct arena a = { 0 };
		struct lexed l;
		struct err e = { 0 };

		assert_int_equal(lex(&a, str_of(t[i].text), &l, &e), -1);
		assert_int_equal(e.code, ERR_STEP);
		assert_string_equal(e.msg, t[i].message);
		arena_free(&a);
	}
}

/* Room is made by what the first MiB has: here too little and too much. */
static void
test_large(void **state)
{
	enum { HALF = 3 << 19 };
	char *text = malloc(2 * HALF);
	struct arena a = { 0 };
	struct err e = { 0 };
	struct lexed l;

	(void)state;
	assert_non_null(text);
	for (int dense = 0; dense < 2; dense++) {
		char *names = text + (dense ? 0 : HALF), *spaces = text + (dense ? HALF : 0);

		for (size_t i = 0; i < HALF; i += 2)
			memcpy(names + i, i % 4 ? "b " : "a ", 2);
		memset(spaces, ' ', HALF);
		assert_int_equal(lex(&a, (struct str){ text, 2 * HALF }, &l, &e), 0);
		assert_int_equal(l.n, HALF / 2 + 1);
		for (uint32_t i = 0; i + 1 < l.n; i++) {
			if (token_text(&l, i).p != names + 2 * i || token_text(&l, i).n != 1)
				fail_msg("token %u is not where it was", i);
		}
		assert_int_equal(l.token[l.n - 1].kind, TOKEN_END);
	}
	free(text);
	arena_free(&a);
}

/* Counted on from the last token, forwards, backwards and over markers. */
static void
test_line_after(void **state)
{
	static const char text[] =
		"# 7 \"src/a.cu\"\nint a;\n\n\nint b; int\nc;\n# 3 \"src/b.h\" 1\nint d;\nint e;\n# 13 \"src/a.cu\" 2\nint f;\n\nint g;";
	struct arena a = { 0 };
	struct lexed l;
	struct err e;

	(void)state;
	assert_int_equal(lex(&a, str_of(text), &l, &e), 0);
	for (uint32_t step = 1; step < 5; step++) {
		struct lex_place at = { 0 };

		for (uint32_t i = 1; i < 4 * l.n; i += step)
			assert_int_equal(lex_line_after(&l, i % l.n, &at), lex_line(&l, i % l.n));
	}
	assert_int_equal(lex_line(&l, l.n - 2), 15);
	arena_free(&a);
}

/* Brackets need not match, and what looks like a directive in a string is none. */
static void
test_directives(void **state)
{
	static const char text[] = "# 1 \"a.h\"\n#define A (\nint a = f((\"x\", 1'0);\n"
				   "R\"(\n#define B\n)\" /*\n#undef C */\n  #include <b>\n";
	struct arena a = { 0 };
	struct lexed l;
	struct err e;

	(void)state;
	assert_int_equal(lex(&a, str_of(text), &l, &e), -1);
	assert_int_equal(lex_directives(&a, str_of(text), &l, &e), 0);
	assert_int_equal(l.n, 3);
	assert_true(str_eq(token_text(&l, 0), STR("#define A (")));
	assert_true(str_eq(token_text(&l, 1), STR("#include <b>")));
	assert_int_equal(l.token[2].kind, TOKEN_END);
	assert_int_equal(lex_line(&l, 1), 7);
	assert_int_equal(lex_directives(&a, STR("#define A\n\"\n"), &l, &e), -1);
	assert_int_equal(lex_directives(&a, STR("int a; #define A\n"), &l, &e), -1);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_markers),
		cmocka_unit_test(test_marker_of),
		cmocka_unit_test(test_long_token),
		cmocka_unit_test(test_brackets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_line_after),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_directives),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lex", tests, NULL, NULL);
}
