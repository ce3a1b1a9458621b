/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the files that this program consists of. */
#include "remote/program.h"
#include "base/err.h"
#include "base/path.h"
#include "elf/elf.h"
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>

/* A file that is loaded. */
struct loaded {
	const char *name; /* by which it was asked for; "": the program */
	uintptr_t at;     /* in it */
	const char *path; /* NULL: not known, or none */
	bool is_needed;
};
struct all_loaded {
	struct arena *a;
	VEC(struct loaded) of; /* the program is the first */
};

static int
add_loaded(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct all_loaded *all = arg;
	struct loaded l = { .name = arena_strdup(all->a, path_base(info->dlpi_name)) };

	(void)size;
	for (size_t i = info->dlpi_phnum; i-- > 0;) {
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			l.at = (uintptr_t)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	}
	vec_push(all->a, &all->of, l);
	return 0;
}

/* By what is mapped: that a program was asked for by another name, or its directory moved, does not
 * matter. */
static int
find_paths(struct all_loaded *all, struct err *e)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[PATH_MAX + 128];

	if (!f)
		return err_sys(e, "cannot open /proc/self/maps");
	while (fgets(line, sizeof(line), f)) {
		uintptr_t from, to;
		int at = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %*s %n", &from, &to, &at) <
				2 ||
			at == 0 || line[at] != '/')
			continue;
		for (size_t i = 0; i < all->of.n; i++) {
			if (all->of.v[i].at >= from && all->of.v[i].at < to)
				all->of.v[i].path = arena_strdup(all->a, line + at);
		}
	}
	fclose(f);
	return 0;
}

static struct loaded *
find(const struct all_loaded *all, const char *needed)
{
	for (size_t i = 1; i < all->of.n; i++) {
		if (streq(all->of.v[i].name, path_base(needed)))
			return &all->of.v[i];
	}
	return NULL;
}

static int
need(const struct all_loaded *all, const char *name, struct loaded **out, struct err *e)
{
	struct loaded *l = find(all, name);

	if (!l || !l->path)
		return err_set(
			e, ERR_SYS, "cannot find %s, which this program was loaded with", name);
	l->is_needed = true;
	*out = l;
	return 0;
}

/* What l needs. *loader, if not NULL, becomes the one that it names. */
static int
need_all_of(
	const struct all_loaded *all, const struct loaded *l, struct loaded **loader, struct err *e)
{
	CLEANUP(arena_freep) struct arena tmp = { 0 };
	CLEANUP(fs_unmapp) struct str bytes = { 0 };
	struct loaded *other;
	struct elf elf;

	if (str_has_suffix(l->path, " (deleted)"))
		return err_set(e, ERR_SYS, "%s: it was replaced since it was loaded", l->path);
	TRY(fs_map(l->path, &bytes, e));
	TRY(elf_read(&tmp, bytes, l->path, &elf, e));
	for (size_t i = 0; i < elf.needed.n; i++)
		TRY(need(all, elf.needed.v[i], &other, e));
	if (!loader)
		return 0;
	if (!elf.interp)
		return err_set(e, ERR_SYS, "%s has no loader", l->path);
	return need(all, elf.interp, loader, e);
}

/* Marks all that is needed. */
static int
find_needed(const struct all_loaded *all, struct loaded **loader, struct err *e)
{
	bool *seen = arena_array(all->a, bool, all->of.n);
	bool again = true;

	all->of.v[0].is_needed = true;
	if (!all->of.v[0].path)
		return err_set(e, ERR_SYS, "/proc/self/maps does not have this program");
	while (again) {
		again = false;
		for (size_t i = 0; i < all->of.n; i++) {
			if (!all->of.v[i].is_needed || seen[i])
				continue;
			seen[i] = again = true;
			TRY(need_all_of(all, &all->of.v[i], i == 0 ? loader : NULL, e));
		}
	}
	return 0;
}

static int
add_entry(struct arena *a, const char *at, const char *path, struct action_entry *out,
	struct blob_list *blobs, struct err *e)
{
	*out = (struct action_entry){ .path = at, .kind = ACTION_FILE };
	TRY(sha256_file(path, &out->digest, &out->size, e));
	vec_push(a, &blobs->of, (struct remote_blob){ out->digest, out->size, path, { NULL, 0 } });
	return 0;
}

int
program_entries(struct arena *a, struct action_entry **out, size_t *n, struct blob_list *blobs,
	struct err *e)
{
	struct all_loaded all = { .a = a };
	struct loaded *loader = NULL;

	dl_iterate_phdr(add_loaded, &all);
	TRY(find_paths(&all, e));
	TRY(find_needed(&all, &loader, e));
	*out = arena_array(a, struct action_entry, all.of.n);
	*n = 0;
	for (size_t i = 0; i < all.of.n; i++) {
		const struct loaded *l = &all.of.v[i];
		struct action_entry *x = &(*out)[*n];

		if (!l->is_needed)
			continue;
		TRY(add_entry(a,
			i == 0        ? PROGRAM_FILE
			: l == loader ? PROGRAM_LOADER
				      : path_join(a, PROGRAM_LIBRARIES, l->name),
			l->path, x, blobs, e));
		x->is_exec = i == 0 || l == loader;
		(*n)++;
	}
	return 0;
}
