/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine in a world of names (fake_world.h): which steps run, in which order, and what is known
 * afterwards.
 *
 * A graph is written in a line: steps with a ';' between them, each a name, signs, and the names of
 * the steps that it waits for.
 *     ~ transient   ? lazy   | a choice   ! fails   - declines   = gives the same whatever its
 *     inputs are
 *     * killed once   % killed twice   'X with X in its key, as after an edit   @N takes N seconds
 *       #N and N bytes of memory
 *     <N remembered by its first N inputs   /NAME with the key of NAME   ^ ahead, and so lazy
 */
#include "engine/compare.h"
#include "fake_world.h"
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 200 };
struct graph {
	struct arena arena;
	const char *text;
	struct plan plan;
	struct step *steps;
	struct fake_step *does;
	unsigned *kills;
};

static size_t
find_step(const struct graph *g, struct str name)
{
	for (size_t i = 0; i < g->plan.n_steps; i++) {
		if (str_eq(str_of(g->steps[i].label), name))
			return i;
	}
	fail_msg("no step %.*s", (int)name.n, name.p);
	return 0;
}

static unsigned
number(const char **p)
{
	char *end;
	unsigned long n = strtoul(*p, &end, 10);

	*p = end;
	return (unsigned)n;
}

static struct str
word(const char **p)
{
	const char *from = *p;

	while (isalnum((unsigned char)**p))
		++*p;
	return (struct str){ from, (size_t)(*p - from) };
}

static void
read_signs(struct graph *g, struct step *s, struct fake_step *d, unsigned *kills, struct str *key,
	const char **p)
{
	for (; **p && **p != ' ' && **p != ';';) {
		switch (*(*p)++) {
		case '~':
			s->is_transient = true;
			break;
		case '?':
			s->is_lazy = true;
			break;
		case '^':
			s->is_lazy = s->is_ahead = true;
			break;
		case '|':
			s->kind = STEP_CHOOSE;
			s->n_early = 1;
			break;
		case '!':
			d->fails = true;
			break;
		case '-':
			d->refuses = true;
			break;
		case '=':
			d->is_constant = true;
			break;
		case '*':
			*kills = 1;
			break;
		case '%':
			*kills = 2;
			break;
		case '@':
			d->seconds = number(p);
			break;
		case '#':
			d->bytes = number(p);
			break;
		case '<':
			s->kind = STEP_PROVE;
			s->n_early = number(p);
			break;
		case '/':
			*key = word(p);
			break;
		case '\'': {
			struct str x = word(p);

			*key = str_of(arena_printf(
				&g->arena, "%.*s'%.*s", (int)key->n, key->p, (int)x.n, x.p));
			break;
		}
		default:
			fail_msg("what is %c?", (*p)[-1]);
		}
	}
}

static void
read_graph(struct graph *g, const char *text)
{
	static const struct variant variant = { .name = "v" };

	*g = (struct graph){ .text = text };
	g->steps = arena_array(&g->arena, struct step, MOST);
	g->does = arena_array(&g->arena, struct fake_step, MOST);
	g->kills = arena_array(&g->arena, unsigned, MOST);
	for (const char *p = text; *p;) {
		struct step *s = &g->steps[g->plan.n_steps];
		struct str name, key;

		while (*p == ' ' || *p == ';')
			p++;
		if (!*p)
			break;
		key = name = word(&p);
		*s = (struct step){ .kind = STEP_CXX,
			.variant = &variant,
			.inputs = arena_array(&g->arena, struct step_input, 16) };
		s->label = arena_strndup(&g->arena, name.p, name.n);
		read_signs(g, s, &g->does[g->plan.n_steps], &g->kills[g->plan.n_steps], &key, &p);
		vec_push(&g->arena, &s->outputs, "out");
		s->key = sha256_of(key.p, key.n);
		while (*p == ' ') {
			p++;
			s->inputs[s->n_inputs++].step = find_step(g, word(&p));
		}
		g->plan.n_steps++;
	}
	g->plan.steps = g->steps;
}

struct run {
	struct fake *fake;
	unsigned jobs;
	uint64_t memory;
	bool keep_going, again;
	unsigned far_jobs;
	bool far_first;
	unsigned losses; /* looks after bytes were lost */
	size_t failed;
	struct str states;  /* of each step: a letter */
	struct buf *differ; /* what compare_results says; NULL: not asked */
	size_t left;        /* of the probe */
	int status;
};

static struct str
states_of(struct arena *a, const struct engine *x, size_t n)
{
	static const char letter[STEP_STATES] = { [STEP_CACHED] = 'c',
		[STEP_KNOWN] = 'c',
		[STEP_REMEMBERED] = 'c',
		[STEP_DONE] = 'd',
		[STEP_DROPPED] = 'd',
		[STEP_FAILED] = 'f',
		[STEP_SKIPPED] = 's' };
	char *p = arena_array(a, char, n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = letter[engine_outcomes(x)[i].state];
	return (struct str){ p, n };
}

static void
run_graph(struct graph *g, struct run *r)
{
	struct engine_options o = { .jobs = r->jobs ? r->jobs : 1,
		.memory = r->memory,
		.keep_going = r->keep_going,
		.far_jobs = r->far_jobs,
		.far_first = r->far_first };
	struct fake *f = r->fake;
	struct engine *x;
	struct err e;
	int left;

	f->plan = &g->plan;
	f->does = g->does;
	f->started.n = 0;
	f->here = o.jobs;
	r->losses = 0;
	f->n_brought = f->n_lost = f->n_far = f->n_refused = 0;
	f->bytes = (struct map){ 0 };
	f->n_started = f->n_found = f->most = 0;
	f->most_bytes = 0;
	memcpy(f->kills_left, g->kills, MOST * sizeof(*g->kills));
	assert_int_equal(engine_open_in(&fake_world, f, &g->plan, &fake_domain, &x, &e), 0);
	left = engine_probe(x, false, &e);
	assert_true(left >= 0);
	r->left = (size_t)left;
	if (r->again)
		engine_again(x);
	r->status = engine_run(x, &o, &r->failed, &e);
	while (r->status == 0 && engine_is_lost(x) && r->losses < MOST) {
		r->losses++;
		f->bytes = (struct map){ 0 };
		assert_true(engine_probe(x, false, &e) >= 0);
		r->status = engine_run(x, &o, &r->failed, &e);
	}
	if (r->status < 0 && e.code == ERR_BUG)
		fail_msg("%s", e.msg);
	r->states = states_of(&f->arena, x, g->plan.n_steps);
	if (r->differ)
		r->status = compare_results(x, &g->plan, r->differ, &e);
	engine_close(x);
	if (f->fault)
		fail_msg("%s (%u jobs, started %.*s): %s", f->fault, o.jobs, (int)f->started.n,
			f->started.p, g->text);
}

static void
fake_free(struct fake *f)
{
	buf_free(&f->started);
	arena_free(&f->arena);
}

/* One graph after the other in one world: what starts, in which order, and how each step of the
 * last ends. */
struct line {
	const char *graph[3], *starts[3], *states;
	unsigned jobs;
	bool keep_going, again;
};

static void
check_lines(const struct line *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct fake f = { 0 };
		struct run r = { .fake = &f, .jobs = v[i].jobs, .keep_going = v[i].keep_going };

		for (size_t k = 0; k < 3 && v[i].graph[k]; k++) {
			struct graph g;
			struct str got;

			read_graph(&g, v[i].graph[k]);
			r.again = v[i].again && k > 0;
			run_graph(&g, &r);
			got = str_trim(buf_str(&f.started));
			if (!str_eq(got, str_of(v[i].starts[k])))
				fail_msg("line %zu, run %zu, %s:\nstarts %.*s\nwanted %s", i, k,
					v[i].graph[k], (int)got.n, got.p, v[i].starts[k]);
			arena_free(&g.arena);
		}
		if (v[i].states && !str_eq(r.states, str_of(v[i].states)))
			fail_msg("line %zu, %s: ends as %.*s, not %s", i, v[i].graph[0],
				(int)r.states.n, r.states.p, v[i].states);
		fake_free(&f);
	}
}

static void
test_order(void **state)
{
	static const struct line lines[] = {
		{ { "a" }, { "a" }, "d", 0, 0, 0 },
		{ { "a; b a; c b" }, { "a b c" }, "ddd", 0, 0, 0 },
		{ { "a; b; c a b" }, { "a b c" }, "ddd", 0, 0, 0 },
		{ { "a; b a; c; d c; e d" }, { "c a d b e" }, "ddddd", 0, 0, 0 },
		{ { "a; b a; c a; d b c" }, { "a b c d" }, "dddd", 0, 0, 0 },
		{ { "a@5; b@1; c b" }, { "b a c" }, "ddd", 2, 0, 0 },
		{ { "a", "a" }, { "a", "" }, "c", 0, 0, 0 },
		{ { "a; b a", "a; b a" }, { "a b", "" }, "cc", 0, 0, 0 },
		{ { "a; b a; c b", "a'2; b a; c b" }, { "a b c", "a b c" }, "ddd", 0, 0, 0 },
		{ { "a=; b a; c b", "a'2=; b a; c b" }, { "a b c", "a b c" }, "ddd", 0, 0, 0 },
		{ { "a; b a; c b", "a; b'2 a; c b" }, { "a b c", "b c" }, "cdd", 0, 0, 0 },
		{ { "a; b; c a b", "a; b'2; c a b" }, { "a b c", "b c" }, "cdd", 0, 0, 0 },
		{ { "a; b; c a b", "a; b'2; c a b", "a; b; c a b" }, { "a b c", "b c", "" }, "ccc",
			0, 0, 0 },
	};

	(void)state;
	check_lines(lines, sizeof(lines) / sizeof(lines[0]));
}

static void
test_failures(void **state)
{
	static const struct line lines[] = {
		{ { "a!" }, { "a" }, "f", 0, 0, 0 },
		{ { "a!; b a" }, { "a" }, "fs", 0, 0, 0 },
		{ { "a!; b a; c b" }, { "a" }, "fss", 0, 0, 0 },
		{ { "a!; b a; c" }, { "a" }, "fss", 0, 0, 0 },
		{ { "a!; b a; c" }, { "a c" }, "fsd", 0, 1, 0 },
		{ { "a!; b; c a b; d b" }, { "a b d" }, "fdsd", 0, 1, 0 },
		{ { "a!; b!; c a; d b" }, { "a b" }, "ffss", 0, 1, 0 },
		{ { "a!; b; c b" }, { "b a" }, "fds", 2, 0, 0 },
		{ { "a!; b", "a; b" }, { "a b", "a" }, "dc", 0, 1, 0 },
		{ { "a!; b a; c a", "a; b a; c a" }, { "a", "a b c" }, "ddd", 0, 1, 0 },
		{ { "a*" }, { "a a" }, "d", 0, 0, 0 },
		{ { "a%; b a" }, { "a a" }, "fs", 0, 0, 0 },
		{ { "a*; b; c" }, { "a b c a" }, "ddd", 3, 0, 0 },
		{ { "a*@9; b@1; c@20 b" }, { "b a c a" }, "ddd", 2, 0, 0 },
	};

	(void)state;
	check_lines(lines, sizeof(lines) / sizeof(lines[0]));
}

static void
test_transient(void **state)
{
	static const struct line lines[] = {
		/* Only the digest of t is kept: nothing runs while nobody needs the bytes. */
		{ { "t~; c t", "t~; c t" }, { "t c", "" }, "cc", 0, 0, 0 },
		{ { "t~; c t", "t~; c'2 t" }, { "t c", "t c" }, "dd", 0, 0, 0 },
		{ { "t~; c t; d t", "t~; c t; d'2 t" }, { "t c d", "t d" }, "dcd", 0, 0, 0 },
		{ { "t~; u~ t; c u", "t~; u~ t; c'2 u" }, { "t u c", "t u c" }, "ddd", 0, 0, 0 },
		{ { "t~; u~ t; c u", "t'2~; u~ t; c u" }, { "t u c", "t u c" }, "ddd", 0, 0, 0 },
		{ { "t~=; c t", "t'2~=; c t" }, { "t c", "t c" }, "dd", 0, 0, 0 },
		{ { "s; t~ s; c t", "s'2; t~ s; c t" }, { "s t c", "s t c" }, "ddd", 0, 0, 0 },
		{ { "s; t~= s; c t", "s'2; t~= s; c t" }, { "s t c", "s t" }, "ddc", 0, 0, 0 },
		{ { "t~; c t; d c", "t~; c t; d'2 c" }, { "t c d", "d" }, "ccd", 0, 0, 0 },
		{ { "t~!; c t", "t~; c t" }, { "t", "t c" }, "dd", 0, 0, 0 },
		{ { "t~; c! t", "t~; c t" }, { "t c", "t c" }, "dd", 0, 0, 0 },
	};

	(void)state;
	check_lines(lines, sizeof(lines) / sizeof(lines[0]));
}

static void
test_lazy_and_choices(void **state)
{
	static const struct line lines[] = {
		{ { "a?" }, { "" }, "s", 0, 0, 0 },
		{ { "a?; b a" }, { "a b" }, "dd", 0, 0, 0 },
		{ { "a?; b? a" }, { "" }, "ss", 0, 0, 0 },
		{ { "t; w?; c| t w" }, { "t" }, "dsc", 0, 0, 0 },
		{ { "t-; w?; c| t w" }, { "t w" }, "ddc", 0, 0, 0 },
		{ { "t-; w?; c| t w; l c" }, { "t w l" }, "ddcd", 0, 0, 0 },
		{ { "t; w?; c| t w; l c" }, { "t l" }, "dscd", 0, 0, 0 },
		{ { "t; w?; c| t w; l c", "t'2; w?; c| t w; l c" }, { "t l", "t l" }, "dscd", 0, 0,
			0 },
		{ { "t; w?; c| t w; l c", "t'2-; w?; c| t w; l c" }, { "t l", "t w l" }, "ddcd", 0,
			0, 0 },
		{ { "t-; w?; c| t w; l c", "t-; w?; c| t w; l c" }, { "t w l", "" }, "cccc", 0, 0,
			0 },
		{ { "t-; w?; c| t w; l c", "t-; w?; c| t w; l'2 c" }, { "t w l", "l" }, "cccd", 0,
			0, 0 },
		{ { "t!; w?; c| t w; l c" }, { "t" }, "fsss", 0, 0, 0 },
		{ { "t-; w?!; c| t w; l c" }, { "t w" }, "dfss", 0, 0, 0 },
		{ { "t-; u?-; w?; c| t u w; l c" }, { "t u w l" }, "dddcd", 0, 0, 0 },
		{ { "t-; u?; w?; c| t u w; l c" }, { "t u l" }, "ddscd", 0, 0, 0 },
		{ { "p~; t- p; w? p; c| t w" }, { "p t w" }, "dddc", 0, 0, 0 },
		{ { "p~; t p; w? p; c| t w" }, { "p t" }, "ddsc", 0, 0, 0 },
		{ { "p~; t- p; w? p; c| t w", "p~; t- p; w'2? p; c| t w" }, { "p t w", "p w" },
			"dcdc", 0, 0, 0 },
		{ { "p; v? p; w? v; t- p; c| t w" }, { "p t v w" }, "ddddc", 0, 0, 0 },
		{ { "p; v? p; w? v; t p; c| t w" }, { "p t" }, "dssdc", 0, 0, 0 },
		{ { "t~; w?; c| t w; l c", "t~; w?; c| t w; l'2 c" }, { "t l", "t l" }, "dscd", 0,
			0, 0 },
		{ { "t~-; w?~; c| t w; l c", "t~-; w?~; c| t w; l'2 c" }, { "t w l", "w l" },
			"cdcd", 0, 0, 0 },
		/* What one recalls, the choice of another takes: it waits for it, too. */
		{ { "p~; w?; c| p w; a; d p a; l c a", "p~; w?; c| p w; a'2; d p a; l c a" },
			{ "p a d l", "a p d l" }, "dscddd", 2, 0, 0 },
		/* A choice of choices. */
		{ { "a-; b?; c| a b; d-; e?; f| c e; l f" }, { "a b d l" }, NULL, 0, 0, 0 },
	};

	(void)state;
	check_lines(lines, sizeof(lines) / sizeof(lines[0]));
}

static void
test_equal_steps(void **state)
{
	static const struct line lines[] = {
		{ { "a; b/a" }, { "a b" }, "dd", 0, 0, 0 },
		{ { "s; a s; b/a s" }, { "s a" }, "ddc", 0, 0, 0 },
		{ { "s; a s; b/a s" }, { "s a" }, "ddc", 2, 0, 0 },
		{ { "s; t; a s; b/a t" }, { "s t a b" }, "dddd", 0, 0, 0 },
		{ { "s~; t~/s; a s; b/a t" }, { "s t a" }, "dddc", 0, 0, 0 },
		{ { "s; a~ s; b~/a s; c a; d/c b" }, { "s a c" }, "ddcdc", 0, 0, 0 },
		{ { "s; a~ s; b~/a s; c a; d b" }, { "s a c d" }, "ddcdd", 0, 0, 0 },
		{ { "s; a! s; b/a s" }, { "s a b" }, NULL, 0, 1, 0 },
		{ { "s; a@9 s; b/a s; c s" }, { "s a c" }, "ddcd", 3, 0, 0 },
	};

	(void)state;
	check_lines(lines, sizeof(lines) / sizeof(lines[0]));
}

/* a does what g will do, with q, a guess of what p gives. */
static void
test_ahead(void **state)
{
	static const struct line lines[] = {
		/* It was right: g finds the result of a, which ran beside p. */
		{ { "k; m; t; p@9= k; q?=/p m; a^@3/g t q; g@3 t p; l g" }, { "k m t p q a l" },
			"ddddddcd", 2, 0, 0 },
		/* a still runs when p has ended: g waits for it. */
		{ { "k; m; t; p@3= k; q?=/p m; a^@9/g t q; g@9 t p; l g" }, { "k m t p q a l" },
			"ddddddcd", 2, 0, 0 },
		/* It was wrong. */
		{ { "k; m; t; p@9= k; q?= m; a^@3/g t q; g@3 t p; l g" }, { "k m t p q a g l" },
			"dddddddd", 2, 0, 0 },
		/* There is none. */
		{ { "k; m; t; p@9= k; q?- m; a^@3/g t q; g@3 t p; l g" }, { "k m t p q g l" },
			"dddddsdd", 2, 0, 0 },
		{ { "k; m; t; p@9= k; q?- m; r?=/p q; a^@3/g t r; g@3 t p; l g" },
			{ "k m t p q g l" }, "dddddssdd", 2, 0, 0 },
		/* No job is idle. */
		{ { "k; m; t; p@9= k; q?=/p m; a^@3/g t q; g@3 t p; l g" }, { "k m t p g l" },
			"ddddssdd", 1, 0, 0 },
		/* g need not run: nor need a, whatever its guess is. */
		{ { "k; m; t; p@9= k; q?=/p m; a^@3/g t q; g@3 t p; l g",
			  "k; m; t; p@9= k; q'2?= m; a^@3/g t q; g@3 t p; l g" },
			{ "k m t p q a l", "" }, "ccccsscc", 2, 0, 0 },
		/* All run again, to compare: a does not. */
		{ { "k; m; t; p@9= k; q?=/p m; a^@3/g t q; g@3 t p; l g",
			  "k; m; t; p@9= k; q?=/p m; a^@3/g t q; g@3 t p; l g" },
			{ "k m t p q a l", "k m p t g l" }, "ddddssdd", 2, 0, 1 },
	};

	(void)state;
	check_lines(lines, sizeof(lines) / sizeof(lines[0]));
}

static void
test_again(void **state)
{
	static const struct line lines[] = {
		{ { "a; b a", "a; b a" }, { "a b", "a b" }, "dd", 0, 0, 1 },
		{ { "t~; c t", "t~; c t" }, { "t c", "t c" }, "dd", 0, 0, 1 },
		{ { "t; w?; c| t w", "t; w?; c| t w" }, { "t", "t" }, "dsc", 0, 0, 1 },
		{ { "t-; w?; c| t w", "t-; w?; c| t w" }, { "t w", "t w" }, "ddc", 0, 0, 1 },
		{ { "s; a s; b/a s", "s; a s; b/a s" }, { "s a", "s a b" }, "ddd", 0, 0, 1 },
	};

	(void)state;
	check_lines(lines, sizeof(lines) / sizeof(lines[0]));
}

/* What gave something else is named once, and what follows from it is not. */
static void
test_differ(void **state)
{
	static const char *const graph[] = { "s; t~ s; a~= t; b~ s", "s; t~= s; a~= t; b~ s" };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct fake f = { 0 };
	struct run r = { .fake = &f };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct graph g;

		read_graph(&g, graph[i == 2]);
		r.again = i > 0;
		r.differ = i > 0 ? &text : NULL;
		run_graph(&g, &r);
		arena_free(&g.arena);
		assert_int_equal(r.status, i == 2);
		assert_string_equal(text.n ? text.p : "", i == 2 ? "DIFFERS: t for v\n" : "");
	}
	fake_free(&f);
}

/* ---- graphs at random ---- */

static uint64_t seed;

static unsigned
pick(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* Steps s0, s1, ... of which each waits for some before it. Choices come in threes: a try, a lazy
 * way out, the choice. edited: that step has another key; SIZE_MAX: none. */
static void
write_random(struct buf *out, unsigned n, bool has_choices, size_t edited)
{
	static const char *const signs[] = { "~", "~", "?", "~?", "", "", "", "", "" };
	char of[MOST][8];

	for (unsigned i = 0; i < n; i++) {
		unsigned inputs = i ? pick(i < 3 ? i + 1 : 4) : 0;

		buf_addf(out, "%ss%u", i ? "; " : "", i);
		of[i][0] = 0;
		if (has_choices && i >= 2 && pick(5) == 0) {
			buf_addf(out, "| s%u s%u", pick(i), pick(i));
			continue;
		}
		snprintf(of[i], sizeof(of[i]), "%s%s%s", signs[pick(9)],
			has_choices && pick(5) == 0 ? "-" : "", pick(8) == 0 ? "=" : "");
		/* Equal steps do the same. */
		if (i && pick(4) == 0) {
			unsigned equal = pick(i);

			if (i != edited)
				buf_addf(out, "/s%u", equal);
			memcpy(of[i], of[equal], sizeof(of[i]));
		}
		if (i == edited)
			buf_adds(out, "'2");
		buf_addf(out, "%s@%u", of[i], 1 + pick(9));
		for (unsigned k = 0; k < inputs; k++)
			buf_addf(out, " s%u", pick(i));
	}
}

static struct str
random_graph(struct graph *g, struct buf *text, uint64_t from, bool has_choices, size_t edited)
{
	unsigned n;

	seed = from;
	n = 3 + pick(20);
	text->n = 0;
	write_random(text, n, has_choices, edited);
	buf_addc(text, 0);
	text->n--;
	read_graph(g, text->p);
	return buf_str(text);
}

/* Which steps may run after an edit of one: those behind it, and the transient ones in front of
 * these. */
static void
may_start(const struct graph *g, size_t edited, bool *may)
{
	bool changes;

	for (size_t i = 0; i < g->plan.n_steps; i++) {
		may[i] = i == edited;
		for (size_t k = 0; k < g->steps[i].n_inputs; k++)
			may[i] = may[i] || may[g->steps[i].inputs[k].step];
	}
	do {
		changes = false;
		for (size_t i = 0; i < g->plan.n_steps; i++) {
			for (size_t k = 0; may[i] && k < g->steps[i].n_inputs; k++) {
				size_t in = g->steps[i].inputs[k].step;
				bool was = may[in];

				may[in] = was || g->steps[in].is_transient ||
					  g->steps[in].is_lazy || step_is_choice(&g->steps[in]);
				changes = changes || may[in] != was;
			}
		}
	} while (changes);
}

static void
only_these_started(const struct graph *g, const struct fake *f, const bool *may, const char *text)
{
	struct str rest = buf_str(&f->started), name;

	while (str_cut(&rest, ' ', &name)) {
		if (!may[find_step(g, name)])
			fail_msg("%.*s need not run: %s", (int)name.n, name.p, text);
	}
}

static bool
is_complete(const struct graph *g, struct str states)
{
	for (size_t i = 0; i < g->plan.n_steps; i++) {
		if (!g->steps[i].is_lazy && states.p[i] != 'd' && states.p[i] != 'c')
			return false;
	}
	return true;
}

static void
check_random(uint64_t from, bool has_choices)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct graph g;
	size_t started = 0;

	for (unsigned jobs = 1; jobs <= 5; jobs += 2) {
		struct fake f = { 0 };
		struct run r = { .fake = &f, .jobs = jobs };
		bool may[MOST];
		size_t edited;

		random_graph(&g, &text, from, has_choices, SIZE_MAX);
		edited = pick((unsigned)g.plan.n_steps);
		run_graph(&g, &r);
		if (!is_complete(&g, r.states) || r.failed || f.most > jobs)
			fail_msg("%.*s: %s", (int)r.states.n, r.states.p, text.p);
		if (jobs > 1 && !has_choices && f.n_started != started)
			fail_msg("%zu start, with one job %zu: %s", f.n_started, started, text.p);
		started = f.n_started;
		run_graph(&g, &r);
		if (f.n_started)
			fail_msg("nothing is edited, but %.*s run: %s", (int)f.started.n,
				f.started.p, text.p);
		arena_free(&g.arena);
		random_graph(&g, &text, from, has_choices, edited);
		run_graph(&g, &r);
		may_start(&g, edited, may);
		only_these_started(&g, &f, may, text.p);
		if (!is_complete(&g, r.states))
			fail_msg("after an edit of s%zu %.*s: %s", edited, (int)r.states.n,
				r.states.p, text.p);
		arena_free(&g.arena);
		fake_free(&f);
	}
}

static void
test_random(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 300; i++)
		check_random(i * 7919 + 1, false);
}

static void
test_random_choices(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 300; i++)
		check_random(i * 7919 + 2, true);
}

/* Everything that is kept at home moves to the server: what nobody takes comes home, and nothing
 * runs. */
static void
move_far(struct fake *f, const struct map *which)
{
	for (size_t i = 0; i < which->n; i++) {
		if (which->entry[i].val)
			*map_put(&f->arena, &f->far, which->entry[i].key) = f;
	}
	f->kept = (struct map){ 0 };
	f->has_server = true;
}

static void
test_brought(void **state)
{
	static const struct {
		const char *graph, *next, *starts, *states;
	} lines[] = {
		{ "a", "a", "+a", "c" },
		{ "a; b a; c b", "a; b a; c b", "+c", "ccc" },
		{ "a; b a; c b", "a; b a; c'2 b", "+b c", "ccd" },
		{ "a; b a; c b", "a; b'2 a; c b", "+a b c", "cdd" },
		{ "t~; b t; c b", "t~; b t; c'2 b", "+b c", "ccd" },
		{ "t~; b t; c b", "t~; b'2 t; c b", "t b c", "ddd" },
		{ "a; b; c a b; d c", "a; b; c a b; d'2 c", "+c d", "cccd" },
		{ "t-; w?; c| t w; l c", "t-; w?; c| t w; l c", "+l", "cccc" },
		{ "t-; w?; c| t w; l c", "t-; w?; c| t w; l'2 c", "+w l", "cccd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct fake f = { 0 };
		struct run r = { .fake = &f };
		struct graph g;
		struct str got;

		read_graph(&g, lines[i].graph);
		run_graph(&g, &r);
		move_far(&f, &f.kept);
		arena_free(&g.arena);
		read_graph(&g, lines[i].next);
		run_graph(&g, &r);
		got = str_trim(buf_str(&f.started));
		if (!str_eq(got, str_of(lines[i].starts)) ||
			!str_eq(r.states, str_of(lines[i].states)))
			fail_msg("%s: starts %.*s, wanted %s; ends as %.*s", lines[i].next,
				(int)got.n, got.p, lines[i].starts, (int)r.states.n, r.states.p);
		assert_int_equal(r.losses, 0);
		arena_free(&g.arena);
		fake_free(&f);
	}
}

/* What the server says it has, it has not: one more look, and it is made again. */
static void
test_lost(void **state)
{
	struct fake f = { 0 };
	struct run r = { .fake = &f, .jobs = 2 };
	struct graph g;

	(void)state;
	read_graph(&g, "a; b a; c b; d c");
	run_graph(&g, &r);
	move_far(&f, &f.kept);
	f.gone = f.far;
	run_graph(&g, &r);
	assert_true(str_eq(r.states, STR("dddd")));
	assert_true(r.losses > 0 && r.losses <= 4);
	assert_true(f.n_lost > 0);
	/* Without the server that would have been known at once. */
	f.has_server = false;
	f.kept = (struct map){ 0 };
	run_graph(&g, &r);
	assert_true(str_eq(r.states, STR("dddd")));
	assert_int_equal(r.losses, 0);
	arena_free(&g.arena);
	fake_free(&f);
}

static void
test_far(void **state)
{
	struct fake f = { .has_server = true };
	struct run r = { .fake = &f, .jobs = 1, .far_jobs = 3 };
	struct graph g;

	(void)state;
	read_graph(&g, "a@9; b@9; c@9; d@9; e@9; f a b c d e");
	run_graph(&g, &r);
	assert_true(str_eq(r.states, STR("dddddd")));
	assert_int_equal(f.most, 4);
	assert_int_equal(f.n_far, 3);
	/* All that can. */
	f.results = (struct map){ 0 };
	r.far_first = true;
	run_graph(&g, &r);
	assert_int_equal(f.n_far, 6);
	assert_int_equal(f.most, 3);
	/* A server that runs nothing is asked once for each step. */
	f.results = (struct map){ 0 };
	f.refuses_all = true;
	run_graph(&g, &r);
	assert_true(str_eq(r.states, STR("dddddd")));
	assert_int_equal(f.n_refused, 6);
	/* One that never answers keeps nobody for ever. */
	f.results = (struct map){ 0 };
	f.refuses_all = r.far_first = false;
	f.hangs = true;
	f.clock = 0;
	run_graph(&g, &r);
	assert_true(str_eq(r.states, STR("dddddd")));
	assert_int_equal(f.n_far, 3);
	assert_true(f.clock > 60 && f.clock < 300);
	arena_free(&g.arena);
	fake_free(&f);
}

/* Some of what is kept is at home, some on the server, some nowhere, and of some the server is
 * wrong. What comes out is what would come out without it. */
static void
check_random_far(uint64_t from)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct fake f = { 0 };
	struct run r = { .fake = &f, .jobs = 2, .far_jobs = (unsigned)(from % 3) };
	struct map kept;
	struct graph g;
	size_t edited;

	random_graph(&g, &text, from, from % 2, SIZE_MAX);
	edited = pick((unsigned)g.plan.n_steps);
	run_graph(&g, &r);
	arena_free(&g.arena);
	kept = f.kept;
	f.kept = (struct map){ 0 };
	f.has_server = true;
	for (size_t i = 0; i < kept.n; i++) {
		unsigned where = pick(4);

		if (where == 0)
			*map_put(&f.arena, &f.kept, kept.entry[i].key) = &f;
		if (where == 1 || where == 2)
			*map_put(&f.arena, &f.far, kept.entry[i].key) = &f;
		if (where == 2)
			*map_put(&f.arena, &f.gone, kept.entry[i].key) = &f;
	}
	random_graph(&g, &text, from, from % 2, from % 5 ? edited : SIZE_MAX);
	run_graph(&g, &r);
	if (!is_complete(&g, r.states) || r.failed || r.losses >= MOST)
		fail_msg("%.*s after %u looks, started %.*s: %s", (int)r.states.n, r.states.p,
			r.losses, (int)f.started.n, f.started.p, text.p);
	/* Nothing is left to do. */
	f.has_server = false;
	run_graph(&g, &r);
	if (f.n_started)
		fail_msg("nothing is edited, but %.*s run: %s", (int)f.started.n, f.started.p,
			text.p);
	arena_free(&g.arena);
	fake_free(&f);
}

static void
test_random_far(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 600; i++)
		check_random_far(i * 7919 + 3);
}

static void
test_memory(void **state)
{
	struct fake f = { 0 };
	struct run r = { .fake = &f, .jobs = 4, .memory = (uint64_t)1 << 30 };
	struct graph g;

	(void)state;
	/* A kind's guess is 800 MiB: one at a time; then what they took is known. */
	read_graph(&g, "a#9; b#9; c#9; d#9");
	run_graph(&g, &r);
	assert_int_equal(f.most, 1);
	arena_free(&g.arena);
	read_graph(&g, "a#9; b#9; c#9; d#9");
	f.results = (struct map){ 0 };
	run_graph(&g, &r);
	assert_int_equal(f.most, 4);
	arena_free(&g.arena);
	fake_free(&f);
}

/* A kernel of so many files and variants, which share nothing. With KB_ENGINE_LARGE set: 400 in 62,
 * 99,262 steps, a second. */
static void
make_large(struct graph *g, unsigned variants, unsigned files)
{
	static const struct variant variant = { .name = "v" };
	size_t n = 0, most = (size_t)variants * (4 * files + 1);

	*g = (struct graph){ .text = "many steps" };
	g->steps = arena_array(&g->arena, struct step, most);
	g->does = arena_array(&g->arena, struct fake_step, most);
	g->kills = arena_array(&g->arena, unsigned, MOST);
	for (unsigned v = 0; v < variants; v++) {
		struct step_input *links = arena_array(&g->arena, struct step_input, files);

		for (unsigned f = 0; f < files; f++) {
			for (unsigned k = 0; k < 4; k++) {
				struct step *s = &g->steps[n];

				*s = (struct step){ .kind = STEP_CXX,
					.variant = &variant,
					.label = "s",
					.is_transient = k < 2 };
				s->inputs = arena_array(&g->arena, struct step_input, 1);
				s->n_inputs = k > 0;
				if (k)
					s->inputs[0].step = n - 1;
				vec_push(&g->arena, &s->outputs, "out");
				s->key = sha256_of(&n, sizeof(n));
				g->does[n++].seconds = 1 + (f + k) % 7;
			}
			links[f].step = n - 1;
		}
		g->steps[n] = (struct step){ .kind = STEP_LINK,
			.variant = &variant,
			.label = "l",
			.inputs = links,
			.n_inputs = files };
		vec_push(&g->arena, &g->steps[n].outputs, "out");
		g->steps[n].key = sha256_of(&n, sizeof(n));
		n++;
	}
	g->plan.steps = g->steps;
	g->plan.n_steps = n;
}

static void
test_many_steps(void **state)
{
	struct fake f = { 0 };
	struct run r = { .fake = &f, .jobs = 32 };
	struct graph g;

	(void)state;
	make_large(&g, getenv("KB_ENGINE_LARGE") ? 62 : 4, getenv("KB_ENGINE_LARGE") ? 400 : 100);
	run_graph(&g, &r);
	assert_int_equal(f.n_started, g.plan.n_steps);
	assert_int_equal(f.most, 32);
	run_graph(&g, &r);
	assert_int_equal(f.n_started, 0);
	arena_free(&g.arena);
	fake_free(&f);
}

/* What must not be is an error of the program, in this world and in the real one. */
static void
test_states(void **state)
{
	static const enum step_state last[] = { STEP_FAILED, STEP_SKIPPED, STEP_REMEMBERED };
	struct engine_options o = { .jobs = 1 };
	struct fake f = { 0 };
	struct engine *x;
	struct graph g;
	size_t failed;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		for (enum step_state to = 0; to < STEP_STATES; to++)
			assert_false(state_may_follow(last[i], to));
	}
	assert_true(state_may_follow(STEP_MISSED, STEP_RUNNING));
	assert_false(state_may_follow(STEP_WAITING, STEP_RUNNING));
	assert_false(state_may_follow(STEP_WAITING, STEP_DONE));
	read_graph(&g, "a; b");
	f.plan = &g.plan;
	f.does = g.does;
	assert_int_equal(engine_open_in(&fake_world, &f, &g.plan, &fake_domain, &x, &e), 0);
	assert_int_equal(engine_probe(x, false, &e), 2);
	state_set(x, 0, STEP_DROPPED);
	assert_int_equal(engine_run(x, &o, &failed, &e), -1);
	assert_int_equal(e.code, ERR_BUG);
	assert_string_equal(e.msg, "a: dropped cannot follow waiting");
	engine_close(x);
	arena_free(&g.arena);
	fake_free(&f);
}

/* Counts stay right when a lazy step is killed and tried again. */
static struct engine_event last_event;

static void
keep_event(void *arg, const struct plan *p, const struct engine_event *ev)
{
	(void)arg, (void)p;
	last_event = *ev;
}

static void
test_counts(void **state)
{
	struct engine_options o = { .jobs = 2, .observer = { .event = keep_event } };
	struct fake f = { 0 };
	struct engine *x;
	struct graph g;
	size_t failed;
	struct err e;

	(void)state;
	read_graph(&g, "t-; w?*; u?; c| t w; l c");
	f.plan = &g.plan;
	f.does = g.does;
	memcpy(f.kills_left, g.kills, MOST * sizeof(*g.kills));
	assert_int_equal(engine_open_in(&fake_world, &f, &g.plan, &fake_domain, &x, &e), 0);
	assert_true(engine_probe(x, false, &e) > 0);
	assert_int_equal(engine_run(x, &o, &failed, &e), 0);
	assert_int_equal(last_event.total, 4);
	assert_int_equal(last_event.done, 4);
	assert_int_equal(last_event.cached, 1);
	assert_int_equal(last_event.running, 0);
	engine_close(x);
	arena_free(&g.arena);
	fake_free(&f);
}

static void
test_interrupted(void **state)
{
	struct fake f = { .stops = true };
	struct run r = { .fake = &f, .jobs = 2 };
	struct graph g;

	(void)state;
	read_graph(&g, "a; b; c a b");
	run_graph(&g, &r);
	assert_int_equal(r.status, -1);
	assert_int_equal(f.running, 0);
	arena_free(&g.arena);
	fake_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_transient),
		cmocka_unit_test(test_lazy_and_choices),
		cmocka_unit_test(test_equal_steps),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_differ),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_choices),
		cmocka_unit_test(test_brought),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_random_far),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_many_steps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
