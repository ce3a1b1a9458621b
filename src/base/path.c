/* SPDX-License-Identifier: Apache-2.0 */
/* Joins, cuts and cleans paths as text. */
#include "base/path.h"
#include "base/arena.h"
#include "base/vec.h"

char *
path_join(struct arena *a, const char *x, const char *y)
{
	size_t n = strlen(x);

	if (y[0] == '/' || n == 0)
		return arena_strdup(a, y);
	return arena_printf(a, "%s%s%s", x, x[n - 1] == '/' ? "" : "/", y);
}

const char *
path_base(const char *p)
{
	const char *s = strrchr(p, '/');

	return s ? s + 1 : p;
}

char *
path_dir(struct arena *a, const char *p)
{
	const char *s = strrchr(p, '/');

	if (!s)
		return arena_strdup(a, ".");
	if (s == p)
		return arena_strdup(a, "/");
	return arena_strndup(a, p, (size_t)(s - p));
}

const char *
path_ext(const char *p)
{
	const char *b = path_base(p), *dot = strrchr(b, '.');

	return dot && dot != b ? dot : b + strlen(b);
}

char *
path_clean(struct arena *a, const char *p)
{
	bool abs = p[0] == '/';
	struct str rest = str_of(p), part;
	VEC(struct str) keep = { 0 };
	char *out, *to;

	while (str_cut(&rest, '/', &part)) {
		if (part.n == 0 || str_eq(part, STR(".")))
			continue;
		if (str_eq(part, STR("..")) && keep.n && !str_eq(keep.v[keep.n - 1], STR("..")))
			keep.n--;
		else if (!str_eq(part, STR("..")) || !abs)
			vec_push(a, &keep, part);
	}
	out = to = arena_alloc(a, strlen(p) + 2, 1);
	if (abs)
		*to++ = '/';
	for (size_t i = 0; i < keep.n; i++) {
		if (i)
			*to++ = '/';
		memcpy(to, keep.v[i].p, keep.v[i].n);
		to += keep.v[i].n;
	}
	if (to == out)
		*to = '.';
	return out;
}

bool
path_is_inside(struct str p)
{
	struct str part;
	int depth = 0;

	if (p.n == 0 || p.p[0] == '/' || memchr(p.p, '\0', p.n))
		return false;
	while (str_cut(&p, '/', &part)) {
		if (part.n == 0 || str_eq(part, STR(".")))
			continue;
		depth += str_eq(part, STR("..")) ? -1 : 1;
		if (depth < 0)
			return false;
	}
	return depth > 0;
}

bool
path_is_below(const char *path, const char *root)
{
	size_t n = strlen(root);

	if (streq(root, "/"))
		return *path == '/';
	return strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

char *
path_relative(struct arena *a, const char *from, const char *to)
{
	char *out = arena_strdup(a, ".");
	size_t common = 0, i = 0;

	/* The longest beginning that both share and that ends with a component. */
	for (;; i++) {
		if ((from[i] == '/' || !from[i]) && (to[i] == '/' || !to[i]))
			common = i;
		if (!from[i] || from[i] != to[i])
			break;
	}
	for (const char *p = from + common; *p; p++) {
		if (p[0] == '/' && p[1])
			out = streq(out, ".") ? arena_strdup(a, "..")
					      : arena_printf(a, "../%s", out);
	}
	for (to += common; *to == '/'; to++)
		;
	if (!*to)
		return out;
	return streq(out, ".") ? arena_strdup(a, to) : path_join(a, out, to);
}
