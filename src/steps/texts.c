/* SPDX-License-Identifier: Apache-2.0 */
/* STEP_SLIM, STEP_STRIP_BODIES, STEP_DROP_MACROS: a text that a compiler reads, without what it
 * does not need. */
#include "base/arena.h"
#include "base/err.h"
#include "cxx/kernel_files.h"
#include "device/proof.h"
#include "formats/root.h"
#include "slim/bodies.h"
#include "slim/slim.h"
#include "steps/does.h"
#include "steps/internal.h"

/* A text that is not understood is declined: the source goes the full way. */
static int
slim(struct builtin *o, struct str text, enum slim_pass pass, struct err *e)
{
	const struct slim_options options = { .pass = pass, .user = ROOT_SOURCES "/" };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct slim_stats stats;

	if (slim_text(&o->a, text, &options, &out, &stats, e) < 0)
		return builtin_decline(o, e);
	return builtin_output(o, OUTPUT_MAIN, buf_str(&out), e);
}

/* With the option: slimmed as well. A text that is not understood stays whole. */
int
builtin_strip_bodies(struct builtin *o, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct arena_mark before;
	struct str text;

	TRY(builtin_input(o, INPUT_TEXT, &text, e));
	before = arena_mark(&o->a);
	if (strip_bodies(&o->a, text, &out, e) >= 0)
		text = buf_str(&out);
	arena_rewind(&o->a, before);
	if (o->s->options.slims)
		return slim(o, text, SLIM_HOST, e);
	return builtin_output(o, OUTPUT_MAIN, text, e);
}

int
builtin_slim(struct builtin *o, struct err *e)
{
	struct str text;

	TRY(builtin_input(o, INPUT_TEXT, &text, e));
	return slim(o, text, SLIM_CXX, e);
}

/* A directive that -dD or -dI leaves in a text. */
static bool
is_of_macros(struct str directive)
{
	static const char *const words[] = { "define", "undef", "include", "include_next", "import",
		NULL };
	struct str s = directive;
	size_t n = 0;

	do {
		s.p++;
		s.n--;
	} while (s.n && (*s.p == ' ' || *s.p == '\t'));
	while (n < s.n && ((s.p[n] >= 'a' && s.p[n] <= 'z') || s.p[n] == '_'))
		n++;
	for (const char *const *w = words; *w; w++) {
		if (str_eq((struct str){ s.p, n }, str_of(*w)))
			return true;
	}
	return false;
}

/* Without the lines that -dD and -dI add. Line markers say where what follows stands, so a line
 * feed stays for each. Declined if the slimmed text is known not to do, or to cost more than it
 * saves. */
int
builtin_drop_macros(struct builtin *o, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct arena_mark before;
	struct str text, same;
	struct lexed l;
	size_t at = 0;

	if (builtin_input_path(o, INPUT_SAME)) {
		TRY(builtin_input(o, INPUT_SAME, &same, e));
		if (str_eq(same, builtin_declined))
			return builtin_decline(o, e);
	}
	TRY(builtin_input(o, INPUT_MACROS, &text, e));
	if (o->s->options.if_few_others && bytes_of_others(text) > PROOF_OTHERS)
		return builtin_decline(o, e);
	before = arena_mark(&o->a);
	TRY(lex_directives(&o->a, text, &l, e));
	for (uint32_t i = 0; i < l.n; i++) {
		struct str t = token_text(&l, i);

		if (l.token[i].kind != TOKEN_DIRECTIVE || !is_of_macros(t))
			continue;
		buf_add(&out, text.p + at, l.token[i].offset - at);
		at = l.token[i].offset + l.token[i].length;
	}
	buf_add(&out, text.p + at, text.n - at);
	arena_rewind(&o->a, before);
	if (o->s->options.slims)
		return slim(o, buf_str(&out), SLIM_DEVICE, e);
	return builtin_output(o, OUTPUT_MAIN, buf_str(&out), e);
}
