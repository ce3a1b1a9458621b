/* SPDX-License-Identifier: Apache-2.0 */
/* The real world of the engine: results in the store, steps in processes. */
#include "engine/machine.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/signal.h"
#include "engine/domain.h"
#include "engine/far_job.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

struct machine *
machine_open(const struct engine_levels *l, const struct plan *p, const struct engine_builtins *b)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->store = l->store;
	m->plan = p;
	m->builtins = b;
	m->properties = l->properties;
	m->cache = (struct cache){
		.store = l->store, .sources = p->sources, .mode = l->mode, .arena = &m->arena
	};
	if (l->remote) {
		m->far = arena_new(&m->arena, struct far);
		*m->far = (struct far){ .remote = l->remote,
			.store = l->store,
			.arena = &m->arena,
			.scratch = l->scratch };
	}
	if (l->mode != CACHE_OFF)
		m->cache.far = m->far;
	return m;
}

void
machine_close(struct machine *m)
{
	struct err ignored;

	/* What cannot be removed now, a later store_open removes. */
	if (m->dir)
		store_tmp_drop(m->store, m->dir, &ignored);
	arena_free(&m->arena);
	free(m);
}

void
machine_set_jobs(struct machine *m, const struct engine_options *o)
{
	m->sandbox = o->sandbox;
	m->n_local = o->jobs;
	m->n_jobs = o->jobs + o->far_jobs;
	m->jobs = arena_array(&m->arena, struct job, m->n_jobs);
	m->fds = arena_array(&m->arena, struct pollfd, 2 * (size_t)m->n_jobs + 2);
}

/* The run's directory. What the run uses has a name in there, so that no other builder can take it
 * away. */
static int
make_dir(struct machine *m, struct err *e)
{
	if (m->dir)
		return 0;
	TRY(store_tmp(&m->arena, m->store, "run", &m->dir, e));
	m->cache.run_dir = m->dir;
	m->cache.hold = path_join(&m->arena, m->dir, "objects");
	m->stage = (struct stage){
		.store = m->store, .plan = m->plan, .dir = m->dir, .arena = &m->arena
	};
	return fs_mkdirs(m->cache.hold, e);
}

static int
begin(void *w, bool is_quick, struct err *e)
{
	struct machine *m = w;

	m->cache.quick = is_quick;
	return is_quick ? 0 : make_dir(m, e);
}

static int
find(void *w, const struct step *s, const struct digest *inputs, struct digest *objects,
	struct err *e)
{
	struct machine *m = w;

	return cache_find(&m->cache, s, inputs, objects, e);
}

static int
expect(void *w, const struct step *s, const struct digest *inputs, bool again, struct err *e)
{
	struct machine *m = w;

	return cache_expect(&m->cache, s, inputs, again, e);
}

static bool
can_bring(void *w, const struct step *s, const struct digest *objects)
{
	return far_can_bring(w, objects, s->outputs.n);
}

static bool
can_run_far(void *w, const struct step *s)
{
	return far_can_run(w, s);
}

static int
record(void *w, const struct step *s, const struct digest *inputs, const struct strs *deps,
	const struct digest *objects, struct err *e)
{
	struct machine *m = w;

	return cache_put(&m->cache, s, inputs, deps, objects, e);
}

static int
get_record(void *w, const struct digest *key, struct str *text, struct err *e)
{
	struct machine *m = w;

	return cache_get_text(&m->cache, key, text, e);
}

static int
put_record(void *w, const struct digest *key, struct str text, struct err *e)
{
	struct machine *m = w;

	return cache_put_text(&m->cache, key, text, e);
}

static int
get_shared(void *w, const struct digest *key, struct str *text, struct err *e)
{
	struct machine *m = w;

	return cache_get_shared(&m->cache, key, text, e);
}

static int
put_shared(void *w, const struct digest *key, struct str text, const struct digest *object,
	struct err *e)
{
	struct machine *m = w;

	return cache_put_shared(&m->cache, key, text, object, e);
}

static int
has_object(void *w, const struct digest *object, struct err *e)
{
	struct machine *m = w;
	int r = cache_has_object(&m->cache, object, e);

	return r || m->cache.quick ? r : far_fetch(m, object, e);
}

static uint64_t
object_size(void *w, const struct digest *object)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct machine *m = w;
	const struct far_blob *far;
	struct stat sb;

	if (stat(stage_object_path(&a, &m->stage, object), &sb) == 0)
		return (uint64_t)sb.st_size;
	far = far_blob(m->far, object);
	return far ? far->size : 0;
}

static int
forget(void *w, const struct digest *object, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct machine *m = w;
	char hex[65];

	return fs_remove(arena_printf(&a, "%s/objects/%s", m->dir, digest_hex(object, hex)), e);
}

static uint64_t
free_memory(void *w)
{
	(void)w;
	return memory_free();
}

static int
start(void *w, unsigned job, size_t step, const struct digest *inputs, const struct digest *known,
	struct err *e)
{
	struct machine *m = w;
	struct job *j = &m->jobs[job];

	*j = (struct job){ .busy = true,
		.step = step,
		.is_far = job >= m->n_local,
		.inputs = inputs,
		.known = known,
		.proc = { .pidfd = -1, .out = -1 } };
	clock_gettime(CLOCK_MONOTONIC, &j->began);
	if ((known && far_bring_result(m, j)) || far_is_lost(m, j))
		return 0;
	if (far_bring_inputs(m, j))
		return 0;
	return j->is_far ? far_run(m, j, e) : machine_run(m, j, e);
}

static nfds_t
list_fds(const struct machine *m, int token_fd)
{
	struct pollfd *fds = m->fds;
	nfds_t n = 0;

	for (unsigned i = 0; i < m->n_jobs; i++) {
		const struct job *j = &m->jobs[i];

		if (!j->busy || j->phase != JOB_RUNS)
			continue;
		fds[n++] = (struct pollfd){ .fd = j->proc.pidfd, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = j->proc.out, .events = POLLIN };
	}
	if (token_fd >= 0)
		fds[n++] = (struct pollfd){ .fd = token_fd, .events = POLLIN };
	if (m->far)
		fds[n++] = (struct pollfd){ .fd = remote_fd(m->far->remote), .events = POLLIN };
	return n;
}

static int
wait_some(void *w, int token_fd, struct err *e)
{
	struct machine *m = w;
	const struct pollfd *fds = m->fds;
	int timeout = 1000; /* for the signal that comes between the check and poll */

	for (unsigned i = 0; i < m->n_jobs; i++) {
		if (m->jobs[i].busy && m->jobs[i].has_ended)
			timeout = 0;
	}
	if (poll(m->fds, list_fds(m, token_fd), timeout) < 0 && errno != EINTR)
		return err_sys(e, "cannot wait for input (poll)");
	TRY(signals_check(e));
	if (m->far)
		TRY(remote_read(m->far->remote, e));
	for (unsigned i = 0; i < m->n_jobs; i++) {
		struct job *j = &m->jobs[i];

		if (!j->busy)
			continue;
		if (j->phase != JOB_RUNS) {
			TRY(far_go_on(m, j, e));
			continue;
		}
		j->has_ended = fds[0].revents != 0;
		fds += 2;
		TRY(proc_read(&j->proc, e));
	}
	return 0;
}

static bool
has_ended(void *w, unsigned job)
{
	const struct job *j = &((struct machine *)w)->jobs[job];

	return j->busy && j->has_ended;
}

static double
age(void *w, unsigned job)
{
	const struct timespec *from = &((struct machine *)w)->jobs[job].began;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

static int
finish(void *w, unsigned job, struct digest *objects, struct engine_end *out, struct err *e)
{
	struct machine *m = w;
	struct job *j = &m->jobs[job];
	CLEANUP(buf_free) struct buf told = { 0 };
	struct proc_end end;

	*out = (struct engine_end){ .deps = &j->deps };
	if (j->phase != JOB_RUNS) {
		j->busy = false;
		return far_finish(m, j, objects, out, e);
	}
	TRY(proc_finish(&j->proc, &end, e));
	j->busy = false;
	out->exit_status = end.exit_status;
	out->seconds = end.seconds;
	out->cpu_seconds = end.cpu_seconds;
	out->peak_bytes = end.peak_bytes;
	if (out->exit_status == 0)
		TRY(machine_look_at_result(m, j, &out->exit_status, e));
	if (out->exit_status == 0)
		TRY(machine_keep(m, j, objects, e));
	else if (m->plan->steps[j->step].told.n)
		result_take_told(&m->plan->steps[j->step].told, &j->proc.text, &told);
	out->output = buf_str(&j->proc.text);
	return 0;
}

static int
clear(void *w, unsigned job, struct err *e)
{
	struct job *j = &((struct machine *)w)->jobs[job];

	proc_free(&j->proc);
	return j->dir ? fs_remove(j->dir, e) : 0;
}

static void
kill_job(void *w, unsigned job)
{
	struct machine *m = w;
	struct job *j = &m->jobs[job];
	struct proc_end end;
	struct err ignored;

	if (!j->busy)
		return;
	if (j->phase == JOB_RUNS) {
		proc_kill(&j->proc);
		proc_finish(&j->proc, &end, &ignored);
	} else if (j->remote) {
		remote_cancel(m->far->remote, j->remote);
	}
	proc_free(&j->proc);
	j->busy = false;
}

const struct engine_world machine_world = {
	.begin = begin,
	.find = find,
	.expect = expect,
	.can_bring = can_bring,
	.can_run_far = can_run_far,
	.record = record,
	.get_record = get_record,
	.put_record = put_record,
	.get_shared = get_shared,
	.put_shared = put_shared,
	.has_object = has_object,
	.object_size = object_size,
	.forget = forget,
	.free_memory = free_memory,
	.start = start,
	.wait = wait_some,
	.has_ended = has_ended,
	.age = age,
	.finish = finish,
	.clear = clear,
	.kill = kill_job,
};
