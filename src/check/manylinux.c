/* Symbol versions against a manylinux policy. The versions are those of .gnu.version_r, which
 * `strip` leaves and every linker writes. A version that is only needed weakly does not keep a
 * library from being loaded. */
#include "check/run.h"
#include <elf.h>

static const char *
advice(struct check_run *r, const char *version)
{
	const char *family = arena_strndup(r->a, version, strcspn(version, "_"));
	const char *newest = manylinux_newest(r->manylinux, family);

	if (!newest)
		return arena_printf(r->a,
			"%s has no version of %s; link what needs it statically, or do without",
			r->policy, family);
	return arena_printf(r->a,
		"link against older libraries: %s_%s is the newest that %s allows", family, newest,
		r->policy);
}

static void
report(struct check_run *r, const struct fact_file *f, const struct elf_symbol *s,
	const struct elf_need *n, bool weak)
{
	const char *version = s ? s->version : n->version;
	const char *library = s ? s->library : n->library;

	found(r, (struct finding){ .severity = weak ? SEVERITY_WARNING : SEVERITY_ERROR,
			 .rule = "manylinux-version",
			 .file = f->path,
			 .symbol = s ? s->name : NULL,
			 .library = library,
			 .message = arena_printf(r->a, "%s%sneeds %s%s%s, which %s does not have%s",
				 s ? s->name : "", s ? " " : "", version, library ? " of " : "",
				 library ? library : "", r->policy,
				 weak ? " (weakly: the loader only warns)" : ""),
			 .advice = advice(r, version) });
}

static bool
is_weak(const struct elf *e, const struct elf_symbol *s)
{
	for (size_t i = 0; i < e->n_needs; i++)
		if (s->library && streq(e->needs[i].library, s->library) &&
			streq(e->needs[i].version, s->version))
			return e->needs[i].is_weak;
	return false;
}

static bool
has_symbol(const struct elf *e, const struct elf_need *n)
{
	for (size_t i = 0; i < e->n_symbols; i++) {
		const struct elf_symbol *s = &e->symbols[i];

		if (!s->is_defined && s->version && s->library && streq(s->version, n->version) &&
			streq(s->library, n->library))
			return true;
	}
	return false;
}

void
check_manylinux(struct check_run *r, const struct fact_file *f)
{
	const struct elf *e = &f->elf;

	if (!r->manylinux) {
		found_error(r, .rule = "machine", .file = f->path,
			.message = arena_printf(r->a,
				"the machine (ELF number %u) is neither x86_64 nor aarch64",
				e->machine),
			.advice = "build it for a machine that kernels are published for");
		return;
	}
	for (size_t i = 0; i < e->n_symbols; i++) {
		const struct elf_symbol *s = &e->symbols[i];

		if (!s->is_defined && s->version &&
			manylinux_judge(r->manylinux, s->version) == VERSION_TOO_NEW)
			report(r, f, s, NULL, is_weak(e, s));
	}
	/* The loader wants the version even if no symbol is left that has it. */
	for (size_t i = 0; i < e->n_needs; i++) {
		const struct elf_need *n = &e->needs[i];

		if (manylinux_judge(r->manylinux, n->version) == VERSION_TOO_NEW &&
			!has_symbol(e, n))
			report(r, f, NULL, n, n->is_weak);
	}
}
