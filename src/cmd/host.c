#include "base/err.h"
#include "cmd/cmd.h"
#include "exec/proc.h"

/* Prints "2.11.0+cu130 13.0 True": version, CUDA or None, C++11 ABI. */
static const char probe[] = "import torch\n"
			    "print(torch.__version__, torch.version.cuda, torch.compiled_with_cxx11_abi())\n";

static int
run_python(struct arena *a, struct str *out, struct err *e)
{
	struct strs argv = { 0 };
	int status;

	vec_push(a, &argv, "python3");
	vec_push(a, &argv, "-c");
	vec_push(a, &argv, probe);
	TRY(proc_run(a, ".", &argv, NULL, out, &status, e));
	if (status != 0)
		return err_set(e, ERR_RESOLVE,
			"--matrix host: python3 cannot import torch here (exit status %d): %.*s",
			status, (int)out->n, out->p);
	return 0;
}

/* The last line, for torch may print warnings first. */
static struct str
last_line(struct str text)
{
	struct str line = { 0 }, rest = str_trim(text);

	while (str_cut(&rest, '\n', &line))
		;
	return str_trim(line);
}

int
host_matrix(struct arena *a, const struct catalog *cat, struct matrix *out, struct err *e)
{
	struct str text, line, word[3] = { { 0 } }, local;
	struct matrix_row *row = arena_array(a, struct matrix_row, 1);
	const struct catalog_torch *t;

	TRY(run_python(a, &text, e));
	line = last_line(text);
	for (size_t i = 0; i < 3; i++)
		str_cut(&line, ' ', &word[i]);
	local = word[0];
	str_cut(&local, '+', &word[0]);
	if (!version_parse(word[0], &row->torch))
		return err_set(e, ERR_RESOLVE, "--matrix host: \"%.*s\" is not a torch version",
			(int)word[0].n, word[0].p);
	t = catalog_find_torch(cat, &row->torch);
	if (!t)
		return err_set(e, ERR_RESOLVE,
			"--matrix host: the catalog has no torch %s; name a matrix or --torch instead",
			version_text(a, &row->torch));
	row->torch = t->version;
	if (!str_eq(word[1], STR("None")) && !version_parse(word[1], &row->cuda))
		return err_set(e, ERR_RESOLVE, "--matrix host: \"%.*s\" is not a CUDA version",
			(int)word[1].n, word[1].p);
	row->cxx11 = str_eq(word[2], STR("True"));
	*out = (struct matrix){ .name = "host", .about = "the Python at hand", .rows = row, .n_rows = 1 };
	return 0;
}
