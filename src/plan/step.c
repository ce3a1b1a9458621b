/* SPDX-License-Identifier: Apache-2.0 */
/* Steps put together by what their kind's row lists: command, mounts, inputs and outputs. */
#include "base/arena.h"
#include "formats/root.h"
#include "plan/key.h"
#include "plan/kinds.h"
#include "plan/maker.h"

struct step
step_new(struct maker *m, enum step_kind kind, const struct variant *v, const char *label)
{
	struct step s = { .kind = kind, .label = label, .variant = v };

	if (step_is_builtin(&s)) {
		vec_push(m->a, &s.argv, "kernel-builder");
		vec_push(m->a, &s.argv, step_kind_name(kind));
	}
	s.root = step_root(m, kind, &(struct sights){ 0 });
	return s;
}

const struct root *
step_root(struct maker *m, enum step_kind kind, const struct sights *of)
{
	const unsigned sees = step_row(kind)->sees;
	const size_t n_compiled = of->compiled ? of->compiled->n_mounts : 0;
	const struct mount **mounts =
		(const struct mount **)arena_array(m->a, void *, n_compiled + 3);
	size_t n = 0;

	for (size_t i = 0; sees & SEES_COMPILED && i < n_compiled; i++)
		mounts[n++] = of->compiled->mounts[i];
	if (sees & SEES_GCC && of->gcc)
		mounts[n++] = of->gcc;
	if (sees & SEES_LOADER && of->loader)
		mounts[n++] = of->loader;
	if (sees & SEES_CUDA && of->cuda)
		mounts[n++] = of->cuda;
	if (sees & SEES_MODULE_ID && of->module_id)
		mounts[n++] = of->module_id;
	return root_make(m, mounts, n);
}

/* Inputs stand in the order of the row, files behind the others. */
static size_t
rank_of(enum step_kind kind, enum input_role role)
{
	const struct input_slot *slot = step_input_slot(kind, role);

	return slot ? (size_t)(slot - step_row(kind)->inputs) : SIZE_MAX;
}

static void
add_input(struct maker *m, struct step *s, const struct step_input *in)
{
	struct step_input *all = arena_array(m->a, struct step_input, s->n_inputs + 1);
	size_t at = s->n_inputs;

	while (at && rank_of(s->kind, s->inputs[at - 1].role) > rank_of(s->kind, in->role))
		at--;
	for (size_t i = 0; i < s->n_inputs; i++)
		all[i < at ? i : i + 1] = s->inputs[i];
	all[at] = *in;
	s->inputs = all;
	s->n_inputs++;
}

void
step_take(struct maker *m, struct step *s, enum input_role role, struct made from)
{
	const struct input_slot *slot = step_input_slot(s->kind, role);

	step_take_at(m, s, role, slot && slot->path ? slot->path : "", from);
}

void
step_take_at(
	struct maker *m, struct step *s, enum input_role role, const char *path, struct made from)
{
	add_input(m, s,
		&(struct step_input){
			.step = from.step, .output = from.output, .path = path, .role = role });
}

void
step_give(struct maker *m, struct step *s, const char *path)
{
	vec_push(m->a, &s->outputs, path);
	for (const struct output_slot *o = step_row(s->kind)->outputs; o->role != OUTPUT_MAIN;
		o++) {
		if (o->path)
			vec_push(m->a, &s->outputs, o->path);
	}
}

struct made
made_too(const struct maker *m, struct made by, enum output_role role)
{
	return (struct made){ by.step, step_output_index(m->steps.v[by.step].kind, role) };
}

static struct strs
step_env(struct arena *a)
{
	static const char *const env[] = { "PATH=" ROOT_GCC "/bin",
		"GCC_EXEC_PREFIX=" ROOT_GCC "/usr/lib/gcc/", "LC_ALL=C", "HOME=/nonexistent",
		"PWD=" ROOT_DIR, "TMPDIR=" ROOT_TMP };
	struct strs out = { 0 };

	for (size_t i = 0; i < sizeof(env) / sizeof(env[0]); i++)
		vec_push(a, &out, env[i]);
	vec_push(a, &out, arena_printf(a, "SOURCE_DATE_EPOCH=%d", PLAN_TIME));
	return out;
}

/* A step with inputs is told by them, too. */
static struct str
identity(struct arena *a, const struct step *s)
{
	struct sha256 *h = sha256_new();
	struct digest d;

	sha256_add(h, s->key.b, sizeof(s->key.b));
	for (size_t i = 0; i < s->n_inputs; i++) {
		sha256_add_field(h, str_of(s->inputs[i].path));
		sha256_add(h, &s->inputs[i].step, sizeof(s->inputs[i].step));
		sha256_add(h, &s->inputs[i].output, sizeof(s->inputs[i].output));
	}
	d = sha256_final(h);
	return (struct str){ arena_strndup(a, (const char *)d.b, sizeof(d.b)), sizeof(d.b) };
}

struct made
maker_add_step(struct maker *m, struct step s)
{
	size_t *index;
	void **slot;

	s.n_early = step_row(s.kind)->n_early;
	s.env = step_env(m->a);
	/* __TIMESTAMP__ is in the zone of the machine. Those that read texts have none to tell. */
	if (s.depfile || s.tool[TOOL_PREPROCESS].n)
		vec_push(m->a, &s.env, "TZ=UTC0");
	/* PTX with line numbers names files by where cicc runs. */
	s.names_dir = s.names_dir || s.kind == STEP_CICC || s.tool[TOOL_CICC].n;
	if (s.names_dir)
		vec_push(m->a, &s.env, "NVVMIR_LIBRARY_DIR=" ROOT_CUDA "/nvvm/libdevice");
	s.key = step_key(&s, m->src);
	slot = map_put(m->a, &m->by_key, identity(m->a, &s));
	if (!*slot) {
		index = arena_new(m->a, size_t);
		*index = m->steps.n;
		*slot = index;
		vec_push(m->a, &m->steps, s);
	}
	index = *slot;
	m->steps.v[*index].users++;
	return (struct made){ *index, 0 };
}
