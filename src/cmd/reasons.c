/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the engine what became of steps, and reads and keeps the record of the last build. */
#include "cmd/reasons.h"
#include "base/err.h"
#include "base/log.h"
#include "explain/why.h"
#include <stdlib.h>

#define KIND "published"

static bool
did_run(enum step_state s)
{
	return s == STEP_DONE || s == STEP_DROPPED || s == STEP_FAILED;
}

static int
look_at_steps(struct build *b, struct arena *a, struct why_build *out, struct err *e)
{
	const struct outcome *o = engine_outcomes(b->engine);
	const struct plan *p = &b->w.plan;
	struct why_step *step = arena_array(a, struct why_step, p->n_steps + 1);

	*out = (struct why_build){ .plan = p, .step = step };
	TRY(sha256_file(p->project->file, &out->toml, NULL, e));
	for (size_t i = 0; i < p->n_steps; i++) {
		struct strs *files = arena_new(a, struct strs);
		int r;

		step[i].objects = outcome_has_objects(&o[i]) ? o[i].objects : NULL;
		step[i].ran = did_run(o[i].state);
		TRY(r = engine_files(b->engine, i, files, e));
		step[i].files = r ? files : NULL;
	}
	return 0;
}

static int
record_key(const struct build *b, struct digest *out, struct err *e)
{
	char *real = realpath(b->w.project.dir, NULL);
	struct sha256 *h;

	if (!real)
		return err_sys(e, "%s", b->w.project.dir);
	h = sha256_new();
	sha256_add_field(h, STR("why"));
	sha256_add_field(h, str_of(real));
	*out = sha256_final(h);
	free(real);
	return 0;
}

int
reasons_tell(struct build *b, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct str before = { "", 0 };
	struct why_build now;
	struct digest key;

	if (!opt_has(&b->c->opts, "explain"))
		return 0;
	TRY(record_key(b, &key, e));
	TRY(store_get_text(&a, b->store, KIND, &key, &before, e));
	TRY(look_at_steps(b, &a, &now, e));
	why_tell(&now, before, opt_has(&b->c->opts, "verbose"), &text);
	log_text(LOG_INFO, text.p, text.n);
	return 0;
}

int
reasons_find(struct build *b, struct arena *a, const char *const **out, struct err *e)
{
	struct str before = { "", 0 };
	struct why_build *now = arena_new(a, struct why_build);
	struct digest key;

	TRY(record_key(b, &key, e));
	TRY(store_get_text(a, b->store, KIND, &key, &before, e));
	TRY(look_at_steps(b, a, now, e));
	*out = why_reasons(a, now, before);
	return 0;
}

int
reasons_record(struct build *b, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str before;
	struct why_build now;
	struct digest key;
	bool any = false;
	int had = 0;

	if (b->c->keeps_no_records || !streq(b->c->settings.cache, "rw"))
		return 0;
	TRY(look_at_steps(b, &a, &now, e));
	for (size_t i = 0; i < b->w.plan.n_steps; i++)
		any = any || now.step[i].ran;
	TRY(record_key(b, &key, e));
	if (!any)
		TRY(had = store_get_text(&a, b->store, KIND, &key, &before, e));
	if (had)
		return 0;
	return store_put_text(b->store, KIND, &key, why_record(&a, &now), e);
}
