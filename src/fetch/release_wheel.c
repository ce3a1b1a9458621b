/* SPDX-License-Identifier: Apache-2.0 */
/* Looks through an index, or a directory of wheels, for a release's file. */
#include "fetch/release_wheel.h"
#include "base/err.h"
#include "base/fs.h"
#include "fetch/internal.h"
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>

#define ACCEPT_JSON "application/vnd.pypi.simple.v1+json"
enum { PAGE_LIMIT = 256 << 20 };

struct wanted {
	const char *stem, *end; /* of the file's name */
};

static void
http_closep(struct http **h)
{
	http_close(*h);
}

/* How well a file suits: 0 not at all, else 1 is best. Its name must be
 * PROJECT-VERSION[-BUILD]-cp3X-cp3X-manylinux..CPU.whl, or py3-none for any Python; headers and
 * libraries are the same in all. */
static unsigned
rank_wheel(const char *name, const struct wanted *w)
{
	const char *tags;
	bool has_build;

	if (!str_has_prefix(name, w->stem) || !str_has_suffix(name, w->end) ||
		!strstr(name, "-manylinux"))
		return 0;
	tags = name + strlen(w->stem);
	has_build = isdigit((unsigned char)*tags);
	if (has_build) {
		tags = strchr(tags, '-');
		if (!tags)
			return 0;
		tags++;
	}
	if (!str_has_prefix(tags, "cp3") && !str_has_prefix(tags, "py3-none-"))
		return 0;
	return (str_has_prefix(tags, "cp311-cp311-") ? 1U : 3U) + (has_build ? 1 : 0);
}

/* As it stands in the names of its files. */
static const char *
file_name(struct arena *a, const char *project)
{
	char *out = arena_strdup(a, project);

	for (char *p = out; *p; p++)
		if (*p == '-')
			*p = '_';
	return out;
}

int
release_wheel_pick(struct arena *a, struct str page, const struct wheel_release *r,
	const char **file, struct err *e)
{
	json_error_t why;
	json_t *root = json_loadb(page.p, page.n, 0, &why), *item;
	const struct wanted w = { arena_printf(a, "%s-%s-", file_name(a, r->project), r->version),
		arena_printf(a, "_%s.whl", r->target->cpu) };
	unsigned best = 0;
	size_t i;

	if (!root)
		return err_set(e, ERR_NET, "the index's page of %s is no JSON: line %d, column %d",
			r->project, why.line, why.column);
	json_array_foreach(json_object_get(root, "files"), i, item)
	{
		const char *name = json_string_value(json_object_get(item, "filename"));
		json_t *yanked = json_object_get(item, "yanked");
		unsigned rank = name ? rank_wheel(name, &w) : 0;

		/* "yanked" is false, or true, or the reason. */
		if (!rank || json_is_true(yanked) || json_is_string(yanked))
			continue;
		if (best && (rank > best || (rank == best && str_natural_cmp(name, *file) > 0)))
			continue;
		best = rank;
		*file = arena_strdup(a, name);
	}
	json_decref(root);
	return best > 0;
}

/* A directory of wheels instead of an index: the same choice among its files. */
static int
pick_in_dir(struct arena *a, const char *dir, const struct wheel_release *r, const char **file,
	struct err *e)
{
	json_t *root = json_object(), *files = json_array();
	struct strs names = { 0 };
	char *text;
	int rc;

	TRY(fs_list(a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		json_t *item = json_object();

		json_object_set_new(item, "filename", json_string(names.v[i]));
		json_array_append_new(files, item);
	}
	json_object_set_new(root, "files", files);
	text = json_dumps(root, 0);
	json_decref(root);
	if (!text)
		return err_set(e, ERR_BUG, "%s: a name is not UTF-8", dir);
	rc = release_wheel_pick(a, str_of(text), r, file, e);
	free(text);
	return rc;
}

int
release_wheel_find(struct arena *a, const struct sources *src, const struct wheel_release *r,
	const char **file, struct err *e)
{
	const char *dir = source_as_dir(a, src->wheel_index), *url;
	CLEANUP(http_closep) struct http *h = NULL;
	struct http_text page;
	size_t n = strlen(src->wheel_index);

	if (dir)
		return pick_in_dir(a, dir, r, file, e);
	url = arena_printf(a, "%s%s%s/", src->wheel_index,
		n && src->wheel_index[n - 1] == '/' ? "" : "/", index_normal_name(a, r->project));
	TRY(http_open(NULL, NULL, NULL, &h, e));
	TRY(http_get(a, h, &(struct http_request){ url, ACCEPT_JSON, PAGE_LIMIT }, &page, e));
	return release_wheel_pick(a, page.body, r, file, e);
}
