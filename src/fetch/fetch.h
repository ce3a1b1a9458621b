/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pins -> trees in the store. Each pin is fetched by a child process of its own, which downloads,
 * unpacks into the store's tmp/, and reports over a pipe; so untrusted archives are parsed outside
 * the main process, and several are unpacked at once.
 *
 * Sources: the wheel index is the one that pip is configured with; the Debian mirror the one that
 * apt reports; NVIDIA's redistributables a setting with a default, for which "nvidia" stands. Each
 * may be a URL (http, https, file) or a local directory: then a wheel or archive is looked for
 * there by its file name as well as by its full path.
 */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H
#include "resolve/pin.h"
#include "store/store.h"

struct http_options;
struct sources {
	const char *wheel_index; /* base of the simple API, or a directory of wheels */
	struct strs debian;      /* mirrors in the order of trial */
	const char *redist;
};
/* What the user has set (flags, environment, configuration file); NULL or "": ask pip and apt. */
struct source_settings {
	const char *wheel_index, *debian, *redist;
};
/* Starts `pip config list`, `pip help install` or `apt-get indextargets` only for what is not set
 * and that kind in `need` asks for. Fails with ERR_CONFIG that says which setting would help. */
int sources_find(struct arena *a, const struct source_settings *set, const bool need[PIN_KINDS],
	struct sources *out, struct err *e);

struct fetch_event {
	const struct pin *pin;
	enum fetch_event_kind { FETCH_START, FETCH_BYTES, FETCH_DONE } kind;
	uint64_t bytes; /* FETCH_BYTES: new bytes since the last; FETCH_DONE: in all */
	uint64_t total; /* bytes that this pin will need, once known, else 0 */
};
struct fetch_job {
	struct store *store;
	const struct sources *sources;
	unsigned workers; /* pins at once; 0: 4 */
	bool full;        /* fetch whole files, check their SHA-256, and the tree that they give */
	void (*on_event)(void *arg, const struct fetch_event *ev);
	void *arg;
	const struct http_options *http; /* time-outs and attempts; NULL: the defaults of http.h */
};
/* Fetches those of the pins whose trees are not in the store. A pin without a tree gets one (a
 * maintainer makes it): tree and, if absent, sha256 and size are filled in. On failure the other
 * children are stopped and the error says which pin, from where, and why: ERR_NET or ERR_HASH. */
int fetch_pins(struct arena *a, const struct fetch_job *job, struct pin *const *pins, size_t n,
	struct err *e);
/* Copies the whole file of a .deb or an archive to `to`, which must not exist: nothing of it is
 * unpacked. Errors are those of fetch_pins. */
int fetch_file(struct arena *a, const struct fetch_job *job, const struct pin *pin, const char *to,
	struct err *e);
/* Whether the pin's file, a wheel or a .deb, can be had, without fetching it. Asks once. Errors are
 * those of fetch_pins. */
int fetch_reach(struct arena *a, const struct sources *s, const struct pin *pin, struct err *e);
/* A pin whose tree the catalog does not know, but whose whole file has a hash: recall fills the
 * tree in if this store has it from an earlier fetch, remember notes it after one. */
int fetch_recall(struct store *s, struct pin *p, struct err *e);
int fetch_remember(struct store *s, const struct pin *p, struct err *e);
#endif
