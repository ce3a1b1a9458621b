/* SPDX-License-Identifier: Apache-2.0 */
/* What the program asks of a server: results under keys, and jobs. */
#include "remote/remote.h"
#include "base/err.h"
#include "base/signal.h"
#include "remote/internal.h"
#include <stdlib.h>

/* The first question starts the child. */
static uint32_t
ask(struct remote *r, struct request *q, struct known *known)
{
	remote_start(r);
	return remote_ask(r, q, known);
}

/* ---- results under keys ---- */

static struct known *
known_of(struct remote *r, const struct digest *key)
{
	struct str k = { (const char *)key->b, sizeof(key->b) };
	struct known *known = map_get(&r->keys, k);

	if (known)
		return known;
	known = arena_new(&r->a, struct known);
	known->key = *key;
	k.p = (const char *)known->key.b;
	*map_put(&r->a, &r->keys, k) = known;
	return known;
}

void
remote_expect(struct remote *r, const struct digest *key)
{
	struct known *known = known_of(r, key);

	if (known->state != KEY_UNKNOWN)
		return;
	known->state = KEY_ASKED;
	ask(r, &(struct request){ .op = REQUEST_FIND, .key = *key }, known);
}

static struct str
copy(struct arena *a, struct str s)
{
	return (struct str){ arena_strndup(a, s.n ? s.p : "", s.n), s.n };
}

static void
copy_result(struct arena *a, const struct remote_result *from, struct remote_result *out)
{
	struct remote_file *files = arena_array(a, struct remote_file, from->n_files + 1);

	*out = *from;
	for (size_t i = 0; i < from->n_files; i++) {
		files[i] = from->files[i];
		files[i].path = arena_strdup(a, from->files[i].path);
	}
	out->files = files;
	out->text = copy(a, from->text);
	out->errors = copy(a, from->errors);
}

int
remote_find(struct remote *r, struct arena *a, const struct digest *key, struct remote_result *out,
	struct err *e)
{
	struct known *known = known_of(r, key);

	remote_expect(r, key);
	while (known->state == KEY_ASKED) {
		remote_poll(r, -1);
		TRY(signals_check(e));
		TRY(remote_read(r, e));
	}
	if (known->state != KEY_FOUND)
		return 0;
	copy_result(a, &known->result, out);
	return 1;
}

void
remote_forget(struct remote *r, const struct digest *key)
{
	struct known *known = known_of(r, key);

	if (known->state != KEY_ASKED)
		known->state = KEY_UNKNOWN;
}

void
remote_keep(struct remote *r, const struct digest *key, const struct remote_result *result,
	const struct remote_blob *blobs)
{
	if (!r->uploads || !r->is_up)
		return;
	ask(r,
		&(struct request){ .op = REQUEST_KEEP,
			.key = *key,
			.result = *result,
			.blobs = blobs,
			.n_blobs = result->n_files },
		NULL);
}

/* ---- jobs ---- */

unsigned
remote_bundle(struct remote *r, const struct remote_blob *blobs, size_t n)
{
	vec_push(&r->a, &r->bundles, (struct bundle){ blobs, n, -1 });
	return (unsigned)r->bundles.n - 1;
}

/* The child is told of a bundle when somebody needs it. */
static unsigned
tell(struct remote *r, struct bundle *b)
{
	if (b->number < 0) {
		ask(r,
			&(struct request){
				.op = REQUEST_BUNDLE, .blobs = b->blobs, .n_blobs = b->n },
			NULL);
		b->number = r->n_told++;
	}
	return (unsigned)b->number;
}

remote_job
remote_run(struct remote *r, const struct remote_action *a)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	unsigned *numbers = arena_array(&scratch, unsigned, a->n_bundles + 1);
	struct request q = { .op = REQUEST_RUN, .action = *a };

	for (size_t i = 0; i < a->n_bundles; i++)
		numbers[i] = tell(r, &r->bundles.v[a->bundles[i]]);
	q.action.bundles = numbers;
	return ask(r, &q, NULL);
}

remote_job
remote_bring(struct remote *r, const struct remote_blob *blobs, size_t n)
{
	return ask(r, &(struct request){ .op = REQUEST_BRING, .blobs = blobs, .n_blobs = n }, NULL);
}

int
remote_fd(const struct remote *r)
{
	return r->epoll;
}

bool
remote_has_ended(const struct remote *r, remote_job job)
{
	return r->slots.v[job].has_ended;
}

enum remote_end
remote_take(struct remote *r, struct arena *a, remote_job job, struct remote_result *out,
	const char **why)
{
	struct slot *s = &r->slots.v[job];
	enum remote_end end = s->reply.end;

	*why = arena_strdup(a, s->reply.why ? s->reply.why : "");
	if (out)
		copy_result(a, &s->reply.result, out);
	slot_free(s);
	return end;
}

void
remote_cancel(struct remote *r, remote_job job)
{
	struct slot *s = &r->slots.v[job];

	if (!s->has_ended && !r->has_ended) {
		frame_put_request(&r->out, &(struct request){ .op = REQUEST_CANCEL, .id = job });
		remote_flush(r);
	}
	s->has_ended = true;
	slot_free(s);
}

int
remote_wait(struct remote *r, remote_job job, struct err *e)
{
	while (!remote_has_ended(r, job)) {
		remote_poll(r, -1);
		TRY(signals_check(e));
		TRY(remote_read(r, e));
	}
	return 0;
}

/* ---- what is known of it ---- */

bool
remote_was_asked(const struct remote *r)
{
	return r->pid != 0;
}

bool
remote_is_up(const struct remote *r)
{
	return r->is_up;
}

bool
remote_can_run(struct remote *r)
{
	struct err e;

	remote_start(r);
	while (!r->is_known) {
		remote_poll(r, -1);
		if (signals_check(&e) < 0 || remote_read(r, &e) < 0)
			return false;
	}
	return r->can_run;
}

const struct remote_count *
remote_counts(const struct remote *r)
{
	return &r->count;
}
