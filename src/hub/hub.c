/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads variants: looks at what the hub has, plans the difference, has it committed. */
#include "hub/hub.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/path.h"
#include "hub/helper.h"
#include "hub/operations.h"
#include "hub/verify.h"
#include <stdlib.h>

struct upload {
	struct arena *a;
	const struct upload_wish *w;
	const char *card; /* NULL: none */
	struct helper *helper;
	const char *repo, *branch, *endpoint;
	bool is_new;
	json_t *look; /* what the hub has */
	struct upload_result *result;
};

/* Warns of what was built from changed files, and refuses what is not as it was built. */
static int
check_variant_files(struct arena *a, const char *dir, struct err *e)
{
	struct mismatches found = { 0 };
	size_t n;
	int r = verify_digest(a, dir, &found, &n, e);

	TRY(r);
	if (r == 0)
		log_warn(
			"%s/metadata.json has no digest, so nobody can tell whether these files are those that were built; kernel-builder hash writes one",
			dir);
	if (found.n)
		return err_set(e, ERR_ABI,
			"%s: %s %s%s; build the variant again, or, if you changed it on purpose, write a new digest: kernel-builder hash",
			dir, found.v[0].path,
			mismatch_text(a, found.v[0].kind, "the digest in metadata.json"),
			found.n > 1 ? ", and other files, too" : "");
	return 0;
}

static bool
is_dirty(json_t *metadata)
{
	json_t *p = json_object_get(metadata, "provenance");

	return json_is_true(json_object_get(json_object_get(p, "kernel"), "dirty")) ||
	       json_is_true(json_object_get(json_object_get(p, "kernel-builder"), "dirty"));
}

/* *branch becomes that of the version, unless it is another than that of a variant before. */
static int
take_version(struct arena *a, const char *dir, json_t *metadata, const char **branch, struct err *e)
{
	const json_t *version = json_object_get(metadata, "version");
	const char *name = arena_printf(a, "v%" JSON_INTEGER_FORMAT, json_integer_value(version));

	if (!json_is_integer(version) || json_integer_value(version) < 0)
		return err_set(e, ERR_CONFIG,
			"%s/metadata.json: version is missing, or not a whole number", dir);
	if (*branch && !streq(*branch, name))
		return err_set(e, ERR_ABI,
			"%s is of another version of the kernel (%s) than others there (%s); build all of them again, or name a branch with --branch",
			dir, name, *branch);
	*branch = name;
	return 0;
}

static int
check_variants(struct upload *u, struct err *e)
{
	const struct strs *dirs = u->w->variants;
	const char *branch = NULL;

	for (size_t i = 0; i < dirs->n; i++) {
		json_t *metadata = NULL;
		int r = 0;

		TRY(check_variant_files(u->a, dirs->v[i], e));
		TRY(variant_metadata(u->a, dirs->v[i], &metadata, e));
		if (is_dirty(metadata))
			log_warn(
				"%s was built from files with changes that no commit has, so nobody can build it again by the commit that it names",
				dirs->v[i]);
		if (!u->w->branch)
			r = take_version(u->a, dirs->v[i], metadata, &branch, e);
		json_decref(metadata);
		TRY(r);
	}
	u->branch = u->w->branch ? u->w->branch : branch;
	return 0;
}

/* Beside the variants, as it is; else that of the kernel, filled. */
static int
find_card(struct upload *u, struct err *e)
{
	const char *made = path_join(u->a, u->w->build, "CARD.md"),
		   *template = path_join(u->a, u->w->dir, "CARD.md");
	struct card_wish wish = { u->w->python, template, u->w->repo, u->w->project,
		u->w->variants };
	struct str text;

	if (fs_exists(made) && (!u->w->project || !streq(u->w->build, u->w->dir))) {
		TRY(fs_read(u->a, made, SIZE_MAX, &text, e));
		u->card = text.p;
		return 0;
	}
	return u->w->project && fs_exists(template) ? hub_card(u->a, &wish, &u->card, e) : 0;
}

static int
look(struct upload *u, struct err *e)
{
	const char *main_head;

	TRY(helper_ask(u->helper,
		json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "do", "look", "repo", u->w->repo,
			"type", u->w->type, "branch", u->branch, "private", u->w->is_private,
			"create", !u->w->opens_pull_request),
		&u->look, e));
	u->repo = json_string_value(json_object_get(u->look, "repo"));
	u->endpoint = json_string_value(json_object_get(u->look, "endpoint"));
	u->is_new = !json_object_get(json_object_get(u->look, "heads"), u->branch);
	main_head = json_string_value(json_object_get(json_object_get(u->look, "heads"), "main"));
	if (!main_head && u->is_new)
		return err_set(e, ERR_CONFIG,
			"%s has no branch main, which %s is to be made from; make it there",
			u->repo, u->branch);
	log_info("%s, branch %s%s", u->repo, u->branch, u->is_new ? " (new)" : "");
	return 0;
}

static void
read_files(struct upload *u, const char *branch, struct hub_files *out)
{
	hub_files_read(u->a, json_object_get(json_object_get(u->look, "files"), branch), out);
}

static int
plan_branch(struct upload *u, struct commits *out, struct err *e)
{
	const struct strs *dirs = u->w->variants;
	struct hub_files there;
	const struct operations_of of = { &there, u->is_new };
	struct operations group = { 0 }, others = { 0 };
	struct strs names = { 0 };

	read_files(u, u->is_new ? "main" : u->branch, &there);
	for (size_t i = 0; i < dirs->n; i++)
		vec_push(u->a, &names, path_base(dirs->v[i]));
	operations_others(u->a, &names, &of, &others);
	TRY(operations_benchmarks(u->a, u->w->dir, &of, &others, e));
	/* Of a new branch nobody has anything yet. */
	commits_add(u->a, &others, out);
	for (size_t i = 0; i < dirs->n; i++) {
		group = (struct operations){ 0 };
		TRY(operations_variant(u->a, dirs->v[i], names.v[i], &of, &group, e));
		commits_add(u->a, &group, out);
	}
	return 0;
}

static void
plan_card(struct upload *u, struct commits *out)
{
	struct operations group = { 0 };
	struct hub_files there;

	read_files(u, "main", &there);
	if (u->card)
		operations_card(u->a, u->card, &there, &group);
	commits_add(u->a, &group, out);
}

static json_t *
commit_json(const struct operations *c)
{
	json_t *add = json_array(), *gone = json_array();

	for (size_t i = 0; i < c->n; i++) {
		const struct operation *o = &c->v[i];
		json_t *x = json_pack("{s:s}", "path", o->path);

		if (o->from)
			json_object_set_new(x, "from", json_string(o->from));
		if (o->text)
			json_object_set_new(x, "text", json_string(o->text));
		if (o->from || o->text)
			json_array_append(add, x);
		else
			json_array_append_new(gone, json_string(o->path));
		json_decref(x);
	}
	return json_pack("{s:o, s:o}", "add", add, "delete", gone);
}

static void
count(const struct commits *c, size_t *added, size_t *deleted)
{
	*added = *deleted = 0;
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->v[i].n; k++)
			++*(c->v[i].v[k].from || c->v[i].v[k].text ? added : deleted);
}

/* Of a new branch also when nothing is to be changed: it is made. */
static int
commit(struct upload *u, const char *branch, bool is_new, const struct commits *c, struct err *e)
{
	const json_t *heads = json_object_get(u->look, "heads");
	json_t *list = json_array(), *answer = NULL;
	size_t added, deleted;
	const char *url;

	count(c, &added, &deleted);
	for (size_t i = 0; i < c->n; i++)
		json_array_append_new(list, commit_json(&c->v[i]));
	log_info("%s: %zu to add or change, %zu to delete", branch, added, deleted);
	TRY(helper_ask(u->helper,
		json_pack("{s:s, s:s, s:s, s:s, s:O?, s:b, s:b, s:o}", "do", "commit", "repo",
			u->repo, "type", u->w->type, "branch", branch, "parent",
			json_object_get(heads, is_new ? "main" : branch), "new", is_new, "pr",
			u->w->opens_pull_request, "commits", list),
		&answer, e));
	url = json_string_value(json_object_get(answer, "pull_request"));
	u->result->status = u->w->opens_pull_request ? UPLOAD_PULL_REQUEST : UPLOAD_UPLOADED;
	if (url)
		u->result->requests[u->result->n_requests++] =
			(struct upload_request){ branch, arena_strdup(u->a, url) };
	json_decref(answer);
	return 0;
}

static const char *
address(struct upload *u)
{
	bool is_public = streq(u->endpoint, "https://huggingface.co");

	return arena_printf(u->a, "%s/%s%s/tree/%s", is_public ? "https://hf.co" : u->endpoint,
		streq(u->w->type, "model") ? "" : "kernels/", u->repo, u->branch);
}

/* The card comes last: it tells of what is there. */
static int
change(struct upload *u, struct err *e)
{
	struct commits builds = { 0 }, card = { 0 };
	bool is_one = streq(u->branch, "main");

	TRY(look(u, e));
	TRY(plan_branch(u, &builds, e));
	plan_card(u, is_one ? &builds : &card);
	if (builds.n || u->is_new)
		TRY(commit(u, u->branch, u->is_new, &builds, e));
	if (card.n)
		TRY(commit(u, "main", false, &card, e));
	u->result->repo = arena_strdup(u->a, u->repo);
	u->result->branch = u->branch;
	if (u->result->status == UPLOAD_UPLOADED)
		u->result->url = address(u);
	return 0;
}

int
hub_upload(struct arena *a, const struct upload_wish *w, struct upload_result *out, struct err *e)
{
	struct upload u = { .a = a, .w = w, .result = out };
	int r;

	*out = (struct upload_result){ .status = UPLOAD_NO_CHANGES };
	TRY(check_variants(&u, e));
	TRY(find_card(&u, e));
	r = helper_start(a, w->python, &u.helper, e);
	if (r == 0)
		r = change(&u, e);
	helper_end(u.helper);
	json_decref(u.look);
	return r;
}

int
hub_write_result(struct arena *a, const struct upload_result *r, const char *path, struct err *e)
{
	static const char *const status[] = { "no_changes", "uploaded", "pull_request_created" };
	json_t *list = json_array(), *o;
	const char *text;
	char *dump;

	for (size_t i = 0; i < r->n_requests; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "branch", r->requests[i].branch,
						    "url", r->requests[i].url));
	o = json_pack("{s:s, s:s, s:s, s:s?, s:o}", "status", status[r->status], "repo_id", r->repo,
		"branch", r->branch, "url", r->url, "pull_requests", list);
	dump = json_dumps(o, JSON_INDENT(2));
	text = arena_printf(a, "%s\n", dump);
	free(dump);
	json_decref(o);
	return fs_write_atomic(path, text, strlen(text), 0644, e);
}
