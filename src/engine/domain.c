/* What steps of the program's own, and its memory of them, ask the engine for. */
#include "base/arena.h"
#include "base/err.h"
#include "engine/internal.h"
#include <signal.h>
#include <string.h>

const struct plan *
engine_plan(const struct engine *x)
{
	return x->plan;
}

bool
engine_is_again(const struct engine *x)
{
	return x->before;
}

void
engine_look_again(struct engine *x)
{
	for (size_t i = 0; i < x->plan->n_steps; i++)
		x->out[i].looks_again = step_is_remembered(&x->plan->steps[i]);
}

int
engine_get_record(struct engine *x, const struct digest *key, struct str *text, struct err *e)
{
	return cache_get_text(&x->cache, key, text, e);
}

int
engine_put_record(struct engine *x, const struct digest *key, struct str text, struct err *e)
{
	return cache_put_text(&x->cache, key, text, e);
}

int
engine_has_object(struct engine *x, const struct digest *object, struct err *e)
{
	return cache_has_object(&x->cache, object, e);
}

bool
engine_waits(const struct engine *x, size_t i)
{
	return step_is_remembered(&x->plan->steps[i]) && x->domain->memo.waits(x->memo, x, i);
}

/* The arguments with the step's directory put in. */
static struct strs
with_dir(struct arena *a, const struct strs *argv, const char *dir)
{
	static const char placeholder[] = PLAN_DIR_PLACEHOLDER;
	struct strs out = { 0 };

	for (size_t i = 0; i < argv->n; i++) {
		const char *w = argv->v[i], *at = strstr(w, placeholder);

		if (at)
			w = arena_printf(a, "%.*s%s%s", (int)(at - w), w, dir,
				at + strlen(placeholder));
		vec_push(a, &out, w);
	}
	return out;
}

struct strs
engine_command(struct engine *x, const struct step *s, const char *dir, const struct strs *argv)
{
	/* What a step answers goes into commands of later ones, placeholder and all. */
	struct strs out = s->captures ? *argv : with_dir(&x->arena, argv, x->opt->sandbox ? "/kb" : dir);

	return x->opt->sandbox ? stage_sandbox(&x->stage, x->opt->sandbox, s, &out, dir) : out;
}

bool
engine_was_killed(struct str output, int exit_status)
{
	static const char *const words[] = { "Killed signal terminated program",
		"died due to signal 9" };

	for (size_t i = 0; exit_status != 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		if (output.n && memmem(output.p, output.n, words[i], strlen(words[i])))
			return true;
	}
	return exit_status == 128 + SIGKILL;
}
