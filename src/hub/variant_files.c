/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and hashes a variant's files. */
#include "hub/variant_files.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

enum { METADATA_MAX = 16 << 20 };

static bool
is_bytecode(const char *path)
{
	return str_has_prefix(path, "__pycache__/") || strstr(path, "/__pycache__/") ||
	       str_has_suffix(path, ".pyc");
}

bool
variant_file_is_metadata(const char *path)
{
	return streq(path, "metadata.json") || streq(path, "metadata.json.sigstore");
}

bool
variant_file_is_covered(const char *path)
{
	return !variant_file_is_metadata(path) && !is_bytecode(path);
}

bool
text_is_utf8(const char *text)
{
	json_t *o = json_string(text);
	bool is = o != NULL;

	json_decref(o);
	return is;
}

/* A link to a directory is no file, as for the original. */
static int
add_entry(struct arena *a, const char *dir, const struct fs_entry *entry, struct variant_files *out,
	struct err *e)
{
	struct variant_file f = { entry->path, path_join(a, dir, entry->path),
		(uint64_t)entry->st.st_size, entry->kind == FS_LINK };
	struct stat st;

	if (entry->kind == FS_DIR)
		return 0;
	if (!text_is_utf8(entry->path))
		return err_set(e, ERR_ABI,
			"%s: this name is not UTF-8; rename the file in the sources, and build the variant again",
			f.from);
	if (entry->kind == FS_LINK) {
		if (stat(f.from, &st) < 0)
			return err_sys(e, "%s is a link that leads nowhere", f.from);
		if (S_ISDIR(st.st_mode)) {
			vec_push(a, &out->dir_links, entry->path);
			return 0;
		}
		f.size = (uint64_t)st.st_size;
	}
	if (entry->kind == FS_OTHER || (entry->kind == FS_LINK && !S_ISREG(st.st_mode)))
		return err_set(
			e, ERR_ABI, "%s is no regular file; build the variant again", f.from);
	vec_push(a, out, f);
	return 0;
}

static int
list(struct arena *a, const char *dir, bool has_bytecode, struct variant_files *out, struct err *e)
{
	struct fs_entries all = { 0 };

	*out = (struct variant_files){ 0 };
	TRY(fs_walk(a, dir, &all, e));
	for (size_t i = 0; i < all.n; i++)
		if (has_bytecode || !is_bytecode(all.v[i].path))
			TRY(add_entry(a, dir, &all.v[i], out, e));
	return 0;
}

int
variant_files_list(struct arena *a, const char *dir, struct variant_files *out, struct err *e)
{
	return list(a, dir, false, out, e);
}

int
variant_files_list_all(struct arena *a, const char *dir, struct variant_files *out, struct err *e)
{
	return list(a, dir, true, out, e);
}

const struct variant_file *
variant_files_find(const struct variant_files *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (streq(f->v[i].path, path))
			return &f->v[i];
	return NULL;
}

static int
hash_fd(int fd, EVP_MD_CTX *md, const char *from, struct err *e)
{
	char bytes[65536];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		EVP_DigestUpdate(md, bytes, (size_t)n);
	return n < 0 ? err_sys(e, "cannot read %s", from) : 0;
}

int
variant_file_digest(const char *from, const char *algorithm, char out[89], struct err *e)
{
	CLEANUP(fd_closep) int fd = open(from, O_RDONLY | O_CLOEXEC);
	unsigned char d[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *md;
	unsigned n = 0;
	int r;

	if (fd < 0)
		return err_sys(e, "cannot read %s", from);
	md = EVP_MD_CTX_new();
	EVP_DigestInit_ex(md, streq(algorithm, "sha512") ? EVP_sha512() : EVP_sha256(), NULL);
	r = hash_fd(fd, md, from, e);
	EVP_DigestFinal_ex(md, d, &n);
	EVP_MD_CTX_free(md);
	EVP_EncodeBlock((unsigned char *)out, d, (int)n);
	return r;
}

int
variant_metadata(struct arena *a, const char *dir, json_t **out, struct err *e)
{
	const char *path = path_join(a, dir, "metadata.json");
	json_error_t at;
	struct str text;

	TRY(fs_read(a, path, METADATA_MAX, &text, e));
	*out = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &at);
	if (json_is_object(*out))
		return 0;
	json_decref(*out);
	*out = NULL;
	return err_set(e, ERR_CONFIG, "%s:%d:%d: this is no JSON object; build the variant again",
		path, at.line < 1 ? 1 : at.line, at.column < 1 ? 1 : at.column);
}

static int
make_digest(const struct variant_files *files, json_t **out, struct err *e)
{
	json_t *map = json_object();
	char text[89];

	for (size_t i = 0; i < files->n; i++) {
		if (!variant_file_is_covered(files->v[i].path))
			continue;
		if (variant_file_digest(files->v[i].from, "sha256", text, e) < 0) {
			json_decref(map);
			return -1;
		}
		json_object_set_new(map, files->v[i].path, json_string(text));
	}
	*out = json_pack("{s:s, s:o}", "algorithm", "sha256", "files", map);
	return 0;
}

static int
write_metadata(struct arena *a, const char *dir, json_t *o, struct err *e)
{
	char *dump = json_dumps(o, JSON_INDENT(2));
	const char *text = arena_printf(a, "%s\n", dump);

	free(dump);
	return fs_write_atomic(path_join(a, dir, "metadata.json"), text, strlen(text), 0644, e);
}

int
variant_hash(struct arena *a, const char *dir, struct err *e)
{
	json_t *o = NULL, *digest = NULL;
	struct variant_files files;
	int r = 0;

	TRY(variant_files_list(a, dir, &files, e));
	TRY(variant_metadata(a, dir, &o, e));
	if (make_digest(&files, &digest, e) < 0)
		r = -1;
	else if (!json_equal(json_object_get(o, "digest"), digest)) {
		json_object_set(o, "digest", digest);
		r = write_metadata(a, dir, o, e) < 0 ? -1 : 1;
	}
	json_decref(digest);
	json_decref(o);
	return r;
}
