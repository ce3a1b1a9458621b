/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols of Python against the limited API. An extension called .abi3.so promises that any CPython
 * from some version on can load it; .dynsym shows what it takes from the interpreter. A weak symbol
 * may be absent: the extension is loaded all the same, and may have asked for it with care. */
#include "check/run.h"

static bool
is_python(const struct elf_symbol *s)
{
	return !s->is_defined && !s->library &&
	       (str_has_prefix(s->name, "Py") || str_has_prefix(s->name, "_Py"));
}

static void
check_symbol(struct check_run *r, const struct fact_file *f, const struct elf_symbol *s)
{
	struct finding one = { .severity = s->bind == ELF_WEAK ? SEVERITY_WARNING : SEVERITY_ERROR,
		.file = f->path,
		.symbol = s->name };
	const char *floor = version_text(r->a, &r->python), *first;
	struct version added;

	if (!abi3_added(s->name, &added)) {
		one.rule = "python-symbol";
		one.message =
			arena_printf(r->a, "%s is not in the limited API of CPython", s->name);
		one.advice = arena_printf(r->a,
			"compile with -DPy_LIMITED_API=0x%02x%02x0000, and use what is declared then",
			r->python.v[0], r->python.v[1]);
		found(r, one);
	} else if (version_cmp(&added, &r->python) > 0) {
		first = version_text(r->a, &added);
		one.rule = "python-version";
		one.message = arena_printf(r->a,
			"%s came with Python %s, but this must load in Python %s", s->name, first,
			floor);
		one.advice = arena_printf(r->a, "avoid it, or check with --python-abi %s", first);
		found(r, one);
	}
}

/* A wheel for one version of Python says so in its name, NAME-VERSION-cp311-cp311-PLATFORM.whl, or
 * by those of its files: what they take of that version is there. */
static bool
is_for_one_python(struct check_run *r, const struct fact_file *f)
{
	bool is_tagged;

	if (!r->facts->is_wheel)
		return false;
	extension_module(r->a, f->path, &is_tagged);
	return is_tagged || (str_has_prefix(wheel_tag(r->a, r->facts->variant, 2), "cp") &&
				    !str_has_suffix(f->path, ".abi3.so"));
}

void
check_abi3(struct check_run *r, const struct fact_file *f)
{
	if (is_for_one_python(r, f))
		return;
	for (size_t i = 0; i < f->elf.n_symbols; i++) {
		const struct elf_symbol *s = &f->elf.symbols[i];

		if (is_python(s) && !defined_in_variant(r->facts, s->name))
			check_symbol(r, f, s);
	}
}
