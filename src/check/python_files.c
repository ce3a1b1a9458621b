/* SPDX-License-Identifier: Apache-2.0 */
/* The Python that a variant ships: whether it parses, and what it registers. A parser of our own,
 * so that the verdict is the same with any Python at hand, or none. */
#include "base/err.h"
#include "check/registration.h"
#include "check/run.h"
#include "python/python.h"
#include <stdlib.h>

bool
is_python_path(const char *path)
{
	return str_has_suffix(path, ".py") || str_has_suffix(path, ".pyi");
}

static void
found_syntax(struct check_run *r, const struct fact_file *f, const struct err *why)
{
	/* PATH:LINE:COL: what */
	char *end;
	unsigned long line = strtoul(why->msg + strlen(f->path) + 1, &end, 10);
	unsigned long col = strtoul(end + 1, &end, 10);

	found_error(r, .rule = "python-syntax", .file = f->path, .line = (unsigned)line,
		.col = (unsigned)col, .message = arena_printf(r->a, "syntax error: %s", end + 2),
		.advice = "correct it; python3 -m py_compile shows it as well");
}

void
check_python_file(struct check_run *r, const struct fact_file *f)
{
	struct registrations seen = { 0 };
	struct python_file file;
	struct err why;

	if (python_parse(r->a, f->bytes, f->path, &file, &why) < 0) {
		found_syntax(r, f, &why);
		return;
	}
	registrations_find(r->a, &file, &seen);
	for (size_t i = 0; i < seen.n; i++)
		found_error(r, .rule = "registration", .file = f->path, .line = seen.v[i].line,
			.col = seen.v[i].col, .message = seen.v[i].message,
			.advice = seen.v[i].advice);
}

void
check_python(struct check_run *r)
{
	for (size_t i = 0; i < r->facts->n_files; i++) {
		const struct fact_file *f = &r->facts->files[i];

		if (!f->is_link && !f->is_elf && is_python_path(f->path) && !r->facts->is_lone)
			check_python_file(r, f);
	}
}
