/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: what this machine lacks. */
#include "doctor/doctor.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include <stdio.h>

static void
print(const struct doctor_point *p)
{
	static const char *const level[] = {
		[DOCTOR_FINE] = "ok", [DOCTOR_LACKING] = "lacking", [DOCTOR_STOPS] = "stops"
	};

	printf("%-8s %s: %s\n", level[p->level], p->about, p->text);
	if (p->cure)
		printf("         -> %s\n", p->cure);
}

int
cmd_doctor(struct ctx *c, struct err *e)
{
	struct catalog *catalog = arena_new(&c->arena, struct catalog);
	const struct doctor_wish wish = { &c->settings, catalog, opt_get(&c->opts, "python") };
	struct doctor_points points = { 0 };
	struct doctor_facts facts;

	if (c->opts.operands.n)
		return err_set(e, ERR_USAGE, "doctor is about this machine; \"%s\" is one too many",
			c->opts.operands.v[0]);
	TRY(cmd_load_catalog(c, catalog, e));
	TRY(doctor_examine(&c->arena, &wish, &facts, e));
	doctor_judge(&c->arena, &facts, &points);
	for (size_t i = 0; i < points.n; i++)
		print(&points.v[i]);
	return doctor_can_build(&points)
		       ? 0
		       : err_set(e, ERR_STEP, "no build can run here; see what stops it, above");
}
