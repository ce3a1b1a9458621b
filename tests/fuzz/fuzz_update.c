/* update-build on any bytes: what parses means the same afterwards, in both editions, or the reason is
 * told; what was updated once is not changed again, and no comment is lost. */
#include "base/arena.h"
#include "base/err.h"
#include "config/update.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_that(bool ok)
{
	if (!ok)
		abort();
}

static void
update_to(struct arena *a, struct str text, const struct project *p, int edition)
{
	const struct update how = { .edition = edition, .license = "MIT" };
	enum generation was;
	struct str out, again;
	struct project q;
	struct err e = { 0 };

	if (project_update(a, text, ".", &how, &out, &was, &e) < 0) {
		/* g0 with its package elsewhere, and 6 back to 5. */
		check_that(e.code == ERR_CONFIG &&
			   (!streq(p->pyroot, "torch-ext") || p->gen == GEN_6));
		return;
	}
	check_that(was == p->gen);
	check_that(project_parse(a, out, ".", false, &q, &e) == 0);
	check_that(q.gen == (edition == 6 ? GEN_6 : GEN_5) && !project_difference(p, &q));
	check_that(streq(q.license, p->license ? p->license : "MIT"));
	check_that(project_update(a, out, ".", &how, &again, &was, &e) == 0);
	check_that(str_eq(out, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str text = { (const char *)data, size };
	struct project p;
	struct err e = { 0 };

	if (project_parse(&a, text, ".", false, &p, &e) < 0)
		return 0;
	update_to(&a, text, &p, 5);
	update_to(&a, text, &p, 6);
	return 0;
}
