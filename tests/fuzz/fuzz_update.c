/* SPDX-License-Identifier: Apache-2.0 */
/* update-build on any bytes: what parses means the same afterwards, in both editions, or the reason
 * is told; what was updated once is not changed again, and no comment is lost but from inside a
 * value. */
#include "base/arena.h"
#include "base/err.h"
#include "config/update.h"
#include "formats/toml_text.h"
#include "fuzz.h"

/* Of a byte of the text, the end of the header, key or value that it is in; else 0. */
static size_t
end_of_span(const struct toml_text *t, size_t at)
{
	for (size_t i = 0; i < t->headers.n; i++)
		if (at >= t->headers.v[i].span.begin && at < t->headers.v[i].span.end)
			return t->headers.v[i].span.end;
	for (size_t i = 0; i < t->places.n; i++)
		if (at >= t->places.v[i].key.begin && at < t->places.v[i].val.end)
			return t->places.v[i].val.end;
	return 0;
}

/* Those between and behind keys, headers and values, in order. */
static struct strs
comments(struct arena *a, struct str text)
{
	struct strs out = { 0 };
	struct toml_text t;

	check_that(toml_text_scan(a, text, &t));
	for (size_t at = 0; at < text.n;) {
		size_t end = end_of_span(&t, at);

		if (end) {
			at = end;
			continue;
		}
		if (text.p[at] == '#') {
			const char *lf = memchr(text.p + at, '\n', text.n - at);
			size_t n = lf ? (size_t)(lf - text.p) - at : text.n - at;

			vec_push(a, &out, arena_strndup(a, text.p + at, n));
			at += n;
		}
		at += at < text.n;
	}
	return out;
}

static void
check_comments(struct arena *a, struct str before, struct str after)
{
	struct strs was = comments(a, before), is = comments(a, after);
	size_t k = 0;

	for (size_t i = 0; i < was.n; i++, k++) {
		while (k < is.n && !streq(was.v[i], is.v[k]))
			k++;
		check_that(k < is.n);
	}
}

static void
update_to(struct arena *a, struct str text, const struct project *p, int edition)
{
	const struct update how = { .edition = edition, .license = "MIT" };
	struct updated new, again;
	struct project q;
	struct err e = { 0 };

	if (project_update(a, text, ".", &how, &new, &e) < 0) {
		/* g0 with its package elsewhere, and 6 back to 5. */
		check_that(e.code == ERR_CONFIG &&
			   (!streq(p->pyroot, "torch-ext") || (p->gen == GEN_6 && edition == 5)));
		return;
	}
	check_that(new.was == p->gen);
	check_that(project_parse(a, new.text, ".", false, &q, &e) == 0);
	check_that(q.gen == (edition == 6 ? GEN_6 : GEN_5) && !project_difference(p, &q));
	check_that(streq(q.license, p->license ? p->license : "MIT"));
	check_comments(a, text, new.text);
	check_that(project_update(a, new.text, ".", &how, &again, &e) == 0);
	check_that(str_eq(new.text, again.text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str text = { (const char *)data, size };
	struct project p;
	struct err e = { 0 };

	if (project_parse(&a, text, ".", false, &p, &e) < 0)
		return 0;
	update_to(&a, text, &p, 5);
	update_to(&a, text, &p, 6);
	return 0;
}
