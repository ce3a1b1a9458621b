/* SPDX-License-Identifier: Apache-2.0 */
/* The digest in metadata.json against the files, by the original's rule: it covers every file but
 * metadata.json and its signature at the top, and what Python compiled. */
#include "base/path.h"
#include "check/run.h"
#include <openssl/evp.h>

static bool
is_covered(const char *path)
{
	return !streq(path, "metadata.json") && !streq(path, "metadata.json.sigstore") &&
	       !strstr(path, "__pycache__/") && !str_has_suffix(path, ".pyc");
}

/* Base64 of a digest; out holds 89 bytes. */
static void
digest_text(const EVP_MD *md, struct str bytes, char out[89])
{
	unsigned char d[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	EVP_Digest(bytes.p, bytes.n, d, &n, md, NULL);
	EVP_EncodeBlock((unsigned char *)out, d, (int)n);
}

static void
check_entry(struct check_run *r, const EVP_MD *md, const struct metadata_digest *d)
{
	const struct fact_file *f = facts_find(r->facts, d->path);
	char text[89];

	if (!f || !is_covered(d->path)) {
		found_error(r, .rule = "digest-missing", .file = d->path,
			.message = f ? "is in the digest of metadata.json, where it must not be"
				     : "is in the digest of metadata.json, but not in the variant",
			.advice = "build the variant again: files of it are gone");
		return;
	}
	if (f->is_link)
		return; /* layout.c refuses links */
	digest_text(md, f->bytes, text);
	if (!streq(text, d->text))
		found_error(r, .rule = "digest-mismatch", .file = d->path,
			.message =
				"is not the file whose digest is in metadata.json: it was changed, or damaged",
			.advice = "build the variant again");
}

static bool
has_entry(const struct metadata *m, const char *path)
{
	for (size_t i = 0; i < m->n_digests; i++)
		if (streq(m->digests[i].path, path))
			return true;
	return false;
}

void
check_digests(struct check_run *r)
{
	const struct metadata *m = &r->facts->metadata;
	const EVP_MD *md;

	if (r->facts->is_lone || !r->facts->has_metadata || r->facts->metadata_fault)
		return;
	if (!m->algorithm) {
		found_warning(r, .rule = "digest-absent", .file = "metadata.json",
			.message =
				"has no digest, so nobody can tell whether the files are those that were built",
			.advice = "build the variant with a builder that writes one");
		return;
	}
	md = streq(m->algorithm, "sha256")   ? EVP_sha256()
	     : streq(m->algorithm, "sha512") ? EVP_sha512()
					     : NULL;
	if (!md) {
		found_error(r, .rule = "digest-algorithm", .file = "metadata.json",
			.message = arena_printf(r->a, "has a digest by \"%.60s\"", m->algorithm),
			.advice = "use sha256 or sha512, the only ones that clients know");
		return;
	}
	for (size_t i = 0; i < m->n_digests; i++)
		check_entry(r, md, &m->digests[i]);
	for (size_t i = 0; i < r->facts->n_files; i++) {
		const char *path = r->facts->files[i].path;

		if (is_covered(path) && !has_entry(m, path))
			found_error(r, .rule = "digest-unknown", .file = path,
				.message = "is not in the digest of metadata.json",
				.advice = "remove it, or build the variant again");
	}
}
