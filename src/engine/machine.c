/* SPDX-License-Identifier: Apache-2.0 */
/* The real world of the engine: results in the store, steps in processes. */
#include "engine/machine.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "base/signal.h"
#include "engine/domain.h"
#include "formats/root.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct machine *
machine_open(struct store *s, const struct plan *p, enum cache_mode mode,
	const struct engine_builtins *b)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->store = s;
	m->plan = p;
	m->builtins = b;
	m->cache = (struct cache){
		.store = s, .sources = p->sources, .mode = mode, .arena = &m->arena
	};
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
machine_set_jobs(struct machine *m, unsigned jobs, const struct sandbox *sandbox)
{
	m->sandbox = sandbox;
	m->n_jobs = jobs;
	m->jobs = arena_array(&m->arena, struct job, jobs);
	m->fds = arena_array(&m->arena, struct pollfd, 2 * (size_t)jobs + 1);
}

const char *
machine_object_path(struct arena *a, const struct machine *m, const struct digest *d)
{
	return m->dir ? stage_object_path(a, &m->stage, d) : store_object_path(a, m->store, d);
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
has_object(void *w, const struct digest *object, struct err *e)
{
	struct machine *m = w;

	return cache_has_object(&m->cache, object, e);
}

static uint64_t
object_size(void *w, const struct digest *object)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct machine *m = w;
	struct stat sb;

	return stat(stage_object_path(&a, &m->stage, object), &sb) == 0 ? (uint64_t)sb.st_size : 0;
}

static int
forget(void *w, const struct digest *object, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct machine *m = w;
	char hex[65];

	return fs_remove(arena_printf(&a, "%s/objects/%s", m->dir, digest_hex(object, hex)), e);
}

/* A number of bytes in a file of one; UINT64_MAX when there is none ("max"). */
static uint64_t
read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[64] = "";
	uint64_t n;

	if (!f)
		return UINT64_MAX;
	if (!fgets(line, sizeof(line), f) || !str_to_u64(str_trim(str_of(line)), &n))
		n = UINT64_MAX;
	fclose(f);
	return n;
}

/* What the control group of this process may still take. */
static uint64_t
group_memory(struct arena *a)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	uint64_t max = UINT64_MAX, now = 0;
	char line[4096];

	while (f && fgets(line, sizeof(line), f)) {
		struct str path = str_trim(str_of(line));
		const char *dir;

		if (!str_starts(path, STR("0::/")))
			continue;
		dir = arena_printf(a, "/sys/fs/cgroup%.*s", (int)path.n - 3, path.p + 3);
		max = read_number(path_join(a, dir, "memory.max"));
		now = read_number(path_join(a, dir, "memory.current"));
	}
	if (f)
		fclose(f);
	return max == UINT64_MAX || now == UINT64_MAX ? UINT64_MAX : max > now ? max - now : 0;
}

static uint64_t
free_memory(void *w)
{
	struct machine *m = w;
	FILE *f = fopen("/proc/meminfo", "re");
	uint64_t group = group_memory(&m->arena), n = UINT64_MAX;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long kib;

		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			n = kib * 1024;
	}
	if (f)
		fclose(f);
	return n < group ? n : group;
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
			w = arena_printf(
				a, "%.*s%s%s", (int)(at - w), w, dir, at + strlen(placeholder));
		vec_push(a, &out, w);
	}
	return out;
}

struct strs
machine_command(struct machine *m, const struct step *s, const char *dir, const struct strs *argv)
{
	/* What a step answers goes into commands of later ones, placeholder and all. */
	struct strs out =
		s->captures ? *argv : with_dir(&m->arena, argv, m->sandbox ? ROOT_DIR : dir);

	return m->sandbox ? stage_sandbox(&m->stage, m->sandbox, s, &out, dir) : out;
}

/* What a child gets that does a step of the program's own. */
struct call {
	struct machine *machine;
	const struct step *step;
	const char *dir;
};

/* In the child. */
static int
perform(void *arg)
{
	const struct call *c = arg;
	struct err e = { 0 };

	if (c->machine->builtins->perform(c->machine->engine, c->step, c->dir, &e) == 0)
		return 0;
	fprintf(stderr, "%s\n", e.msg);
	return 1;
}

static int
start(void *w, unsigned job, size_t step, const struct digest *inputs, struct err *e)
{
	struct machine *m = w;
	struct job *j = &m->jobs[job];
	const struct step *s = &m->plan->steps[step];
	struct strs argv = { 0 };

	TRY(stage_step(&m->stage, s, step, inputs, &j->dir, e));
	if (step_is_builtin(s)) {
		struct call *c = arena_new(&m->arena, struct call);

		*c = (struct call){ .machine = m, .step = s, .dir = j->dir };
		TRY(proc_call(&j->proc, j->dir, perform, c, e));
	} else {
		argv = machine_command(m, s, j->dir, &s->argv);
		TRY(proc_start(&j->proc, j->dir, &argv, &s->env, e));
	}
	j->busy = true;
	j->has_ended = false;
	j->step = step;
	return 0;
}

static int
wait_some(void *w, int token_fd, struct err *e)
{
	struct machine *m = w;
	struct pollfd *fds = m->fds;
	nfds_t n = 0;

	for (unsigned i = 0; i < m->n_jobs; i++) {
		if (!m->jobs[i].busy)
			continue;
		fds[n++] = (struct pollfd){ .fd = m->jobs[i].proc.pidfd, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = m->jobs[i].proc.out, .events = POLLIN };
	}
	if (token_fd >= 0)
		fds[n++] = (struct pollfd){ .fd = token_fd, .events = POLLIN };
	/* The time-out is for the signal that comes between the check and poll. */
	if (poll(fds, n, 1000) < 0 && errno != EINTR)
		return err_sys(e, "cannot wait for input (poll)");
	TRY(signals_check(e));
	n = 0;
	for (unsigned i = 0; i < m->n_jobs; i++) {
		if (!m->jobs[i].busy)
			continue;
		m->jobs[i].has_ended = fds[n].revents != 0;
		n += 2;
		TRY(proc_read(&m->jobs[i].proc, e));
	}
	return 0;
}

static bool
has_ended(void *w, unsigned job)
{
	const struct job *j = &((struct machine *)w)->jobs[job];

	return j->busy && j->has_ended;
}

static int
finish(void *w, unsigned job, struct digest *objects, struct engine_end *out, struct err *e)
{
	struct machine *m = w;
	struct job *j = &m->jobs[job];
	struct proc_end end;

	TRY(proc_finish(&j->proc, &end, e));
	j->busy = false;
	j->deps = (struct strs){ 0 };
	*out = (struct engine_end){ .exit_status = end.exit_status,
		.seconds = end.seconds,
		.cpu_seconds = end.cpu_seconds,
		.peak_bytes = end.peak_bytes,
		.deps = &j->deps };
	if (out->exit_status == 0)
		TRY(machine_look_at_result(m, j, &out->exit_status, e));
	if (out->exit_status == 0)
		TRY(machine_keep(m, j, objects, e));
	out->output = buf_str(&j->proc.text);
	return 0;
}

static int
clear(void *w, unsigned job, struct err *e)
{
	struct job *j = &((struct machine *)w)->jobs[job];

	proc_free(&j->proc);
	return fs_remove(j->dir, e);
}

static void
kill_job(void *w, unsigned job)
{
	struct job *j = &((struct machine *)w)->jobs[job];
	struct proc_end end;
	struct err ignored;

	if (!j->busy)
		return;
	proc_kill(&j->proc);
	proc_finish(&j->proc, &end, &ignored);
	proc_free(&j->proc);
	j->busy = false;
}

const struct engine_world machine_world = {
	.begin = begin,
	.find = find,
	.record = record,
	.get_record = get_record,
	.put_record = put_record,
	.has_object = has_object,
	.object_size = object_size,
	.forget = forget,
	.free_memory = free_memory,
	.start = start,
	.wait = wait_some,
	.has_ended = has_ended,
	.finish = finish,
	.clear = clear,
	.kill = kill_job,
};
