/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads what ptxas -v prints of kernels:
 *     ptxas info    : Compiling entry function 'NAME' for 'sm_80'
 *     ptxas info    : Function properties for NAME
 *         288 bytes stack frame, 284 bytes spill stores, 284 bytes spill loads
 *     ptxas info    : Used 24 registers, 360 bytes cmem[0]
 * Functions that a kernel calls follow it, with lines of properties of their own; what they spill
 * counts as the kernel's.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "resources/resources.h"

struct told {
	uint64_t stores, loads;
};

/* The text up to the next quote. */
static bool
take_quoted(struct str *rest, struct str *out)
{
	return str_cut(rest, '\'', out);
}

/* "sm_90a" is the architecture "9.0a". */
static bool
is_arch(struct str sm, const char *arch)
{
	const char *p = arch;

	if (!str_starts(sm, STR("sm_")))
		return false;
	for (size_t i = 3; i < sm.n; i++, p++) {
		if (*p == '.')
			p++;
		if (*p != sm.p[i])
			return false;
	}
	return *p == 0;
}

/* The number in front of such words. */
static bool
number_of(struct str line, const char *words, uint64_t *out)
{
	const char *at = memmem(line.p, line.n, words, strlen(words));
	size_t n = 0;

	while (at && at - n > line.p && at[-1 - (long)n] >= '0' && at[-1 - (long)n] <= '9')
		n++;
	return n && str_to_u64((struct str){ at - n, n }, out);
}

/* The kernel that a line begins, as a key of resources; false: it begins none. */
static bool
begins_kernel(struct arena *a, struct str line, struct str *key)
{
	static const char head[] = "ptxas info    : Compiling entry function '";
	struct str name, sm;

	if (!str_starts(line, str_of(head)))
		return false;
	line = (struct str){ line.p + strlen(head), line.n - strlen(head) };
	if (!take_quoted(&line, &name) || !take_quoted(&line, &sm) || !take_quoted(&line, &sm))
		return false;
	*key = str_of(arena_printf(a, "%.*s %.*s", (int)sm.n, sm.p, (int)name.n, name.p));
	return true;
}

static void
read_told(struct arena *a, struct str text, struct map *out)
{
	struct told *t = NULL;
	struct str line, key;

	while (str_cut(&text, '\n', &line)) {
		uint64_t stores, loads;

		if (begins_kernel(a, line, &key)) {
			t = arena_new(a, struct told);
			*map_put(a, out, key) = t;
		} else if (t && number_of(line, " bytes spill stores", &stores) &&
			   number_of(line, " bytes spill loads", &loads)) {
			t->stores += stores;
			t->loads += loads;
		}
	}
}

void
resources_add_told(struct arena *a, struct str told, const char *source, struct resources *all)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct map by_key = { 0 };

	read_told(&scratch, told, &by_key);
	for (size_t i = 0; i < by_key.n; i++) {
		const struct told *t = by_key.entry[i].val;
		struct str rest = by_key.entry[i].key, sm;

		if (!str_cut(&rest, ' ', &sm))
			continue;
		for (size_t k = 0; k < all->n; k++) {
			struct resource *r = &all->v[k];

			if (!is_arch(sm, r->arch) || !str_eq(rest, str_of(r->k.name)) || r->source)
				continue;
			r->source = arena_strdup(a, source);
			if (r->k.knows_spills)
				continue;
			r->k.knows_spills = true;
			r->k.spill_stores = t->stores;
			r->k.spill_loads = t->loads;
		}
	}
}
