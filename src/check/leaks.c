/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of the machine that built the variant. They tell about it, and they differ elsewhere, so
 * the same sources do not give the same bytes. Paths that the caller knows to be private are errors
 * in files that a builder makes, warnings in others. In shared libraries, paths of the usual places
 * for what only one machine has are warnings: a kernel may mean them.
 */
#include "check/run.h"

static const char *const usual[] = { "/home/", "/root/", "/tmp/", "/var/tmp/", "/nix/store/",
	"/Users/", NULL };
enum { SHOWN = 100 };

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-' || c == '/';
}

static bool
is_path_char(char c)
{
	return is_name(c) || c == '+' || c == '~' || c == '@' || c == '=' || c == ',';
}

/* The first place where head is the beginning of a path and a name follows: that path, cut to what
 * can be shown. */
static const char *
find_path(struct check_run *r, struct str bytes, const char *head, bool is_whole)
{
	const char *end = bytes.p + bytes.n;
	size_t n = strlen(head);

	for (const char *p = bytes.p; (p = memmem(p, (size_t)(end - p), head, n)) != NULL; p++) {
		size_t k = n;

		if (p > bytes.p && is_name(p[-1]))
			continue;
		/* A private directory counts alone, too; the name of another one may begin like it.
		 */
		if (is_whole ? (p + n < end && p[n] != '/' && is_name(p[n]))
			     : (p + n == end || !is_name(p[n]) || p[n] == '/'))
			continue;
		while (p + k < end && k < SHOWN && is_path_char(p[k]))
			k++;
		return arena_strndup(r->a, p, k);
	}
	return NULL;
}

/* What builders write; other files are as their authors wrote them, who may have meant it. */
static bool
is_made(const struct fact_file *f)
{
	return f->is_elf || streq(f->path, "metadata.json") || streq(f->path, "_ops.py");
}

static void
check_file_leaks(struct check_run *r, const struct fact_file *f)
{
	const struct strs *private = &r->options->private_paths;

	for (size_t i = 0; i < private->n; i++) {
		const char *path = strlen(private->v[i]) < 4
					   ? NULL
					   : find_path(r, f->bytes, private->v[i], true);

		if (path)
			found(r,
				(struct finding){
					.severity = is_made(f) ? SEVERITY_ERROR : SEVERITY_WARNING,
					.rule = "private-path",
					.file = f->path,
					.message = arena_printf(r->a,
						"holds \"%s\", a path of the machine that built it",
						path),
					.advice =
						"find what writes it (__FILE__, a flag, a generated file) and make it relative" });
	}
	for (const char *const *u = usual; f->is_elf && *u; u++) {
		const char *path = find_path(r, f->bytes, *u, false);

		if (path)
			found_warning(r, .rule = "machine-path", .file = f->path,
				.message = arena_printf(r->a,
					"holds \"%s\", perhaps a path of the machine that built it",
					path),
				.advice =
					"compile with -ffile-prefix-map, or make the path relative");
	}
}

void
check_leaks(struct check_run *r)
{
	for (size_t i = 0; i < r->facts->n_files; i++)
		if (!r->facts->files[i].is_link)
			check_file_leaks(r, &r->facts->files[i]);
}
