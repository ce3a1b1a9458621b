/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device-only device passes by hand, for device_try.py and for looking at one file.
 *
 *     device_try slice TEXT STUB DIR        writes DIR/prelude0.cu..2 and DIR/body.ii; prints
 * "levels N" device_try guard TEXT STUB PRELUDE    prints hits of the slice's words, or of all
 * words when STUB is "-" device_try frame TEXT                 prints both digests device_try
 * compare REFERENCE OURS OUT prints "equal" and writes OUT, or why not device_try strip-bodies TEXT
 * prints the text without device bodies
 *
 * TEXT is one architecture, preprocessed with -dD -dI.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "device/device.h"
#include "device/guard.h"
#include "device/ptx.h"
#include "slim/bodies.h"
#include <stdio.h>
#include <stdlib.h>

static struct arena arena;

static struct str
read_all(const char *path)
{
	struct str text;
	struct err e;

	if (fs_read(&arena, path, 1u << 30, &text, &e) < 0) {
		fprintf(stderr, "%s\n", e.msg);
		exit(2);
	}
	return text;
}

static void
write_all(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(b->p, 1, b->n, f) != b->n || fclose(f)) {
		perror(path);
		exit(2);
	}
}

static int
no(const char *why)
{
	printf("no: %s\n", why);
	return 1;
}

static int
run_slice(char **v)
{
	struct device_text t;
	struct device_slice s;
	struct registered k;
	struct buf b = { 0 };
	const char *why = "";

	if (!device_read(&arena, read_all(v[0]), &t, &why) ||
		!registered_parse(&arena, read_all(v[1]), &k, &why) ||
		!device_slice(&arena, &t, &k, &s, &why))
		return no(why);
	for (unsigned level = 0; level < device_levels(&t); level++) {
		b.n = 0;
		device_prelude(&t, level, &b);
		write_all(arena_printf(&arena, "%s/prelude%u.cu", v[2], level), &b);
	}
	b.n = 0;
	device_body(&t, &s, &b);
	write_all(arena_printf(&arena, "%s/body.ii", v[2]), &b);
	printf("levels %u\n", device_levels(&t));
	buf_free(&b);
	return 0;
}

static int
run_guard(char **v)
{
	struct device_text t;
	struct device_slice s;
	struct registered k;
	struct guard_words w;
	struct guard_hits hits = { 0 };
	const char *why = "";
	struct err e;
	bool all = streq(v[1], "-");

	if (!device_read(&arena, read_all(v[0]), &t, &why))
		return no(why);
	if (!all && (!registered_parse(&arena, read_all(v[1]), &k, &why) ||
			    !device_slice(&arena, &t, &k, &s, &why)))
		return no(why);
	guard_words(&arena, &t, all ? NULL : &s, &w);
	guard_user(&arena, &t, &w, &hits);
	if (guard_headers(&arena, &t, read_all(v[2]), &w, &hits, &e) < 0)
		return no(e.msg);
	for (size_t i = 0; i < hits.n; i++)
		printf("hit %.*s: %s\n", (int)hits.v[i].name.n, hits.v[i].name.p, hits.v[i].where);
	return 0;
}

static int
run_frame(char **v)
{
	struct device_text t;
	struct device_frame f;
	char hex[65];
	const char *why = "";

	if (!device_read(&arena, read_all(v[0]), &t, &why))
		return no(why);
	device_frame(&t, &f);
	printf("exact %s\n", digest_hex(&f.exact, hex));
	printf("frame %s\n", digest_hex(&f.frame, hex));
	return 0;
}

static int
run_compare(char **v)
{
	struct str missing, ours = read_all(v[1]);
	struct buf b = { 0 };
	const char *why = "";

	if (!ptx_compare(&arena, read_all(v[0]), ours, &missing, &why) ||
		!ptx_append(&arena, ours, missing, &b, &why))
		return no(why);
	write_all(v[2], &b);
	buf_free(&b);
	printf("equal, %zu bytes added\n", missing.n);
	return 0;
}

static int
run_strip_bodies(char **v)
{
	struct buf b = { 0 };
	struct err e;
	int n = strip_bodies(&arena, read_all(v[0]), &b, &e);

	if (n < 0)
		return no(e.msg);
	fwrite(b.p, 1, b.n, stdout);
	fprintf(stderr, "%d bodies\n", n);
	buf_free(&b);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int n;
		int (*run)(char **);
	} commands[] = { { "slice", 3, run_slice }, { "guard", 3, run_guard },
		{ "frame", 1, run_frame }, { "compare", 3, run_compare },
		{ "strip-bodies", 1, run_strip_bodies } };

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (streq(argv[1], commands[i].name) && argc == commands[i].n + 2) {
			int r = commands[i].run(argv + 2);

			arena_free(&arena);
			return r;
		}
	}
	fprintf(stderr, "usage: see the top of %s\n", __FILE__);
	return 2;
}
