/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One child process per pin. The child writes messages of a fixed size into a pipe; each is written
 * at once, since it is smaller than PIPE_BUF. The parent owns the tmp/ directory of the child, so
 * that nothing stays behind, however the child ends.
 */
#include "fetch/fetch.h"
#include "base/err.h"
#include "base/path.h"
#include "base/signal.h"
#include "fetch/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 4, POLL_MS = 250, REPORT_BYTES = 256 << 10 };

struct message {
	enum { MSG_BYTES, MSG_NEED, MSG_DONE, MSG_FAILED } kind;
	uint64_t n; /* MSG_BYTES: new ones; MSG_NEED: in all */
	struct digest tree, sha256;
	bool has_sha256;
	uint64_t size;
	struct err e;
};
_Static_assert(sizeof(struct message) <= PIPE_BUF, "a message is written at once");

/* ---- the child ---- */

struct child {
	struct task task;
	int pipe;
	uint64_t unsaid; /* bytes that the parent was not told of yet */
};

static void
say(const struct child *c, const struct message *m)
{
	ssize_t n;

	do
		n = write(c->pipe, m, sizeof(*m));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(*m))
		_exit(1); /* the parent is gone */
}

static void
say_bytes(struct child *c)
{
	struct message m = { .kind = MSG_BYTES, .n = c->unsaid };

	if (c->unsaid)
		say(c, &m);
	c->unsaid = 0;
}

static void
on_bytes(void *arg, uint64_t n)
{
	struct child *c = arg;

	c->task.bytes += n;
	c->unsaid += n;
	if (c->unsaid >= REPORT_BYTES)
		say_bytes(c);
}

static void
on_need(struct task *t, uint64_t total)
{
	struct child *c = t->arg;
	struct message m = { .kind = MSG_NEED, .n = total };

	say_bytes(c);
	say(c, &m);
}

static int
fetch_now(struct task *t, struct err *e)
{
	const struct pin *pin = t->pin;

	if (pin->kind == PIN_DIRECTORY)
		return err_set(e, ERR_CONFIG, "no package has %s %s", pin->name, pin->file);
	TRY(pin->kind == PIN_WHEEL ? wheel_fetch(t, e) : archive_fetch(t, e));
	return store_add_tree(t->store, path_join(t->a, t->tmp, "tree"), pin->file,
		pin->has_tree ? &pin->tree : NULL, &t->tree, e);
}

/* Of two builders that want the same tree, the second one waits and then finds it. */
static int
fetch_once(struct task *t, struct err *e)
{
	CLEANUP(fd_closep) int lock = -1;
	char hex[65];

	if (!t->pin->has_tree)
		return fetch_now(t, e);
	TRY(store_lock(t->store, arena_printf(t->a, "fetch-%s", digest_hex(&t->pin->tree, hex)),
		arena_printf(t->a, "waiting for another kernel-builder to fetch %s", t->pin->file),
		&lock, e));
	if (t->full || !store_has_tree(t->store, &t->pin->tree))
		return fetch_now(t, e);
	t->tree = t->pin->tree;
	return 0;
}

static _Noreturn void
run_child(struct child *c, const struct http_options *options, pid_t parent)
{
	struct message m = { .kind = MSG_FAILED };
	struct arena a = { 0 };
	struct task *t = &c->task;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signals_default();
	t->a = &a;
	t->arg = c;
	t->need = on_need;
	if (http_open(options, on_bytes, c, &t->http, &m.e) == 0 && fetch_once(t, &m.e) == 0)
		m.kind = MSG_DONE;
	say_bytes(c);
	m.n = t->bytes;
	m.tree = t->tree;
	m.sha256 = t->sha256;
	m.has_sha256 = t->has_sha256;
	m.size = t->size;
	say(c, &m);
	_exit(0);
}

/* ---- the parent ---- */

struct worker {
	struct pin *pin;
	pid_t pid;
	int pipe;
	char *tmp;
	bool ended; /* MSG_DONE or MSG_FAILED came */
	uint64_t bytes, total;
};
struct fetching {
	struct arena *a;
	const struct fetch_job *job;
	struct worker *w; /* those that run */
	size_t n;
};

static void
tell(const struct fetching *f, const struct worker *w, enum fetch_event_kind kind, uint64_t bytes)
{
	struct fetch_event ev = { .pin = w->pin, .bytes = bytes, .total = w->total };

	ev.kind = kind;
	if (f->job->on_event)
		f->job->on_event(f->job->arg, &ev);
}

static int
start_worker(struct fetching *f, struct pin *pin, struct err *e)
{
	struct worker *w = &f->w[f->n];
	struct child c = { .task = { .store = f->job->store,
				   .sources = f->job->sources,
				   .pin = pin,
				   .full = f->job->full } };
	pid_t self = getpid();
	int ends[2];

	*w = (struct worker){ .pin = pin };
	TRY(store_tmp(f->a, f->job->store, "fetch", &w->tmp, e));
	c.task.tmp = w->tmp;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	w->pid = fork();
	if (w->pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return err_sys(e, "cannot start a process");
	}
	if (w->pid == 0) {
		c.pipe = ends[1];
		run_child(&c, f->job->http, self);
	}
	close(ends[1]);
	w->pipe = ends[0];
	f->n++;
	tell(f, w, FETCH_START, 0);
	return 0;
}

/* Takes the worker out of the list; its process has ended, or is made to. */
static int
reap(struct fetching *f, size_t i, int *status, struct err *e)
{
	struct worker w = f->w[i];

	f->w[i] = f->w[--f->n];
	close(w.pipe);
	while (waitpid(w.pid, status, 0) < 0 && errno == EINTR)
		;
	return store_tmp_drop(f->job->store, w.tmp, e);
}

static void
stop_all(struct fetching *f)
{
	struct err ignored;
	int status;

	for (size_t i = 0; i < f->n; i++)
		kill(f->w[i].pid, SIGKILL);
	while (f->n)
		reap(f, f->n - 1, &status, &ignored);
}

static const char *
source_name(const struct pin *pin)
{
	static const char *const name[PIN_KINDS] = { "wheel", "package", "archive", "sdist",
		"directory" };

	return name[pin->kind];
}

static int
finish(struct fetching *f, const struct worker *w, const struct message *m, struct err *e)
{
	struct pin *pin = w->pin;

	if (m->kind == MSG_FAILED) {
		*e = m->e;
		return err_wrap(e, "cannot fetch %s %s", source_name(pin), pin->file);
	}
	if (!pin->has_tree) {
		pin->has_tree = true;
		pin->tree = m->tree;
		if (!pin->has_sha256 && m->has_sha256) {
			pin->has_sha256 = true;
			pin->sha256 = m->sha256;
		}
		if (!pin->size)
			pin->size = m->size;
	}
	tell(f, w, FETCH_DONE, m->n);
	return 0;
}

/* Reads one message of a worker, or its end. */
static int
listen_to(struct fetching *f, size_t i, struct err *e)
{
	struct worker *w = &f->w[i];
	struct message m;
	ssize_t n = read(w->pipe, &m, sizeof(m));
	int status = 0;

	if (n < 0 && errno == EINTR)
		return 0;
	if (n == sizeof(m) && m.kind == MSG_BYTES) {
		w->bytes += m.n;
		tell(f, w, FETCH_BYTES, m.n);
	} else if (n == sizeof(m) && m.kind == MSG_NEED) {
		w->total = m.n;
		tell(f, w, FETCH_BYTES, 0);
	} else if (n == sizeof(m)) {
		w->ended = true;
		return finish(f, w, &m, e);
	} else {
		struct worker was = *w;

		TRY(reap(f, i, &status, e));
		if (was.ended)
			return 0;
		TRY(signals_check(e)); /* the terminal sends them to all of us */
		return err_set(e, ERR_SYS, "fetch %s: its process ended by %s %d%s", was.pin->file,
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
			WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? ": out of memory?"
									   : "");
	}
	return 0;
}

static int
listen_to_all(struct fetching *f, struct err *e)
{
	struct pollfd *p = arena_array(f->a, struct pollfd, f->n);
	size_t n = f->n;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = f->w[i].pipe, .events = POLLIN };
	TRY(signals_check(e));
	if (poll(p, n, POLL_MS) < 0 && errno != EINTR)
		return err_sys(e, "cannot wait for input (poll)");
	/* From the end: a worker that is reaped is replaced by the last one. */
	for (size_t i = n; i-- > 0;) {
		if (p[i].revents)
			TRY(listen_to(f, i, e));
	}
	return 0;
}

/* Those to fetch: each tree once, and none that is there (unless its making is to be proven). */
static size_t
pick(const struct fetch_job *job, struct pin *const *pins, size_t n, struct pin **out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		bool wanted = !pins[i]->has_tree || job->full ||
			      !store_has_tree(job->store, &pins[i]->tree);

		/* Nobody has it but who named it, and then it is in the store. */
		if (pins[i]->kind == PIN_DIRECTORY && store_has_tree(job->store, &pins[i]->tree))
			wanted = false;
		for (size_t k = 0; wanted && k < count; k++)
			wanted = out[k] != pins[i] &&
				 (job->full || !pins[i]->has_tree || !out[k]->has_tree ||
					 !digest_eq(&out[k]->tree, &pins[i]->tree));
		if (wanted)
			out[count++] = pins[i];
	}
	return count;
}

static int
fetch_all(struct fetching *f, struct pin *const *pins, size_t n, struct err *e)
{
	size_t workers = f->job->workers ? f->job->workers : WORKERS, next = 0;

	while (next < n || f->n) {
		struct arena_mark mark;

		while (next < n && f->n < workers)
			TRY(start_worker(f, pins[next++], e));
		mark = arena_mark(f->a);
		TRY(listen_to_all(f, e));
		arena_rewind(f->a, mark);
	}
	return 0;
}

int
fetch_pins(struct arena *a, const struct fetch_job *job, struct pin *const *pins, size_t n,
	struct err *e)
{
	CLEANUP(arena_freep) struct arena mem = { 0 };
	struct pin **todo = arena_array(&mem, struct pin *, n + 1);
	struct fetching f = { .a = &mem, .job = job, .w = arena_array(&mem, struct worker, n + 1) };
	size_t count = pick(job, pins, n, todo);

	(void)a;
	if (fetch_all(&f, todo, count, e) == 0)
		return 0;
	stop_all(&f);
	return -1;
}
