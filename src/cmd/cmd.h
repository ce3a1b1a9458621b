/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands: each parses its operands, calls stages, prints. No logic. */
#ifndef CMD_CMD_H
#define CMD_CMD_H
#include "base/err.h"
#include "base/opt.h"
#include "config/settings.h"
#include "engine/engine.h"
#include "fetch/fetch.h"
#include "plan/graph.h"
#include "report/last_build.h"
#include "resolve/host.h"
#include "resolve/lock.h"
#include "usage/usage.h"

struct ctx {
	struct arena arena; /* of the run */
	struct usage usage; /* the commands */
	struct opts opts;
	struct settings settings;
	const struct host *host; /* the Python at hand, once it was asked */
	/* of the variants chosen, the newest one for CPUs (resolution_keep_newest) */
	bool newest_only;
	/* where no variant of the chosen matrix is left, those of matrix all count */
	bool any_matrix;
	bool makes_wheels; /* the command is wheel; see cmd_makes_wheels */
	/* the command is verify: the records of the kernel's builds stay as they are */
	bool keeps_no_records;
	int status; /* the exit status of a command that ended well, if not 0 */
};
extern const struct opt global_opts[];
extern const struct cmd all_cmds[];
extern const struct foreign_cmd foreign_cmds[];
extern const struct foreign_opt foreign_opts[];
/* Help for a command, or for all where only is NULL, to standard output. */
void cmd_print_help(struct ctx *c, const struct cmd *only);

int cmd_advise(struct ctx *c, struct err *e);
int cmd_build(struct ctx *c, struct err *e);
int cmd_build_and_upload(struct ctx *c, struct err *e);
int cmd_card(struct ctx *c, struct err *e);
int cmd_catalog(struct ctx *c, struct err *e);
int cmd_check_abi(struct ctx *c, struct err *e);
int cmd_check_builds(struct ctx *c, struct err *e);
int cmd_check_config(struct ctx *c, struct err *e);
int cmd_check_load(struct ctx *c, struct err *e);
int cmd_clean(struct ctx *c, struct err *e);
int cmd_clean_pyproject(struct ctx *c, struct err *e);
int cmd_diff(struct ctx *c, struct err *e);
int cmd_devshell(struct ctx *c, struct err *e);
int cmd_create_pyproject(struct ctx *c, struct err *e);
int cmd_fetch(struct ctx *c, struct err *e);
int cmd_hash(struct ctx *c, struct err *e);
int cmd_help(struct ctx *c, struct err *e);
int cmd_init(struct ctx *c, struct err *e);
int cmd_list_variants(struct ctx *c, struct err *e);
int cmd_lock(struct ctx *c, struct err *e);
int cmd_lock_kernel_deps(struct ctx *c, struct err *e);
int cmd_nix(struct ctx *c, struct err *e);
int cmd_doctor(struct ctx *c, struct err *e);
int cmd_report(struct ctx *c, struct err *e);
int cmd_plan(struct ctx *c, struct err *e);
int cmd_step(struct ctx *c, struct err *e);
int cmd_store(struct ctx *c, struct err *e);
int cmd_test(struct ctx *c, struct err *e);
int cmd_testshell(struct ctx *c, struct err *e);
int cmd_update_build(struct ctx *c, struct err *e);
int cmd_upload(struct ctx *c, struct err *e);
int cmd_verify(struct ctx *c, struct err *e);
int cmd_wheel(struct ctx *c, struct err *e);
/* By the command, or by --wheel. */
bool cmd_makes_wheels(const struct ctx *c);
int cmd_watch(struct ctx *c, struct err *e);

/* What most commands begin with; every member lives in the run's arena. */
struct work {
	struct project project;
	struct catalog catalog; /* the lock's, if there is one and nothing overrides it */
	bool locked;
	struct selection selection;
	struct resolution resolution;
	const struct native_tools *tools; /* work_choose_tools; NULL: as the catalog has them */
	struct sources_set sources;
	struct plan plan;
};
/* The kernel's directory: the operand, else ".". Fails with ERR_USAGE on more operands. */
int work_dir(const struct ctx *c, const char **out, struct err *e);
/* Fails unless path is a directory. */
int cmd_need_dir(const char *path, struct err *e);
/* The program's catalog, or that of --catalog, as the settings want it: NVIDIA's own archives where
 * they name a source of them. */
/* The server of results that the settings name. */
struct server {
	struct remote *r; /* NULL: they name none */
	char *scratch;    /* a directory of the store for what is on its way there */
	bool has_warned;  /* that it runs nothing */
};
int cmd_open_remote(const struct ctx *c, struct server *out, struct err *e);
/* Before anything is asked of it. */
int cmd_prepare_remote(struct ctx *c, struct store *s, struct server *v, struct err *e);
void cmd_close_remote(struct store *s, struct server *v);
/* How many steps may run there at once. Waits until the server has said whether it runs any, and
 * warns once where it runs none though it was asked to. */
unsigned cmd_far_jobs(const struct ctx *c, struct server *v);
/* In a line, what passed. */
void cmd_tell_remote(const struct server *v);
int cmd_load_catalog(struct ctx *c, struct catalog *out, struct err *e);
/* build.toml, the lock or the catalog, the variants asked for. */
int work_resolve(struct ctx *c, struct work *w, struct err *e);
/* The same and the kernel's files. */
int work_load(struct ctx *c, struct work *w, struct err *e);
/* The tools of the machine that steps are to run on: that of --machine, else this one. Fails with
 * ERR_RESOLVE where it cannot build one of the variants. */
int work_choose_tools(struct ctx *c, struct work *w, struct err *e);
/* What the plan of that is made for; w must outlive it. */
struct plan_subject work_subject(const struct work *w);
/* Then the plan; answers and options may be NULL (plan_make). */
int work_make_plan(struct ctx *c, struct work *w, const struct plan_answers *answers,
	const struct plan_options *o, struct err *e);
/* All of that, without answers. */
int work_plan(struct ctx *c, struct work *w, struct err *e);
/* Fetches pins that are not in the store, with progress. What was received is added to *got,
 * unless it is NULL. */
int work_fetch(struct ctx *c, struct store *s, const struct pin_list *pins, bool full,
	struct last_files *got, struct err *e);
/* Of what the variants depend on, takes that into the store which the directory of --cutlass is.
 * Fails when something is needed that no package has, and that it is not; also when the flag is
 * given, and the directory is nothing that is needed. */
int work_take_cutlass(struct ctx *c, struct store *s, const struct work *w, struct err *e);
/* The same for one pin. */
int cutlass_take_pin(struct ctx *c, struct store *s, struct pin *pin, struct err *e);
/* Writes what create-pyproject does into the kernel's directory, absolute. What it wrote there
 * before is brought up to date, unless somebody changed it: then all stays, and a line says so.
 * Fails when files of others are in the way. *compiled: CMake has something to do. */
int cmd_write_pyproject(struct ctx *c, const char *dir, bool *compiled, struct err *e);
/* Asks the Python at hand (local/host_python.h, --python) which torch it has, unless that is
 * done. */
int cmd_find_host(struct ctx *c, struct err *e);
/* The same Python, with torch or without. */
int cmd_find_python(struct ctx *c, struct host_python *out, struct err *e);

/* Fails with ERR_USAGE unless --license names a licence. */
int cmd_check_license(const char *name, struct err *e);

/* Puts the commit into the project that --provenance names, or git. Fails with ERR_USAGE when it is
 * none, or git knows none. */
int cmd_provenance(struct ctx *c, struct project *p, struct err *e);

/* Appends paths of this machine that no variant may hold: the store, the home directory, and,
 * unless it is NULL, the kernel's directory. */
void cmd_private_paths(struct ctx *c, const char *dir, struct strs *out);

/* Fails with ERR_CONFIG where a Python file of the package does not parse, or registers operators
 * under a fixed name. Several mistakes are logged, one is the error. */
int cmd_check_python(
	struct ctx *c, const struct project *p, const struct sources_set *s, struct err *e);

/* For commands of the hub: DIR/build.toml without a look at the sources, NULL where there is none;
 * and --repo-id, else that of build.toml, which may be NULL. */
int cmd_find_project(struct ctx *c, const char *dir, const struct project **out, struct err *e);
int cmd_hub_repo(
	struct ctx *c, const char *dir, const struct project *p, const char **out, struct err *e);

/* "20G", "512M", "0": bytes, in powers of 1024. */
int cmd_parse_size(const char *option, const char *text, uint64_t *out, struct err *e);

/* The terminal's view of a run. */
struct progress;
struct remote;
struct progress *progress_new(struct arena *a, int events_fd);
/* From now on, what failed is explained; NULL: no more. */
struct hinter;
void progress_explain(struct progress *p, struct hinter *h);
void progress_event(void *arg, const struct plan *plan, const struct engine_event *ev);
void progress_bytes(struct progress *p, uint64_t received, uint64_t total, const char *what);
void progress_end(struct progress *p);
/* What was said of steps that failed: of the first of them, and no more than some KiB of each. */
const struct strs *progress_failures(const struct progress *p);
/* One JSON line to the events' descriptor, if there is one: {"event": NAME, "name": value}. */
void progress_note(struct progress *p, const char *event, const char *key, const char *value);

/* build --trace. Fails with ERR_USAGE when path is in no directory that can be written to. */
struct timeline;
int trace_check(struct arena *a, const char *path, struct err *e);
/* Writes a file for Chrome's trace viewer; steps that are not over are taken to end now. */
int trace_write(const struct timeline *t, const char *path, struct err *e);
#endif
