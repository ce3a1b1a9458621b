/* SPDX-License-Identifier: Apache-2.0 */
/* Adds releases to the catalog and fills in digests of trees. */
#include "fetch/maintain.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "fetch/internal.h"
#include "resolve/catalog_write.h"
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>

#define ACCEPT_JSON "application/vnd.pypi.simple.v1+json"
enum { PAGE_LIMIT = 256 << 20, CATALOG_LIMIT = 1 << 20 };

static void
http_closep(struct http **h)
{
	http_close(*h);
}

/* How well a file suits: 0 not at all, else 1 is best. Its name must be
 * PROJECT-VERSION[-BUILD]-cp3X-cp3X-manylinux..x86_64.whl; the headers are the same in all. */
static unsigned
rank_wheel(const char *name, const char *stem)
{
	const char *tags;
	bool has_build;

	if (!str_has_prefix(name, stem) || !str_has_suffix(name, "_x86_64.whl") ||
		!strstr(name, "-manylinux"))
		return 0;
	tags = name + strlen(stem);
	has_build = isdigit((unsigned char)*tags);
	if (has_build) {
		tags = strchr(tags, '-');
		if (!tags)
			return 0;
		tags++;
	}
	if (!str_has_prefix(tags, "cp3"))
		return 0;
	return (str_has_prefix(tags, "cp311-cp311-") ? 1U : 3U) + (has_build ? 1 : 0);
}

int
maintain_pick_wheel(struct arena *a, struct str page, const char *project, const char *version,
	const char **file, struct err *e)
{
	json_error_t why;
	json_t *root = json_loadb(page.p, page.n, 0, &why), *item;
	const char *stem = arena_printf(a, "%s-%s-", project, version);
	unsigned best = 0;
	size_t i;

	if (!root)
		return err_set(e, ERR_NET, "the index's page of %s is no JSON: line %d, column %d",
			project, why.line, why.column);
	json_array_foreach(json_object_get(root, "files"), i, item)
	{
		const char *name = json_string_value(json_object_get(item, "filename"));
		json_t *yanked = json_object_get(item, "yanked");
		unsigned rank = name ? rank_wheel(name, stem) : 0;

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
pick_in_dir(struct arena *a, const char *dir, const char *project, const char *version,
	const char **file, struct err *e)
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
	rc = maintain_pick_wheel(a, str_of(text), project, version, file, e);
	free(text);
	return rc;
}

static int
find_wheel(struct arena *a, const struct sources *src, const char *project, const char *version,
	const char **file, struct err *e)
{
	const char *dir = source_as_dir(a, src->wheel_index), *url;
	CLEANUP(http_closep) struct http *h = NULL;
	struct http_text page;
	int found;

	if (dir) {
		TRY(found = pick_in_dir(a, dir, project, version, file, e));
	} else {
		size_t n = strlen(src->wheel_index);

		url = arena_printf(a, "%s%s%s/", src->wheel_index,
			n && src->wheel_index[n - 1] == '/' ? "" : "/",
			index_normal_name(a, project));
		TRY(http_open(NULL, NULL, NULL, &h, e));
		TRY(http_get(
			a, h, &(struct http_request){ url, ACCEPT_JSON, PAGE_LIMIT }, &page, e));
		TRY(found = maintain_pick_wheel(a, page.body, project, version, file, e));
	}
	if (!found)
		return err_set(e, ERR_NET, "the index has no x86-64 manylinux wheel of %s %s",
			project, version);
	return 0;
}

/* Replaces a file of the catalog, unless the catalog would then be refused. */
static int
replace(struct arena *a, const char *dir, const char *name, struct str was, struct str text,
	struct err *e)
{
	const char *path = path_join(a, dir, name);
	struct catalog c;
	struct err ignored;

	TRY(fs_write_atomic(path, text.p, text.n, 0644, e));
	if (catalog_load(a, dir, &c, e) == 0)
		return 0;
	fs_write_atomic(path, was.p, was.n, 0644, &ignored);
	return err_wrap(e, "%s is left as it was", path);
}

static int
take_cuda(struct arena *a, const struct catalog *c, const struct strs *cuda,
	struct catalog_torch *out, struct err *e)
{
	if (cuda->n == 0)
		return 0;
	out->cuda = arena_array(a, struct version, cuda->n);
	out->n_cuda = 0;
	for (size_t i = 0; i < cuda->n; i++) {
		struct version v;

		if (!version_parse(str_of(cuda->v[i]), &v) || v.n != 2 || !catalog_find_cuda(c, &v))
			return err_set(e, ERR_CONFIG,
				"CUDA %s is not in cuda.toml; add it there first", cuda->v[i]);
		out->cuda[out->n_cuda++] = v;
	}
	return 0;
}

int
maintain_add_torch(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	const struct new_torch *torch, const char **file, struct err *e)
{
	const char *path = path_join(a, catalog_dir, "torch.toml"), *version = torch->version;
	CLEANUP(buf_free) struct buf text = { 0 };
	const struct catalog_torch *same;
	struct catalog_torch t;
	struct catalog c;
	struct version v;
	struct str was;
	struct pin *pins[] = { &t.headers, &t.libraries };

	TRY(catalog_load(a, catalog_dir, &c, e));
	if (!version_parse(str_of(version), &v) || v.n != 3)
		return err_set(e, ERR_CONFIG, "%s: name a release as 2.4.1", version);
	same = catalog_find_torch(&c, &v);
	if (same && version_cmp(&same->version, &v) == 0)
		return err_set(e, ERR_CONFIG, "%s has torch %s already", path, version);
	if (c.n_torch == 0)
		return err_set(
			e, ERR_CONFIG, "%s has no release to go by; write the first by hand", path);
	t = c.torch[c.n_torch - 1];
	t.version = v;
	TRY(take_cuda(a, &c, torch->cuda, &t, e));
	TRY(find_wheel(a, job->sources, t.headers.name, version, file, e));
	for (int i = 0; i < 1 + t.has_libraries; i++)
		*pins[i] = (struct pin){ .kind = PIN_WHEEL,
			.name = pins[i]->name,
			.file = *file,
			.select = pins[i]->select,
			.n_select = pins[i]->n_select };
	TRY(fetch_pins(a, job, pins, 1 + (size_t)t.has_libraries, e));
	TRY(fs_read(a, path, CATALOG_LIMIT, &was, e));
	buf_add(&text, was.p, was.n);
	buf_addc(&text, '\n');
	catalog_format_torch(a, &text, &t);
	return replace(a, catalog_dir, "torch.toml", was, buf_str(&text), e);
}

static int
fill_file(struct arena *a, const struct fetch_job *job, const char *dir, const char *name,
	size_t *count, struct err *e)
{
	const char *path = path_join(a, dir, name);
	struct catalog_gaps gaps;
	struct pin **pins;
	struct str text;

	TRY(fs_read(a, path, CATALOG_LIMIT, &text, e));
	TRY(catalog_find_gaps(a, text, path, &gaps, e));
	if (gaps.n == 0)
		return 0;
	pins = arena_array(a, struct pin *, gaps.n);
	for (size_t i = 0; i < gaps.n; i++)
		pins[i] = &gaps.v[i].pin;
	TRY(fetch_pins(a, job, pins, gaps.n, e));
	*count += gaps.n;
	text = catalog_fill_gaps(a, text, &gaps);
	return fs_write_atomic(path, text.p, text.n, 0644, e);
}

int
maintain_fill_trees(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	size_t *count, struct err *e)
{
	struct catalog c;

	*count = 0;
	TRY(fill_file(a, job, catalog_dir, "torch.toml", count, e));
	TRY(fill_file(a, job, catalog_dir, "cuda.toml", count, e));
	TRY(fill_file(a, job, catalog_dir, "gcc.toml", count, e));
	if (fs_exists(path_join(a, catalog_dir, "deps.toml")))
		TRY(fill_file(a, job, catalog_dir, "deps.toml", count, e));
	if (fs_exists(path_join(a, catalog_dir, "libraries.toml")))
		TRY(fill_file(a, job, catalog_dir, "libraries.toml", count, e));
	if (fs_exists(path_join(a, catalog_dir, "aarch64.toml")))
		TRY(fill_file(a, job, catalog_dir, "aarch64.toml", count, e));
	if (fs_exists(path_join(a, catalog_dir, "tvm-ffi.toml")))
		TRY(fill_file(a, job, catalog_dir, "tvm-ffi.toml", count, e));
	return catalog_load(a, catalog_dir, &c, e);
}

int
maintain_nix_trees(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	struct str *out, struct err *e)
{
	json_t *root CLEANUP(json_decrefp) = json_object();
	struct pin **pins, **known;
	struct catalog c;
	size_t n, count = 0;
	char *text;

	TRY(catalog_load(a, catalog_dir, &c, e));
	pins = catalog_pins(a, &c, &n);
	known = arena_array(a, struct pin *, n + 1);
	for (size_t i = 0; i < n; i++)
		if (pins[i]->has_tree && !pins[i]->has_nar)
			known[count++] = pins[i];
	TRY(fetch_pins(a, job, known, count, e));
	for (size_t i = 0; i < count; i++) {
		char tree[65], hex[65];
		struct digest nar;

		TRY(store_tree_nar(job->store, &known[i]->tree, &nar, e));
		json_object_set_new(root, digest_hex(&known[i]->tree, tree),
			json_string(digest_hex(&nar, hex)));
	}
	for (size_t i = 0; i < n; i++) {
		char tree[65], hex[65];

		if (pins[i]->has_tree && pins[i]->has_nar)
			json_object_set_new(root, digest_hex(&pins[i]->tree, tree),
				json_string(digest_hex(&pins[i]->nar, hex)));
	}
	text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
	if (!text)
		return err_set(e, ERR_BUG, "the trees cannot be written as JSON");
	out->p = arena_printf(a, "%s\n", text);
	out->n = strlen(out->p);
	free(text);
	return 0;
}
