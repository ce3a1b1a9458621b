/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the options of a build, before anything is done. */
#include "cmd/asked.h"
#include "base/err.h"
#include "cmd/spilled.h"
#include "publish/outside.h"
#include <fcntl.h>

static int
events_fd(const struct ctx *c, int *out, struct err *e)
{
	const char *text = opt_get(&c->opts, "events");
	uint64_t n;

	*out = -1;
	if (!text)
		return 0;
	if (!str_to_u64(str_of(text), &n) || n > 65535 || fcntl((int)n, F_GETFD) < 0)
		return err_set(e, ERR_USAGE,
			"--events: descriptor \"%s\" is not open; open it in the shell, as in --events 3 3>events",
			text);
	*out = (int)n;
	return 0;
}

int
asked_of_plan(const struct ctx *c, struct plan_options *out, struct err *e)
{
	const char *device = opt_get(&c->opts, "device-only"), *slim = opt_get(&c->opts, "slim"),
		   *engine = opt_get(&c->opts, "engine");

	/* What is to be compared with plain compilers wants C++ sources plain as well. */
	if (!slim && engine && streq(engine, "plain"))
		slim = "off";
	if (!device || streq(device, "verify"))
		out->device_only = PLAN_DEVICE_VERIFY;
	else if (streq(device, "trust"))
		out->device_only = PLAN_DEVICE_TRUST;
	else if (streq(device, "off"))
		out->device_only = PLAN_DEVICE_OFF;
	else if (streq(device, "audit"))
		out->audits_device = true;
	else
		return err_set(e, ERR_USAGE,
			"--device-only must be verify, trust, audit or off, not \"%s\"", device);
	if (!slim || streq(slim, "all"))
		out->slim = PLAN_SLIM_ALL;
	else if (streq(slim, "device"))
		out->slim = PLAN_SLIM_DEVICE;
	else if (streq(slim, "off"))
		out->slim = PLAN_SLIM_OFF;
	else if (!streq(slim, "audit"))
		return err_set(
			e, ERR_USAGE, "--slim must be all, device, audit or off, not \"%s\"", slim);
	if (slim && streq(slim, "audit")) {
		out->slim = PLAN_SLIM_ALL;
		out->audits_slim = out->audits_device = true;
	}
	return 0;
}

int
asked_read(struct build *b, int *events, struct err *e)
{
	const struct opts *o = &b->c->opts;
	const char *memory = opt_get(o, "memory"), *trace = opt_get(o, "trace");

	TRY(events_fd(b->c, events, e));
	if (memory)
		TRY(cmd_parse_size("--memory", memory, &b->memory, e));
	TRY(asked_of_plan(b->c, &b->plan_options, e));
	TRY(spilled_check(b->c, e));
	return trace ? trace_check(&b->c->arena, trace, e) : 0;
}

int
asked_check_places(const struct build *b, struct err *e)
{
	const char *output = opt_get(&b->c->opts, "output"),
		   *wheels = opt_get(&b->c->opts, "wheel-dir");
	struct arena *a = &b->c->arena;

	if (output)
		TRY(outside_for_variants(a, &b->w.project, "--output", output, e));
	return wheels ? outside_kernel(a, &b->w.project, "--wheel-dir", wheels, e) : 0;
}
