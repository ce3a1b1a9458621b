/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the link stubs that a step sees. */
#include "engine/stubs.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "elf/symbols.h"
#include "formats/mangled.h"
#include "resolve/policy.h"

static bool
is_allowed(void *arg, const char *version)
{
	return manylinux_judge(arg, version) == VERSION_ALLOWED;
}

static int
from_library(struct arena *a, const struct mount_stub *s, const char *library, struct buf *out,
	struct err *e)
{
	const struct manylinux *policy = NULL;
	struct stub_options options = { .soname = s->soname };
	struct str bytes;

	if (s->what == STUB_PORTABLE) {
		TRY(manylinux_load(a, PLAN_POLICY, s->target->cpu, &policy, e));
		options.allows = is_allowed;
		options.arg = (void *)policy;
	}
	TRY(fs_read(a, library, SIZE_MAX, &bytes, e));
	return elf_stub_from(a, bytes, library, &options, out, e);
}

static int
python(struct arena *a, const struct mount_stub *s, struct buf *out, struct err *e)
{
	struct abi3_symbol *abi;
	struct stub_symbol *symbols;
	struct version version;
	size_t n;

	if (!version_parse(STR(PLAN_PYTHON), &version))
		return err_set(e, ERR_BUG, "%s is no version", PLAN_PYTHON);
	TRY(abi3_symbols(a, &version, &abi, &n, e));
	symbols = arena_array(a, struct stub_symbol, n);
	for (size_t i = 0; i < n; i++)
		symbols[i] = (struct stub_symbol){ .name = abi[i].name,
			.is_default = true,
			.type = abi[i].is_data ? ELF_OBJECT : ELF_FUNC,
			.size = 8 };
	elf_stub_write(out, &(struct stub_name){ s->soname, s->target->machine }, symbols, n);
	return 0;
}

bool
stub_is_trimmed(const struct mount_stub *s)
{
	return s->what == STUB_OF_SYMBOLS || s->what == STUB_OF_OTHER_ABI;
}

/* A symbol of torch itself that only one C++ ABI has. */
static bool
shows_abi(const char *name)
{
	struct mangled m;

	return (strstr(name, "__cxx11") || strstr(name, "B5cxx11")) && mangled_owner(name, &m) &&
	       (str_eq(m.first, STR("at")) || str_eq(m.first, STR("c10")) ||
		       str_eq(m.first, STR("caffe2")) || str_eq(m.first, STR("torch")));
}

static bool
is_listed(const struct stub_symbol *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(v[i].name, name))
			return true;
	return false;
}

/* The symbols of a list. Those of the other ABI that are wanted are taken to be in libtorch_cpu. */
static int
from_symbols(struct arena *a, const struct mount_stub *s, const char *list, const struct map *names,
	struct buf *out, struct err *e)
{
	bool assumes = s->what == STUB_OF_OTHER_ABI && streq(s->soname, "libtorch_cpu.so");
	struct stub_symbols listed;
	struct stub_symbol *all;
	struct str text;
	size_t n;

	TRY(fs_read(a, list, SIZE_MAX, &text, e));
	TRY(symbols_parse(a, text, list, names, &listed, e));
	n = listed.n;
	all = arena_array(a, struct stub_symbol, n + names->n + 1);
	if (n)
		memcpy(all, listed.v, n * sizeof(*all));
	for (size_t i = 0; assumes && i < names->n; i++)
		if (shows_abi(names->entry[i].val) &&
			!is_listed(listed.v, listed.n, names->entry[i].val))
			all[n++] = (struct stub_symbol){
				.name = names->entry[i].val, .is_default = true, .type = ELF_FUNC
			};
	elf_stub_write(out, &(struct stub_name){ s->soname, s->target->machine }, all, n);
	return 0;
}

int
stub_write(const struct mount_stub *s, const char *library, const struct map *names,
	const char *dir, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };

	if (s->what == STUB_SONAME)
		elf_stub_write(&out, &(struct stub_name){ s->soname, s->target->machine }, NULL, 0);
	else if (s->what == STUB_PYTHON)
		TRY(python(&a, s, &out, e));
	else if (stub_is_trimmed(s))
		TRY(from_symbols(&a, s, library, names, &out, e));
	else
		TRY(from_library(&a, s, library, &out, e));
	return fs_write_atomic(path_join(&a, dir, s->soname), out.p, out.n, 0444, e);
}
