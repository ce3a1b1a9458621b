/* SPDX-License-Identifier: Apache-2.0 */
/* Preprocessed text of a .cu file: stripped text stays as it is, a slice is made, and a prelude
 * that has everything leaves nothing to guard against. */
#include "base/arena.h"
#include "base/err.h"
#include "device/guard.h"
#include "slim/bodies.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_strip_bodies(struct arena *a, struct str text)
{
	struct buf once = { 0 }, twice = { 0 };
	struct err e;
	int n = strip_bodies(a, text, &once, &e);

	if (n >= 0 && (strip_bodies(a, buf_str(&once), &twice, &e) != n ||
			      !str_eq(buf_str(&once), buf_str(&twice))))
		abort();
	buf_free(&once);
	buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct registered kernels = { 0 };
	struct str text = { (const char *)data, size };
	struct arena a = { 0 };
	struct device_text t;
	struct device_slice s;
	struct device_frame f;
	struct guard_words w;
	struct guard_hits hits = { 0 };
	struct buf b = { 0 };
	const char *why = NULL;
	struct err e;

	try_strip_bodies(&a, text);
	if (device_read(&a, text, &t, &why)) {
		if (!device_slice(&a, &t, &kernels, &s, &why))
			abort();
		device_frame(&t, &f);
		device_prelude(&t, DEVICE_LEVELS - 1, &b);
		device_body(&t, &s, &b);
		guard_words(&a, &t, &s, &w);
		guard_user(&a, &t, &w, &hits);
		hits.n = 0;
		if (guard_headers(&a, &t, t.lexed.text, &w, &hits, &e) < 0 || hits.n)
			abort();
		guard_words(&a, &t, NULL, &w);
		if (guard_headers(&a, &t, STR(""), &w, &hits, &e) < 0)
			abort();
	} else if (!why) {
		abort();
	}
	buf_free(&b);
	arena_free(&a);
	return 0;
}
