/* SPDX-License-Identifier: Apache-2.0 */
/* Plans what an upload changes. */
#include "hub/operations.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/sha256.h"
#include <openssl/evp.h>

void
hub_files_read(struct arena *a, const json_t *list, struct hub_files *out)
{
	size_t i;
	json_t *o;

	*out = (struct hub_files){ 0 };
	json_array_foreach(list, i, o)
	{
		const char *path = json_string_value(json_object_get(o, "path")),
			   *blob = json_string_value(json_object_get(o, "blob")),
			   *sha256 = json_string_value(json_object_get(o, "sha256"));
		struct hub_file *f;

		if (!path)
			continue;
		f = arena_new(a, struct hub_file);
		f->size = (uint64_t)json_integer_value(json_object_get(o, "size"));
		f->blob = blob ? arena_strdup(a, blob) : "";
		f->sha256 = sha256 ? arena_strdup(a, sha256) : NULL;
		*map_put(a, &out->by_path, str_of(arena_strdup(a, path))) = f;
	}
}

/* git's name of a blob: the SHA-1 of "blob SIZE", a NUL and the bytes. */
static void
git_blob(struct str bytes, char out[41])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char d[EVP_MAX_MD_SIZE];
	char head[40];
	unsigned n = 0;
	int len = snprintf(head, sizeof(head), "blob %zu", bytes.n);

	EVP_DigestInit_ex(md, EVP_sha1(), NULL);
	EVP_DigestUpdate(md, head, (size_t)len + 1);
	EVP_DigestUpdate(md, bytes.p, bytes.n);
	EVP_DigestFinal_ex(md, d, &n);
	EVP_MD_CTX_free(md);
	for (unsigned i = 0; i < n && i < 20; i++)
		snprintf(out + (size_t)2 * i, 3, "%02x", d[i]);
}

/* 1: the hub has these bytes under that path. */
static int
is_there(const struct hub_files *there, const char *path, const char *from, uint64_t size,
	struct err *e)
{
	const struct hub_file *f = map_get(&there->by_path, str_of(path));
	CLEANUP(fs_unmapp) struct str bytes = { 0 };
	struct digest d;
	char hex[65];

	if (!f || f->size != size)
		return 0;
	if (f->sha256) {
		TRY(sha256_file(from, &d, NULL, e));
		return streq(digest_hex(&d, hex), f->sha256);
	}
	if (size)
		TRY(fs_map(from, &bytes, e));
	git_blob(bytes, hex);
	return streq(hex, f->blob);
}

static bool
adds(const struct operations *o, const char *path)
{
	for (size_t i = 0; i < o->n; i++)
		if (streq(o->v[i].path, path))
			return true;
	return false;
}

static int
add(struct arena *a, const char *path, const char *from, uint64_t size,
	const struct operations_of *of, struct operations *out, struct err *e)
{
	int r;

	if (!text_is_utf8(from))
		return err_set(e, ERR_CONFIG,
			"%s: this name is not UTF-8, so no request can have it; rename the file or its directory",
			from);
	TRY(r = is_there(of->there, path, from, size, e));
	if (r == 0)
		vec_push(a, out, (struct operation){ .path = path, .from = from });
	return 0;
}

/* What the hub has below a directory and the variant has not. */
static void
delete_others(struct arena *a, const char *below, const struct variant_files *files,
	const struct operations_of *of, struct operations *out)
{
	for (size_t i = 0; i < of->there->by_path.n; i++) {
		const char *path = of->there->by_path.entry[i].key.p;

		if (str_has_prefix(path, below) && !variant_files_find(files, path + strlen(below)))
			vec_push(a, out, (struct operation){ .path = path });
	}
}

int
operations_variant(struct arena *a, const char *dir, const char *name,
	const struct operations_of *of, struct operations *out, struct err *e)
{
	const char *below = arena_printf(a, "build/%s/", name);
	const struct variant_file *metadata;
	struct variant_files files;

	TRY(variant_files_list(a, dir, &files, e));
	metadata = variant_files_find(&files, "metadata.json");
	for (size_t i = 0; i < files.n; i++) {
		const struct variant_file *f = &files.v[i];

		if (f != metadata)
			TRY(add(a, arena_printf(a, "%s%s", below, f->path), f->from, f->size, of,
				out, e));
	}
	if (metadata)
		TRY(add(a, arena_printf(a, "%smetadata.json", below), metadata->from,
			metadata->size, of, out, e));
	delete_others(a, below, &files, of, out);
	return 0;
}

static bool
is_benchmark(const char *name)
{
	return str_has_prefix(name, "benchmark") && str_has_suffix(name, ".py");
}

int
operations_benchmarks(struct arena *a, const char *kernel, const struct operations_of *of,
	struct operations *out, struct err *e)
{
	const char *dir = path_join(a, kernel, "benchmarks");
	struct operations kept = { 0 };
	struct strs names = { 0 };
	struct stat st;

	if (!fs_is_dir(dir) && !of->is_new)
		return 0;
	if (fs_is_dir(dir))
		TRY(fs_list(a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		const char *from = path_join(a, dir, names.v[i]),
			   *path = arena_printf(a, "benchmarks/%s", names.v[i]);

		if (!is_benchmark(names.v[i]) || stat(from, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		vec_push(a, &kept, (struct operation){ .path = path });
		TRY(add(a, path, from, (uint64_t)st.st_size, of, out, e));
	}
	for (size_t i = 0; i < of->there->by_path.n; i++) {
		const char *path = of->there->by_path.entry[i].key.p;

		if (str_has_prefix(path, "benchmarks/") && !adds(&kept, path) &&
			(of->is_new || is_benchmark(path_base(path))))
			vec_push(a, out, (struct operation){ .path = path });
	}
	return 0;
}

static bool
is_of_any(const char *path, const struct strs *names)
{
	for (size_t i = 0; i < names->n; i++) {
		size_t n = strlen(names->v[i]);

		if (strncmp(path + strlen("build/"), names->v[i], n) == 0 &&
			path[strlen("build/") + n] == '/')
			return true;
	}
	return false;
}

void
operations_others(struct arena *a, const struct strs *names, const struct operations_of *of,
	struct operations *out)
{
	for (size_t i = 0; of->is_new && i < of->there->by_path.n; i++) {
		const char *path = of->there->by_path.entry[i].key.p;

		if (str_has_prefix(path, "build/") && !is_of_any(path, names))
			vec_push(a, out, (struct operation){ .path = path });
	}
}

void
operations_card(
	struct arena *a, const char *text, const struct hub_files *there, struct operations *out)
{
	const struct hub_file *f = map_get(&there->by_path, STR("README.md"));
	char hex[41];

	git_blob(str_of(text), hex);
	if (!f || !streq(f->blob, hex))
		vec_push(a, out, (struct operation){ .path = "README.md", .text = text });
}

void
commits_add(struct arena *a, const struct operations *group, struct commits *out)
{
	for (size_t i = 0; i < group->n; i++) {
		size_t has = out->n ? out->v[out->n - 1].n : OPERATIONS_MAX;
		bool begins = i == 0 && has + group->n > OPERATIONS_MAX;

		if (begins || has == OPERATIONS_MAX)
			vec_push(a, out, (struct operations){ 0 });
		vec_push(a, &out->v[out->n - 1], group->v[i]);
	}
}
