/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the checks over a variant, a library or a wheel, and sorts what they find. */
#include "check/check.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "check/run.h"
#include <elf.h>
#include <stdlib.h>

static const struct check_rule rules[] = {
	{ "elf-damaged", "A shared library must be an ELF file that does not contradict itself." },
	{ "elf-kind", "What a variant ships to be loaded is a shared library for Linux." },
	{ "machine", "A library is for the machine that the variant's name says." },
	{ "manylinux-version",
		"A library needs no symbol version that the manylinux policy does not have." },
	{ "python-symbol", "An extension uses only the limited API of CPython." },
	{ "python-version", "An extension uses only what the oldest supported Python has." },
	{ "python-init", "An extension defines the function that Python calls for its name." },
	{ "tvm-ffi-export", "A library for tvm-ffi exports functions." },
	{ "extension-name",
		"The extension is called ID.abi3.so, of tvm-ffi ID.so, with the id of metadata.json." },
	{ "torch-stable-symbol", "A variant for torch's stable ABI uses no C++ of torch." },
	{ "torch-stable-version",
		"A variant for torch's stable ABI uses no function newer than that ABI." },
	{ "torch-stable-unknown",
		"A variant for torch's stable ABI defines all C++ that it uses." },
	{ "cxx-abi", "Symbols of torch are of the C++ ABI that the variant's name says." },
	{ "needed", "A library needs only what torch, its wheels or every system brings." },
	{ "needed-driver", "A library does not need the GPU's driver to be loaded." },
	{ "cuda-version", "A library needs the CUDA that the variant's name says." },
	{ "rpath", "A library has no RPATH and no RUNPATH." },
	{ "textrel", "A library has no text relocations." },
	{ "executable-stack", "A library does not ask for an executable stack." },
	{ "relro", "The tables of a library are read-only once it is loaded." },
	{ "gnu-unique", "A library defines no GNU-unique symbol." },
	{ "archs", "metadata.json lists the architectures that there is device code for." },
	{ "variant-name", "The directory's name is that of a variant." },
	{ "metadata", "metadata.json is complete and agrees with the variant's name." },
	{ "dirty", "What is published was built from commits." },
	{ "layout",
		"A variant has the files that clients expect, and no others that they cannot use." },
	{ "namespace", "Operators are registered under the id of metadata.json." },
	{ "fixed-namespace",
		"No operators are registered under a name that other builds have too." },
	{ "python-syntax", "Python files parse." },
	{ "registration", "Operators that Python registers are named by add_op_namespace_prefix." },
	{ "digest-absent", "metadata.json has a digest of every file." },
	{ "digest-algorithm", "The digest is by an algorithm that clients know." },
	{ "digest-missing", "Every file of the digest is in the variant." },
	{ "digest-unknown", "Every file of the variant is in the digest." },
	{ "digest-mismatch", "Every file is the one that the digest was made of." },
	{ "private-path", "No file holds a path of the machine that built it." },
	{ "machine-path", "No library holds a path that only one machine has." },
};

/* What is run, in this order. */
static const struct {
	unsigned group;
	void (*of_library)(struct check_run *r, const struct fact_file *f);
	void (*of_variant)(struct check_run *r);
} checks[] = {
	{ CHECK_ABI, check_manylinux, NULL },
	{ CHECK_ABI, check_abi3, NULL },
	{ CHECK_ABI, check_stable_abi, NULL },
	{ CHECK_ABI, check_cxx_abi, NULL },
	{ CHECK_ABI, check_needed, NULL },
	{ CHECK_ABI, check_loading, NULL },
	{ CHECK_ABI, check_unique, NULL },
	{ CHECK_ABI, check_init, NULL },
	{ CHECK_ABI, NULL, check_archs },
	{ CHECK_BUILD, NULL, check_layout },
	{ CHECK_BUILD, NULL, check_namespace },
	{ CHECK_BUILD, NULL, check_python },
	{ CHECK_BUILD, NULL, check_digests },
	{ CHECK_BUILD, NULL, check_leaks },
};

const struct check_rule *
check_rules(size_t *n)
{
	*n = sizeof(rules) / sizeof(*rules);
	return rules;
}

const char *
severity_name(enum severity s)
{
	static const char *const name[SEVERITIES] = { "error", "warning" };

	return name[s];
}

size_t
findings_count(const struct findings *f, enum severity s)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->v[i].severity == s;
	return n;
}

static const char *
copy_text(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

void
findings_copy(struct arena *a, const struct findings *from, struct findings *to)
{
	for (size_t i = 0; i < from->n; i++) {
		struct finding f = from->v[i];

		f.variant = copy_text(a, f.variant);
		f.file = copy_text(a, f.file);
		f.symbol = copy_text(a, f.symbol);
		f.library = copy_text(a, f.library);
		f.message = copy_text(a, f.message);
		f.advice = copy_text(a, f.advice);
		vec_push(a, to, f);
	}
}

static int
compare_text(const char *x, const char *y)
{
	return !x || !y ? (x != NULL) - (y != NULL) : strcmp(x, y);
}

static int
compare(const void *x, const void *y)
{
	const struct finding *a = x, *b = y;
	int r = compare_text(a->variant, b->variant);

	r = r ? r : compare_text(a->file, b->file);
	r = r ? r : (a->line > b->line) - (a->line < b->line);
	r = r ? r : (int)a->severity - (int)b->severity;
	r = r ? r : compare_text(a->rule, b->rule);
	r = r ? r : compare_text(a->symbol, b->symbol);
	return r ? r : compare_text(a->message, b->message);
}

/* Sorts what was appended from `from` on, and keeps one of equal findings. */
static void
arrange(struct findings *f, size_t from)
{
	size_t n = from;

	if (f->n > from)
		qsort(f->v + from, f->n - from, sizeof(*f->v), compare);
	for (size_t i = from; i < f->n; i++)
		if (i == from || compare(&f->v[n - 1], &f->v[i]) != 0)
			f->v[n++] = f->v[i];
	f->n = n;
}

static const char *
machine_name(unsigned machine)
{
	return machine == EM_X86_64 ? "x86_64" : machine == EM_AARCH64 ? "aarch64" : NULL;
}

static int
run_library(struct check_run *r, const struct fact_file *f, unsigned groups, struct err *e)
{
	const char *machine = machine_name(f->elf.machine), *cpu = r->facts->name.cpu;

	r->manylinux = NULL;
	if (machine)
		TRY(manylinux_load(r->a, r->policy, machine, &r->manylinux, e));
	if ((groups & CHECK_ABI) && machine && cpu && !streq(machine, cpu))
		found_error(r, .rule = "machine", .file = f->path,
			.message = arena_printf(
				r->a, "is for %s, but the variant is for %s", machine, cpu),
			.advice = "build the variant again, on or for its machine");
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		if ((groups & checks[i].group) && checks[i].of_library)
			checks[i].of_library(r, f);
	return 0;
}

static int
run(struct arena *a, const struct facts *facts, const struct check_options *o, struct findings *out,
	struct err *e)
{
	unsigned groups = facts->is_lone ? CHECK_ABI
			  : o->groups    ? o->groups
					 : CHECK_ABI | CHECK_BUILD;
	struct check_run r = { .a = a,
		.options = o,
		.facts = facts,
		.out = out,
		.policy = o->manylinux ? o->manylinux : "manylinux_2_28",
		.python = o->python_abi,
		.stable = o->torch_stable };
	const struct manylinux *known;
	size_t from = out->n;

	/* NAME-VERSION-cp310-abi3-PLATFORM.whl is for 3.10 and later. */
	if (r.python.n == 0 && facts->is_wheel) {
		const char *tag = wheel_tag(a, facts->variant, 3);
		uint64_t minor;

		if (str_has_prefix(tag, "cp3") && str_to_u64(str_of(tag + 3), &minor) &&
			minor < 100)
			r.python = (struct version){ .v = { 3, (unsigned)minor }, .n = 2 };
	}
	if (r.python.n == 0)
		r.python = (struct version){ .v = { 3, 9 }, .n = 2 };
	if (r.stable.n == 0 && facts->name.kind == NAME_STABLE)
		r.stable = facts->name.version;
	/* A policy that does not exist is an error also where no library would ask for it. */
	TRY(manylinux_load(a, r.policy,
		facts->name.cpu && streq(facts->name.cpu, "aarch64") ? "aarch64" : "x86_64", &known,
		e));
	for (size_t i = 0; i < facts->n_files; i++) {
		const struct fact_file *f = &facts->files[i];

		if (f->is_elf && f->fault)
			found_error(&r, .rule = "elf-damaged", .file = f->path, .message = f->fault,
				.advice = "build the variant again");
		else if (f->is_elf)
			TRY(run_library(&r, f, groups, e));
	}
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		if ((groups & checks[i].group) && checks[i].of_variant)
			checks[i].of_variant(&r);
	arrange(out, from);
	return 0;
}

int
check_variant(struct arena *a, const char *dir, const struct check_options *o, struct findings *out,
	struct err *e)
{
	const char *name = o->variant ? o->variant : path_base(path_clean(a, dir));
	struct facts facts;

	TRY(facts_of_variant(a, dir, name, &facts, e));
	return run(a, &facts, o, out, e);
}

int
check_file(struct arena *a, const char *path, const struct check_options *o, struct findings *out,
	struct err *e)
{
	struct facts facts;

	TRY(facts_of_file(a, path, &facts, e));
	if (!facts.is_wheel && !facts.files[0].is_elf)
		return err_set(e, ERR_USAGE,
			"%s is not an ELF file for a CPU, a wheel or a directory", path);
	return run(a, &facts, o, out, e);
}

int
check_python_files(struct arena *a, const char *dir, const struct strs *files, struct findings *out,
	struct err *e)
{
	struct facts facts = { .variant = dir };
	struct check_run r = { .a = a, .facts = &facts, .out = out };

	for (size_t i = 0; i < files->n; i++) {
		struct fact_file f = { .path = files->v[i] };

		if (!is_python_path(f.path))
			continue;
		TRY(fs_read(a, path_join(a, dir, f.path), SIZE_MAX, &f.bytes, e));
		check_python_file(&r, &f);
	}
	return 0;
}

static bool
is_variant(struct arena *a, const char *dir)
{
	return fs_exists(path_join(a, dir, "metadata.json"));
}

static int
list_variants(struct arena *a, const char *dir, struct strs *out, struct err *e)
{
	struct strs names = { 0 };

	TRY(fs_list(a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		const char *path = path_join(a, dir, names.v[i]);

		if (fs_is_dir(path) && is_variant(a, path))
			vec_push(a, out, path);
	}
	return 0;
}

int
check_discover(struct arena *a, const char *dir, struct strs *out, struct err *e)
{
	const char *result = path_join(a, dir, "result"), *build = path_join(a, dir, "build");
	const char *const places[] = { result, build, dir };

	if (is_variant(a, dir)) {
		vec_push(a, out, dir);
		return 0;
	}
	for (size_t i = 0; i < 3 && out->n == 0; i++)
		TRY(list_variants(a, places[i], out, e));
	if (out->n == 0)
		return err_set(e, ERR_USAGE,
			"no variants in %s, %s or %s: none has a directory with a metadata.json; build the kernel first",
			result, build, dir);
	return 0;
}
