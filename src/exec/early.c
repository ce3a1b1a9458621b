/*
 * Verdicts on device code (exec/own.h), remembered by what they are good for. A survey names up to
 * three such things; a verdict that was come to is recorded under each name that it covers, in the
 * store's actions/, under H("verdict", name):
 *
 *     kernel-builder remembered 1
 *     SHA256                    of the verdict, an object
 *
 * and, when the whole text proved it, under the name of its kin too. Variants of one build that ask
 * for the same verdict wait for the first of them, and so do those that only need to know that the
 * whole text proved one on kin.
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

/* 1: there is a record of it. */
static int
recall(struct exec *x, struct str name, struct digest *out, struct err *e)
{
	struct digest key = name_of(name);
	struct str text, line;
	int r;

	if (name.n <= 1)
		return 0;
	r = cache_get_text(&x->cache, &key, &text, e);
	if (r <= 0 || !str_starts(text, STR(HEAD)))
		return r < 0 ? -1 : 0;
	text.p += strlen(HEAD);
	text.n -= strlen(HEAD);
	return str_cut(&text, '\n', &line) && digest_parse(line, out);
}

static int
record(struct exec *x, struct str name, const struct digest *verdict, struct err *e)
{
	struct digest key = name_of(name);
	char hex[65];

	return cache_put_text(&x->cache, &key,
		str_of(arena_printf(&x->arena, HEAD "%s\n", digest_hex(verdict, hex))), e);
}

static int
read_survey(struct exec *x, size_t step, struct str names[OWN_NAMES], struct err *e)
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

/* The judge that goes by the slimmed text: it has nothing to say when no kin of this code was proved. */
static bool
is_for_kin(const struct step *s)
{
	return strs_has(&s->argv, STEP_FOR_KIN);
}

/* Those that ask for the same verdict have this in common; zero: nobody else does. */
static struct digest
common_name(const struct str names[OWN_NAMES])
{
	for (size_t i = 0; i < OWN_LEVELS; i++) {
		if (names[i].n > 1)
			return name_of(names[i]);
	}
	return (struct digest){ 0 };
}

int
early_find(struct exec *x, size_t step, struct err *e)
{
	const struct digest refused = own_refused();
	const struct step *s = &x->plan->steps[step];
	const struct digest *known = &x->out[s->inputs[1].step].objects[s->inputs[1].output];
	struct str names[OWN_NAMES];
	struct digest kin;
	int r = 0;

	/* The survey itself may have come to a verdict. */
	if (!digest_eq(known, &refused)) {
		x->out[step].objects[0] = *known;
		return 1;
	}
	/* Also for what cannot be read: early_is_held looks at it. */
	if (!x->survey) {
		x->survey = arena_array(&x->arena, struct digest, x->plan->n_steps);
		x->kin = arena_array(&x->arena, struct digest, x->plan->n_steps);
	}
	TRY(r = read_survey(x, step, names, e));
	if (r == 0)
		return 0;
	x->survey[step] = common_name(names);
	if (names[OWN_KIN].n > 1)
		x->kin[s->inputs[0].step] = name_of(names[OWN_KIN]);
	r = 0;
	for (size_t i = 0; r == 0 && i < OWN_LEVELS; i++) {
		TRY(r = recall(x, names[i], &x->out[step].objects[0], e));
		if (r)
			TRY(r = cache_has_object(&x->cache, &x->out[step].objects[0], e));
	}
	if (r || !is_for_kin(s))
		return r;
	TRY(r = recall(x, names[OWN_KIN], &kin, e));
	if (r || early_is_held(x, step))
		return 0;
	/* An output of the survey, so it is there. */
	x->out[step].objects[0] = refused;
	return 1;
}

static bool
is_pending(const struct exec *x, size_t step)
{
	const struct outcome *o = &x->out[step];

	return x->plan->steps[step].kind == STEP_JUDGE && o->is_late &&
	       (o->state == STEP_RUNNING ||
		       (o->state == STEP_WAITING && exec_is_demanded(x, step)));
}

/* The whole text is about to prove a verdict on kin of this code, for another variant. */
static bool
waits_for_kin(const struct exec *x, size_t step)
{
	static const struct digest nobody = { 0 };
	const struct step *s = &x->plan->steps[step];
	size_t own = s->inputs[0].step;

	if (!is_for_kin(s) || x->out[step].is_late || !x->kin || digest_eq(&x->kin[own], &nobody))
		return false;
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		const struct step *other = &x->plan->steps[i];

		if (other->kind == STEP_JUDGE && !is_for_kin(other) &&
			other->inputs[0].step != own &&
			digest_eq(&x->kin[other->inputs[0].step], &x->kin[own]) &&
			is_pending(x, i))
			return true;
	}
	return false;
}

bool
early_is_held(const struct exec *x, size_t step)
{
	static const struct digest nobody = { 0 };
	const struct plan *p = x->plan;

	if (p->steps[step].kind == STEP_JUDGE && !x->before && waits_for_kin(x, step))
		return true;
	if (p->steps[step].kind != STEP_JUDGE || !x->out[step].is_late || x->before ||
		digest_eq(&x->survey[step], &nobody))
		return false;
	for (size_t i = 0; i < step; i++) {
		if (is_pending(x, i) && digest_eq(&x->survey[i], &x->survey[step]))
			return true;
	}
	return false;
}

int
early_remember(struct exec *x, size_t step, struct err *e)
{
	const struct digest *verdict = &x->out[step].objects[0];
	struct str names[OWN_NAMES], text;
	struct own_verdict v;

	TRY(fs_read(&x->arena, exec_object_path(&x->arena, x, verdict), SIZE_MAX, &text, e));
	if (!own_read_verdict(text, &v) || v.why.n || read_survey(x, step, names, e) <= 0 ||
		names[v.level].n <= 1)
		return 0;
	/* Those that wait stay late until they have looked: others wait for them. */
	for (size_t i = 0; i < x->plan->n_steps; i++)
		x->out[i].looks_again = x->plan->steps[i].kind == STEP_JUDGE;
	TRY(record(x, names[v.level], verdict, e));
	return is_for_kin(&x->plan->steps[step]) ? 0 : record(x, names[OWN_KIN], verdict, e);
}
