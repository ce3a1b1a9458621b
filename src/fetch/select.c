/* SPDX-License-Identifier: Apache-2.0 */
/* Maps members of an archive to files of a tree. */
#include "fetch/select.h"
#include "base/err.h"
#include "base/path.h"
#include "formats/member.h"

/* The first selection that fits, or NULL. */
static const struct pin_select *
find(const struct pin *pin, struct str path)
{
	for (size_t i = 0; i < pin->n_select; i++) {
		struct str from = str_of(pin->select[i].from);
		bool is_dir = from.n == 0 || from.p[from.n - 1] == '/';

		if (is_dir ? str_starts(path, from) : str_eq(path, from))
			return &pin->select[i];
	}
	return NULL;
}

int
select_member(struct arena *a, const struct pin *pin, const char *path, const char **to,
	bool *symbols, struct err *e)
{
	const struct pin_select *s = find(pin, str_of(path));
	const char *fault;

	if (!s || !s->to)
		return 0;
	*to = arena_printf(a, "%s%s", s->to, path + strlen(s->from));
	if (symbols)
		*symbols = s->symbols;
	fault = member_name_fault(str_of(*to));
	if (fault)
		return err_set(e, ERR_CONFIG,
			"selection \"%s\" -> \"%s\" puts %s at \"%s\", which %s", s->from, s->to,
			path, *to, fault);
	return 1;
}

/* Where a link at path points, from the root; "." for the root itself. */
static const char *
resolve(struct arena *a, const char *path, const char *target)
{
	return path_clean(a, path_join(a, path_dir(a, path), target));
}

/* As select_member, but for what may be a directory. NULL if left out. */
static const char *
place_of(struct arena *a, const struct pin *pin, const char *path)
{
	const char *dir = streq(path, ".") ? "" : arena_printf(a, "%s/", path);
	const struct pin_select *s = streq(path, ".") ? NULL : find(pin, str_of(path));

	if (s && s->to)
		return path_clean(a, arena_printf(a, "%s%s", s->to, path + strlen(s->from)));
	if (s)
		return NULL;
	s = find(pin, str_of(dir));
	if (!s || !s->to)
		return NULL;
	return path_clean(a, arena_printf(a, "%s%s", s->to, dir + strlen(s->from)));
}

/* The text of a link at `at` to `to`, both from the root. */
static const char *
relative(struct arena *a, const char *at, const char *to)
{
	size_t same = 0, up = 0;
	char *out;

	if (streq(to, "."))
		to = "";
	for (size_t i = 0; at[i] && at[i] == to[i]; i++) {
		if (at[i] == '/')
			same = i + 1;
	}
	for (const char *s = strchr(at + same, '/'); s; s = strchr(s + 1, '/'))
		up++;
	if (!to[same] && !up)
		return ".";
	out = arena_alloc(a, up * 3 + strlen(to + same) + 1, 1);
	for (size_t i = 0; i < up; i++)
		memcpy(out + 3 * i, "../", 3);
	memcpy(out + 3 * up, to + same, strlen(to + same));
	if (!to[same])
		out[3 * up - 1] = '\0';
	return out;
}

int
select_link(struct arena *a, const struct pin *pin, const struct member_link *l, const char **out,
	struct err *e)
{
	const char *points_at = resolve(a, l->path, l->target),
		   *place = place_of(a, pin, points_at);

	if (!place)
		return err_set(e, ERR_CONFIG,
			"the link %s points at %s, which no selection takes: select that too, or leave the link out",
			l->path, points_at);
	*out = streq(resolve(a, l->to, l->target), place) ? l->target : relative(a, l->to, place);
	return 0;
}
