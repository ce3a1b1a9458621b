/* SPDX-License-Identifier: Apache-2.0 */
/* Help, man pages and completions of a small table, and lines of a width. */
#include "base/arena.h"
#include "base/err.h"
#include "base/term.h"
#include "usage/complete.h"
#include "usage/prose.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct opt make_opts[] = {
	{ 'm', "mode", "fast|slow", "how to make it: fast (default) or slow" },
	{ 0, "dry-run", NULL, "print what --mode would do; it's all that happens" },
	{ 0 },
};
static const struct opt no_opts[] = { { 0 } };
static const struct opt all_opts[] = { { 'C', "directory", "DIR", "work there" }, { 0 } };
static const struct cmd cmds[] = {
	{ "make", "[DIR]", "make it", make_opts, NULL },
	{ "unmake", "all|some NAME", "undo that", no_opts, NULL },
	{ 0 },
};
#define P \
	"# Title\n\nIntro with `code`.\n\n## make\n\nMakes\nit.\n\n- one\n  item\n- two\n\n    $ make -j\n\n## Files\n\n" \
	"| file | is |\n|---|---|\n| `a-b` | first |\n| c | |\n\n.hidden 'quoted' `~\\`\n### Sub\n## unmake\nUndoes.\n"
static const struct str prose[] = { { P, sizeof(P) - 1 } };
static const struct foreign_cmd foreign_cmds[] = { { "brew", "make" }, { "sing", NULL }, { 0 } };
static const struct foreign_opt foreign_opts[] = { { "speed", "is --mode here" },
	{ "L", "is not needed" }, { 0 } };
static const struct usage usage = { cmds, all_opts, prose, 1, foreign_cmds, foreign_opts };

static void
wraps(void **state)
{
	static const struct {
		const char *text;
		size_t at, indent, width;
		const char *want;
	} cases[] = {
		{ "one two three", 0, 0, 80, "one two three\n" },
		{ "one two three", 0, 0, 7, "one two\nthree\n" },
		{ "one two three", 0, 2, 6, "one\n  two\n  three\n" },
		{ "one two three", 4, 2, 9, "one\n  two\n  three\n" },
		{ "a  much\nlongerthanthat b", 0, 0, 5, "a\nmuch\nlongerthanthat\nb\n" },
		{ "", 0, 4, 10, "\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = { 0 };

		term_wrap(
			&out, str_of(cases[i].text), cases[i].at, cases[i].indent, cases[i].width);
		assert_string_equal(out.p, cases[i].want);
		buf_free(&out);
	}
}

static void
asks_for_columns(void **state)
{
	(void)state;
	setenv("COLUMNS", "63", 1);
	assert_int_equal(term_columns(-1), 63);
	setenv("COLUMNS", "3", 1);
	assert_int_equal(term_columns(-1), 40);
	setenv("COLUMNS", "wide", 1);
	assert_int_equal(term_columns(-1), 80);
	unsetenv("COLUMNS");
	assert_int_equal(term_columns(-1), 80);
}

static void
reads_blocks(void **state)
{
	static const struct {
		enum prose_kind kind;
		const char *text;
	} want[] = {
		{ PROSE_HEADING, "Title" },
		{ PROSE_TEXT, "Intro with `code`." },
		{ PROSE_HEADING, "make" },
		{ PROSE_TEXT, "Makes\nit." },
		{ PROSE_ITEM, "one\n  item" },
		{ PROSE_ITEM, "two" },
		{ PROSE_CODE, "    $ make -j" },
		{ PROSE_HEADING, "Files" },
		{ PROSE_ROW, " file | is |" },
		{ PROSE_ROW, "---|---|" },
		{ PROSE_ROW, " `a-b` | first |" },
		{ PROSE_ROW, " c | |" },
		{ PROSE_TEXT, ".hidden 'quoted' `~\\`" },
		{ PROSE_HEADING, "Sub" },
		{ PROSE_HEADING, "unmake" },
		{ PROSE_TEXT, "Undoes." },
	};
	struct str rest = prose[0];
	struct prose_block b;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_true(prose_next(&rest, &b));
		assert_int_equal(b.kind, want[i].kind);
		assert_int_equal(b.text.n, strlen(want[i].text));
		assert_memory_equal(b.text.p, want[i].text, b.text.n);
	}
	assert_false(prose_next(&rest, &b));
}

static void
finds_sections(void **state)
{
	struct str s;

	(void)state;
	assert_true(prose_section(&usage, "unmake", &s));
	assert_true(str_eq(str_trim(s), STR("Undoes.")));
	assert_false(prose_section(&usage, "Sub", &s));
	assert_false(prose_section(&usage, "mak", &s));
	assert_true(str_eq(str_trim(prose_intro(&usage)), STR("Intro with `code`.")));
}

static void
helps(void **state)
{
	struct buf out = { 0 };

	(void)state;
	usage_help(&out, &usage, &cmds[0], 44);
	assert_string_equal(out.p, "usage: kernel-builder make [options] [DIR]\n\n"
				   "Makes it.\n\n- one item\n- two\n\n    $ make -j\n\n"
				   "options:\n"
				   "  -m, --mode fast|slow\n"
				   "        how to make it: fast (default) or\n"
				   "        slow\n"
				   "      --dry-run\n"
				   "        print what --mode would do; it's all\n"
				   "        that happens\n"
				   "\nfor every command:\n"
				   "  -C, --directory DIR\n"
				   "        work there\n");
	buf_free(&out);
	usage_help(&out, &usage, &cmds[0], 70);
	assert_non_null(strstr(out.p,
		"  -m, --mode fast|slow      how to make it: fast (default) or slow\n"
		"      --dry-run             print what --mode would do; it's all that\n"
		"                            happens\n"));
	buf_free(&out);
	usage_help(&out, &usage, NULL, 80);
	assert_non_null(strstr(out.p, "\n  unmake            undo that\n"));
	buf_free(&out);
}

static void
writes_pages(void **state)
{
	struct buf out = { 0 };

	(void)state;
	usage_man(&out, &usage, &cmds[0], "1.0", "2026-01-02");
	assert_string_equal(out.p,
		".TH KERNEL\\-BUILDER\\-MAKE 1 \"2026-01-02\" \"kernel\\-builder 1.0\" \"User Commands\"\n"
		".SH NAME\nkernel\\-builder\\-make \\- make it\n"
		".SH SYNOPSIS\n\\fBkernel\\-builder make\n\\fR[\\fIoptions\\fR] [DIR]\n"
		".SH DESCRIPTION\nMakes it.\n.IP \\(bu 2\none item\n.IP \\(bu 2\ntwo\n"
		".PP\n.RS 4\n.nf\n$ make \\-j\n.fi\n.RE\n"
		".SH OPTIONS\n.TP\n\\fB\\-m\\fR, \\fB\\-\\-mode\\fR \\fIfast|slow\\fR\n"
		"how to make it: fast (default) or slow\n"
		".TP\n\\fB\\-\\-dry\\-run\\fR\n"
		"print what \\-\\-mode would do; it's all that happens\n"
		".PP\nOptions that every command takes are in\n.BR kernel\\-builder (1),\n"
		"and so are settings, variables and exit statuses.\n"
		".SH SEE ALSO\n.BR kernel\\-builder (1)\n");
	buf_free(&out);
	usage_man(&out, &usage, NULL, "1.0", "2026-01-02");
	assert_non_null(strstr(out.p, ".SH DESCRIPTION\nIntro with \\fBcode\\fR.\n.SH COMMANDS\n"));
	assert_non_null(strstr(out.p, ".SH FILES\n.TP\n\\fBa\\-b\\fR\nis: first\n.TP\nc\n"
				      ".PP\n\\&.hidden \\&'quoted' \\fB\\(ti\\e\\fR\n.SS Sub\n"));
	assert_null(strstr(out.p, "Undoes")); /* it has a page of its own */
	buf_free(&out);
}

static void
reads_forms(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_int_equal(complete_values(NULL), VALUES_ANY);
	assert_int_equal(complete_values("SIZE"), VALUES_ANY);
	assert_int_equal(complete_values("[DIR] [-- COMMAND...]"), VALUES_DIRS);
	assert_int_equal(complete_values("[DIR|FILE.so]"), VALUES_FILES);
	assert_int_equal(complete_values("VARIANT"), VALUES_VARIANTS);
	assert_int_equal(complete_values("all|some NAME"), VALUES_WORDS);
	complete_words(&out, "all|some NAME|none");
	assert_string_equal(out.p, "all some none");
	buf_free(&out);
	complete_quote(&out, STR("it's"));
	assert_string_equal(out.p, "'it'\\''s'");
	buf_free(&out);
	assert_true(str_eq(complete_brief("print it (default: all); or not"), STR("print it")));
}

/* Options stand in front of a command, too. */
static void
takes_lines(void **state)
{
	static const struct {
		const char *line, *want; /* "COMMAND directory mode operand...", or the error */
	} cases[] = {
		{ "make", "make" },
		{ "make -C x y", "make directory=x y" },
		{ "-C x make y", "make directory=x y" },
		{ "-Cx --mode=fast make", "make directory=x mode=fast" },
		{ "--mode fast make --mode slow", "make mode=fast mode=slow" },
		{ "-C make make", "make directory=make" },
		{ "-C make unmake make", "unmake directory=make make" },
		{ "make -- unmake", "make unmake" },
		{ "--mode fast unmake",
			"no command is given; did you mean `kernel-builder make --mode fast unmake`?" },
		{ "-m fast", "no command is given; did you mean `kernel-builder make -m fast`?" },
		{ "--mode make",
			"no command is given; did you mean `kernel-builder make --mode make`?" },
		{ "-C x", "no command is given; `kernel-builder help` lists them" },
		{ "-C x mak", "\"mak\" is not a command; did you mean make?" },
		{ "mak make", "\"mak\" is not a command; did you mean make?" },
		{ "--none make", "make: unknown option --none; --help lists the options" },
		{ "make --speed=2", "make: --speed of the original builder is --mode here" },
		{ "make -L", "make: -L of the original builder is not needed" },
		{ "brew", "brew of the original builder is `kernel-builder make` here" },
		{ "sing", "sing of the original builder has no counterpart here" },
		{ "make --none", "make: unknown option --none; --help lists the options" },
		{ "-C", "no command is given: -C needs a value: -C DIR" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = { 0 };
		struct str rest = str_of(cases[i].line), word;
		struct {
			char **v;
			size_t n, cap;
		} argv = { 0 };
		const char *got;
		const struct cmd *c;
		struct opts o;
		struct err e;

		while (str_cut(&rest, ' ', &word))
			vec_push(&a, &argv, arena_strndup(&a, word.p, word.n));
		vec_push(&a, &argv, NULL);
		if (usage_parse(&a, &usage, argv.v, &c, &o, &e) < 0) {
			got = arena_strdup(&a, e.msg);
		} else {
			got = c->name;
			for (size_t k = 0; k < o.n; k++)
				got = arena_printf(&a, "%s %s=%s", got, o.v[k].name, o.v[k].value);
			for (size_t k = 0; k < o.operands.n; k++)
				got = arena_printf(&a, "%s %s", got, o.operands.v[k]);
		}
		assert_string_equal(got, cases[i].want);
		arena_free(&a);
	}
}

static void
completes(void **state)
{
	struct buf out = { 0 };

	(void)state;
	usage_bash(&out, &usage);
	assert_non_null(
		strstr(out.p, "\tmake)\n\t\toptions+=' --mode -m --dry-run'\n\t\tcase $before in\n"
			      "\t\t--mode|-m) kind='' words='fast slow' ;;\n\t\t*) kind=-d ;;\n"));
	buf_free(&out);
	usage_zsh(&out, &usage);
	assert_non_null(strstr(out.p, "'*'{-m+,--mode=}'[how to make it]:fast|slow:(fast slow)'"));
	assert_non_null(strstr(out.p, "'*--dry-run''[print what --mode would do]'"));
	buf_free(&out);
	usage_fish(&out, &usage);
	assert_non_null(strstr(out.p,
		"complete -c kernel-builder -n '__fish_seen_subcommand_from make' -s m -l mode -x -a 'fast slow' -d 'how to make it'\n"));
	assert_non_null(strstr(out.p, "complete -c kernel-builder -s C -l directory -x -a "));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wraps),
		cmocka_unit_test(asks_for_columns),
		cmocka_unit_test(reads_blocks),
		cmocka_unit_test(finds_sections),
		cmocka_unit_test(helps),
		cmocka_unit_test(writes_pages),
		cmocka_unit_test(reads_forms),
		cmocka_unit_test(takes_lines),
		cmocka_unit_test(completes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
