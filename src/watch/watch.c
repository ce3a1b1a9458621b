/* SPDX-License-Identifier: Apache-2.0 */
/* Waits, looks, builds. */
#include "watch/watch.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "watch/notice.h"
#include "watch/seen.h"

/* A change that came while it was built is seen in what was looked at before. */
static int
loop(const struct watch *w, struct notice *n, struct err *e)
{
	struct arena seen[2] = { { 0 }, { 0 } };
	struct seen was = { 0 };
	unsigned at = 0;
	int r;

	seen_read(&seen[at], w->dir, w->with_tests, &was);
	r = w->build(w->arg, NULL, e);
	while (r == 0 && (r = notice_wait(n, e)) == 0) {
		struct seen is = { 0 };
		const char *change;

		at = !at;
		arena_free(&seen[at]);
		seen[at] = (struct arena){ 0 };
		seen_read(&seen[at], w->dir, w->with_tests, &is);
		change = seen_change(&seen[at], &was, &is);
		was = is;
		if (change)
			r = w->build(w->arg, change, e);
	}
	arena_free(&seen[0]);
	arena_free(&seen[1]);
	return r;
}

int
watch_run(const struct watch *w, struct err *e)
{
	struct notice n;
	int r = notice_open(&n, w->dir, e);

	if (r == 0) {
		log_info("watching %s: %zu director%s, Ctrl-C ends it", w->dir, n.dirs,
			n.dirs == 1 ? "y" : "ies");
		r = loop(w, &n, e);
	}
	notice_close(&n);
	return r;
}
