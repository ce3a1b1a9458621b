/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine is handed: the steps that the program does itself, and what it remembers of them.
 * The engine knows neither compilers nor proofs. Behind it, what both may ask the engine for.
 */
#ifndef ENGINE_DOMAIN_H
#define ENGINE_DOMAIN_H
#include "engine/engine.h"

struct engine_builtins {
	/* Does step s in a child process whose directory, dir, is the step's. Fails as the step
	 * does, with e for a reason. x NULL: there is no engine, and no sandbox. */
	int (*perform)(struct engine *x, const struct step *s, const char *dir, struct err *e);
	/* Appends a text that `kernel-builder step` does s by, on another machine. */
	void (*write)(const struct step *s, struct buf *out);
	/* the whole output of a step that could not give what was wanted: a choice passes over
	 * it */
	struct str declined;
};
/* Results that are known by more than a step's key (step_is_remembered), once its first inputs are
 * there. */
struct engine_memo {
	/* of one run; the others are given it; close frees it */
	void *(*open)(const struct plan *p);
	void (*close)(void *memo);
	/* 1: *object is the step's result. 0: its first inputs do not tell. */
	int (*find)(
		void *memo, struct engine *x, size_t step, struct digest *object, struct err *e);
	/* Another step will find out what this one is about to: it waits for that. */
	bool (*waits)(const void *memo, const struct engine *x, size_t step);
	/* The step ended well: its result is remembered. */
	int (*remember)(void *memo, struct engine *x, size_t step, struct err *e);
};
struct engine_domain {
	struct engine_builtins builtins;
	struct engine_memo memo;
};

/* The command as it is started for that step: in a sandbox, if there is one; as it is where x is
 * NULL. */
struct strs engine_command(struct arena *a, struct engine *x, const struct step *s, const char *dir,
	const struct strs *argv);
/* In an output of a step that names its directory (struct step), that becomes what it is in a
 * sandbox. */
int result_hide_dir(const char *dir, const char *path, struct err *e);
/* The command was killed, or the compiler behind it was: drivers of compilers say so and end with
 * 1. */
bool engine_was_killed(struct str output, int exit_status);

const struct plan *engine_plan(const struct engine *x);
/* All steps run again, whatever is known of them (engine_again). */
bool engine_is_again(const struct engine *x);
/* A step that waits for this one cannot do without it. Always so of steps that are not lazy. */
bool engine_is_demanded(const struct engine *x, size_t step);
/* Its first inputs did not tell what it gives, and it waits for the others, or runs. */
bool engine_is_late(const struct engine *x, size_t step);
/* Remembered steps that are late look again: their first inputs may tell by now. */
void engine_look_again(struct engine *x);
/* Records under a key, of the run, of the store or of a server (engine/cache.h); object is what the
 * record is about. get: 1, or 0 when there is none; text lasts as long as the run. */
int engine_get_record(struct engine *x, const struct digest *key, struct str *text, struct err *e);
int engine_put_record(struct engine *x, const struct digest *key, struct str text,
	const struct digest *object, struct err *e);
/* 1: the object is there, intact, and held for this run. */
int engine_has_object(struct engine *x, const struct digest *object, struct err *e);
#endif
