/* SPDX-License-Identifier: Apache-2.0 */
/* The backend of the Remote Execution API: asks first what the server can do, then hands each job
 * to who does it. */
#include "remote/farm.h"
#include "base/err.h"
#include "fetch/http.h"
#include "remote/wire.h"
#include <stdlib.h>

enum { FIRST_ANSWER_S = 10, BATCH_DEFAULT = 1 << 20 };

static void
start_transfers(struct farm *f, uint64_t batch)
{
	cas_set_batch(f->cas, batch);
	pulls_set_batch(f->pulls, batch);
	grpc_set_ready(f->grpc);
}

static void
on_gone(void *arg, const char *why)
{
	struct farm *f = arg;

	hub_give_up(f->hub, f->o->url, why);
	/* So that what waits ends. */
	start_transfers(f, BATCH_DEFAULT);
}

static void
on_wrong(void *arg, const char *why)
{
	struct farm *f = arg;

	if (!f->has_warned)
		hub_warn(f->hub, "%s: %s; they are not used", f->o->url, why);
	f->has_warned = true;
}

static void
on_capabilities(void *arg, int status, struct str answer, const char *message)
{
	struct farm *f = arg;
	struct reapi_limits limits = { .has_sha256 = true, .can_keep = true };

	if (grpc_is_gone(f->grpc))
		return;
	if (farm_is_refused(f, status, message))
		return;
	if (status != GRPC_OK && status != GRPC_UNIMPLEMENTED)
		grpc_give_up(f->grpc, message);
	else if (status == GRPC_OK && !reapi_take_capabilities(answer, &limits))
		grpc_give_up(f->grpc, "what it says of itself cannot be read");
	else if (!limits.has_sha256)
		grpc_give_up(f->grpc, "it does not know SHA-256");
	if (grpc_is_gone(f->grpc))
		return;
	f->can_keep = f->o->uploads && limits.can_keep;
	if (f->o->uploads && !limits.can_keep)
		hub_debug(f->hub, "%s keeps no results of this client", f->o->url);
	hub_set_state(f->hub, true, limits.can_run && f->o->runs > 0);
	start_transfers(f, limits.batch ? limits.batch : BATCH_DEFAULT);
}

static int
farm_check(const struct remote_options *o, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct address to;

	if (address_parse(&a, o->url, &to))
		return 0;
	return err_set(e, ERR_USAGE,
		"%s is no address of a server: grpc://HOST:PORT or grpcs://HOST:PORT is one",
		http_safe_url(&a, o->url));
}

static void farm_close(void *b);

static int
farm_open(struct hub *h, const struct remote_options *o, void **out, struct err *e)
{
	struct farm *f = calloc(1, sizeof(*f));
	struct buf q = { 0 };
	struct call *c;

	if (!f)
		abort();
	f->hub = h;
	f->o = o;
	f->can_keep = o->uploads;
	LIST_INIT(&f->runs);
	if (grpc_new(&(struct grpc_options){ .o = o, .gone = on_gone, .arg = f }, &f->grpc, e) <
		0) {
		farm_close(f);
		return -1;
	}
	f->cas = cas_new(&(struct cas_options){ f->grpc, o->instance, hub_count(h) });
	f->pulls = pulls_new(
		&(struct pulls_options){ f->grpc, o->instance, hub_count(h), on_wrong, f });
	wire_text(&q, 1, o->instance);
	c = grpc_ask(f->grpc, REAPI "Capabilities/GetCapabilities", &q, on_capabilities, f);
	c->early = true;
	c->h2.patience = FIRST_ANSWER_S;
	*out = f;
	return 0;
}

/* Jobs are not told: nobody waits any more. */
static void
farm_close(void *b)
{
	struct farm *f = b;

	grpc_free(f->grpc);
	cas_free(f->cas);
	pulls_free(f->pulls);
	free(f);
}

static void
farm_start(void *b, struct job *j)
{
	struct farm *f = b;

	switch (j->of.op) {
	case REQUEST_FIND:
		farm_find(f, j);
		break;
	case REQUEST_KEEP:
		farm_keep(f, j);
		break;
	case REQUEST_BRING:
		farm_bring(f, j);
		break;
	default:
		farm_run(f, j);
	}
}

static void
farm_cancel(void *b, struct job *j)
{
	(void)b;
	if (j->of.op == REQUEST_BRING)
		farm_cancel_bring(j);
	else if (j->of.op == REQUEST_RUN)
		farm_cancel_run(j);
}

static void
farm_step(void *b)
{
	struct farm *f = b;
	double wakes = now();

	/* What comes of calls makes others. */
	for (unsigned i = 0; i < 2; i++) {
		cas_step(f->cas, &wakes);
		pulls_step(f->pulls);
		farm_watch_runs(f, &wakes);
		grpc_step(f->grpc);
	}
	cas_step(f->cas, &wakes);
	pulls_step(f->pulls);
}

static size_t
farm_poll(void *b, struct pollfd p[BACKEND_FDS], double *wakes)
{
	struct farm *f = b;

	cas_step(f->cas, wakes);
	farm_watch_runs(f, wakes);
	return grpc_poll(f->grpc, p, wakes);
}

const struct backend reapi_backend = {
	.check = farm_check,
	.open = farm_open,
	.close = farm_close,
	.start = farm_start,
	.cancel = farm_cancel,
	.poll = farm_poll,
	.step = farm_step,
};
