/* SPDX-License-Identifier: Apache-2.0 */
/* What most commands begin with: the project, the catalog or lock, the selection, the plan, the
 * trees. */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include "config/capability.h"
#include "explain/explain.h"
#include "local/gpus.h"
#include "local/host_python.h"
#include <stdio.h>

int
cmd_parse_size(const char *option, const char *text, uint64_t *out, struct err *e)
{
	if (!str_to_size(str_of(text), out))
		return err_set(
			e, ERR_USAGE, "%s: \"%s\" is not a size such as 20G or 512M", option, text);
	return 0;
}

int
cmd_need_dir(const char *path, struct err *e)
{
	if (fs_is_dir(path))
		return 0;
	return err_set(e, ERR_USAGE,
		fs_exists(path) ? "%s is not a directory" : "there is no directory %s", path);
}

int
work_dir(const struct ctx *c, const char **out, struct err *e)
{
	const char *flag = opt_get(&c->opts, "directory");

	if (c->opts.operands.n > 1)
		return err_set(e, ERR_USAGE, "one directory at most; \"%s\" is a second",
			c->opts.operands.v[1]);
	*out = c->opts.operands.n ? c->opts.operands.v[0] : flag ? flag : ".";
	return cmd_need_dir(*out, e);
}

int
cmd_find_host(struct ctx *c, struct err *e)
{
	struct host *h;

	if (c->host)
		return 0;
	h = arena_new(&c->arena, struct host);
	TRY(host_python_torch(&c->arena, opt_get(&c->opts, "python"), h, e));
	c->host = h;
	return 0;
}

int
cmd_find_python(struct ctx *c, struct host_python *out, struct err *e)
{
	return host_python_find(&c->arena, opt_get(&c->opts, "python"), out, e);
}

/* What --capability asks for, "host" as the GPUs of this machine. */
static int
read_capabilities(struct ctx *c, struct strs *out, struct err *e)
{
	struct strs given = opt_all(&c->arena, &c->opts, "capability");
	int found;

	for (size_t i = 0; i < given.n; i++) {
		const char *s = given.v[i];

		if (streq(s, "host")) {
			TRY(found = gpus_find(&c->arena, out, e));
			if (!found)
				return err_set(e, ERR_RESOLVE,
					"--capability host: no NVIDIA GPU or driver found; name a capability, such as --capability 9.0");
			continue;
		}
		if (!capability_is_valid(str_of(s)) || strchr(s, '+'))
			return err_set(e, ERR_USAGE,
				"--capability %s is not a capability; write one such as 9.0 or 9.0a, or host for the GPUs of this machine",
				s);
		strs_add(&c->arena, out, s);
	}
	return 0;
}

/* What --target asks for; nothing: see choose_targets. A shell is for this machine. */
static int
read_target(struct ctx *c, struct selection *s, struct err *e)
{
	const char *asked = c->newest_only ? NULL : c->settings.target;
	const char *known = "";

	for (size_t i = 0; i < TARGET_COUNT; i++) {
		if (asked && (streq(asked, "all") || streq(asked, targets[i].cpu)))
			vec_push(&c->arena, &s->targets, targets[i].cpu);
		known = arena_printf(&c->arena, "%s%s%s", known, i ? ", " : "", targets[i].cpu);
	}
	return !asked || s->targets.n ? 0
				      : err_set(e, ERR_USAGE, "%s must be %s or all, not \"%s\"",
						c->settings.target_from, known, asked);
}

/* Where nobody says for which: those that the lock is for, or that the names of variants have; else
 * this machine. */
static int
choose_targets(struct ctx *c, struct work *w, struct err *e)
{
	struct selection *s = &w->selection;
	const struct target *here = target_native();

	if (s->targets.n || (s->variants.n && !s->host))
		return 0;
	if (s->host)
		here = c->host->target;
	for (struct catalog *of = &w->catalog; w->locked && !s->host && !c->newest_only && of;
		of = of->other)
		vec_push(&c->arena, &s->targets, of->target->cpu);
	if (s->targets.n)
		return 0;
	if (!here)
		return err_set(e, ERR_RESOLVE,
			"nothing is built for the kind of machine that this is; choose with --target");
	vec_push(&c->arena, &s->targets, here->cpu);
	return 0;
}

static int
read_selection(struct ctx *c, struct selection *s, struct err *e)
{
	struct arena *a = &c->arena;

	TRY(read_target(c, s, e));
	s->matrix = opt_get(&c->opts, "matrix");
	s->variants = opt_all(a, &c->opts, "variant");
	s->torch = opt_all(a, &c->opts, "torch");
	s->cuda = opt_all(a, &c->opts, "cuda");
	s->abi = opt_all(a, &c->opts, "abi");
	s->backends = opt_all(a, &c->opts, "backend");
	return read_capabilities(c, &s->capabilities, e);
}

int
cmd_load_catalog(struct ctx *c, struct catalog *out, struct err *e)
{
	TRY(catalog_load(&c->arena, c->settings.catalog, out, e));
	if (c->settings.redist && *c->settings.redist)
		catalog_use_redist(out);
	return 0;
}

/* What the lock has for the Python at hand, else what the program's catalog has. */
static int
choose_for_host(struct ctx *c, struct work *w, struct lock *lock, struct err *e)
{
	struct matrix *m = arena_new(&c->arena, struct matrix);
	struct selection *s = &w->selection;
	struct catalog *of;

	TRY(cmd_find_host(c, e));
	TRY(host_backends(&c->arena, c->host, &w->project, &s->backends, &s->backends, e));
	TRY(cmd_load_catalog(c, &w->catalog, e));
	of = catalog_for(&w->catalog, c->host->target);
	if (!of)
		return err_set(e, ERR_RESOLVE, "%s is for %s, which the catalog does not have",
			c->host->python, c->host->target->cpu);
	TRY(host_matrix(
		&c->arena, c->host, &(struct host_wish){ &w->project, &s->backends, of }, m, e));
	s->host = m;
	s->targets = (struct strs){ 0 };
	if (!lock)
		return 0;
	w->locked = host_is_locked(m, catalog_for(&lock->catalog, c->host->target));
	if (w->locked)
		w->catalog = lock->catalog;
	else
		log_info(
			"note: %s/%s has no variant for torch %s of %s; using the built-in catalog instead",
			w->project.dir, LOCK_FILE, c->host->release, c->host->python);
	return 0;
}

/* The lock decides unless --no-lock, or --matrix names another matrix than the lock's. */
static int
choose_catalog(struct ctx *c, struct work *w, struct err *e)
{
	const char *matrix = w->selection.matrix;
	struct lock lock = { 0 };
	int r = 0;

	if (!opt_has(&c->opts, "no-lock") && !c->settings.catalog)
		TRY(r = lock_read(&c->arena, w->project.dir, &lock, e));
	if (matrix && streq(matrix, "host"))
		return choose_for_host(c, w, r ? &lock : NULL, e);
	if (r > 0 && lock.matrix && (!matrix || streq(matrix, lock.matrix))) {
		w->catalog = lock.catalog;
		w->selection.matrix = lock.matrix;
		w->locked = true;
		return 0;
	}
	return cmd_load_catalog(c, &w->catalog, e);
}

/* A lock decides what there is: when that is not enough, say so, and what to do. */
static int
name_lock(const struct work *w, struct err *e)
{
	char *end = e->msg + strlen(e->msg);
	const size_t room = sizeof(e->msg) - strlen(e->msg);

	if (!w->locked || e->code != ERR_RESOLVE || strstr(e->msg, LOCK_WAY_OUT))
		return -1;
	if (strstr(e->msg, LOCK_FILE))
		snprintf(end, room, "; " LOCK_WAY_OUT);
	else
		snprintf(end, room, "; %s/%s decides what there is: " LOCK_WAY_OUT, w->project.dir,
			LOCK_FILE);
	return -1;
}

/* Nothing is left of a matrix that nobody chose: does another one have something? */
static void
name_matrix(struct ctx *c, const struct work *w, struct err *e)
{
	struct selection in_all = w->selection;
	struct resolution found;
	struct err none = { 0 };
	size_t n = strlen(e->msg);

	in_all.matrix = "all";
	if (w->locked || e->code != ERR_RESOLVE || w->selection.matrix ||
		!catalog_find_matrix(&w->catalog, "all") ||
		resolve_variants(&c->arena, &w->project, &w->catalog, &in_all, &found, &none) < 0)
		return;
	snprintf(e->msg + n, sizeof(e->msg) - n, "; --matrix all has %zu variant%s", found.n,
		found.n == 1 ? "" : "s");
}

/* What the chosen matrix has for the kernel; where that may be any and the chosen one has nothing,
 * what all has. */
static int
find_variants(struct ctx *c, struct work *w, struct err *e)
{
	if (resolve_variants(
		    &c->arena, &w->project, &w->catalog, &w->selection, &w->resolution, e) == 0)
		return 0;
	if (!c->any_matrix || e->code != ERR_RESOLVE) {
		name_matrix(c, w, e);
		return name_lock(w, e);
	}
	w->selection.matrix = "all";
	TRY(cmd_load_catalog(c, &w->catalog, e));
	return resolve_variants(
		&c->arena, &w->project, &w->catalog, &w->selection, &w->resolution, e);
}

int
work_resolve(struct ctx *c, struct work *w, struct err *e)
{
	const char *dir = NULL;

	*w = (struct work){ 0 };
	TRY(work_dir(c, &dir, e));
	TRY(project_load(&c->arena, dir, &w->project, e));
	TRY(cmd_provenance(c, &w->project, e));
	for (size_t i = 0; i < w->project.warnings.n; i++)
		log_warn("%s", w->project.warnings.v[i]);
	TRY(read_selection(c, &w->selection, e));
	TRY(choose_catalog(c, w, e));
	TRY(choose_targets(c, w, e));
	TRY(find_variants(c, w, e));
	w->selection.matrix = w->resolution.matrix;
	for (size_t i = 0; i < w->resolution.warnings.n; i++)
		log_warn("%s", w->resolution.warnings.v[i]);
	if (c->newest_only)
		resolution_keep_newest(&w->resolution);
	for (size_t i = 0; i < w->resolution.notes.n; i++)
		log_info("note: %s", w->resolution.notes.v[i]);
	for (size_t i = 0; i < w->resolution.absent.n; i++)
		log_debug("note: %s", w->resolution.absent.v[i]);
	return 0;
}

int
work_load(struct ctx *c, struct work *w, struct err *e)
{
	TRY(work_resolve(c, w, e));
	TRY(sources_load(&c->arena, &w->project, &w->sources, e));
	TRY(plan_keep_libraries(
		&c->arena, &w->project, &w->sources, &w->resolution, &w->catalog, e));
	return explain_refuse(&w->project, &w->sources, &w->resolution, e);
}

/* NULL: none that anything here runs on. */
static int
find_machine(const struct ctx *c, const struct target **out, struct err *e)
{
	const char *asked = opt_get(&c->opts, "machine");

	*out = asked ? target_find(asked) : target_native();
	if (asked && !*out)
		return err_set(
			e, ERR_USAGE, "--machine must be x86_64 or aarch64, not \"%s\"", asked);
	if (asked && *out != target_native() && opt_has(&c->opts, "divided"))
		return err_set(e, ERR_USAGE,
			"--divided runs nvcc, so it is for this machine only: leave out --machine");
	return 0;
}

static int
check_tools(const struct work *w, const struct target *machine, struct err *e)
{
	for (size_t i = 0; i < w->resolution.n; i++) {
		const struct variant *v = &w->resolution.v[i];
		const struct pin *lacks =
			v->kind == VARIANT_NOARCH ? NULL : native_lacks(w->tools, v);

		if (!lacks)
			continue;
		if (variant_target(v) != machine)
			return err_set(e, ERR_RESOLVE,
				"%s cannot be built on an %s machine: build it on x86-64, and here what --target %s gives",
				v->name, machine->title, machine->cpu);
		return err_set(e, ERR_RESOLVE,
			"%s cannot be built on an %s machine, for which there is nothing in place of %s: build it on x86-64, with --target %s%s",
			v->name, machine->title, path_base(lacks->file), machine->cpu,
			w->locked ? "; if the lock is an old one, `kernel-builder lock` updates it"
				  : "");
	}
	return 0;
}

static bool
has_compiled(const struct resolution *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].kind != VARIANT_NOARCH)
			return true;
	}
	return false;
}

int
work_choose_tools(struct ctx *c, struct work *w, struct err *e)
{
	const struct target *machine;
	struct catalog *known;

	TRY(find_machine(c, &machine, e));
	if (machine == &targets[0] || !has_compiled(&w->resolution))
		return 0;
	if (!machine)
		return err_set(e, ERR_RESOLVE,
			"compilers are for x86-64 and aarch64 machines only; this is neither");
	known = arena_new(&c->arena, struct catalog);
	TRY(cmd_load_catalog(c, known, e));
	w->tools = known->native;
	if (!w->tools)
		return err_set(e, ERR_RESOLVE,
			"the catalog has nothing that runs on %s machines: it has no aarch64-tools.toml",
			machine->title);
	return check_tools(w, machine, e);
}

struct plan_subject
work_subject(const struct work *w)
{
	return (struct plan_subject){ .project = &w->project,
		.sources = &w->sources,
		.resolution = &w->resolution,
		.tools = w->tools };
}

int
work_make_plan(struct ctx *c, struct work *w, const struct plan_answers *answers,
	const struct plan_options *o, struct err *e)
{
	static const struct plan_options to_read = { .is_to_read = true };
	const struct plan_subject of = work_subject(w);

	TRY(plan_make(&c->arena, &of, answers, o ? o : &to_read, &w->plan, e));
	for (size_t i = w->resolution.notes.n; i < w->plan.notes.n; i++)
		log_debug("note: %s", w->plan.notes.v[i]);
	return 0;
}

int
work_plan(struct ctx *c, struct work *w, struct err *e)
{
	TRY(work_load(c, w, e));
	TRY(work_choose_tools(c, w, e));
	return work_make_plan(c, w, NULL, NULL, e);
}

struct fetch_view {
	struct progress *progress;
	struct arena *a;
	struct last_files *got;   /* NULL: nobody asks */
	uint64_t received, total; /* total of those pins that know theirs by now */
	struct pin *const *pins;
	uint64_t *total_of;
	size_t n;
};

static void
add_total(struct fetch_view *v, const struct fetch_event *ev)
{
	for (size_t i = 0; i < v->n; i++) {
		if (v->pins[i] != ev->pin)
			continue;
		v->total += ev->total - v->total_of[i];
		v->total_of[i] = ev->total;
	}
}

static void
on_fetch(void *arg, const struct fetch_event *ev)
{
	struct fetch_view *v = arg;
	char size[16];

	switch (ev->kind) {
	case FETCH_START:
		if (!log_has_status())
			log_info("fetching %s", path_base(ev->pin->file));
		break;
	case FETCH_BYTES:
		v->received += ev->bytes;
		add_total(v, ev);
		break;
	case FETCH_DONE:
		log_info("fetched %s: %s", path_base(ev->pin->file), str_size(size, ev->bytes));
		if (v->got)
			vec_push(v->a, v->got,
				(struct last_file){ path_base(ev->pin->file), ev->bytes });
		break;
	}
	progress_bytes(v->progress, v->received, v->total, path_base(ev->pin->file));
}

int
work_fetch(struct ctx *c, struct store *s, const struct pin_list *list, bool full,
	struct last_files *got, struct err *e)
{
	struct pin *const *pins = list->v;
	const size_t n = list->n;
	const struct settings *set = &c->settings;
	const struct source_settings where = { set->wheel_index, set->debian, set->redist };
	struct fetch_view view = { .progress = progress_new(&c->arena, -1),
		.a = &c->arena,
		.got = got,
		.pins = pins,
		.total_of = arena_array(&c->arena, uint64_t, n + 1),
		.n = n };
	struct fetch_job job = { .store = s, .full = full, .on_event = on_fetch, .arg = &view };
	struct sources sources;
	bool need[PIN_KINDS] = { false }, any = false;
	bool *unknown = arena_array(&c->arena, bool, n + 1);
	int r;

	for (size_t i = 0; i < n; i++) {
		unknown[i] = !pins[i]->has_tree;
		TRY(fetch_recall(s, pins[i], e));
		if (full || !pins[i]->has_tree || !store_has_tree(s, &pins[i]->tree))
			any = need[pins[i]->kind] = true;
	}
	if (!any)
		return 0;
	TRY(sources_find(&c->arena, &where, need, &sources, e));
	job.sources = &sources;
	r = fetch_pins(&c->arena, &job, pins, n, e);
	progress_end(view.progress);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (unknown[i])
			r = fetch_remember(s, pins[i], e);
	}
	if (got)
		got->bytes += view.received;
	return r;
}
