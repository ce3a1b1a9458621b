/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Built-in steps as files. Format, version 1: RECORD_STEP, then in this order
 *
 *     kind NAME
 *     label N           N bytes and a line feed, as all that follows
 *     names-dir yes     if so
 *     option N          each word of step_option_words
 *     preprocess N      each word of a tool's command
 *     cicc N
 *     compile N
 *     variable N        of the environment
 *     input ROLE        each with
 *     path N
 *     output N
 */
#include "steps/step_file.h"
#include "base/err.h"
#include "base/path.h"
#include "base/record.h"
#include "plan/kinds.h"
#include "steps/steps.h"

static const char *const tool_keys[STEP_TOOLS] = {
	[TOOL_PREPROCESS] = "preprocess",
	[TOOL_CICC] = "cicc",
	[TOOL_COMPILE] = "compile",
};

static void
add_text(struct buf *out, const char *key, const char *text)
{
	record_add_bytes(out, key, str_of(text));
	buf_addc(out, '\n');
}

static void
add_list(struct buf *out, const char *key, const struct strs *list)
{
	for (size_t i = 0; i < list->n; i++)
		add_text(out, key, list->v[i]);
}

void
step_file_write(const struct step *s, struct buf *out)
{
	CLEANUP(arena_freep) struct arena tmp = { 0 };
	struct strs options = step_option_words(&tmp, &s->options);

	record_add_head(out, RECORD_STEP);
	record_add_value(out, "kind", str_of(step_kind_name(s->kind)));
	add_text(out, "label", s->label);
	if (s->names_dir)
		record_add_value(out, "names-dir", STR("yes"));
	add_list(out, "option", &options);
	for (size_t i = 0; i < STEP_TOOLS; i++)
		add_list(out, tool_keys[i], &s->tool[i]);
	add_list(out, "variable", &s->env);
	for (size_t i = 0; i < s->n_inputs; i++) {
		record_add_value(out, "input", str_of(input_role_name(s->inputs[i].role)));
		add_text(out, "path", s->inputs[i].path);
	}
	add_list(out, "output", &s->outputs);
}

static bool
take_text(struct arena *a, struct str *text, const char *key, const char **out)
{
	struct str rest = *text, bytes;

	if (!record_take_bytes(&rest, key, &bytes) || !record_take(&rest, "\n"))
		return false;
	*out = arena_strndup(a, bytes.p, bytes.n);
	*text = rest;
	return true;
}

static void
take_list(struct arena *a, struct str *text, const char *key, struct strs *out)
{
	const char *word;

	while (take_text(a, text, key, &word))
		vec_push(a, out, word);
}

static bool
take_kind(struct str *text, enum step_kind *out)
{
	struct str name;

	if (!record_take_value(text, "kind", &name))
		return false;
	for (enum step_kind k = 0; k < STEP_KINDS; k++) {
		if (step_row(k)->is_builtin && !step_never_runs(k) &&
			str_eq(name, str_of(step_kind_name(k)))) {
			*out = k;
			return true;
		}
	}
	return false;
}

static bool
take_options(struct arena *a, struct str *text, struct step_options *out)
{
	struct strs words = { 0 };
	bool ok = true;

	take_list(a, text, "option", &words);
	for (size_t i = 0; i < words.n; i++)
		ok = ok && step_option_take(out, str_of(words.v[i]));
	return ok;
}

static bool
find_role(struct str name, enum input_role *out)
{
	for (enum input_role r = 0; r < INPUT_ROLES; r++) {
		if (str_eq(name, str_of(input_role_name(r)))) {
			*out = r;
			return true;
		}
	}
	return false;
}

/* One of the step's own, below one of these two. */
static bool
is_own(struct arena *a, const char *path, const char *one, const char *other)
{
	return streq(path, path_clean(a, path)) &&
	       (str_has_prefix(path, one) || str_has_prefix(path, other));
}

static bool
take_inputs(struct arena *a, struct str *text, struct step *s)
{
	VEC(struct step_input) all = { 0 };
	struct step_input in = { 0 };
	struct str role;

	while (record_take_value(text, "input", &role)) {
		if (!find_role(role, &in.role) || !take_text(a, text, "path", &in.path) ||
			!is_own(a, in.path, "in/", "tmp/"))
			return false;
		vec_push(a, &all, in);
	}
	s->inputs = all.v;
	s->n_inputs = all.n;
	return true;
}

static bool
take_outputs(struct arena *a, struct str *text, struct strs *out)
{
	bool ok = true;

	take_list(a, text, "output", out);
	for (size_t i = 0; i < out->n; i++)
		ok = ok && is_own(a, out->v[i], "out/", "tmp/");
	return ok;
}

/* NULL, or what is wrong. */
static const char *
parse(struct arena *a, struct str text, struct step *s)
{
	struct str yes;

	if (!record_take_head(&text, RECORD_STEP))
		return "another first line";
	if (!take_kind(&text, &s->kind))
		return "no kind that this program does";
	if (!take_text(a, &text, "label", &s->label))
		return "no label";
	s->names_dir = record_take_value(&text, "names-dir", &yes);
	if (!take_options(a, &text, &s->options))
		return "an option that is none";
	for (size_t i = 0; i < STEP_TOOLS; i++)
		take_list(a, &text, tool_keys[i], &s->tool[i]);
	take_list(a, &text, "variable", &s->env);
	if (!take_inputs(a, &text, s))
		return "an input that is none";
	if (!take_outputs(a, &text, &s->outputs))
		return "an output that is none";
	return NULL;
}

/* There is one way to write a step: numbers with zeros in front, options in another order and bytes
 * behind the end are none. */
static bool
is_as_written(const struct step *s, struct str text)
{
	CLEANUP(buf_free) struct buf again = { 0 };

	step_file_write(s, &again);
	return str_eq(buf_str(&again), text);
}

int
step_file_read(struct arena *a, struct str text, struct step *out, struct err *e)
{
	static const struct root nothing = { 0 };
	const char *fault;

	*out = (struct step){ .root = &nothing };
	fault = parse(a, text, out);
	if (!fault) {
		out->n_early = step_row(out->kind)->n_early;
		fault = step_fault(out);
	}
	if (!fault && !is_as_written(out, text))
		fault = "what this program would write otherwise";
	if (fault)
		return err_set(e, ERR_STORE, "no step that this program wrote: it has %s", fault);
	vec_push(a, &out->argv, "kernel-builder");
	vec_push(a, &out->argv, step_kind_name(out->kind));
	return 0;
}
