#include "exec/stubs.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "formats/elf_stub.h"
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
	struct stub_limit limit = { 0 };
	struct str bytes;

	if (s->what == STUB_PORTABLE) {
		TRY(manylinux_load(a, PLAN_POLICY, "x86_64", &policy, e));
		limit = (struct stub_limit){ is_allowed, (void *)policy };
	}
	TRY(fs_read(a, library, SIZE_MAX, &bytes, e));
	return elf_stub_from(
		a, bytes, library, s->soname, s->what == STUB_PORTABLE ? &limit : NULL, out, e);
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
	elf_stub_write(out, s->soname, symbols, n);
	return 0;
}

int
stub_write(const struct mount_stub *s, const char *library, const char *dir, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };

	if (s->what == STUB_SONAME)
		elf_stub_write(&out, s->soname, NULL, 0);
	else if (s->what == STUB_PYTHON)
		TRY(python(&a, s, &out, e));
	else
		TRY(from_library(&a, s, library, &out, e));
	return fs_write_atomic(path_join(&a, dir, s->soname), out.p, out.n, 0444, e);
}
