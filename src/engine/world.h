/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine does outside of itself: results that are kept, and steps that run. The engine
 * decides, this does. The real one is engine/machine.h; tests have another, without files and
 * processes.
 */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H
#include "plan/graph.h"

/* How a step ended. */
struct engine_end {
	/* as of a shell: 128 + n for a signal; 1 as well for what ended well but left something
	 * that does not do */
	int exit_status;
	double seconds, cpu_seconds;
	uint64_t peak_bytes;     /* resident, of its largest process */
	struct str output;       /* what it printed; until the job's next step */
	const struct strs *deps; /* for world.record: the kernel's files that it read */
	bool is_far;             /* a server ran it */
	/* It did not run: what it gave before was had from elsewhere. */
	bool was_brought;
	/* It did not run: bytes that were said to be elsewhere are gone, and must be made again. */
	bool is_lost;
	/* It did not run, or not to its end, for reasons of the server's: it is to run here. */
	bool is_refused;
};

/* All fail as what they do fails; then the run is over. */
struct engine_world {
	/* Before anything else, and again when more is needed: is_quick when nothing will run, so
	 * that objects need not be held, nor sought elsewhere. */
	int (*begin)(void *w, bool is_quick, struct err *e);
	/* 1: a result with these inputs is known, and its objects (one for each output) are there.
	 * 2: their digests are known; of a transient step never more. 0: it is not known. */
	int (*find)(void *w, const struct step *s, const struct digest *inputs,
		struct digest *objects, struct err *e);
	/* That step will be looked for; again: and all others that can be were named before. NULL:
	 * this world need not know. */
	int (*expect)(void *w, const struct step *s, const struct digest *inputs, bool again,
		struct err *e);
	/* What is only known of a step can be had without running it: by start. */
	bool (*can_bring)(void *w, const struct step *s, const struct digest *objects);
	int (*record)(void *w, const struct step *s, const struct digest *inputs,
		const struct strs *deps, const struct digest *objects, struct err *e);
	/* Short texts under keys. get: 1, or 0 when there is none; text lasts as long as the
	 * world. */
	int (*get_record)(void *w, const struct digest *key, struct str *text, struct err *e);
	int (*put_record)(void *w, const struct digest *key, struct str text, struct err *e);
	/* The same of what is true on every machine, and of an object. */
	int (*get_shared)(void *w, const struct digest *key, struct str *text, struct err *e);
	int (*put_shared)(void *w, const struct digest *key, struct str text,
		const struct digest *object, struct err *e);
	/* 1: an object is there, intact, and held. */
	int (*has_object)(void *w, const struct digest *object, struct err *e);
	uint64_t (*object_size)(void *w, const struct digest *object); /* 0: not there */
	/* The bytes of a transient step's output are of no more use. */
	int (*forget)(void *w, const struct digest *object, struct err *e);
	/* Bytes that steps may take together, now. */
	uint64_t (*free_memory)(void *w);

	/* A server can run it. NULL: there is none. */
	bool (*can_run_far)(void *w, const struct step *s);
	/* Jobs from engine_options.jobs on are those of the server.
	 * known: what the step gave before, to be brought if it can be; NULL: it has to run. */
	int (*start)(void *w, unsigned job, size_t step, const struct digest *inputs,
		const struct digest *known, struct err *e);
	/* Until a job may have ended, or the descriptor (-1: none) can be read. */
	int (*wait)(void *w, int token_fd, struct err *e);
	bool (*has_ended)(void *w, unsigned job);
	double (*age)(void *w, unsigned job); /* seconds since it started */
	/* What a job that has ended left: objects, when it ended well. */
	int (*finish)(void *w, unsigned job, struct digest *objects, struct engine_end *out,
		struct err *e);
	/* The job's directory and output go. */
	int (*clear)(void *w, unsigned job, struct err *e);
	void (*kill)(void *w, unsigned job); /* it runs; now it is gone */
};
#endif
