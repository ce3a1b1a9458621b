/* SPDX-License-Identifier: Apache-2.0 */
/* How the loader is told to load: where to look for libraries, what to make writable or executable.
 */
#include "check/run.h"
#include <elf.h>

/* Every part is relative to the library: what a wheel finds its own libraries by. */
static bool
is_relative(const char *path)
{
	struct str rest = str_of(path), part;

	while (str_cut(&rest, ':', &part))
		if (!str_starts(part, STR("$ORIGIN")))
			return false;
	return true;
}

static void
check_path(struct check_run *r, const struct fact_file *f, const char *tag, const char *path)
{
	if (!path || !*path || (r->facts->is_wheel && is_relative(path)))
		return;
	/* What a wheel needs is brought some other way, or reported as missing. */
	found(r,
		(struct finding){
			.severity = r->facts->is_wheel ? SEVERITY_WARNING : SEVERITY_ERROR,
			.rule = "rpath",
			.file = f->path,
			.message = arena_printf(r->a, "has %s \"%s\"", tag, path),
			.advice =
				"link without -rpath: torch has already loaded what a kernel may need, and paths differ between machines" });
}

void
check_loading(struct check_run *r, const struct fact_file *f)
{
	const struct elf *e = &f->elf;

	if (r->facts->is_wheel && (e->kind == ET_EXEC || e->interp))
		return; /* a program */
	if (e->kind != ET_DYN) {
		found_error(r, .rule = "elf-kind", .file = f->path,
			.message = "is an ELF file, but not a shared library",
			.advice = "ship only what the kernel loads, no object files or programs");
		return;
	}
	check_path(r, f, "RPATH", e->rpath);
	check_path(r, f, "RUNPATH", e->runpath);
	if (e->has_textrel)
		found_error(r, .rule = "textrel", .file = f->path,
			.message = "has text relocations (TEXTREL), which hardened systems refuse",
			.advice = "compile all that goes into it with -fPIC, assembler as well");
	if (e->has_exec_stack || !e->has_gnu_stack)
		found_error(r, .rule = "executable-stack", .file = f->path,
			.message = e->has_exec_stack
					   ? "asks for an executable stack"
					   : "has no PT_GNU_STACK, which means an executable stack",
			.advice =
				"link with -z noexecstack, and end assembler files with .section .note.GNU-stack,\"\",@progbits; newer C libraries refuse to load it");
	if (!e->has_relro)
		found_warning(r, .rule = "relro", .file = f->path,
			.message = "has no PT_GNU_RELRO: its tables of addresses stay writable",
			.advice = "link with -z relro -z now");
}
