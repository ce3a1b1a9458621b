/* SPDX-License-Identifier: Apache-2.0 */
/* What a server does for a job, one wait after the other. */
#include "engine/far_job.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "engine/far_pack.h"
#include <stdio.h>
#include <sys/stat.h>

/* --- bytes that come home --- */

static bool
is_had(struct machine *m, const struct digest *d)
{
	return far_blob(m->far, d) && remote_is_up(m->far->remote);
}

bool
far_can_bring(struct machine *m, const struct digest *objects, size_t n)
{
	if (!m->far)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_had(m, &objects[i]) && !machine_is_home(m, &objects[i]))
			return false;
	}
	return true;
}

struct wanted {
	VEC(struct remote_blob) blobs;
	VEC(struct digest) objects;
};

/* If it is not at home, and the server has it. */
static void
add_wanted(struct machine *m, const struct digest *d, struct wanted *out)
{
	const struct far_blob *far = far_blob(m->far, d);
	struct remote_blob b = { .digest = *d };

	if (machine_is_home(m, d) || !is_had(m, d))
		return;
	b.digest = far->is_packed ? far->packed : *d;
	b.size = far->is_packed ? far->packed_size : far->size;
	b.path = arena_printf(&m->arena, "%s/brought-%u", m->dir, m->n_brought++);
	vec_push(&m->arena, &out->blobs, b);
	vec_push(&m->arena, &out->objects, *d);
}

static bool
bring(struct machine *m, struct job *j, enum job_phase phase, const struct wanted *w)
{
	if (!w->blobs.n)
		return false;
	j->phase = phase;
	j->brought = w->blobs.v;
	j->objects = w->objects.v;
	j->n_brought = w->blobs.n;
	j->remote = remote_bring(m->far->remote, w->blobs.v, w->blobs.n);
	return true;
}

bool
far_bring_result(struct machine *m, struct job *j)
{
	const struct step *s = &m->plan->steps[j->step];
	struct wanted w = { 0 };

	if (!far_can_bring(m, j->known, s->outputs.n))
		return false;
	for (size_t i = 0; i < s->outputs.n; i++)
		add_wanted(m, &j->known[i], &w);
	return bring(m, j, JOB_BRINGS_RESULT, &w);
}

bool
far_bring_inputs(struct machine *m, struct job *j)
{
	const struct step *s = &m->plan->steps[j->step];
	struct wanted w = { 0 };

	/* An action needs what the server has packed, too: as it is. */
	for (size_t i = 0; m->far && i < s->n_inputs; i++) {
		const struct far_blob *far = far_blob(m->far, &j->inputs[i]);

		if (!j->is_far || (far && far->is_packed))
			add_wanted(m, &j->inputs[i], &w);
	}
	return bring(m, j, JOB_BRINGS_INPUTS, &w);
}

bool
far_is_lost(struct machine *m, struct job *j)
{
	const struct step *s = &m->plan->steps[j->step];

	for (size_t i = 0; m->far && i < s->n_inputs; i++) {
		if (is_had(m, &j->inputs[i]) || machine_is_home(m, &j->inputs[i]))
			continue;
		j->phase = JOB_BRINGS_INPUTS;
		j->is_lost = j->has_ended = true;
		return true;
	}
	return false;
}

/* What came gets the name by which objects of the run are known, and, when it is to be kept, one in
 * the store. 1, or 0 when it is not what it should be. */
static int
take_home(struct machine *m, const struct remote_blob *b, const struct digest *d, bool is_kept,
	struct err *e)
{
	const struct far_blob *far = far_blob(m->far, d);
	struct digest is = *d;
	const char *from = b->path, *to;
	char hex[65];
	int r;

	if (far && !digest_eq(&b->digest, d)) {
		from = arena_printf(&m->arena, "%s.out", b->path);
		TRY(r = far_unpack(b->path, from, d, far->size, e));
		TRY(fs_remove(b->path, e));
		if (!r)
			return 0;
	}
	if (chmod(from, far && far->is_exec ? 0555 : 0444) < 0)
		return err_sys(e, "cannot change the mode of %s", from);
	if (is_kept && m->cache.mode == CACHE_RW)
		TRY(store_put_object(m->store, from, &is, e));
	to = arena_printf(&m->arena, "%s/objects/%s", m->dir, digest_hex(d, hex));
	return rename(from, to) < 0 ? err_sys(e, "cannot move %s to %s", from, to) : 1;
}

/* The step that makes an input keeps it in the store. */
static bool
keeps(const struct machine *m, const struct job *j, const struct digest *d)
{
	const struct step *s = &m->plan->steps[j->step];

	if (j->phase != JOB_BRINGS_INPUTS)
		return !s->is_transient;
	for (size_t i = 0; i < s->n_inputs; i++) {
		const struct step *maker = &m->plan->steps[s->inputs[i].step];

		if (digest_eq(&j->inputs[i], d) && !maker->is_transient && !step_is_choice(maker))
			return true;
	}
	return false;
}

/* 1: all came. 0: they are lost. */
static int
end_bring(struct machine *m, struct job *j, struct err *e)
{
	const char *why = NULL;
	enum remote_end end = remote_take(m->far->remote, &m->arena, j->remote, NULL, &why);
	bool is_there = end == REMOTE_DONE;

	j->remote = 0;
	for (size_t i = 0; is_there && i < j->n_brought; i++) {
		const struct digest *d = &j->objects[i];
		int r = take_home(m, &j->brought[i], d, keeps(m, j, d), e);

		TRY(r);
		is_there = r;
	}
	if (is_there)
		return 1;
	log_debug("%s: %s", m->plan->steps[j->step].label, why ? why : "what came is damaged");
	for (size_t i = 0; i < j->n_brought; i++)
		far_note_gone(m->far, &j->objects[i]);
	j->is_lost = j->has_ended = true;
	return 0;
}

int
far_fetch(struct machine *m, const struct digest *d, struct err *e)
{
	struct wanted w = { 0 };
	const char *why;
	remote_job job;
	int r = 0;

	if (!m->far || !is_had(m, d))
		return 0;
	add_wanted(m, d, &w);
	if (!w.blobs.n)
		return 1;
	job = remote_bring(m->far->remote, w.blobs.v, w.blobs.n);
	TRY(remote_wait(m->far->remote, job, e));
	if (remote_take(m->far->remote, &m->arena, job, NULL, &why) == REMOTE_DONE)
		TRY(r = take_home(m, &w.blobs.v[0], d, true, e));
	if (!r)
		far_note_gone(m->far, d);
	return r;
}

/* --- steps that run there --- */

static const struct remote_file *
find_output(const struct job *j, const char *path)
{
	for (size_t i = 0; i < j->result.n_files; i++) {
		if (streq(j->result.files[i].path, path))
			return &j->result.files[i];
	}
	return NULL;
}

/* What is to be read here, or kept, comes home; of the rest it is enough that the server has it. */
static int
begin_outputs(struct machine *m, struct job *j, struct err *e)
{
	const struct step *s = &m->plan->steps[j->step];
	struct wanted w = { 0 };

	for (size_t i = 0; i < s->outputs.n; i++) {
		const struct remote_file *f = find_output(j, s->outputs.v[i]);

		if (!f)
			continue;
		far_note(m->far, &f->digest, f->size, f->is_exec);
		if (!s->is_transient)
			add_wanted(m, &f->digest, &w);
	}
	if (s->depfile && find_output(j, s->depfile)) {
		const struct remote_file *f = find_output(j, s->depfile);
		struct remote_blob d = { .digest = f->digest, .size = f->size };

		j->dir = arena_printf(&m->arena, "%s/%zu", m->dir, j->step);
		d.path = path_join(&m->arena, j->dir, s->depfile);
		TRY(fs_mkdirs_for(d.path, e));
		vec_push(&m->arena, &w.blobs, d);
		vec_push(&m->arena, &w.objects, d.digest);
	}
	j->has_ended = !bring(m, j, JOB_BRINGS_OUTPUTS, &w);
	return 0;
}

static int
end_run(struct machine *m, struct job *j, struct err *e)
{
	const char *why = NULL;
	enum remote_end end = remote_take(m->far->remote, &m->arena, j->remote, &j->result, &why);

	j->remote = 0;
	/* Whether a step fails for its own sake or for the worker's, a run here says, in words that
	 * are always the same. */
	if (end == REMOTE_DONE && j->result.exit_status != 0)
		why = arena_printf(&m->arena, "exit status %d there", j->result.exit_status);
	if (end != REMOTE_DONE || j->result.exit_status != 0) {
		log_debug("%s runs here: %s", m->plan->steps[j->step].label, why);
		j->is_refused = j->has_ended = true;
		return 0;
	}
	if (j->result.errors.n)
		buf_add(&j->proc.text, j->result.errors.p, j->result.errors.n);
	if (j->result.text.n)
		buf_add(&j->proc.text, j->result.text.p, j->result.text.n);
	if (m->plan->steps[j->step].told.n)
		TRY(machine_keep_told(m, j, &j->told, e));
	return begin_outputs(m, j, e);
}

/* The depfile is read where it came to; the others are objects. */
static int
end_outputs(struct machine *m, struct job *j, struct err *e)
{
	const struct step *s = &m->plan->steps[j->step];
	const char *why = NULL;
	enum remote_end end = remote_take(m->far->remote, &m->arena, j->remote, NULL, &why);

	j->remote = 0;
	j->has_ended = true;
	if (end != REMOTE_DONE) {
		log_debug("%s runs here: %s", s->label, why);
		j->is_refused = true;
		return 0;
	}
	for (size_t i = 0; i < j->n_brought; i++) {
		const struct remote_blob *b = &j->brought[i];

		if (!j->dir || !str_has_prefix(b->path, j->dir))
			TRY(take_home(m, b, &j->objects[i], true, e));
	}
	return 0;
}

int
far_go_on(struct machine *m, struct job *j, struct err *e)
{
	int r;

	if (j->has_ended || !remote_has_ended(m->far->remote, j->remote))
		return 0;
	if (j->phase == JOB_RUNS_FAR)
		return end_run(m, j, e);
	if (j->phase == JOB_BRINGS_OUTPUTS)
		return end_outputs(m, j, e);
	TRY(r = end_bring(m, j, e));
	if (r && j->phase == JOB_BRINGS_INPUTS)
		return j->is_far ? far_run(m, j, e) : machine_run(m, j, e);
	j->has_ended = true;
	return 0;
}

/* The objects of a step that ran well, or why it did not. */
static int
take_outputs(struct machine *m, struct job *j, struct digest *objects, int *status, struct err *e)
{
	const struct step *s = &m->plan->steps[j->step];

	for (size_t i = 0; i < s->outputs.n; i++) {
		const struct remote_file *f = find_output(j, s->outputs.v[i]);

		if (f || (s->told.n && i + 1 == s->outputs.n)) {
			objects[i] = f ? f->digest : j->told;
			continue;
		}
		*status = machine_note_missing(j, s->outputs.v[i]);
		return 0;
	}
	return s->depfile ? machine_look_at_deps(m, j, status, e) : 0;
}

int
far_finish(struct machine *m, struct job *j, struct digest *objects, struct engine_end *out,
	struct err *e)
{
	out->is_lost = j->is_lost;
	out->is_refused = j->is_refused;
	out->was_brought = j->phase == JOB_BRINGS_RESULT && !j->is_lost;
	if (j->is_lost || j->is_refused || out->was_brought)
		return 0;
	out->is_far = true;
	out->seconds = out->cpu_seconds = j->result.ran;
	TRY(take_outputs(m, j, objects, &out->exit_status, e));
	out->output = buf_str(&j->proc.text);
	return 0;
}
