/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line says of a new kernel: its name, its owner, where it goes, its backends. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "scaffold/scaffold.h"

/* NAME or OWNER/NAME, as the hub has it; hint: how to choose another. */
static int
take_name(struct arena *a, const char *text, const char *hint, struct scaffold *out, struct err *e)
{
	const char *slash = strchr(text, '/'), *fault;
	char *name = arena_strdup(a, slash ? slash + 1 : text);

	for (char *p = name; (p = strchr(p, '_'));)
		*p = '-';
	if (slash)
		out->owner = arena_strndup(a, text, (size_t)(slash - text));
	if (slash == text || strchr(name, '/'))
		return err_set(e, ERR_USAGE,
			"\"%s\" names no kernel; write NAME or OWNER/NAME, such as me/my-kernel",
			text);
	for (const char *p = out->owner; p && *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '\\')
			return err_set(e, ERR_USAGE, "\"%s\" is no owner on the hub", out->owner);
	fault = project_name_fault(a, name);
	if (fault)
		return err_set(e, ERR_USAGE, "name \"%s\"%s%s", name, fault, hint);
	out->name = name;
	return 0;
}

/* OWNER/NAME rather than a path: one "/", and no directory of the owner's name is there. */
static bool
names_owner(struct arena *a, const char *base, const char *operand)
{
	const char *slash = strchr(operand, '/');

	return slash && slash != operand && slash[1] && !strchr(slash + 1, '/') &&
	       operand[0] != '.' &&
	       !fs_is_dir(path_join(a, base, arena_strndup(a, operand, (size_t)(slash - operand))));
}

int
scaffold_place(struct arena *a, const char *base, const char *operand, const char *name,
	struct scaffold *out, struct err *e)
{
	if (!name && operand && names_owner(a, base, operand)) {
		name = operand;
		operand = NULL;
	}
	if (!name) {
		const char *path = path_clean(a, path_join(a, base, operand ? operand : "."));

		out->dir = path;
		if (fs_exists(path))
			TRY(fs_real_path(a, path, &path, e));
		return take_name(
			a, path_base(path), "; --name gives another than the directory's", out, e);
	}
	TRY(take_name(a, name, "", out, e));
	out->dir = path_clean(a, path_join(a, base, operand ? operand : out->name));
	return 0;
}

static int
add_backend(const char *name, struct scaffold *s, struct err *e)
{
	for (int b = 0; b < BACKEND_COUNT; b++) {
		if (!streq(name, backend_name((enum backend)b)))
			continue;
		if (b != BACKEND_CPU && b != BACKEND_CUDA)
			return err_set(e, ERR_USAGE,
				"--backend %s: init writes code for cuda and cpu; kernels for %s are checked here, not built",
				name, name);
		s->has_backend[b] = true;
		return 0;
	}
	if (!streq(name, "all"))
		return err_set(
			e, ERR_USAGE, "--backend must be cuda, cpu or all, not \"%s\"", name);
	s->has_backend[BACKEND_CPU] = s->has_backend[BACKEND_CUDA] = true;
	return 0;
}

int
scaffold_backends(const struct strs *names, struct scaffold *s, struct err *e)
{
	for (size_t i = 0; i < names->n; i++)
		TRY(add_backend(names->v[i], s, e));
	if (s->kind == SCAFFOLD_TRITON && s->has_backend[BACKEND_CPU])
		return err_set(e, ERR_USAGE,
			"--triton is for --backend cuda; Triton compiles nothing for CPUs");
	if (names->n == 0)
		s->has_backend[BACKEND_CUDA] = true;
	if (names->n == 0 && s->kind != SCAFFOLD_TRITON)
		s->has_backend[BACKEND_CPU] = true;
	return 0;
}
