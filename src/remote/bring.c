/* SPDX-License-Identifier: Apache-2.0 */
/* Downloads what a job names: all of it, or the reason why not. */
#include "base/arena.h"
#include "remote/farm.h"

struct bring_one {
	struct pull pull;
	struct bring *bring;
};
struct bring {
	struct job *job;
	size_t n, pending;
	struct bring_one *of;
};

static void
end_bring(struct bring *b, enum remote_end end, const char *why)
{
	struct job *j = b->job;

	/* Only the others are still under way: this one is over. */
	for (size_t i = 0; i < b->n; i++)
		pull_cancel(&b->of[i].pull);
	hub_end(j, end, NULL, why);
}

static void
on_brought(struct pull *p, enum remote_end end, const char *why)
{
	struct bring *b = ((struct bring_one *)p)->bring;

	if (end != REMOTE_DONE || --b->pending == 0)
		end_bring(b, end, why);
}

void
farm_bring(struct farm *f, struct job *j)
{
	struct bring *b = arena_new(&j->a, struct bring);
	size_t n = j->of.n_blobs;

	*b = (struct bring){ j, n, n, arena_array(&j->a, struct bring_one, n + 1) };
	j->state = b;
	if (!n) {
		hub_end(j, REMOTE_DONE, NULL, NULL);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct remote_blob *blob = &j->of.blobs[i];
		struct pull *p = &b->of[i].pull;

		b->of[i].bring = b;
		p->arrival.digest = blob->digest;
		p->arrival.size = blob->size;
		p->arrival.path = blob->path;
		p->done = on_brought;
		pull_start(f->pulls, p);
	}
}

void
farm_cancel_bring(struct job *j)
{
	end_bring(j->state, REMOTE_FAILED, NULL);
}
