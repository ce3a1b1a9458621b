/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the plan: the steps of all variants, in the order of their dependencies. */
#include "plan/graph.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "plan/key.h"
#include "plan/maker.h"
#include "plan/rdc.h"
#include "resolve/units.h"
#include <stdlib.h>

static struct strs
step_env(struct arena *a)
{
	static const char *const env[] = { "PATH=gcc/bin", "GCC_EXEC_PREFIX=gcc/usr/lib/gcc/",
		"LC_ALL=C", "HOME=/nonexistent", "PWD=/kb", "TMPDIR=tmp" };
	struct strs out = { 0 };

	for (size_t i = 0; i < sizeof(env) / sizeof(env[0]); i++)
		vec_push(a, &out, env[i]);
	vec_push(a, &out, arena_printf(a, "SOURCE_DATE_EPOCH=%d", PLAN_TIME));
	return out;
}

static bool
runs_cicc(const struct strs *argv)
{
	return argv->n && str_has_suffix(argv->v[0], "/cicc");
}

/* A step with inputs is told by them, too. */
size_t
maker_add_step(struct maker *m, struct step s)
{
	struct sha256 *h;
	struct digest d;
	size_t *index;
	void **slot;

	s.env = step_env(m->a);
	/* __TIMESTAMP__ is in the zone of the machine. Those that read texts have none to tell. */
	if (s.depfile || s.tool[TOOL_PREPROCESS].n)
		vec_push(m->a, &s.env, "TZ=UTC0");
	/* PTX with line numbers names files by where cicc runs. */
	s.names_dir = s.kind == STEP_CICC || s.tool[TOOL_CICC].n || runs_cicc(&s.tool[TOOL_COMPILE]);
	if (s.names_dir)
		vec_push(m->a, &s.env, "NVVMIR_LIBRARY_DIR=cuda/nvvm/libdevice");
	s.key = step_key(&s, m->src);
	h = sha256_new();
	sha256_add(h, s.key.b, sizeof(s.key.b));
	for (size_t i = 0; i < s.n_inputs; i++) {
		sha256_add_field(h, str_of(s.inputs[i].path));
		sha256_add(h, &s.inputs[i].step, sizeof(s.inputs[i].step));
		sha256_add(h, &s.inputs[i].output, sizeof(s.inputs[i].output));
	}
	d = sha256_final(h);
	slot = map_put(m->a, &m->by_key,
		(struct str){ arena_strndup(m->a, (const char *)d.b, sizeof(d.b)), sizeof(d.b) });
	if (!*slot) {
		index = arena_new(m->a, size_t);
		*index = m->steps.n;
		*slot = index;
		vec_push(m->a, &m->steps, s);
	}
	index = *slot;
	m->steps.v[*index].users++;
	return *index;
}

static char *
flat_name(struct arena *a, size_t index, const char *path)
{
	return arena_printf(a, "%02zu-%s", index, path_base(path));
}

/* "-t 4", "-t4", "--threads=4": of no use to steps that run one by one, and nvcc then redirects what they print. Returns the
 * number of words. */
static size_t
threads_words(const struct strs *argv, size_t i)
{
	const char *w = argv->v[i];

	if (flag_is_passed_on(argv, i))
		return 0;
	if ((streq(w, "-t") || streq(w, "--threads")) && i + 1 < argv->n)
		return 2;
	if (str_has_prefix(w, "-t") && w[2] && strspn(w + 2, "=0123456789") == strlen(w + 2))
		return 1;
	return str_has_prefix(w, "--threads=");
}

struct digest
plan_question_id(struct arena *a, const struct step *ask)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, str_of(version_text(a, &ask->variant->cuda->version)));
	for (size_t i = 0; i < ask->argv.n; i++)
		sha256_add_field(h, str_of(ask->argv.v[i]));
	return sha256_final(h);
}

/* 1: nvcc's answer is known and understood, *object is the step that makes the object. */
static int
add_answered(struct maker *m, const struct torch_flags *f, const struct root *root,
	const struct step *undivided, size_t *object)
{
	struct step ask = { .kind = STEP_ASK,
		.label = arena_printf(m->a, "%s: nvcc --dryrun", undivided->label),
		.variant = f->variant,
		.captures = true };
	const struct mount *mounts[] = { mount_sources(m), mount_gcc(m, f->gcc),
		mount_cuda(m, f->variant->cuda) };
	const struct str *answer;
	const char *why = NULL;
	struct digest id;

	ask.root = root_make(m, mounts, sizeof(mounts) / sizeof(mounts[0]));
	for (size_t i = 0, n; i < undivided->argv.n; i += n ? n : 1) {
		n = threads_words(&undivided->argv, i);
		if (n == 0)
			vec_push(m->a, &ask.argv, undivided->argv.v[i]);
	}
	vec_push(m->a, &ask.argv, "--dryrun");
	vec_push(m->a, &ask.outputs, "out/answer");
	if (m->only_questions) {
		*object = maker_add_step(m, ask);
		return 1;
	}
	if (!m->answers)
		return 0;
	id = plan_question_id(m->a, &ask);
	answer = map_get(&m->answers->by_id, (struct str){ (const char *)id.b, sizeof(id.b) });
	if (!answer)
		return 0;
	if (maker_add_divided(m, f, root, undivided->source, *answer, object, &why))
		return 1;
	vec_push(m->a, &m->out->notes,
		arena_printf(m->a, "%s for %s is compiled undivided: %s", undivided->source,
			f->variant->name, why));
	return 0;
}

/* nvcc itself cannot be asked for all that the section wants (plan/newer.c). */
static int
check_undivided(const struct maker *m, const struct torch_flags *f, const char *src, struct err *e)
{
	const struct catalog_cuda *cuda = f->variant->cuda;
	const struct strs *list = &f->kernel->capabilities;

	for (size_t i = 0; i < list->n && !m->options.is_to_read; i++) {
		if (capability_assembled_from(m->a, cuda, list, list->v[i]))
			return err_set(e, ERR_CONFIG,
				"%s for %s: code for %s is made by a step of its own, and nvcc's steps are "
				"%s; take %s out of cuda-capabilities, or build with NVIDIA's "
				"own compiler of CUDA %s (--redist)",
				src, f->variant->name, list->v[i],
				m->answers ? "not understood here (-v says why)" :
					     "not taken apart (--engine=plain)",
				list->v[i], version_text(m->a, &cuda->version));
	}
	return 0;
}

/* The command that compiles src, with the name that f has for the extension. */
static struct step
compile_step(struct maker *m, const struct torch_flags *f, const struct root *root,
	const struct unit *u)
{
	const char *src = u->src;
	const char *object = arena_printf(m->a, "out/%s.o", path_base(src));
	const char *source = arena_printf(m->a, "src/%s", src);
	bool cuda = source_is_cuda(src);
	struct step s = { .kind = cuda ? STEP_CUDA : STEP_CXX,
		.label = src,
		.variant = f->variant,
		.root = root,
		.source = src,
		.depfile = arena_printf(m->a, "%s.d", object) };

	vec_push(m->a, &s.outputs, object);
	if (cuda)
		torch_cuda_argv(m->a, f, u->kernel, source, object, &s.argv);
	else
		torch_cxx_argv(m->a, f, &u->include, &u->cxx_flags, source, object, &s.argv);
	return s;
}

static struct step
name_step(struct maker *m, enum step_kind kind, const struct step *of, size_t n)
{
	struct step s = { .kind = kind,
		.label = arena_printf(m->a, "%s: %s", of->label, step_kind_name(kind)),
		.variant = of->variant,
		.source = of->source,
		.inputs = arena_array(m->a, struct step_input, n),
		.n_inputs = n };

	s.root = root_make(m, NULL, 0);
	vec_push(m->a, &s.argv, "kernel-builder");
	vec_push(m->a, &s.argv, step_kind_name(kind));
	vec_push(m->a, &s.outputs, of->outputs.v[0]);
	return s;
}

/* The object, if the placeholder in it is whole wherever it is; else what comes of the source with the id itself. */
static size_t
add_named(struct maker *m, size_t object, const struct step *with_id)
{
	struct step s = name_step(m, STEP_CHECK_ID, with_id, 1), whole = *with_id;
	size_t checked;

	s.inputs[0] = (struct step_input){ .step = object, .path = "in/object" };
	checked = maker_add_step(m, s);
	whole.label = arena_printf(m->a, "%s, with its id", with_id->label);
	whole.is_lazy = true;
	s = name_step(m, STEP_CHOOSE, with_id, 2);
	s.n_early = 1;
	s.inputs[0] = (struct step_input){ .step = checked, .path = "in/0" };
	s.inputs[1] = (struct step_input){ .step = maker_add_step(m, whole), .path = "in/1" };
	return maker_add_step(m, s);
}

static int
add_compile(struct maker *m, const struct torch_flags *f, const struct root *root,
	const struct unit *u, struct link *l, struct err *e)
{
	struct torch_flags named = *f;
	bool cuda = source_is_cuda(u->src);
	struct step_input in = { 0 };
	struct step s, with_id;

	if (!cuda && m->only_questions)
		return 0;
	s = compile_step(m, f, root, u);
	if (!cuda && m->options.slim == PLAN_SLIM_ALL) {
		in.step = maker_add_slim_cxx(m, &s, mount_gcc(m, f->gcc));
	} else if (!cuda || !add_answered(m, f, root, &s, &in.step)) {
		if (cuda)
			TRY(check_undivided(m, f, u->src, e));
		in.step = maker_add_step(m, s);
	}
	named.ops = f->named;
	with_id = compile_step(m, &named, root, u);
	if (!m->only_questions && !m->options.is_to_read)
		in.step = add_named(m, in.step, &with_id);
	in.path = arena_printf(m->a, "in/%s.o", flat_name(m->a, l->inputs.n, u->src));
	vec_push(m->a, &l->inputs, in);
	if (cuda && rdc_is_asked(&u->kernel->kernel->cuda_flags))
		rdc_add(m, l, u->kernel, in);
	return 0;
}

/* What the variant is made with besides torch and CUDA. */
static int
add_others(struct maker *m, const struct variant *v, struct plan_variant *pv, struct err *e)
{
	for (size_t k = 0; k < v->n_kernels; k++) {
		const struct catalog_depend *d;
		bool is_new = true;

		TRY(depend_find(m, v->kernels[k].kernel, &d, e));
		for (size_t i = 0; i < pv->depends.n; i++)
			is_new = is_new && pv->depends.v[i] != d;
		if (d && is_new)
			vec_push(m->a, &pv->depends, d);
	}
	for (size_t i = 0; v->cuda && i < m->catalog->n_cuda_libraries; i++) {
		const struct catalog_library *l = &m->catalog->cuda_libraries[i];

		if (version_cmp(&l->cuda, &v->cuda->version) == 0)
			vec_push(m->a, &pv->libraries, l->name);
	}
	return 0;
}

static int
add_torch_variant(struct maker *m, const struct variant *v, struct plan_variant *pv, struct err *e)
{
	struct arena *a = m->a;
	const struct mount *mounts[5];
	const struct catalog_depend *for_all;
	const struct root *base;
	struct torch_flags f = { .variant = v, .project = m->p, .has_csrc = torch_has_csrc(m->p) };
	struct units units;
	struct link l = { 0 };
	size_t n = 0;

	f.gcc = variant_gcc(m->catalog, v);
	if (!f.gcc)
		return err_set(e, ERR_RESOLVE, "the catalog has no gcc %u, which %s needs",
			v->cuda ? v->cuda->gcc : catalog_gcc_for(v->torch->cxx_std), v->name);
	if (!m->catalog->python)
		return err_set(e, ERR_RESOLVE, "the catalog pins no Python headers");
	f.ops = arena_printf(
		a, "_%s_%s_%s", m->p->module, backend_name(v->backend), PLAN_ID_PLACEHOLDER);
	pv->ops = arena_printf(a, "_%s_%s_%s", m->p->module, backend_name(v->backend), m->src->id);
	f.named = pv->ops;
	pv->gcc = f.gcc;
	pv->unverified = !variant_is_verified(v);
	mounts[n++] = mount_sources(m);
	mounts[n++] = mount_tree(
		m, "torch", version_text(a, &v->torch->version), (struct pin *)&v->torch->headers);
	mounts[n++] = mount_tree(m, "py", "", m->catalog->python);
	mounts[n++] = mount_gcc(m, f.gcc);
	if (v->cuda)
		mounts[n++] = mount_cuda(m, v->cuda);
	base = root_make(m, mounts, n);
	TRY(depend_of_all(m, v, &for_all, e));
	TRY(add_others(m, v, pv, e));
	for (size_t k = 0; k < v->n_kernels; k++) {
		TRY(rdc_check(m, v, v->kernels[k].kernel, e));
		vec_push(a, &pv->kernels, v->kernels[k].kernel->name);
	}
	units_of(a, m->p, v, &units);
	if (units.n == 0)
		return err_set(
			e, ERR_CONFIG, "%s: no source to compile for %s", m->p->file, v->name);
	for (size_t i = 0; i < units.n; i++) {
		f.depend = for_all;
		f.kernel = units.v[i].kernel;
		if (f.kernel)
			TRY(depend_find(m, f.kernel->kernel, &f.depend, e));
		TRY(add_compile(m, &f, depend_root(m, base, f.depend), &units.v[i], &l, e));
	}
	if (m->only_questions)
		return 0;
	maker_add_device_link(m, &f, &l);
	pv->link = maker_add_link(m, &f, pv, &l);
	return 0;
}

/* What the variants of a release hold that is not made of that release alone. */
static void
note_composed(struct plan *p, struct arena *a)
{
	for (size_t i = 0; i < p->n_variants; i++) {
		const struct variant *v = p->variants[i].variant;

		if (v->cuda && v->cuda->note)
			vec_push(a, &p->notes, arena_printf(a, "%s: %s", v->name, v->cuda->note));
	}
}

static void
note_unverified(struct plan *p, struct arena *a)
{
	for (size_t i = 0; i < p->n_variants; i++) {
		const struct plan_variant *pv = &p->variants[i];

		if (pv->unverified)
			vec_push(a, &p->notes,
				arena_printf(a,
					"%s: no wheel has torch %s with this C++ ABI, so those of "
					"its symbols that show the ABI are not checked when "
					"linking",
					pv->variant->name,
					version_text(a, &pv->variant->torch->version)));
	}
}

static int
make(struct maker *m, const struct resolution *r, struct err *e)
{
	struct plan *out = m->out;

	*out = (struct plan){ .project = m->p, .sources = m->src, .notes = r->notes };
	out->variants = arena_array(m->a, struct plan_variant, r->n);
	out->n_variants = r->n;
	for (size_t i = 0; i < r->n; i++) {
		struct plan_variant *pv = &out->variants[i];

		*pv = (struct plan_variant){ .variant = &r->v[i], .link = SIZE_MAX };
		if (r->v[i].kind != VARIANT_NOARCH)
			TRY(add_torch_variant(m, &r->v[i], pv, e));
	}
	note_composed(out, m->a);
	note_unverified(out, m->a);
	out->steps = m->steps.v;
	out->n_steps = m->steps.n;
	return 0;
}

int
plan_questions(struct arena *a, const struct project *p, const struct sources_set *src,
	const struct resolution *r, const struct catalog *c, struct plan *out, struct err *e)
{
	struct maker m = {
		.a = a, .p = p, .src = src, .catalog = c, .only_questions = true, .out = out
	};

	return make(&m, r, e);
}

int
plan_make(struct arena *a, const struct project *p, const struct sources_set *src,
	const struct resolution *r, const struct catalog *c, const struct plan_answers *answers,
	const struct plan_options *o, struct plan *out, struct err *e)
{
	struct maker m = { .a = a,
		.p = p,
		.src = src,
		.catalog = c,
		.answers = answers,
		.options = *o,
		.out = out };

	return make(&m, r, e);
}

void
plan_step_pins(struct arena *a, const struct step *s, struct map *seen)
{
	for (size_t i = 0; i < s->root->n_mounts; i++) {
		const struct mount *m = s->root->mounts[i];

		for (size_t j = 0; j < m->n_pins; j++) {
			struct pin *pin = m->pins[j];
			const char *key = arena_printf(a, "%p", (void *)pin);

			*map_put(a, seen, str_of(key)) = pin;
		}
	}
}
