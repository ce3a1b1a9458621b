/* SPDX-License-Identifier: Apache-2.0 */
/* build: the pipeline from build.toml to published variants. */
#include "cmd/build.h"
#include "base/err.h"
#include "base/jobserver.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/path.h"
#include "cmd/asked.h"
#include "cmd/debug_warnings.h"
#include "cmd/full_ways.h"
#include "cmd/hints.h"
#include "cmd/keep_last.h"
#include "cmd/reasons.h"
#include "cmd/spilled.h"
#include "cmd/unchanged.h"
#include "cmd/wheel.h"
#include "engine/compare.h"
#include "engine/sandbox.h"
#include "generate/commands.h"
#include "package/package.h"
#include "publish/publish.h"
#include "remote/remote.h"
#include "steps/steps.h"
#include "store/gc.h"
#include <errno.h>
#include <stdlib.h>

int
build_open_engine(struct build *b, struct err *e)
{
	const char *c = b->c->settings.cache;
	enum cache_mode mode = streq(c, "off") ? CACHE_OFF : streq(c, "ro") ? CACHE_RO : CACHE_RW;

	return engine_open(&(struct engine_levels){ .store = b->store,
				   .mode = mode,
				   .remote = b->remote.r,
				   .scratch = b->remote.scratch,
				   .properties = &b->c->settings.remote.properties },
		&b->w.plan, &steps_domain, &b->engine, e);
}

/* Pins of the steps that will run. */
static int
fetch_needed(struct build *b, struct err *e)
{
	const struct outcome *out = engine_outcomes(b->engine);
	struct arena *a = &b->c->arena;
	struct map seen = { 0 };
	struct pin **pins;

	for (size_t i = 0; i < b->w.plan.n_steps; i++) {
		if (out[i].may_run)
			plan_step_pins(a, &b->w.plan.steps[i], &seen);
	}
	pins = arena_array(a, struct pin *, seen.n + 1);
	for (size_t i = 0; i < seen.n; i++)
		pins[i] = seen.entry[i].val;
	return work_fetch(
		b->c, b->store, &(struct pin_list){ pins, seen.n }, false, &b->fetched, e);
}

/* The sandbox that the settings ask for; NULL: none. */
static int
choose_sandbox(struct build *b, const struct sandbox **out, struct err *e)
{
	const char *mode = b->c->settings.sandbox, *why = "";
	int found = 0;

	*out = NULL;
	if (!streq(mode, "off"))
		TRY(found = sandbox_find(&b->c->arena, out, &why, e));
	if (!found)
		*out = NULL;
	if (!found && streq(mode, "on"))
		return err_set(e, ERR_SYS,
			"no sandbox: %s; --sandbox=off builds the same bytes without it", why);
	if (!found)
		debug_warn_of_all(&b->w.project);
	log_debug("sandbox: %s%s%s", found ? "on" : "off", *why ? ", " : "", why);
	progress_note(b->progress, "sandbox", "mode", found ? "on" : "off");
	return 0;
}

int
build_run_prepared(struct build *b, struct observer observer, struct err *e)
{
	const struct settings *s = &b->c->settings;
	struct engine_options o = {
		.jobs = s->max_jobs < s->cores ? s->max_jobs : s->cores,
		.memory = b->memory ? b->memory : memory_free(),
		.keep_going = b->keeps_going || opt_has(&b->c->opts, "keep-going"),
		.far_jobs = cmd_far_jobs(b->c, &b->remote),
		/* A server takes about as long for nothing (bench/README.md); what is to be proved
		 * is proved of all. */
		.far_seconds = b->is_rebuild ? 0 : 1,
		.far_first = b->is_rebuild,
		.observer = timeline_observer(b->timeline, &observer),
	};
	int r;

	b->could_use = o.memory;
	timeline_phase(b->timeline, "fetch");
	TRY(fetch_needed(b, e));
	timeline_phase(b->timeline, "run");
	if (!b->knows_sandbox) {
		TRY(choose_sandbox(b, &b->sandbox, e));
		b->jobserver = jobserver_open(&b->c->arena, getenv("MAKEFLAGS"));
	}
	b->knows_sandbox = true;
	if (!b->sandbox)
		debug_warn_of_lines(&b->w.plan, b->asks);
	o.sandbox = b->sandbox;
	o.jobserver = b->jobserver;
	r = engine_run(b->engine, &o, &b->failed, e);
	while (r == 0 && engine_is_lost(b->engine) && !b->is_rebuild) {
		/* What a server had is gone: what is left now is made here. */
		TRY(engine_probe(b->engine, false, e));
		TRY(fetch_needed(b, e));
		r = engine_run(b->engine, &o, &b->failed, e);
	}
	progress_end(b->progress);
	if (r == 0 && engine_is_lost(b->engine))
		return err_set(
			e, ERR_NET, "the server lost results during --rebuild; run it once more");
	return r;
}

static int
run_steps(struct build *b, struct err *e)
{
	int left;

	timeline_phase(b->timeline, "look up");
	left = engine_probe(b->engine, false, e);
	return left <= 0
		       ? left
		       : build_run_prepared(b, (struct observer){ progress_event, b->progress }, e);
}

/* Of the questions, only a failure is worth a word. */
static void
question_event(void *arg, const struct plan *plan, const struct engine_event *ev)
{
	if (ev->kind == ENGINE_DONE && ev->state == STEP_FAILED)
		progress_event(arg, plan, ev);
}

/* 1: all are taken. 0: one is not there, or damaged. */
static int
take_answers(struct build *b, struct plan_answers *out, struct err *e)
{
	const struct outcome *o = engine_outcomes(b->engine);
	struct arena *a = &b->c->arena;

	for (size_t i = 0; i < b->w.plan.n_steps; i++) {
		const struct step *s = &b->w.plan.steps[i];
		struct str *text = arena_new(a, struct str);
		struct digest id, is;

		if (fs_read(a, engine_object_path(a, b->engine, &o[i].objects[0]), SIZE_MAX, text,
			    e) < 0)
			return e->sys == ENOENT ? 0 : -1;
		is = sha256_of(text->p, text->n);
		if (!digest_eq(&is, &o[i].objects[0]))
			return 0;
		id = plan_question_id(a, s);
		*map_put(a, &out->by_id,
			(struct str){ arena_strndup(a, (const char *)id.b, sizeof(id.b)),
				sizeof(id.b) }) = text;
	}
	return 1;
}

int
build_run_questions(struct build *b, struct plan_answers *out, struct err *e)
{
	int left, taken = 0;

	TRY(build_open_engine(b, e));
	TRY(left = engine_probe(b->engine, true, e));
	if (left == 0)
		TRY(taken = take_answers(b, out, e));
	if (taken)
		return 0;
	TRY(left = engine_probe(b->engine, false, e));
	if (left)
		TRY(build_run_prepared(b, (struct observer){ question_event, b->progress }, e));
	if (b->failed)
		return err_set(e, ERR_STEP, "nvcc rejects %zu compilation%s; see above", b->failed,
			b->failed == 1 ? "" : "s");
	TRY(taken = take_answers(b, out, e));
	return taken ? 0
		     : err_set(e, ERR_STORE, "a stored result of nvcc was damaged; build again");
}

/* The first plan: what is to be asked of nvcc, or, when it is not to be divided, all. */
static int
first_plan(struct build *b, struct err *e)
{
	const char *engine = opt_get(&b->c->opts, "engine");
	struct work *w = &b->w;
	const struct plan_subject of = work_subject(w);

	if (engine && !streq(engine, "plain") && !streq(engine, "divided"))
		return err_set(
			e, ERR_USAGE, "--engine must be divided or plain, not \"%s\"", engine);
	b->asks = !engine || !streq(engine, "plain");
	if (!b->asks)
		return work_make_plan(b->c, w, NULL, &b->plan_options, e);
	return plan_questions(&b->c->arena, &of, &w->plan, e);
}

/* Asks nvcc what it would do, and makes the plan accordingly. */
static int
divide(struct build *b, struct err *e)
{
	struct plan_answers answers = { 0 };
	int r;

	if (!b->asks)
		return 0;
	timeline_phase(b->timeline, "ask nvcc");
	r = b->w.plan.n_steps ? build_run_questions(b, &answers, e) : 0;
	engine_close(b->engine);
	b->engine = NULL;
	TRY(r);
	timeline_phase(b->timeline, "plan");
	return work_make_plan(b->c, &b->w, &answers, &b->plan_options, e);
}

static bool
is_done(const struct build *b, const struct plan_variant *v)
{
	const struct outcome *out = engine_outcomes(b->engine);

	return v->link == SIZE_MAX || outcome_has_objects(&out[v->link]);
}

static bool
any_done(const struct build *b)
{
	for (size_t i = 0; i < b->w.plan.n_variants; i++) {
		if (is_done(b, &b->w.plan.variants[i]))
			return true;
	}
	return false;
}

/* The package of a variant whose steps are done; 0 when they are not. */
static int
make_package(struct build *b, const struct plan_variant *v, struct package *pkg, struct err *e)
{
	const struct outcome *out = engine_outcomes(b->engine);
	const struct digest *link = v->link == SIZE_MAX ? NULL : &out[v->link].objects[0];
	struct arena *a = &b->c->arena;
	struct package_extension extension;

	if (!is_done(b, v))
		return 0;
	if (link)
		extension =
			(struct package_extension){ engine_object_path(a, b->engine, link), *link };
	TRY(package_make(a, &b->w.plan, v, link ? &extension : NULL, pkg, e));
	return 1;
}

/* 1: every variant is in its place. */
static int
all_published(struct build *b, struct publish *pub, struct err *e)
{
	int r = 1;

	for (size_t i = 0; r > 0 && i < b->w.plan.n_variants; i++) {
		struct package pkg;

		r = make_package(b, &b->w.plan.variants[i], &pkg, e);
		if (r > 0)
			r = publish_is_current(pub, &pkg, e);
	}
	return r;
}

/* publish_check: what the auditor says of a variant, said to the user. */
static int
audit(void *arg, const char *variant, const char *dir, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct build *b = arg;
	struct check_options o = b->check;
	struct findings found = { 0 };
	bool is_bad;

	o.variant = variant;
	TRY(check_variant(&a, dir, &o, &found, e));
	findings_text(&found, &text);
	findings_copy(&b->c->arena, &found, &b->findings);
	is_bad = findings_count(&found, SEVERITY_ERROR) > 0;
	if (text.n)
		log_text(is_bad ? LOG_ERROR : LOG_WARN, text.p, text.n);
	if (!is_bad || opt_has(&b->c->opts, "no-check"))
		return 1;
	progress_note(b->progress, "refused", "variant", variant);
	b->refused++;
	return 0;
}

static int
publish_all(struct build *b, struct publish *pub, size_t *written, struct err *e)
{
	const struct plan *p = &b->w.plan;

	cmd_private_paths(b->c, b->w.project.dir, &b->check.private_paths);
	keep_last_published(b, 0, -1);
	for (size_t i = 0; i < p->n_variants; i++) {
		struct package pkg;
		int r = make_package(b, &p->variants[i], &pkg, e);
		bool is_made = r > 0;

		if (is_made && publish_is_current(pub, &pkg, e) == 0)
			spilled_look(b, i);
		if (is_made)
			r = publish_variant(pub, &pkg, audit, b, e);
		TRY(r);
		if (is_made)
			keep_last_published(b, i, r);
		if (r == PUBLISH_WRITTEN)
			progress_note(b->progress, "published", "variant", pkg.variant);
		*written += r == PUBLISH_WRITTEN;
	}
	return 0;
}

/* Of the variants that are in their places: what was refused is not there as it was made. */
static int
make_wheels(struct build *b, struct publish *pub, struct err *e)
{
	struct wheels w = { .b = b };

	for (size_t i = 0; cmd_makes_wheels(b->c) && i < b->w.plan.n_variants; i++) {
		const struct plan_variant *v = &b->w.plan.variants[i];
		struct package pkg;
		int r = make_package(b, v, &pkg, e);

		if (r > 0)
			r = publish_is_current(pub, &pkg, e);
		if (r > 0)
			r = wheel_of_variant(&w, v, &pkg, e);
		TRY(r);
	}
	return 0;
}

/* build/ is locked while it is looked at or written, not while steps run. */
static int
with_publish(struct build *b, bool look, size_t *written, struct err *e)
{
	struct publish *pub;
	int r;

	timeline_phase(b->timeline, "publish");
	TRY(publish_open(
		&b->c->arena, b->store, b->w.project.dir, opt_get(&b->c->opts, "output"), &pub, e));
	r = look ? all_published(b, pub, e) : publish_all(b, pub, written, e);
	if (r >= 0 && (!look || r > 0))
		r = publish_result(pub, e) < 0 || make_wheels(b, pub, e) < 0 ? -1 : r;
	if (r >= 0 && (!look || r > 0) && !b->failed && !b->refused)
		r = unchanged_note(b, pub, e) < 0 ? -1 : r;
	publish_close(pub);
	return r;
}

/* Everything once more, compared with what there is. */
static int
rebuild(struct build *b, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	size_t had, written;
	int differ;

	if (streq(b->c->settings.cache, "off"))
		return err_set(
			e, ERR_USAGE, "--rebuild compares with the cache; leave out --cache=off");
	timeline_phase(b->timeline, "look up");
	TRY(build_open_engine(b, e));
	TRY(engine_probe(b->engine, false, e));
	engine_again(b->engine);
	b->is_rebuild = true;
	TRY(build_run_prepared(b, (struct observer){ progress_event, b->progress }, e));
	if (opt_has(&b->c->opts, "explain"))
		log_info("explain: all steps: --rebuild runs them whatever is in the store");
	had = engine_compared(b->engine);
	TRY(differ = compare_results(b->engine, &b->w.plan, &text, e));
	if (differ)
		log_text(LOG_ERROR, text.p, text.n);
	if (b->failed)
		return err_set(e, ERR_STEP, "%zu step%s failed; see above", b->failed,
			b->failed == 1 ? "" : "s");
	if (differ)
		return err_set(e, ERR_STEP,
			"%d of %zu steps did not give the same bytes as before; see above", differ,
			had);
	TRY(with_publish(b, false, &written, e));
	if (b->refused)
		return err_set(e, ERR_ABI, "%zu variant%s refused and not published; see above",
			b->refused, b->refused == 1 ? " was" : "s were");
	log_info("%zu steps ran again, all with the same bytes as before", had);
	return 0;
}

/* Makes room after a build that added something. */
static int
evict(struct build *b, struct err *e)
{
	struct store_info gone;
	char size[16];

	if (!streq(b->c->settings.cache, "rw"))
		return 0;
	timeline_phase(b->timeline, "evict");
	TRY(store_evict(b->store, b->c->settings.cache_size, &gone, e));
	log_debug("evicted %s of least recently used results", str_size(size, gone.bytes));
	return 0;
}

static void
tell_end(struct build *b, size_t written)
{
	const char *output = opt_get(&b->c->opts, "output");
	size_t n = b->w.resolution.n;
	struct timespec now;
	char size[16];

	clock_gettime(CLOCK_MONOTONIC, &now);
	cmd_tell_remote(&b->remote);
	log_info("%zu variant%s in %s, %zu written, %s fetched, %.2f s", n, n == 1 ? "" : "s",
		output ? output : path_join(&b->c->arena, b->w.project.dir, "build"), written,
		str_size(size, b->fetched.bytes),
		(double)(now.tv_sec - b->begin.tv_sec) +
			(double)(now.tv_nsec - b->begin.tv_nsec) / 1e9);
}

static int
build(struct build *b, struct err *e)
{
	const char *output = opt_get(&b->c->opts, "output");
	size_t written = 0;
	int r;

	TRY(build_open_engine(b, e));
	timeline_phase(b->timeline, "look up");
	/* No object is hashed for this: none is used. */
	TRY(r = engine_probe(b->engine, true, e));
	r = r > 0 ? 0 : with_publish(b, true, &written, e);
	TRY(r);
	if (r == 0) {
		TRY(publish_can_open(&b->c->arena, b->w.project.dir, output, e));
		TRY(run_steps(b, e));
		full_ways_tell(b->engine, &b->w.plan);
		if (any_done(b))
			TRY(with_publish(b, false, &written, e));
		TRY(evict(b, e));
	}
	TRY(reasons_tell(b, e));
	TRY(spilled_tell(b, e));
	if (b->failed)
		return err_set(e, ERR_STEP, "%zu step%s failed; see above", b->failed,
			b->failed == 1 ? "" : "s");
	if (b->refused)
		return err_set(e, ERR_ABI, "%zu variant%s refused and not published; see above",
			b->refused, b->refused == 1 ? " was" : "s were");
	tell_end(b, written);
	return 0;
}

/* Trees that somebody else fetched. */
static int
take_trees(struct build *b, struct err *e)
{
	const struct strs trees = opt_all(&b->c->arena, &b->c->opts, "tree");
	struct digest ignored;

	for (size_t i = 0; i < trees.n; i++) {
		if (!fs_is_dir(trees.v[i]))
			return err_set(
				e, ERR_USAGE, "--tree: there is no directory %s", trees.v[i]);
		TRY(store_copy_tree(b->store, trees.v[i], &ignored, e));
	}
	return 0;
}

/* For editors: not with an output of its own, which names no path. The build is what it is
 * without. */
static void
write_commands(struct build *b, int r, const struct err *why)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct err e = { 0 };

	if (opt_has(&b->c->opts, "output"))
		return;
	if (r < 0 && why->code != ERR_STEP && why->code != ERR_ABI)
		return;
	timeline_phase(b->timeline, "compile_commands.json");
	if (commands_write(&a, &b->w.plan, b->store, &e) < 0)
		log_warn("compile_commands.json was not written: %s", e.msg);
}

static void
note_package(const struct project *p, const struct sources_set *s)
{
	const char *const more[] = { "", ", ..." };

	if (!sources_can_alias(s, p))
		log_info(
			"note: the package has its own module %s, so `import %s` does not work from a variant's directory; the kernels client loads it",
			p->module, p->module);
	if (s->left_out.n)
		log_info(
			"note: %zu file%s of the package %s not shipped (%s%s); if the kernel needs them, add their suffix to pyext",
			s->left_out.n, s->left_out.n == 1 ? "" : "s",
			s->left_out.n == 1 ? "is" : "are", s->left_out.v[0],
			more[s->left_out.n > 1]);
}

/* Asks nvcc, and makes the plan. */
static int
make_plan(struct build *b, struct err *e)
{
	TRY(work_choose_tools(b->c, &b->w, e));
	TRY(first_plan(b, e));
	TRY(take_trees(b, e));
	TRY(work_take_cutlass(b->c, b->store, &b->w, e));
	return divide(b, e);
}

int
build_plan(struct build *b, struct ctx *c, struct err *e)
{
	int r;

	*b = (struct build){ .c = c };
	TRY(asked_of_plan(c, &b->plan_options, e));
	TRY(work_load(c, &b->w, e));
	b->progress = progress_new(&c->arena, -1);
	TRY(store_open(c->settings.home, false, &b->store, e));
	r = make_plan(b, e);
	store_close(b->store);
	jobserver_close(b->jobserver);
	return r;
}

/* Asks nvcc, makes the plan, runs it, publishes. */
static int
build_by_plan(struct build *b, struct err *e)
{
	struct err ignored;
	int r;

	r = make_plan(b, e);
	if (r == 0)
		r = opt_has(&b->c->opts, "rebuild") ? rebuild(b, e) : build(b, e);
	write_commands(b, r, e);
	keep_last_build(b, r, e);
	if (r < 0)
		unchanged_forget(b);
	/* Without the records, the next build looks everything up, and cannot say why steps ran. */
	if (r == 0 && (reasons_record(b, &ignored) < 0 || unchanged_remember(b, &ignored) < 0))
		log_debug("%s", ignored.msg);
	return r;
}

static int
run_build(struct build *b, int events, struct err *e)
{
	struct ctx *c = b->c;
	int r;

	timeline_phase(b->timeline, "plan");
	TRY(work_load(c, &b->w, e));
	TRY(asked_check_places(b, e));
	note_package(&b->w.project, &b->w.sources);
	if (!opt_has(&c->opts, "no-check"))
		TRY(cmd_check_python(c, &b->w.project, &b->w.sources, e));
	b->progress = progress_new(&c->arena, events);
	TRY(store_open(c->settings.home, false, &b->store, e));
	progress_explain(b->progress, hinter_new(&c->arena, &b->w.project, b->store));
	/* What is wrong with its options is said even if it will not be asked. */
	r = cmd_open_remote(b->c, &b->remote, e) < 0 ? -1 : unchanged_find(b, e);
	if (r > 0)
		tell_end(b, 0);
	else if (r == 0)
		r = cmd_prepare_remote(b->c, b->store, &b->remote, e) < 0 ? -1
									  : build_by_plan(b, e);
	engine_close(b->engine);
	cmd_close_remote(b->store, &b->remote);
	store_close(b->store);
	jobserver_close(b->jobserver);
	return r < 0 ? -1 : 0;
}

/* A failed build has a trace as well; that it cannot be written is then the lesser problem. */
static int
end_trace(const struct build *b, int r, struct err *e)
{
	const char *path = opt_get(&b->c->opts, "trace");
	struct err second = { 0 };

	if (!path)
		return r;
	timeline_phase(b->timeline, NULL);
	if (r == 0)
		return trace_write(b->timeline, path, e);
	if (trace_write(b->timeline, path, &second) < 0)
		log_warn("%s", second.msg);
	return r;
}

int
build_all(struct build *b, struct ctx *c, struct err *e)
{
	int fd;

	*b = (struct build){ .c = c, .timeline = timeline_new(&c->arena) };
	clock_gettime(CLOCK_MONOTONIC, &b->begin);
	TRY(asked_read(b, &fd, e));
	return end_trace(b, run_build(b, fd, e), e);
}

int
cmd_build(struct ctx *c, struct err *e)
{
	struct build b;

	return build_all(&b, c, e);
}

int
cmd_wheel(struct ctx *c, struct err *e)
{
	c->makes_wheels = true;
	return cmd_build(c, e);
}
