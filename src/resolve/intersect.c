/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loose intersection of what a kernel asks for with what a CUDA release supports.
 *
 * Each supported capability is served by the nearest one below it that was asked for: of the same
 * major version, or of any if that one keeps its PTX. One with a suffix (9.0a, 10.0f) is taken as
 * it is when its base is supported, and serves that base alone. So a kernel that asks for 8.0
 * gets 8.0 although 8.6 is supported too, and one that asks for 9.0 gets nothing from a release
 * that ends at 8.9.
 */
#include "config/capability.h"
#include "resolve/parts.h"
#include "resolve/variant.h"
#include <stdlib.h>

struct source {
	const char *text; /* without +PTX */
	unsigned major, minor;
	char suffix; /* 'a', 'f' or 0 */
	bool ptx, is_valid, is_used;
};

static char *
without_ptx(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s) - (str_has_suffix(s, "+PTX") ? 4 : 0));
}

static struct source
parse(struct arena *a, const char *s)
{
	struct source out = { .text = without_ptx(a, s), .ptx = str_has_suffix(s, "+PTX") };
	char *end;

	out.is_valid = capability_is_valid(str_of(s));
	if (!out.is_valid)
		return out;
	out.major = (unsigned)strtoul(out.text, &end, 10);
	out.minor = (unsigned)strtoul(end + 1, &end, 10);
	out.suffix = *end;
	return out;
}

static bool
same_base(const struct source *x, const struct source *y)
{
	return x->major == y->major && x->minor == y->minor;
}

static int
cmp_base(const struct source *x, const struct source *y)
{
	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	return x->minor < y->minor ? -1 : x->minor > y->minor;
}

static int
cmp_natural(const void *x, const void *y)
{
	return str_natural_cmp(*(const char *const *)x, *(const char *const *)y);
}

/* asked without doubles; one that was asked for with and without +PTX keeps it. */
static size_t
parse_asked(struct arena *a, const struct strs *asked, struct source *out)
{
	size_t n = 0;

	for (size_t i = 0; i < asked->n; i++) {
		struct source s = parse(a, asked->v[i]);
		size_t k = 0;

		while (k < n && !streq(out[k].text, s.text))
			k++;
		if (k < n)
			out[k].ptx |= s.ptx;
		else
			out[n++] = s;
	}
	return n;
}

/* The source that serves a target, or NULL. */
static struct source *
nearest(struct source *from, size_t n, const struct source *target)
{
	struct source *best = NULL;

	for (size_t i = 0; i < n; i++) {
		struct source *s = &from[i];

		if (!s->is_valid || s->suffix || cmp_base(s, target) > 0)
			continue;
		if (s->major != target->major && !s->ptx)
			continue;
		if (!best || cmp_base(s, best) > 0)
			best = s;
	}
	return best;
}

static void
note_dropped(struct arena *a, const struct source *from, size_t n, const struct strs *supported,
	struct strs *notes)
{
	const char *list = "";

	for (size_t i = 0; i < supported->n; i++)
		list = arena_printf(
			a, "%s%s%s", list, i ? " " : "", without_ptx(a, supported->v[i]));
	for (size_t i = 0; i < n; i++) {
		const char *why = NULL;

		if (from[i].is_used)
			continue;
		for (size_t k = 0; k < n; k++)
			if (k != i && from[k].is_used && from[k].suffix &&
				same_base(&from[i], &from[k]))
				why = from[k].text;
		if (why)
			vec_push(a, notes,
				arena_printf(a, "capability %s is dropped: %s takes its place",
					from[i].text, why));
		else
			vec_push(a, notes,
				arena_printf(a, "capability %s is dropped: supported are %s",
					from[i].text, list));
	}
}

void
capabilities_intersect(struct arena *a, const struct strs *asked, const struct strs *supported,
	struct strs *out, struct strs *notes)
{
	struct source *from = arena_array(a, struct source, asked->n);
	struct source *target = arena_array(a, struct source, supported->n);
	size_t n = parse_asked(a, asked, from);

	*out = (struct strs){ 0 };
	for (size_t t = 0; t < supported->n; t++)
		target[t] = parse(a, supported->v[t]);
	for (size_t t = 0; t < supported->n; t++) {
		struct source *s;
		bool is_taken = false;

		for (size_t i = 0; i < n; i++)
			if (from[i].is_valid && from[i].suffix && same_base(&from[i], &target[t]))
				from[i].is_used = is_taken = true;
		s = is_taken ? NULL : nearest(from, n, &target[t]);
		if (s)
			s->is_used = true;
	}
	for (size_t i = 0; i < n; i++)
		if (from[i].is_used)
			vec_push(a, out,
				arena_printf(a, "%s%s", from[i].text, from[i].ptx ? "+PTX" : ""));
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), cmp_natural);
	note_dropped(a, from, n, supported, notes);
}

/* Does a cubin of s run on a GPU of that base? 2: it is made for it; 1: for one below; 0: no. */
static int
serves(const struct source *s, const struct source *gpu)
{
	if (same_base(s, gpu))
		return 2;
	return s->major == gpu->major && s->minor < gpu->minor && s->suffix != 'a';
}

/* Those with exactly this number; with a letter in wanted, only those that have it too. */
static bool
add_exact(struct arena *a, const struct strs *have, const struct source *wanted, struct strs *out)
{
	bool found = false;

	for (size_t i = 0; i < have->n; i++) {
		struct source s = parse(a, have->v[i]);

		if (!same_base(&s, wanted) || (wanted->suffix && s.suffix != wanted->suffix))
			continue;
		strs_add(a, out, have->v[i]);
		found = true;
	}
	return found;
}

bool
capabilities_serving(struct arena *a, const struct strs *have, const char *wanted, struct strs *out)
{
	struct source gpu = parse(a, wanted), best = { 0 };
	const char *found = NULL;
	int rank = 0;

	if (add_exact(a, have, &gpu, out))
		return true;
	for (size_t i = 0; i < have->n; i++) {
		struct source s = parse(a, have->v[i]);
		int is = serves(&s, &gpu) * 2;

		if (!is && s.ptx && !s.suffix && cmp_base(&s, &gpu) < 0)
			is = 1;
		if (is > rank || (is && is == rank && cmp_base(&s, &best) > 0)) {
			found = have->v[i];
			best = s;
			rank = is;
		}
	}
	if (found)
		strs_add(a, out, found);
	return found;
}

const char *
capability_assembled_from(struct arena *a, const struct catalog_cuda *c, const struct strs *list,
	const char *capability)
{
	struct source want = parse(a, capability), best = { 0 };

	if (!strs_has(&c->newer, want.text))
		return NULL;
	for (size_t i = 0; i < list->n; i++) {
		struct source s = parse(a, list->v[i]);

		if (s.suffix || !strs_has(&c->capabilities, s.text) || cmp_base(&s, &want) > 0)
			continue;
		if (!best.text || cmp_base(&s, &best) > 0)
			best = s;
	}
	return best.text ? best.text : "";
}

static bool
is_known(const struct catalog_cuda *cuda, const char *capability)
{
	return strs_has(&cuda->capabilities, capability) || strs_has(&cuda->newer, capability);
}

/* CUDA 13 gave one GPU another number: what was 10.1 (10.1a, 10.1f) is 11.0. What this CUDA calls
 * it; NULL: it knows neither name, or it is another GPU. */
static const char *
renumbered(struct arena *a, const struct catalog_cuda *cuda, const char *plain)
{
	bool old = str_has_prefix(plain, "10.1");
	const char *other;

	if (!old && !str_has_prefix(plain, "11.0"))
		return NULL;
	other = arena_printf(a, "%s%s", old ? "11.0" : "10.1", plain + 4);
	return is_known(cuda, other) ? other : NULL;
}

/* Why nvcc cannot be asked for a capability. */
static const char *
unknown_because(struct arena *a, const struct catalog_cuda *cuda, const char *plain)
{
	const struct strs *known = &cuda->capabilities;
	const char *other = renumbered(a, cuda, plain);

	if (other)
		return arena_printf(a, "CUDA %s calls it %s; ask for both",
			version_text(a, &cuda->version), other);
	if (cuda->redist && strs_has(&cuda->redist->capabilities, plain))
		return arena_printf(a,
			"the nvcc that packages have does not know it; NVIDIA's own of CUDA %s does (--redist)",
			version_text(a, &cuda->version));
	if (known->n == 0)
		return "this nvcc knows none of them";
	return arena_printf(a, "this nvcc knows none but those from %s to %s", known->v[0],
		known->v[known->n - 1]);
}

/* Those that this CUDA can be asked for. First, or 9.0a would take the place of 9.0 where the
 * compiler knows only 9.0. */
static struct strs
known_capabilities(struct arena *a, const struct strs *asked, const struct catalog_cuda *cuda,
	struct strs *dropped)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < asked->n; i++) {
		const char *plain = without_ptx(a, asked->v[i]),
			   *other = renumbered(a, cuda, plain);

		if (is_known(cuda, plain))
			vec_push(a, &out, asked->v[i]);
		else if (!other || !strs_has(asked, other))
			vec_push(a, dropped,
				arena_printf(a, "capability %s is dropped: %s", plain,
					unknown_because(a, cuda, plain)));
	}
	return out;
}

/* Code for a capability that nvcc does not know is made of older PTX, so that must be there, and it
 * is what may be kept for GPUs to come. */
static struct strs
settle_newer(struct arena *a, const struct catalog_cuda *cuda, const struct strs *list,
	struct strs *dropped)
{
	struct strs plain = { 0 }, out = { 0 }, ptx_of = { 0 };

	for (size_t i = 0; i < list->n; i++) {
		const char *c = without_ptx(a, list->v[i]);
		const char *from = capability_assembled_from(a, cuda, list, c);

		if (from && !*from) {
			vec_push(a, dropped,
				arena_printf(a,
					"capability %s is dropped: the nvcc that packages have does not know it, and the kernel asks for no older one (without a suffix) of whose PTX its code could be made%s",
					c,
					cuda->redist ? "; NVIDIA's own nvcc knows it (--redist)"
						     : ""));
			continue;
		}
		vec_push(a, &plain, c);
		if (str_has_suffix(list->v[i], "+PTX"))
			vec_push(a, &ptx_of, from ? from : c);
	}
	for (size_t i = 0; i < plain.n; i++)
		vec_push(a, &out,
			arena_printf(a, "%s%s", plain.v[i],
				strs_has(&ptx_of, plain.v[i]) ? "+PTX" : ""));
	return out;
}

struct strs
capabilities_for(struct arena *a, const struct catalog_cuda *cuda, const struct strs *asked,
	struct strs *notes)
{
	struct strs known = known_capabilities(a, asked, cuda, notes), out;

	capabilities_intersect(a, &known, &cuda->defaults, &out, notes);
	return settle_newer(a, cuda, &out, notes);
}

const char *
capabilities_why_none(struct arena *a, const struct catalog_cuda *cuda, const struct strs *asked)
{
	struct strs known = { 0 };

	for (size_t i = 0; cuda->redist && i < asked->n; i++) {
		const char *c = without_ptx(a, asked->v[i]);

		if (strs_has(&cuda->redist->capabilities, c))
			vec_push(a, &known, c);
	}
	if (known.n == 0)
		return "";
	return arena_printf(a,
		": the nvcc that packages have knows none of %s, NVIDIA's own does (--redist)",
		strs_join(a, &known, ", "));
}
