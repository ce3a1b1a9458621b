/* SPDX-License-Identifier: Apache-2.0 */
/* GNU-unique symbols (STB_GNU_UNIQUE): one copy for the whole process, whatever library brings it,
 * also when libraries are loaded apart. Two builds of a kernel then share their static variables,
 * and neither can be unloaded. Of a wheel there is one version in a process, so one warning will
 * do. */
#include "check/run.h"

static void
report(struct check_run *r, const struct fact_file *f, const char *symbol, size_t others)
{
	found(r,
		(struct finding){
			.severity = r->facts->is_wheel ? SEVERITY_WARNING : SEVERITY_ERROR,
			.rule = "gnu-unique",
			.file = f->path,
			.symbol = symbol,
			.message = arena_printf(r->a,
				"%s is a GNU-unique symbol: all %s of a process share it%s", symbol,
				r->facts->is_wheel ? "libraries" : "kernels",
				others ? arena_printf(r->a, "; so are %zu more", others) : ""),
			.advice =
				"compile host code with -fno-gnu-unique (in .cu files: -Xcompiler -fno-gnu-unique)" });
}

void
check_unique(struct check_run *r, const struct fact_file *f)
{
	const char *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < f->elf.n_symbols; i++) {
		const struct elf_symbol *s = &f->elf.symbols[i];

		if (!s->is_defined || s->bind != ELF_UNIQUE)
			continue;
		if (!r->facts->is_wheel)
			report(r, f, s->name, 0);
		else if (n++ == 0 || strcmp(s->name, first) < 0)
			first = s->name;
	}
	if (n)
		report(r, f, first, n - 1);
}
