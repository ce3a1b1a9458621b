/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the plan: the steps of all variants, in the order of their dependencies. */
#include "plan/graph.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "formats/root.h"
#include "plan/maker.h"
#include "plan/rdc.h"
#include "resolve/units.h"
#include <stdlib.h>

static char *
flat_name(struct arena *a, size_t index, const char *path)
{
	return arena_printf(a, "%02zu-%s", index, path_base(path));
}

/* "-t 4", "-t4", "--threads=4": of no use to steps that run one by one, and nvcc then redirects
 * what they print. Returns the number of words. */
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
add_answered(struct maker *m, const struct torch_flags *f, const struct step *undivided,
	struct made *object)
{
	struct step ask = step_new(
		m, STEP_ASK, f->variant, arena_printf(m->a, "%s: nvcc --dryrun", undivided->label));
	const struct mount *mounts[] = { mount_sources(m), mount_gcc(m, f->gcc),
		mount_cuda(m, f->variant->cuda) };
	const struct str *answer;
	const char *why = NULL;
	struct digest id;

	ask.captures = true;
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
	if (maker_add_divided(m, f, undivided, *answer, object, &why))
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
				"%s for %s: code for %s is made by a step of its own, and nvcc's steps are %s; take %s out of cuda-capabilities, or build with NVIDIA's own compiler of CUDA %s (--redist)",
				src, f->variant->name, list->v[i],
				m->answers ? "not understood here (-v says why)"
					   : "not taken apart (--engine=plain)",
				list->v[i], version_text(m->a, &cuda->version));
	}
	return 0;
}

/* The command that compiles src, with the name that f has for the extension. */
static struct step
compile_step(
	struct maker *m, const struct torch_flags *f, const struct root *root, const struct unit *u)
{
	const char *src = u->src;
	const struct compiled_file file = { .source = arena_printf(m->a, ROOT_SOURCES "/%s", src),
		.object = arena_printf(m->a, "out/%s.o", path_base(src)) };
	bool cuda = source_is_cuda(src);
	struct step s = step_new(m, cuda ? STEP_CUDA : STEP_CXX, f->variant, src);

	s.root = root;
	s.source = src;
	s.depfile = arena_printf(m->a, "%s.d", file.object);
	step_give(m, &s, file.object);
	if (cuda)
		torch_cuda_argv(m->a, f, u, &file, &s.argv);
	else
		torch_cxx_argv(m->a, f, u, &file, &s.argv);
	return s;
}

static struct step
name_step(struct maker *m, enum step_kind kind, const struct step *of)
{
	const char *label = arena_printf(m->a, "%s: %s", of->label, step_kind_name(kind));
	struct step s = step_new(m, kind, of->variant, label);

	s.source = of->source;
	step_give(m, &s, of->outputs.v[0]);
	return s;
}

/* The object, if the placeholder in it is whole wherever it is; else what comes of the source with
 * the id itself. */
static struct made
add_named(struct maker *m, struct made object, const struct step *with_id)
{
	struct step check = name_step(m, STEP_CHECK_ID, with_id),
		    choose = name_step(m, STEP_CHOOSE, with_id);
	struct step whole = *with_id;

	step_take(m, &check, INPUT_OBJECT, object);
	whole.label = arena_printf(m->a, "%s, with its id", with_id->label);
	whole.is_lazy = true;
	step_take(m, &choose, INPUT_FIRST_WAY, maker_add_step(m, check));
	step_take(m, &choose, INPUT_SECOND_WAY, maker_add_step(m, whole));
	return maker_add_step(m, choose);
}

static int
add_compile(struct maker *m, const struct torch_flags *f, const struct root *root,
	const struct unit *u, struct link *l, struct err *e)
{
	struct torch_flags named = *f;
	bool cuda = source_is_cuda(u->src);
	struct step_input in = { .role = INPUT_FILE };
	struct step s, with_id;
	struct made object;

	if (!cuda && m->only_questions)
		return 0;
	s = compile_step(m, f, root, u);
	if (!cuda && m->options.slim == PLAN_SLIM_ALL) {
		object = maker_add_slim_cxx(m, &s, mount_gcc(m, f->gcc));
	} else if (!cuda || !add_answered(m, f, &s, &object)) {
		if (cuda)
			TRY(check_undivided(m, f, u->src, e));
		object = maker_add_step(m, s);
	}
	named.ops = f->named;
	with_id = compile_step(m, &named, root, u);
	if (!m->only_questions && !m->options.is_to_read)
		object = add_named(m, object, &with_id);
	in.step = object.step;
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
	for (size_t i = 0; v->torch && v->cuda && i < m->catalog->n_cuda_libraries; i++) {
		const struct catalog_library *l = &m->catalog->cuda_libraries[i];

		if (version_cmp(&l->cuda, &v->cuda->version) == 0)
			vec_push(m->a, &pv->libraries, l->name);
	}
	return 0;
}

/* The headers of what the kernel is written for; returns how many mounts that are. */
static size_t
add_framework(struct maker *m, const struct variant *v, const struct mount **out)
{
	if (v->tvm_ffi) {
		out[0] = mount_tree(m, ROOT_TVM_FFI, version_text(m->a, &v->tvm_ffi->version),
			(struct pin *)&v->tvm_ffi->headers);
		return 1;
	}
	out[0] = mount_tree(m, ROOT_TORCH, version_text(m->a, &v->torch->version),
		(struct pin *)&v->torch->headers);
	out[1] = mount_tree(m, ROOT_PYTHON, "", m->catalog->python);
	return 2;
}

static int
add_compiled(struct maker *m, const struct variant *v, struct plan_variant *pv, struct err *e)
{
	struct arena *a = m->a;
	const struct mount *mounts[5];
	const struct catalog_depend *for_all;
	const struct root *base;
	struct torch_flags f = { .variant = v, .project = m->p, .has_csrc = torch_has_csrc(m->p) };
	struct units units;
	struct link l = { 0 };
	size_t n = 0;

	f.gcc = variant_gcc(v);
	if (!f.gcc)
		return err_set(e, ERR_RESOLVE, "the catalog has no gcc %u, which %s needs",
			v->cuda ? v->cuda->gcc : catalog_gcc_for(variant_cxx_std(v)), v->name);
	if (v->torch && !m->catalog->python)
		return err_set(e, ERR_RESOLVE, "the catalog pins no Python headers");
	f.ops = arena_printf(
		a, "_%s_%s_%s", m->p->module, backend_name(v->backend), PLAN_ID_PLACEHOLDER);
	pv->ops = arena_printf(a, "_%s_%s_%s", m->p->module, backend_name(v->backend), m->src->id);
	f.named = pv->ops;
	pv->extension = arena_printf(a, "%s%s", pv->ops, v->tvm_ffi ? ".so" : ".abi3.so");
	pv->gcc = f.gcc;
	pv->unverified = !variant_is_verified(v);
	mounts[n++] = mount_sources(m);
	n += add_framework(m, v, mounts + n);
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
	pv->link = maker_add_link(m, &f, pv, &l).step;
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
					"%s: no wheel has torch %s with this C++ ABI, so those of its symbols that show the ABI are not checked when linking",
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
		m->catalog = r->v[i].catalog;
		if (r->v[i].kind != VARIANT_NOARCH)
			TRY(add_compiled(m, &r->v[i], pv, e));
	}
	note_composed(out, m->a);
	note_unverified(out, m->a);
	out->steps = m->steps.v;
	out->n_steps = m->steps.n;
	return plan_check(out, e);
}

static struct maker
new_maker(struct arena *a, const struct plan_subject *of, struct plan *out)
{
	return (struct maker){
		.a = a, .p = of->project, .src = of->sources, .tools = of->tools, .out = out
	};
}

int
plan_questions(struct arena *a, const struct plan_subject *of, struct plan *out, struct err *e)
{
	struct maker m = new_maker(a, of, out);

	m.only_questions = true;
	return make(&m, of->resolution, e);
}

int
plan_make(struct arena *a, const struct plan_subject *of, const struct plan_answers *answers,
	const struct plan_options *o, struct plan *out, struct err *e)
{
	struct maker m = new_maker(a, of, out);

	m.answers = answers;
	m.options = *o;
	return make(&m, of->resolution, e);
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
