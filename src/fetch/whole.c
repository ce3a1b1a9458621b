/* SPDX-License-Identifier: Apache-2.0 */
/* A file as it is, for a place other than the store. Nothing of it is looked into, so no child
 * process is needed. */
#include "base/err.h"
#include "base/path.h"
#include "fetch/internal.h"

static void
no_need(struct task *t, uint64_t total)
{
	(void)t;
	(void)total;
}

int
fetch_file(struct arena *a, const struct fetch_job *job, const struct pin *pin, const char *to,
	struct err *e)
{
	struct task t = {
		.a = a, .store = job->store, .sources = job->sources, .pin = pin, .need = no_need
	};
	struct err ignored;
	const char *path;
	char *tmp;
	int r;

	if (pin->kind == PIN_WHEEL)
		return err_set(e, ERR_CONFIG, "%s: wheels are fetched in parts", pin->file);
	TRY(store_tmp(a, job->store, "fetch", &tmp, e));
	t.tmp = tmp;
	r = http_open(job->http, NULL, NULL, &t.http, e);
	if (r == 0) {
		r = archive_file(&t, &path, e);
		http_close(t.http);
	}
	if (r == 0)
		r = fs_copy(path, to, 0644, e);
	store_tmp_drop(job->store, tmp, &ignored);
	return r;
}
