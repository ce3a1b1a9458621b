/* SPDX-License-Identifier: Apache-2.0 */
/* What build shares with other commands that run steps. */
#ifndef CMD_BUILD_H
#define CMD_BUILD_H
#include "check/findings.h"
#include "cmd/cmd.h"
#include "report/timeline.h"
#include <time.h>

struct build {
	struct ctx *c;
	struct work w;
	struct store *store;
	struct engine *engine;
	struct server remote;
	struct progress *progress;
	struct timeline *timeline;     /* NULL: nobody wants to know */
	const struct sandbox *sandbox; /* NULL: none, or not looked for yet */
	bool knows_sandbox;
	struct jobserver *jobserver; /* NULL: none, or not looked for yet */
	bool is_rebuild;
	bool asks; /* nvcc, before the plan is made */
	struct plan_options plan_options;
	bool keeps_going; /* after a failure, whatever the options say */
	struct timespec begin;
	uint64_t memory;    /* that steps may take together; 0: what is free */
	uint64_t could_use; /* what that was when steps ran last; 0: none did */
	size_t failed, refused;
	struct check_options check;
	struct last_files fetched;
	struct findings findings;       /* of those variants that were written or refused */
	struct last_variant *published; /* one for each of the plan's; NULL: not looked at */
	struct spilled *spilled; /* of each variant (cmd/spilled.h); NULL: none was replaced */
	/* of each variant, what is recorded of it (cmd/unchanged.h); NULL: not all are current */
	struct digest *records;
};

/* What `build` does, by c's options; then b->w.resolution says what was built. Everything but
 * memory is given back. */
int build_all(struct build *b, struct ctx *c, struct err *e);
/* b->w.plan becomes that of `build`, by c's options. nvcc is fetched and asked; nothing else
 * runs. Everything but memory is given back. */
int build_plan(struct build *b, struct ctx *c, struct err *e);
/* Opens b->engine for b->w.plan. */
int build_open_engine(struct build *b, struct err *e);
/* Fetches what the steps need that engine_probe or engine_again left, and runs them. */
int build_run_prepared(struct build *b, struct observer observer, struct err *e);
/* Runs b->w.plan, which must be of questions to nvcc, and takes the answers. b->engine stays
 * open. */
int build_run_questions(struct build *b, struct plan_answers *out, struct err *e);
#endif
