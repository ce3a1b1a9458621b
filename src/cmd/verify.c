/* SPDX-License-Identifier: Apache-2.0 */
/* hash and verify. */
#include "hub/verify.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "check/check.h"
#include "cmd/build.h"
#include "hub/variant_files.h"
#include "store/store.h"
#include <stdio.h>

int
cmd_hash(struct ctx *c, struct err *e)
{
	struct strs dirs = { 0 };
	const char *dir;
	int r;

	TRY(work_dir(c, &dir, e));
	TRY(check_discover(&c->arena, dir, &dirs, e));
	for (size_t i = 0; i < dirs.n; i++) {
		TRY(r = variant_hash(&c->arena, dirs.v[i], e));
		if (r > 0 && fs_exists(path_join(&c->arena, dirs.v[i], "metadata.json.sigstore")))
			log_warn(
				"%s: metadata.json changed, so metadata.json.sigstore signs it no more; sign it again, or remove that",
				dirs.v[i]);
		printf("%s: %s\n", path_base(dirs.v[i]),
			r > 0 ? "digest written" : "has the digest of its files");
	}
	return 0;
}

static void
report(struct arena *a, const char *dir, const struct mismatches *d, const char *against)
{
	for (size_t i = 0; i < d->n; i++)
		printf("%s/%s: %s\n", path_base(dir), d->v[i].path,
			mismatch_text(a, d->v[i].kind, against));
}

struct tally {
	size_t differ, without; /* without: variants that have no digest */
};

static int
check_digest(struct ctx *c, const char *dir, struct tally *bad, struct err *e)
{
	struct mismatches found = { 0 };
	size_t n;
	int r = verify_digest(&c->arena, dir, &found, &n, e);

	TRY(r);
	report(&c->arena, dir, &found, "the digest in metadata.json");
	for (size_t i = 0; i < found.uncovered.n; i++)
		log_warn("%s/%s is no part of the digest; remove it and verify again",
			path_base(dir), found.uncovered.v[i]);
	bad->differ += found.n > 0;
	bad->without += r == 0;
	if (r == 0)
		printf("%s: metadata.json has no digest\n", path_base(dir));
	else if (!found.n)
		printf("%s: %zu file%s, all as the digest says\n", path_base(dir), n,
			n == 1 ? "" : "s");
	return 0;
}

static int
tell_digests(const struct tally *bad, size_t n, struct err *e)
{
	if (!bad->differ && !bad->without)
		return 0;
	if (!bad->differ)
		return err_set(e, ERR_ABI,
			"%zu of %zu variants %s no digest to compare with; kernel-builder hash writes that of the files as they are now",
			bad->without, n, bad->without == 1 ? "has" : "have");
	return err_set(e, ERR_ABI,
		"%zu of %zu variants %s not what %s digest says%s; build or download again, or, if you changed them on purpose, write new digests: kernel-builder hash",
		bad->differ, n, bad->differ == 1 ? "is" : "are", bad->differ == 1 ? "its" : "their",
		bad->without ? ", and others have none" : "");
}

/* Builds the same variants of a kernel into a directory of the store. The kernel's own records stay
 * as they are. */
static int
rebuild(struct ctx *c, const char *kernel, const struct strs *dirs, const char *output,
	struct err *e)
{
	struct build *b = arena_new(&c->arena, struct build);
	struct arena *a = &c->arena;

	c->opts.operands = (struct strs){ 0 };
	vec_push(a, &c->opts.operands, kernel);
	vec_push(a, &c->opts, (struct opt_value){ "output", output });
	for (size_t i = 0; i < dirs->n; i++)
		vec_push(a, &c->opts, (struct opt_value){ "variant", path_base(dirs->v[i]) });
	c->keeps_no_records = true;
	return build_all(b, c, e);
}

static int
compare(struct ctx *c, const struct strs *dirs, const char *output, size_t *bad, struct err *e)
{
	for (size_t i = 0; i < dirs->n; i++) {
		struct mismatches found = { 0 };
		const char *name = path_base(dirs->v[i]);

		TRY(verify_same(
			&c->arena, dirs->v[i], path_join(&c->arena, output, name), &found, e));
		report(&c->arena, dirs->v[i], &found, "the rebuild");
		if (!found.n)
			printf("%s: the same as the rebuild\n", name);
		*bad += found.n > 0;
	}
	return 0;
}

static int
check_rebuild(struct ctx *c, const struct strs *dirs, size_t *bad, struct err *e)
{
	const char *kernel = opt_get(&c->opts, "against"), *output = NULL;
	struct store *store;
	char *tmp;
	int r;

	TRY(cmd_need_dir(kernel, e));
	TRY(store_open(c->settings.home, false, &store, e));
	r = store_tmp(&c->arena, store, "verify", &tmp, e);
	if (r == 0) {
		output = path_join(&c->arena, tmp, "build");
		r = fs_mkdirs(output, e);
	}
	if (r == 0)
		r = rebuild(c, kernel, dirs, output, e);
	if (r == 0)
		r = compare(c, dirs, output, bad, e);
	/* This removes the rebuild. */
	store_close(store);
	return r;
}

/* "torch-cpu, torch-cuda" */
static const char *
names(struct arena *a, const struct strs *dirs)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < dirs->n; i++)
		vec_push(a, &out, path_base(dirs->v[i]));
	return strs_join(a, &out, ", ");
}

static bool
has_variant(const struct strs *dirs, const char *name)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (streq(path_base(dirs->v[i]), name))
			return true;
	return false;
}

/* By absolute names, for "." and links have no name of a variant. */
static int
find_variants(struct ctx *c, struct strs *out, struct err *e)
{
	struct strs dirs = { 0 }, asked = opt_all(&c->arena, &c->opts, "variant");
	const char *dir, *real = NULL;

	TRY(work_dir(c, &dir, e));
	TRY(check_discover(&c->arena, dir, &dirs, e));
	for (size_t i = 0; i < dirs.n; i++) {
		TRY(fs_real_path(&c->arena, dirs.v[i], &real, e));
		dirs.v[i] = real;
		if (!asked.n || strs_has(&asked, path_base(real)))
			vec_push(&c->arena, out, real);
	}
	for (size_t i = 0; i < asked.n; i++)
		if (!has_variant(out, asked.v[i]))
			return err_set(e, ERR_USAGE, "--variant: %s has no variant %s; it has %s",
				dir, asked.v[i], names(&c->arena, &dirs));
	return 0;
}

int
cmd_verify(struct ctx *c, struct err *e)
{
	struct strs dirs = { 0 };
	struct tally tally = { 0 };
	size_t bad = 0;

	TRY(find_variants(c, &dirs, e));
	for (size_t i = 0; i < dirs.n; i++)
		TRY(check_digest(c, dirs.v[i], &tally, e));
	fflush(stdout);
	TRY(tell_digests(&tally, dirs.n, e));
	if (!opt_has(&c->opts, "against"))
		return 0;
	TRY(check_rebuild(c, &dirs, &bad, e));
	fflush(stdout);
	return bad ? err_set(e, ERR_ABI,
			     "%zu of %zu variants %s not what the rebuild gave: files were changed, or %s has other sources or another lock than they were built from",
			     bad, dirs.n, bad == 1 ? "is" : "are", opt_get(&c->opts, "against"))
		   : 0;
}
