/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvcc's commands as steps. Files are known by option and suffix, never by position, and every word
 * that names a file of nvcc's temporary directory must be accounted for: else the source is
 * compiled by one command, as ever.
 *
 * What is changed in the commands: the programs' names; the real path of the source, which nvcc
 * puts before the one that we give (the last one counts); the module id, which is ours; and the
 * dependency file of the preprocessor, which nvcc makes in a way that it does not show.
 */
#include "plan/divide.h"
#include "base/arena.h"
#include "base/path.h"
#include "formats/dryrun.h"
#include "formats/root.h"

/* Its first value is nvcc's: outside a sandbox a path in the store's tmp/, which is none of nvcc's
 * files. */
#define REAL_PATH "--orig_src_path_name"

static int
cannot(struct dividing *d, const char *what, const char *word)
{
	*d->why = arena_printf(d->a, "%s: %s", what, word);
	return 0;
}

/* The value of an option that is a word of its own; NULL: it is not there. */
static const char *
value_of(const struct strs *argv, const char *option)
{
	for (size_t i = 0; i + 1 < argv->n; i++) {
		if (streq(argv->v[i], option))
			return argv->v[i + 1];
	}
	return NULL;
}

static const char *
after_equals(const struct strs *argv, const char *prefix)
{
	for (size_t i = 0; i < argv->n; i++) {
		if (str_has_prefix(argv->v[i], prefix))
			return argv->v[i] + strlen(prefix);
	}
	return NULL;
}

/* Every mention of a temporary file must be an input or output of the part, or the value of one of
 * these options. */
static int
accounts_for_all(struct dividing *d, const struct strs *argv, const struct part *p,
	const char *const *options)
{
	for (size_t i = 0; i < argv->n; i++) {
		const char *at = strstr(argv->v[i], TMP);
		bool known = !at || strs_has(&p->inputs, at) || strs_has(&p->outputs, at);

		for (const char *const *o = options; !known && o && *o; o++) {
			const char *value = value_of(argv, *o);

			known = value && streq(value, argv->v[i]);
		}
		if (!known)
			return cannot(d, "a file that is not understood", argv->v[i]);
	}
	return 1;
}

/* The one word that is a temporary file with this suffix. */
static int
take_input(struct dividing *d, const struct strs *argv, const char *suffix, struct part *p)
{
	for (size_t i = 1; i < argv->n; i++) {
		if (str_has_prefix(argv->v[i], TMP) && str_has_suffix(argv->v[i], suffix))
			vec_push(d->a, &p->inputs, argv->v[i]);
	}
	return p->inputs.n == 1 ? 1 : cannot(d, "not one input", argv->v[0]);
}

static void
copy_argv(struct dividing *d, const char *program, const struct strs *argv, struct part *p)
{
	vec_push(d->a, &p->argv, program);
	for (size_t i = 1; i < argv->n; i++)
		vec_push(d->a, &p->argv, argv->v[i]);
}

static int
preprocess(struct dividing *d, const struct strs *argv, struct part *p)
{
	const char *out = value_of(argv, "-o"), *arch = after_equals(argv, "-D__CUDA_ARCH__=");

	if (!out || !str_has_prefix(out, TMP) || !str_has_suffix(out, ".ii"))
		return cannot(d, "a preprocessor without a result", argv->v[0]);
	if (!strs_has(argv, d->source))
		return cannot(d, "a preprocessor of another file", out);
	p->kind = STEP_PREPROCESS;
	if (arch && strlen(arch) > 1)
		p->arch = arena_strndup(d->a, arch, strlen(arch) - 1);
	copy_argv(d, ROOT_GCC "/bin/g++", argv, p);
	vec_push(d->a, &p->argv, "-MD");
	vec_push(d->a, &p->argv, "-MF");
	vec_push(d->a, &p->argv, DEPFILE);
	vec_push(d->a, &p->outputs, out);
	return accounts_for_all(d, argv, p, NULL);
}

/* What cudafe++ and cicc have in common. */
static void
front_end_argv(struct dividing *d, const struct strs *argv, const char *program, struct strs *out)
{
	bool first = true;

	vec_push(d->a, out, program);
	for (size_t i = 1; i < argv->n; i++) {
		const char *w = argv->v[i];

		if (streq(w, "--gen_module_id_file"))
			continue;
		if (streq(w, REAL_PATH) && first) {
			first = false;
			i++;
			continue;
		}
		vec_push(d->a, out, w);
		if (streq(w, "--module_id_file_name") && i + 1 < argv->n) {
			vec_push(d->a, out, ROOT_GENERATED "/module_id");
			i++;
		}
	}
}

/* The source's path must be given twice: by nvcc, and by us. */
static bool
has_own_path(const struct strs *argv)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < argv->n; i++)
		n += streq(argv->v[i], REAL_PATH);
	return n == 2;
}

static int
cudafe(struct dividing *d, const struct strs *argv, struct part *p)
{
	static const char *const options[] = { "--module_id_file_name", REAL_PATH, NULL };
	const char *out = value_of(argv, "--gen_c_file_name");
	const char *stub = value_of(argv, "--stub_file_name");

	if (!out || !stub || !value_of(argv, options[0]) || !str_has_suffix(out, ".cudafe1.cpp") ||
		strchr(stub, '/') || !str_has_suffix(stub, ".stub.c") || d->stub ||
		!has_own_path(argv))
		return cannot(d, "cudafe++ with other options", argv->v[0]);
	p->kind = STEP_CUDAFE;
	d->stub = arena_printf(d->a, TMP "%s", stub);
	front_end_argv(d, argv, ROOT_CUDA "/bin/cudafe++", &p->argv);
	vec_push(d->a, &p->outputs, out);
	return take_input(d, argv, ".ii", p) && accounts_for_all(d, argv, p, options);
}

static int
cicc(struct dividing *d, const struct strs *argv, struct part *p)
{
	static const char *const options[] = { "--module_id_file_name", "--gen_c_file_name",
		"--gen_device_file_name", REAL_PATH, NULL };
	const char *out = value_of(argv, "-o"), *stub = value_of(argv, "--stub_file_name");
	const char *arch = value_of(argv, "-arch");

	if (!out || !str_has_suffix(out, ".ptx") || !stub || !arch || !value_of(argv, options[0]) ||
		!has_own_path(argv))
		return cannot(d, "cicc with other options", argv->v[0]);
	p->kind = STEP_CICC;
	p->arch = str_has_prefix(arch, "compute_") ? arch + strlen("compute_") : arch;
	front_end_argv(d, argv, ROOT_CUDA "/nvvm/bin/cicc", &p->argv);
	vec_push(d->a, &p->outputs, out);
	vec_push(d->a, &p->outputs, stub);
	return take_input(d, argv, ".ii", p) && accounts_for_all(d, argv, p, options);
}

static int
ptxas(struct dividing *d, const struct strs *argv, struct part *p)
{
	const char *out = value_of(argv, "-o");

	if (!out || !str_has_suffix(out, ".cubin"))
		return cannot(d, "ptxas with other files", out ? out : argv->v[0]);
	p->kind = STEP_PTXAS;
	p->arch = after_equals(argv, "-arch=sm_");
	copy_argv(d, ROOT_CUDA "/bin/ptxas", argv, p);
	vec_push(d->a, &p->outputs, out);
	return take_input(d, argv, ".ptx", p) && accounts_for_all(d, argv, p, NULL);
}

static int
fatbinary(struct dividing *d, const struct strs *argv, struct part *p)
{
	const char *binary = after_equals(argv, "--create=");
	const char *out = after_equals(argv, "--embedded-fatbin=");

	if (!binary || !out || !str_has_suffix(out, ".fatbin.c"))
		return cannot(d, "fatbinary without a result", argv->v[0]);
	p->kind = STEP_FATBIN;
	copy_argv(d, ROOT_CUDA "/bin/fatbinary", argv, p);
	vec_push(d->a, &p->outputs, binary);
	vec_push(d->a, &p->outputs, out);
	for (size_t i = 1; i < argv->n; i++) {
		const char *file = strstr(argv->v[i], ",file=");

		if (!str_has_prefix(argv->v[i], "--image"))
			continue;
		file = file ? file + strlen(",file=") : "";
		if (!str_has_suffix(file, ".cubin") && !str_has_suffix(file, ".ptx"))
			return cannot(d, "an image of another kind", argv->v[i]);
		strs_add(d->a, &p->inputs, file);
	}
	return accounts_for_all(d, argv, p, NULL);
}

/* The last command: what cudafe++ made includes the stub, and that the fatbinary. */
static int
host(struct dividing *d, const struct strs *argv, struct part *p)
{
	const char *out = value_of(argv, "-o"), *fatbin = NULL;

	for (size_t i = 0; i < d->parts.n; i++) {
		if (d->parts.v[i].kind == STEP_FATBIN)
			fatbin = d->parts.v[i].outputs.v[1];
	}
	if (!out || !str_has_prefix(out, ROOT_OUT "/") || !d->stub || !fatbin)
		return cannot(d, "a host compiler with other files", out ? out : argv->v[0]);
	p->kind = STEP_HOST;
	copy_argv(d, ROOT_GCC "/bin/g++", argv, p);
	vec_push(d->a, &p->outputs, out);
	if (!take_input(d, argv, ".cudafe1.cpp", p) || !accounts_for_all(d, argv, p, NULL))
		return 0;
	vec_push(d->a, &p->inputs, d->stub);
	vec_push(d->a, &p->inputs, fatbin);
	return 1;
}

static int
add_part(struct dividing *d, const struct strs *argv)
{
	const char *program = path_base(argv->v[0]);
	struct part p = { 0 };
	int r;

	if (streq(program, "g++") && strs_has(argv, "-E"))
		r = preprocess(d, argv, &p);
	else if (streq(program, "g++") && strs_has(argv, "-c"))
		r = host(d, argv, &p);
	else if (streq(program, "cudafe++"))
		r = cudafe(d, argv, &p);
	else if (streq(program, "cicc"))
		r = cicc(d, argv, &p);
	else if (streq(program, "ptxas"))
		r = ptxas(d, argv, &p);
	else if (streq(program, "fatbinary"))
		r = fatbinary(d, argv, &p);
	else
		r = cannot(d, "a program that is not known", argv->v[0]);
	if (r)
		vec_push(d->a, &d->parts, p);
	return r;
}

const struct part *
part_maker_of(const struct dividing *d, const char *path, size_t *output)
{
	for (size_t i = 0; i < d->parts.n; i++) {
		const struct part *p = &d->parts.v[i];

		for (size_t k = 0; k < p->outputs.n; k++) {
			*output = k;
			if (streq(p->outputs.v[k], path))
				return p;
		}
	}
	return NULL;
}

struct strs
part_preprocess_tool(struct arena *a, const struct dividing *d, const struct part *q)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < q->argv.n; i++) {
		const char *w = q->argv.v[i];

		if (streq(w, "-MD"))
			continue;
		if (streq(w, "-MF")) {
			i++;
			continue;
		}
		if (streq(w, d->source))
			w = STEP_TOOL_SOURCE;
		else if (streq(w, q->outputs.v[0]))
			w = STEP_TOOL_RESULT;
		else if (streq(w, STEP_OTHER_ABI))
			w = STEP_ABI;
		vec_push(a, &out, w);
	}
	return out;
}

struct strs
part_cicc_tool(struct arena *a, const struct part *cicc)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < cicc->argv.n; i++) {
		const char *w = cicc->argv.v[i];

		if (streq(w, cicc->inputs.v[0]))
			w = STEP_TOOL_SOURCE;
		else if (streq(w, cicc->outputs.v[0]))
			w = STEP_TOOL_RESULT;
		vec_push(a, &out, w);
	}
	return out;
}

struct strs
part_cicc_flags(struct arena *a, const struct part *cicc)
{
	static const char *const files[] = { "--orig_src_file_name", REAL_PATH,
		"--include_file_name", "--module_id_file_name", "--gen_c_file_name",
		"--stub_file_name", "--gen_device_file_name" };
	const struct strs all = part_cicc_tool(a, cicc);
	struct strs out = { 0 };

	for (size_t i = 0; i < all.n; i++) {
		vec_push(a, &out, all.v[i]);
		for (size_t j = 0; j < sizeof(files) / sizeof(files[0]); j++) {
			if (streq(all.v[i], files[j])) {
				i++;
				break;
			}
		}
	}
	return out;
}

bool
part_tells_lines(const struct part *cicc)
{
	static const char *const options[] = { "-g", "-G", "--device-debug", "-generate-line-info",
		"--generate-line-info", "-lineinfo" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strs_has(&cicc->argv, options[i]))
			return true;
	}
	return false;
}

/* One object is what is wanted. */
static int
is_whole(struct dividing *d)
{
	size_t hosts = 0, output;

	for (size_t i = 0; i < d->parts.n; i++) {
		const struct part *p = &d->parts.v[i];

		hosts += p->kind == STEP_HOST;
		if (p->kind == STEP_FATBIN)
			d->is_relocatable = strs_has(&p->argv, "--device-c");
		for (size_t k = 0; k < p->inputs.n; k++) {
			/* Of second outputs, there are the stub and the fatbinary as C: see
			 * plan/passes.c. */
			if (!part_maker_of(d, p->inputs.v[k], &output) ||
				(output > 0 && p->kind != STEP_HOST))
				return cannot(d, "a file that nothing makes", p->inputs.v[k]);
		}
	}
	return hosts == 1 ? 1 : cannot(d, "not one host compiler", d->source);
}

int
divide(struct arena *a, const char *src, struct str answer, struct dividing *out, const char **why)
{
	struct dryrun dry;

	*out = (struct dividing){
		.a = a, .source = arena_printf(a, ROOT_SOURCES "/%s", src), .why = why
	};
	if (!dryrun_parse(a, answer, &dry, why))
		return 0;
	for (size_t i = 0; i < dry.n; i++) {
		if (!add_part(out, &dry.commands[i]))
			return 0;
	}
	out->warnings = dry.warnings;
	return is_whole(out);
}
