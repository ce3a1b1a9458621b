/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results under keys: GetActionResult and UpdateActionResult. The text of a kept result is in the
 * message when it is short, and a blob in any case: servers may leave out either.
 */
#include "base/arena.h"
#include "remote/farm.h"
#include "remote/wire.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- texts that are elsewhere ---- */

struct texts {
	struct one_text {
		struct pull pull;
		struct texts *texts;
		struct str *to;
	} of[2];
	struct farm *farm;
	struct job *job;
	struct reapi_result *result;
	unsigned pending;
};

static void
on_text(struct pull *p, enum remote_end end, const char *why)
{
	struct one_text *one = (struct one_text *)p;
	struct texts *t = one->texts;
	struct job *j = t->job;

	if (end == REMOTE_DONE)
		*one->to = (struct str){ arena_strndup(&j->a,
						 p->arrival.bytes.p ? p->arrival.bytes.p : "",
						 p->arrival.bytes.n),
			p->arrival.bytes.n };
	buf_free(&p->arrival.bytes);
	if (end == REMOTE_DONE && --t->pending)
		return;
	for (unsigned i = 0; i < 2; i++) {
		pull_cancel(&t->of[i].pull);
		buf_free(&t->of[i].pull.arrival.bytes);
	}
	hub_end(j, end, &t->result->of, why);
}

static void
add_text(struct texts *t, const struct reapi_blob *b, struct str *text)
{
	struct one_text *one = &t->of[t->pending];

	one->pull.is_over = true;
	if (reapi_is_here(b, *text))
		return;
	one->texts = t;
	one->to = text;
	one->pull.arrival.digest = b->digest;
	one->pull.arrival.size = b->size;
	one->pull.done = on_text;
	pull_start(t->farm->pulls, &one->pull);
	t->pending++;
}

void
farm_end_with_texts(struct farm *f, struct job *j, struct reapi_result *r)
{
	struct texts *t = arena_new(&j->a, struct texts);

	if (r->text.size > REAPI_TEXT_LIMIT || r->errors.size > REAPI_TEXT_LIMIT) {
		hub_end(j, REMOTE_FAILED, NULL, "it printed more than 64 MiB");
		return;
	}
	t->farm = f;
	t->job = j;
	t->result = r;
	t->of[1].pull.is_over = true;
	add_text(t, &r->text, &r->of.text);
	add_text(t, &r->errors, &r->of.errors);
	if (!t->pending)
		hub_end(j, REMOTE_DONE, &r->of, NULL);
}

/* ---- find ---- */

bool
farm_is_refused(struct farm *f, int status, const char *message)
{
	const struct remote_options *o = f->o;
	char why[400];

	if (status != GRPC_UNAUTHENTICATED && status != GRPC_PERMISSION_DENIED)
		return false;
	snprintf(why, sizeof(why), "it refuses this client (%.200s): %s", message,
		o->token_file || o->token_command || o->certificate
			? "look at --remote-token-file and --remote-cert"
			: "it may want --remote-token-file, or --remote-cert");
	grpc_give_up(f->grpc, why);
	return true;
}

/* GetActionResultRequest { instance_name, action_digest, inline_stdout, inline_stderr } */
struct call *
farm_look_up(
	struct farm *f, const struct digest *action, uint64_t size, grpc_answer *done, void *arg)
{
	struct buf q = { 0 };

	wire_text(&q, 1, f->o->instance);
	wire_digest(&q, 2, action, size);
	wire_int(&q, 3, 1);
	wire_int(&q, 4, 1);
	return grpc_ask(f->grpc, REAPI "ActionCache/GetActionResult", &q, done, arg);
}

static void
on_found(void *arg, int status, struct str answer, const char *message)
{
	struct job *j = arg;
	struct farm *f = j->state;
	struct reapi_result *r = arena_new(&j->a, struct reapi_result);

	if (!farm_is_refused(f, status, message) && status != GRPC_OK && status != GRPC_NOT_FOUND &&
		!grpc_is_gone(f->grpc))
		hub_debug(f->hub, "%s: GetActionResult: %s", f->o->url, message);
	if (status != GRPC_OK || !reapi_take_result(&j->a, answer, r) || r->of.exit_status)
		hub_end(j, REMOTE_LOST, NULL, message);
	else
		farm_end_with_texts(f, j, r);
}

void
farm_find(struct farm *f, struct job *j)
{
	struct reapi_key key;

	reapi_make_key(&j->of.key, &key);
	j->state = f;
	farm_look_up(f, &key.action, key.action_bytes.n, on_found, j);
	buf_free(&key.action_bytes);
	buf_free(&key.command_bytes);
}

/* ---- keep ---- */

struct keep {
	struct cas_wait wait;
	struct farm *farm;
	struct job *job;
	struct digest action;
	uint64_t action_size;
};

/* One that the server refuses to this client ends all keeping, and is no fault. */
static void
end_keep(struct keep *k, int status, const char *why)
{
	struct farm *f = k->farm;
	bool denied = status == GRPC_UNAUTHENTICATED || status == GRPC_PERMISSION_DENIED;

	if (denied)
		f->can_keep = false;
	if (denied || grpc_is_gone(f->grpc) || f->has_warned_of_keeping)
		hub_debug(f->hub, "%s: a result was not kept: %s", f->o->url, why);
	else {
		f->has_warned_of_keeping = true;
		hub_warn(f->hub, "%s does not keep all results: %s", f->o->url, why);
	}
	hub_end(k->job, REMOTE_FAILED, NULL, why);
}

static void
on_kept(void *arg, int status, struct str answer, const char *message)
{
	struct keep *k = arg;

	(void)answer;
	if (status != GRPC_OK)
		end_keep(k, status, message);
	else
		hub_end(k->job, REMOTE_DONE, NULL, NULL);
}

/* UpdateActionResultRequest { instance_name, action_digest, action_result } */
static void
on_blobs_there(struct cas_wait *w)
{
	struct keep *k = (struct keep *)w;
	struct reapi_result r = { .of = k->job->of.result };
	struct buf q = { 0 }, result = { 0 };

	if (w->why[0] || !k->farm->can_keep) {
		end_keep(k, w->why[0] ? w->status : GRPC_PERMISSION_DENIED, w->why);
		return;
	}
	r.text = reapi_refer(&r.of.text);
	r.errors = reapi_refer(&r.of.errors);
	reapi_put_result(&result, &r);
	wire_text(&q, 1, k->farm->o->instance);
	wire_digest(&q, 2, &k->action, k->action_size);
	wire_bytes(&q, 3, buf_str(&result));
	buf_free(&result);
	grpc_ask(k->farm->grpc, REAPI "ActionCache/UpdateActionResult", &q, on_kept, k);
}

static struct remote_blob
blob_of(struct str bytes)
{
	return (struct remote_blob){
		.digest = sha256_of(bytes.p, bytes.n), .size = bytes.n, .bytes = bytes
	};
}

void
farm_keep(struct farm *f, struct job *j)
{
	struct keep *k = arena_new(&j->a, struct keep);
	const struct remote_result *r = &j->of.result;
	struct reapi_key key;

	if (!f->can_keep) {
		hub_end(j, REMOTE_FAILED, NULL, "the server keeps nothing of this client");
		return;
	}
	reapi_make_key(&j->of.key, &key);
	k->farm = f;
	k->job = j;
	k->action = key.action;
	k->action_size = key.action_bytes.n;
	cas_begin(&k->wait, on_blobs_there);
	cas_need(f->cas, &k->wait, j->of.blobs, j->of.n_blobs, false);
	cas_need(f->cas, &k->wait,
		(struct remote_blob[]){ blob_of(buf_str(&key.action_bytes)),
			blob_of(buf_str(&key.command_bytes)), blob_of(STR("")) },
		3, false);
	if (r->text.n)
		cas_need(f->cas, &k->wait, (struct remote_blob[]){ blob_of(r->text) }, 1, false);
	if (r->errors.n)
		cas_need(f->cas, &k->wait, (struct remote_blob[]){ blob_of(r->errors) }, 1, false);
	buf_free(&key.action_bytes);
	buf_free(&key.command_bytes);
	cas_commit(&k->wait);
}
