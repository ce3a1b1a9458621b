/* GNU-unique symbols (STB_GNU_UNIQUE): one copy for the whole process, whatever library brings it,
 * also when libraries are loaded apart. Two builds of a kernel then share their static variables,
 * and neither can be unloaded. Of a wheel there is one version in a process. */
#include "check/run.h"

void
check_unique(struct check_run *r, const struct fact_file *f)
{
	for (size_t i = 0; i < f->elf.n_symbols; i++) {
		const struct elf_symbol *s = &f->elf.symbols[i];

		if (s->is_defined && s->bind == ELF_UNIQUE)
			found(r, (struct finding){
					 .severity = r->facts->is_wheel ? SEVERITY_WARNING
									: SEVERITY_ERROR,
					 .rule = "gnu-unique",
					 .file = f->path,
					 .symbol = s->name,
					 .message = arena_printf(r->a,
						 "%s is GNU-unique: all kernels of a process share it",
						 s->name),
					 .advice = "compile host code with -fno-gnu-unique (in .cu "
						   "files: -Xcompiler -fno-gnu-unique)" });
	}
}
