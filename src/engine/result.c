/* What a step leaves behind: checked, hashed, kept. */
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "engine/internal.h"
#include "formats/depfile.h"
#include "formats/elf_edit.h"
#include <stdio.h>
#include <stdlib.h>

struct digest *
engine_inputs(struct engine *x, const struct step *s)
{
	struct digest *in = arena_array(&x->arena, struct digest, s->n_inputs + 1);

	for (size_t i = 0; i < s->n_inputs; i++)
		in[i] = x->out[s->inputs[i].step].objects[s->inputs[i].output];
	return in;
}

/* Takes out of a link's result what only the linker needed. */
static int
drop_needed(const struct step *s, const char *path, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct str bytes;
	bool changed = false;

	if (!s->drop_needed.n)
		return 0;
	TRY(fs_read(&scratch, path, SIZE_MAX, &bytes, e));
	for (size_t i = 0; i < s->drop_needed.n; i++) {
		bool found;

		TRY(elf_drop_needed((char *)bytes.p, bytes.n, path, s->drop_needed.v[i], &found, e));
		changed = changed || found;
	}
	return changed ? fs_write_atomic(path, bytes.p, bytes.n, 0755, e) : 0;
}

/* Takes an output for an object. The run holds it for as long as it lasts; those of transient steps are nowhere else. */
static int
put_output(struct engine *x, const struct step *s, const char *path, struct digest *out,
	struct err *e)
{
	const char *to;
	char hex[65];

	if (s->is_transient || x->cache.mode != CACHE_RW)
		TRY(sha256_file(path, out, NULL, e));
	else
		TRY(store_put_object(x->store, path, out, e));
	to = arena_printf(&x->arena, "%s/objects/%s", x->dir, digest_hex(out, hex));
	return rename(path, to) < 0 ? err_sys(e, "move %s to %s", path, to) : 0;
}

/* What a step gave that ran again: where it differs, later steps go on with what there was. */
static void
compare_result(struct engine *x, size_t step)
{
	const struct step *s = &x->plan->steps[step];
	struct digest *was = x->before[step].objects, *is = x->out[step].objects;

	for (size_t i = 0; i < s->outputs.n; i++) {
		struct difference d = { step, was[i], is[i] };

		if (digest_eq(&was[i], &is[i]))
			continue;
		vec_push(&x->arena, &x->differences, d);
		if (!s->is_transient)
			is[i] = was[i];
	}
}

int
engine_keep(struct engine *x, struct job *j, const struct strs *deps, struct err *e)
{
	const struct step *s = &x->plan->steps[j->step];
	struct outcome *o = &x->out[j->step];

	for (size_t i = 0; i < s->outputs.n; i++) {
		const char *path = path_join(&x->arena, j->dir, s->outputs.v[i]);

		TRY(drop_needed(s, path, e));
		TRY(put_output(x, s, path, &o->objects[i], e));
	}
	if (x->before && has_result(&x->before[j->step])) {
		compare_result(x, j->step);
		return 0;
	}
	TRY(cache_put(&x->cache, s, engine_inputs(x, s), deps, o->objects, e));
	return step_is_remembered(s) ? x->domain->memo.remember(x->memo, x, j->step, e) : 0;
}

/* The output of a step whose output is what it prints. Names of the run's directory become those that they have in a
 * sandbox. */
static int
write_captured(struct engine *x, struct job *j, struct err *e)
{
	const struct step *s = &x->plan->steps[j->step];
	CLEANUP(buf_free) struct buf text = { 0 };
	char *real = realpath(j->dir, NULL);
	struct str rest = buf_str(&j->proc.text);
	size_t n = real ? strlen(real) : 0;
	int r;

	for (const char *at; n && (at = memmem(rest.p, rest.n, real, n));) {
		buf_add(&text, rest.p, (size_t)(at - rest.p));
		buf_adds(&text, "/kb");
		rest.n -= (size_t)(at - rest.p) + n;
		rest.p = at + n;
	}
	if (rest.n)
		buf_add(&text, rest.p, rest.n);
	free(real);
	r = fs_write_atomic(path_join(&x->arena, j->dir, s->outputs.v[0]), text.n ? text.p : "",
		text.n, 0644, e);
	j->proc.text.n = 0;
	return r;
}

int
engine_look_at_result(struct engine *x, struct job *j, struct strs *deps, int *status, struct err *e)
{
	const struct step *s = &x->plan->steps[j->step];
	const char *stray = NULL;
	struct strs paths = { 0 };
	struct str text;

	if (s->captures)
		TRY(write_captured(x, j, e));
	for (size_t i = 0; i < s->outputs.n; i++) {
		if (fs_exists(path_join(&x->arena, j->dir, s->outputs.v[i])))
			continue;
		buf_addf(&j->proc.text, "the command ended well but did not write %s\n",
			s->outputs.v[i]);
		*status = 1;
		return 0;
	}
	if (!s->depfile)
		return 0;
	TRY(fs_read(&x->arena, path_join(&x->arena, j->dir, s->depfile), SIZE_MAX, &text, e));
	TRY(depfile_parse(&x->arena, text, &paths, e));
	*deps = cache_deps(&x->cache, &paths, &stray);
	if (stray) {
		buf_addf(&j->proc.text,
			"%s reads %s, which is neither the kernel's nor pinned, so the result would differ between "
			"machines; copy what it needs into the kernel's directory\n",
			s->label, stray);
		*status = 1;
	}
	return 0;
}
