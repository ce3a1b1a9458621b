/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a slimmed C++ source: preprocess -> slim -> compile. Its text says nothing of CUDA
 * when the source includes none of it, so one object serves all CUDA versions with the same
 * compiler. When the slimmed text does not compile, the source is compiled as ever, by the lazy
 * step that `direct` describes, which also says what is wrong in the words of the source.
 */
#include "base/arena.h"
#include "base/path.h"
#include "plan/maker.h"

/* Of an option, how many words say where headers are and what is defined: matters of the
 * preprocessor. */
static size_t
preprocessor_words(const struct strs *argv, size_t i)
{
	static const char *const pairs[] = { "-isystem", "-include", "-imacros", "-iquote",
		"-idirafter", "-I", "-D", "-U", "-MF", "-o" };
	const char *w = argv->v[i];

	for (size_t k = 0; k < sizeof(pairs) / sizeof(pairs[0]); k++) {
		if (streq(w, pairs[k]))
			return 2;
	}
	if (streq(w, "-MD") || streq(w, "-nostdinc") || streq(w, "-c") || str_has_prefix(w, "-I") ||
		str_has_prefix(w, "-D") || str_has_prefix(w, "-U"))
		return 1;
	return 0;
}

/* The command up to its source, which preprocesses instead of compiling. */
static struct strs
preprocess_argv(struct arena *a, const struct step *direct, const char *text)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < direct->argv.n; i++) {
		const char *w = direct->argv.v[i];

		vec_push(a, &out,
			streq(w, "-c")                   ? "-E"
			: streq(w, direct->outputs.v[0]) ? text
							 : w);
	}
	return out;
}

static struct strs
compile_argv(struct arena *a, const struct step *direct, const char *source, const char *text)
{
	struct strs out = { 0 };

	for (size_t i = 0, n; i < direct->argv.n; i += n ? n : 1) {
		n = preprocessor_words(&direct->argv, i);
		if (n == 0 && !streq(direct->argv.v[i], source))
			vec_push(a, &out, direct->argv.v[i]);
	}
	vec_push(a, &out, "-c");
	vec_push(a, &out, text);
	vec_push(a, &out, "-o");
	vec_push(a, &out, direct->outputs.v[0]);
	return out;
}

static struct step
own(struct maker *m, const struct step *direct, enum step_kind kind, struct step_input *inputs,
	size_t n, const char *output)
{
	struct step s = { .kind = kind,
		.label = arena_printf(m->a, "%s: %s", direct->label,
			kind == STEP_COMPILE_OR_DECLINE ? "g++, slim" : step_kind_name(kind)),
		.variant = direct->variant,
		.inputs = inputs,
		.n_inputs = n };

	s.root = root_make(m, NULL, 0);
	vec_push(m->a, &s.argv, "kernel-builder");
	vec_push(m->a, &s.argv, step_kind_name(kind));
	vec_push(m->a, &s.outputs, output);
	return s;
}

static struct step_input *
input(struct maker *m, size_t n, size_t step, const char *path, struct step_input *more)
{
	struct step_input *out = arena_array(m->a, struct step_input, n);

	out[0] = (struct step_input){ .step = step, .path = path };
	if (more)
		out[1] = *more;
	return out;
}

size_t
maker_add_slim_cxx(struct maker *m, const struct step *direct, const struct mount *gcc)
{
	const char *source = arena_printf(m->a, "src/%s", direct->source);
	const char *text = arena_printf(m->a, "tmp/%s.ii", path_base(direct->source));
	struct step pre = *direct, s, whole = *direct;
	struct step_input second = { .path = "in/1" };
	size_t at;

	pre.kind = STEP_PREPROCESS;
	pre.label = arena_printf(m->a, "%s: g++ -E", direct->label);
	pre.argv = preprocess_argv(m->a, direct, text);
	pre.outputs = (struct strs){ 0 };
	vec_push(m->a, &pre.outputs, text);
	pre.is_transient = true;
	at = maker_add_step(m, pre);

	s = own(m, direct, STEP_SLIM, input(m, 1, at, "tmp/whole.ii", NULL), 1, text);
	s.is_transient = true;
	at = maker_add_step(m, s);

	s = own(m, direct, STEP_COMPILE_OR_DECLINE, input(m, 1, at, text, NULL), 1, direct->outputs.v[0]);
	s.root = root_make(m, &gcc, 1);
	s.tool[TOOL_COMPILE] = compile_argv(m->a, direct, source, text);
	at = maker_add_step(m, s);

	whole.is_lazy = true;
	second.step = maker_add_step(m, whole);
	s = own(m, direct, STEP_CHOOSE, input(m, 2, at, "in/0", &second), 2, direct->outputs.v[0]);
	s.n_early = 1;
	at = maker_add_step(m, s);
	if (!m->options.audits_slim)
		return at;
	s = own(m, direct, STEP_AUDIT, input(m, 2, at, "in/0", &second), 2, direct->outputs.v[0]);
	vec_push(m->a, &s.argv, "object");
	return maker_add_step(m, s);
}
