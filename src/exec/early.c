/*
 * Verdicts on device code (exec/own.h), remembered by what they are good for. A survey names up to
 * three such things; a verdict that was come to is recorded under each name that it covers, in the
 * store's actions/, under H("verdict", name):
 *
 *     kernel-builder remembered 1
 *     SHA256                    of the verdict, an object
 *
 * Variants of one build that ask for the same verdict wait for the first of them.
 */
#include "base/arena.h"
#include "base/err.h"
#include "exec/internal.h"
#include "exec/own.h"

#define HEAD "kernel-builder remembered 1\n"

static struct digest
name_of(struct str line)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("verdict"));
	sha256_add_field(h, line);
	return sha256_final(h);
}

static int
recall(struct exec *x, struct str name, struct digest *out, struct err *e)
{
	struct digest key = name_of(name);
	struct str text, line;
	int r = cache_get_text(&x->cache, &key, &text, e);

	if (r <= 0 || !str_starts(text, STR(HEAD)))
		return r < 0 ? -1 : 0;
	text.p += strlen(HEAD);
	text.n -= strlen(HEAD);
	if (!str_cut(&text, '\n', &line) || !digest_parse(line, out))
		return 0;
	return cache_has_object(&x->cache, out, e);
}

static int
read_survey(struct exec *x, size_t step, struct str names[OWN_LEVELS], struct err *e)
{
	const struct step *s = &x->plan->steps[step];
	const struct digest *d = &x->out[s->inputs[0].step].objects[s->inputs[0].output];
	const char *path = exec_object_path(&x->arena, x, d);
	struct str text;

	if (!fs_exists(path))
		return 0;
	TRY(fs_read(&x->arena, path, SIZE_MAX, &text, e));
	return own_read_survey(text, names);
}

int
early_find(struct exec *x, size_t step, struct err *e)
{
	static const char refusal[] = STEP_REFUSAL;
	const struct digest refused = sha256_of(refusal, sizeof(refusal) - 1);
	const struct step *s = &x->plan->steps[step];
	const struct digest *known = &x->out[s->inputs[1].step].objects[s->inputs[1].output];
	struct str names[OWN_LEVELS];
	int r = 0;

	/* The survey itself may have come to a verdict. */
	if (!digest_eq(known, &refused)) {
		x->out[step].objects[0] = *known;
		return 1;
	}
	/* Also for what cannot be read: early_is_held looks at it. */
	if (!x->survey)
		x->survey = arena_array(&x->arena, struct digest, x->plan->n_steps);
	TRY(r = read_survey(x, step, names, e));
	if (r == 0)
		return 0;
	x->survey[step] = name_of(names[0]);
	r = 0;
	for (size_t i = 0; r == 0 && i < OWN_LEVELS; i++) {
		if (names[i].n > 1)
			TRY(r = recall(x, names[i], &x->out[step].objects[0], e));
	}
	return r;
}

bool
early_is_held(const struct exec *x, size_t step)
{
	const struct plan *p = x->plan;

	if (p->steps[step].kind != STEP_JUDGE || !x->out[step].is_late || x->before)
		return false;
	for (size_t i = 0; i < step; i++) {
		const struct outcome *o = &x->out[i];

		if (p->steps[i].kind == STEP_JUDGE && o->is_late &&
			(o->state == STEP_WAITING || o->state == STEP_RUNNING) &&
			digest_eq(&x->survey[i], &x->survey[step]))
			return true;
	}
	return false;
}

int
early_remember(struct exec *x, size_t step, struct err *e)
{
	const struct digest *verdict = &x->out[step].objects[0];
	struct str names[OWN_LEVELS], text;
	struct own_verdict v;
	struct digest key;
	char hex[65];

	TRY(fs_read(&x->arena, exec_object_path(&x->arena, x, verdict), SIZE_MAX, &text, e));
	if (!own_read_verdict(text, &v) || v.why.n || read_survey(x, step, names, e) <= 0 ||
		names[v.level].n <= 1)
		return 0;
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		if (x->plan->steps[i].kind == STEP_JUDGE)
			x->out[i].is_late = false;
	}
	key = name_of(names[v.level]);
	text = str_of(arena_printf(&x->arena, HEAD "%s\n", digest_hex(verdict, hex)));
	return cache_put_text(&x->cache, &key, text, e);
}
