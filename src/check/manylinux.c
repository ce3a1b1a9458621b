/* SPDX-License-Identifier: Apache-2.0 */
/* Symbol versions against a manylinux policy. The versions are those of .gnu.version_r, which
 * `strip` leaves and every linker writes. A version that is only needed weakly does not keep a
 * library from being loaded.
 *
 * A symbol that is needed without a version (linked without the library that has it) is found by
 * its name: the loader takes any version of it, but there is none. Names of C may be those of any
 * library; where the file needs one that is not of the policy, they may come from there. torch's
 * libraries have been linked with the static part of a newer libstdc++ and export a few hundred of
 * its names (261 of the table's 830 in torch 2.11): what needs torch may take them from it. */
#include "check/run.h"
#include <elf.h>

static const char *
advice(struct check_run *r, const char *version)
{
	const char *family = arena_strndup(r->a, version, strcspn(version, "_"));
	const char *newest = manylinux_newest(r->manylinux, family);

	if (!newest)
		return arena_printf(r->a,
			"%s has no version of %s; link what needs it statically, or avoid it",
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

static bool
needs_torch(const struct elf *e)
{
	for (size_t i = 0; i < e->needed.n; i++)
		if (str_has_prefix(e->needed.v[i], "libtorch") ||
			str_has_prefix(e->needed.v[i], "libc10"))
			return true;
	return false;
}

static bool
needs_only_system(struct check_run *r, const struct elf *e)
{
	for (size_t i = 0; i < e->needed.n; i++)
		if (!manylinux_has_library(r->manylinux, e->needed.v[i]))
			return false;
	return true;
}

static void
check_unversioned(struct check_run *r, const struct fact_file *f, const struct elf_symbol *s)
{
	const char *version;
	struct str since;
	bool sure = s->bind != ELF_WEAK && !needs_torch(&f->elf) &&
		    (str_has_prefix(s->name, "_Z") || needs_only_system(r, &f->elf));

	if (!symbol_since(s->name, &since))
		return;
	version = arena_strndup(r->a, since.p, since.n);
	if (manylinux_judge(r->manylinux, version) != VERSION_TOO_NEW ||
		defined_in_variant(r->facts, s->name))
		return;
	found(r,
		(struct finding){ .severity = sure ? SEVERITY_ERROR : SEVERITY_WARNING,
			.rule = "manylinux-version",
			.file = f->path,
			.symbol = s->name,
			.message = arena_printf(r->a,
				"needs %s without a version; it came with %s, which %s does not have%s",
				s->name, version, r->policy,
				s->bind == ELF_WEAK
					? " (weakly: where it is missing, its address is 0)"
					: ""),
			.advice =
				"link with g++ against the libraries that it is to run with, so that what they lack is taken from the static one" });
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

		if (!s->is_defined && !s->version)
			check_unversioned(r, f, s);
		else if (!s->is_defined &&
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
