/* SPDX-License-Identifier: Apache-2.0 */
/* Which libraries of CUDA a kernel may call: only their symbols are fetched. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "plan/graph.h"
#include <ctype.h>

static char *
lower(struct arena *a, const char *s, size_t n)
{
	char *out = arena_strndup(a, s, n);

	for (size_t i = 0; i < n; i++)
		out[i] = (char)tolower((unsigned char)out[i]);
	return out;
}

static bool
has_cuda(const struct resolution *r)
{
	for (size_t i = 0; i < r->n; i++) {
		/* Without torch, nothing brings them. */
		if (r->v[i].torch && r->v[i].cuda)
			return true;
	}
	return false;
}

/* Adds the names of the libraries that a file's text mentions. */
static void
find_in(struct arena *a, struct str text, const struct catalog *c, struct map *found)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	const char *low = lower(&scratch, text.p, text.n);

	for (size_t i = 0; i < c->n_cuda_libraries; i++) {
		const struct catalog_library *l = &c->cuda_libraries[i];
		bool is_there = map_get(found, str_of(l->name)) != NULL;

		for (size_t k = 0; !is_there && k < l->words.n; k++) {
			const char *word = l->words.v[k];
			size_t n = strlen(word);

			is_there = memmem(low, text.n, lower(&scratch, word, n), n) != NULL;
		}
		if (is_there)
			*map_put(a, found, str_of(l->name)) = (void *)l;
	}
}

static int
keep_in(struct arena *a, const struct project *p, const struct sources_set *src,
	const struct resolution *r, struct catalog *c, struct err *e)
{
	struct catalog_library *all = c->cuda_libraries;
	size_t n = 0;
	struct map found = { 0 };

	for (size_t i = 0; i < src->n && c->n_cuda_libraries && has_cuda(r); i++) {
		CLEANUP(arena_freep) struct arena scratch = { 0 };
		struct str text;

		if (src->v[i].text)
			continue;
		TRY(fs_read(
			&scratch, path_join(&scratch, p->dir, src->v[i].path), SIZE_MAX, &text, e));
		find_in(a, text, c, &found);
	}
	c->cuda_libraries = arena_array(a, struct catalog_library, c->n_cuda_libraries + 1);
	for (size_t i = 0; i < c->n_cuda_libraries; i++) {
		if (map_get(&found, str_of(all[i].name)))
			c->cuda_libraries[n++] = all[i];
	}
	c->n_cuda_libraries = n;
	return 0;
}

int
plan_keep_libraries(struct arena *a, const struct project *p, const struct sources_set *src,
	const struct resolution *r, struct catalog *c, struct err *e)
{
	for (; c; c = c->other)
		TRY(keep_in(a, p, src, r, c, e));
	return 0;
}
