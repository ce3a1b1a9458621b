/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a slimmed C++ source: preprocess -> slim -> compile. Its text says nothing of CUDA
 * when the source includes none of it, so one object serves all CUDA versions with the same
 * compiler. When the slimmed text does not compile, the source is compiled as ever, by the lazy
 * step that `direct` describes, which also says what is wrong in the words of the source.
 */
#include "base/arena.h"
#include "base/path.h"
#include "formats/root.h"
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
own(struct maker *m, const struct step *direct, enum step_kind kind, const char *output)
{
	const char *what = kind == STEP_COMPILE_OR_DECLINE ? "g++, slim" : step_kind_name(kind);
	struct step s = step_new(
		m, kind, direct->variant, arena_printf(m->a, "%s: %s", direct->label, what));

	step_give(m, &s, output);
	return s;
}

static struct made
add_slim_text(struct maker *m, const struct step *direct, const char *text)
{
	struct step pre = *direct, slim = own(m, direct, STEP_SLIM, text);

	pre.kind = STEP_PREPROCESS;
	pre.label = arena_printf(m->a, "%s: g++ -E", direct->label);
	pre.argv = preprocess_argv(m->a, direct, text);
	pre.outputs = (struct strs){ 0 };
	step_give(m, &pre, text);
	pre.is_transient = slim.is_transient = true;
	step_take(m, &slim, INPUT_TEXT, maker_add_step(m, pre));
	return maker_add_step(m, slim);
}

static struct made
add_ways(struct maker *m, struct step s, struct made slim, struct made whole)
{
	step_take(m, &s, INPUT_FIRST_WAY, slim);
	step_take(m, &s, INPUT_SECOND_WAY, whole);
	return maker_add_step(m, s);
}

struct made
maker_add_slim_cxx(struct maker *m, const struct step *direct, const struct mount *gcc)
{
	const char *source = arena_printf(m->a, ROOT_SOURCES "/%s", direct->source),
		   *object = direct->outputs.v[0];
	const char *text = arena_printf(m->a, "tmp/%s.ii", path_base(direct->source));
	struct step s = own(m, direct, STEP_COMPILE_OR_DECLINE, object), whole = *direct;
	struct made slim, full;

	step_take_at(m, &s, INPUT_TEXT, text, add_slim_text(m, direct, text));
	s.root = root_make(m, &gcc, 1);
	s.tool[TOOL_COMPILE] = compile_argv(m->a, direct, source, text);
	slim = maker_add_step(m, s);
	whole.is_lazy = true;
	full = maker_add_step(m, whole);
	slim = add_ways(m, own(m, direct, STEP_CHOOSE, object), slim, full);
	if (!m->options.audits_slim)
		return slim;
	s = own(m, direct, STEP_AUDIT, object);
	s.options.audit = AUDIT_OF_OBJECT;
	return add_ways(m, s, slim, full);
}
