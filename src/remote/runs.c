/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actions that the server runs: looked up first, unless that is not wanted, then their blobs are
 * sent, then Execute. When the stream breaks, WaitExecution with the operation's name; when the
 * server forgot that, Execute again. When it says that blobs are missing, they are asked for and
 * sent once more.
 */
#include "base/arena.h"
#include "remote/farm.h"
#include "remote/wire.h"
#include <stdio.h>
#include <stdlib.h>

enum { BROKEN_S = 30, PAUSE_S = 1, MOST_STOPS = 3 };

struct run {
	struct call c; /* Execute or WaitExecution */
	struct cas_wait wait;
	struct farm *farm;
	struct job *job;
	struct call *look_up;
	enum { RUN_LOOKS_UP, RUN_SENDS, RUN_EXECUTES } state;
	char *name; /* of the operation; in the job's arena */
	struct reapi_operation operation;
	bool asked, sent_again, is_broken, skips_cache;
	unsigned stopped; /* so often the server gave it up */
	double until, broken_since;
	LIST_ENTRY(run) at;
};

static void
end_run(struct run *r, enum remote_end end, const char *why)
{
	struct job *j = r->job;
	struct farm *f = r->farm;

	LIST_REMOVE(r, at);
	j->state = NULL;
	grpc_set_patience(f->grpc, LIST_EMPTY(&f->runs) ? 10 : BROKEN_S);
	if (end == REMOTE_DONE && !j->is_cancelled) {
		struct reapi_result *result = arena_new(&j->a, struct reapi_result);

		*result = r->operation.result;
		farm_end_with_texts(f, j, result);
	} else
		hub_end(j, end, NULL, why);
	free(r);
}

/* ---- blobs ---- */

static void
on_sent(struct cas_wait *w)
{
	struct run *r = (struct run *)((char *)w - offsetof(struct run, wait));

	if (r->job->is_cancelled || w->why[0]) {
		end_run(r, REMOTE_FAILED, w->why);
		return;
	}
	r->state = RUN_EXECUTES;
	grpc_call(r->farm->grpc, &r->c);
}

static void
send_blobs(struct run *r, bool again)
{
	struct cas *cas = r->farm->cas;
	const struct job *j = r->job;

	r->state = RUN_SENDS;
	cas_begin(&r->wait, on_sent);
	for (size_t i = 0; i < j->of.action.n_bundles; i++)
		cas_need(cas, &r->wait, j->bundles[i]->of.blobs, j->bundles[i]->of.n_blobs, again);
	cas_need(cas, &r->wait, j->of.blobs, j->of.n_blobs, again);
	cas_commit(&r->wait);
}

/* ---- execution ---- */

static void
rewind_run(struct call *c)
{
	struct run *r = (struct run *)c;

	r->asked = false;
	c->h2.method = r->name ? REAPI "Execution/WaitExecution" : REAPI "Execution/Execute";
}

/* ExecuteRequest { instance_name, skip_cache_lookup, action_digest }, or
 * WaitExecutionRequest { name } */
static int
next_request(struct h2_call *c, struct buf *out)
{
	struct run *r = (struct run *)c;
	const struct remote_action *x = &r->job->of.action;

	if (r->asked)
		return 0;
	r->asked = true;
	if (r->name) {
		wire_text(out, 1, r->name);
		return 1;
	}
	wire_text(out, 1, r->farm->o->instance);
	wire_int(out, 3, r->skips_cache);
	wire_digest(out, 6, &x->action, x->action_size);
	return 1;
}

static int
take_operation(struct h2_call *c, struct str message)
{
	struct run *r = (struct run *)c;

	if (!reapi_take_operation(&r->job->a, message, &r->operation))
		return -1;
	grpc_note_alive(r->farm->grpc);
	r->is_broken = false;
	if (r->operation.name && *r->operation.name)
		r->name = arena_strdup(&r->job->a, r->operation.name);
	return 0;
}

static bool
is_missing(int code, const struct reapi_status *s, const char *message)
{
	return (code == GRPC_FAILED_PRECONDITION || code == GRPC_NOT_FOUND) &&
	       ((s && s->is_missing) || strstr(message, "not found") || strstr(message, "issing"));
}

/* The server ends, or took the action's worker away. */
static bool
was_stopped(int code)
{
	return code == GRPC_CANCELLED || code == GRPC_ABORTED || code == GRPC_UNAVAILABLE;
}

/* The operation is over, or the call failed with that. */
static void
take_end(struct run *r, int code, const char *message)
{
	const struct reapi_status *s = r->operation.is_done ? &r->operation.status : NULL;

	if (code == GRPC_OK && r->operation.has_result) {
		end_run(r, REMOTE_DONE, NULL);
	} else if (code == GRPC_OK) {
		end_run(r, REMOTE_FAILED, "the server's answer has no result that can be used");
	} else if (s && was_stopped(code) && r->stopped++ < MOST_STOPS) {
		r->name = NULL;
		r->operation = (struct reapi_operation){ 0 };
		grpc_call_later(r->farm->grpc, &r->c, PAUSE_S);
	} else if (!is_missing(code, s, message)) {
		end_run(r, REMOTE_FAILED, message);
	} else if (r->sent_again) {
		end_run(r, REMOTE_LOST, message);
	} else {
		hub_debug(r->farm->hub, "sends blobs again: %s", message);
		r->sent_again = true;
		r->name = NULL;
		r->operation = (struct reapi_operation){ 0 };
		send_blobs(r, true);
	}
}

static void
on_ended(struct call *c, int status, const char *message)
{
	struct run *r = (struct run *)c;
	bool forgot = status == GRPC_NOT_FOUND && r->name;

	if (r->job->is_cancelled)
		end_run(r, REMOTE_FAILED, NULL);
	else if (r->operation.is_done)
		take_end(r, r->operation.status.code, r->operation.status.message);
	else if (status != GRPC_OK && status != GRPC_UNAVAILABLE && !forgot)
		take_end(r, status, message);
	else if (grpc_is_gone(r->farm->grpc) ||
		 (r->is_broken && now() - r->broken_since > BROKEN_S))
		end_run(r, REMOTE_FAILED, *message ? message : "the server stopped telling of it");
	else {
		if (!r->is_broken)
			r->broken_since = now();
		r->is_broken = true;
		if (forgot)
			r->name = NULL;
		grpc_call_later(r->farm->grpc, c, PAUSE_S);
	}
}

static void
on_looked_up(void *arg, int status, struct str answer, const char *message)
{
	struct run *r = arg;
	struct job *j = r->job;

	(void)message;
	r->look_up = NULL;
	if (j->is_cancelled || grpc_is_gone(r->farm->grpc)) {
		end_run(r, REMOTE_FAILED, message);
	} else if (status == GRPC_OK && reapi_take_result(&j->a, answer, &r->operation.result) &&
		   !r->operation.result.of.exit_status) {
		r->operation.result.of.was_cached = true;
		end_run(r, REMOTE_DONE, NULL);
	} else {
		/* What failed before is tried again. */
		r->skips_cache = status == GRPC_OK;
		send_blobs(r, false);
	}
}

void
farm_run(struct farm *f, struct job *j)
{
	struct run *r = calloc(1, sizeof(*r));
	const struct remote_action *x = &j->of.action;

	if (!r)
		abort();
	r->farm = f;
	r->job = j;
	r->skips_cache = x->skips_cache;
	r->until = x->timeout > 0 ? now() + x->timeout : 0;
	r->c.h2 = (struct h2_call){ .next = next_request, .got = take_operation };
	r->c.rewind = rewind_run;
	r->c.done = on_ended;
	r->c.once = true;
	j->state = r;
	LIST_INSERT_HEAD(&f->runs, r, at);
	grpc_set_patience(f->grpc, BROKEN_S);
	if (x->skips_cache)
		send_blobs(r, false);
	else
		r->look_up = farm_look_up(f, &x->action, x->action_size, on_looked_up, r);
}

static void
stop(struct run *r, const char *why)
{
	/* What is being sent goes on: others may want it. */
	if (r->state == RUN_SENDS) {
		hub_end_early(r->job, REMOTE_FAILED, why);
		r->until = 0;
		return;
	}
	if (r->look_up)
		grpc_cancel(r->look_up);
	grpc_cancel(&r->c);
	end_run(r, REMOTE_FAILED, why);
}

void
farm_cancel_run(struct job *j)
{
	/* Without one it only waits for its texts. */
	if (j->state)
		stop(j->state, NULL);
}

void
farm_watch_runs(struct farm *f, double *wakes)
{
	struct run *r = LIST_FIRST(&f->runs), *next;

	for (; r; r = next) {
		next = LIST_NEXT(r, at);
		if (r->until <= 0)
			continue;
		if (now() >= r->until)
			stop(r, "it took too long");
		else if (r->until < *wakes)
			*wakes = r->until;
	}
}
