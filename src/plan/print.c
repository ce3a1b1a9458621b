/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a plan as text, JSON and dot. */
#include "base/arena.h"
#include "base/err.h"
#include "plan/graph.h"
#include <jansson.h>
#include <stdlib.h>

/* Words that a shell reads as they are need no quotes. */
static void
add_quoted(struct buf *out, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_=+./,:@%^";

	if (*s && strspn(s, plain) == strlen(s)) {
		buf_adds(out, s);
		return;
	}
	buf_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '\'');
}

/* What is special about a variant, and what it is made with besides torch and CUDA. */
static void
add_variant_text(const struct plan_variant *pv, struct buf *out)
{
	const struct variant *v = pv->variant;

	if (v->cuda && v->cuda->note)
		buf_addf(out, "# %s: %s\n", v->name, v->cuda->note);
	for (size_t i = 0; i < pv->depends.n; i++) {
		CLEANUP(arena_freep) struct arena a = { 0 };
		const struct catalog_depend *d = pv->depends.v[i];

		buf_addf(out, "# %s: with %s %s\n", v->name, d->title,
			version_text(&a, &d->version));
	}
	if (pv->libraries.n)
		buf_addf(out, "# %s: may be linked with", v->name);
	for (size_t i = 0; i < pv->libraries.n; i++)
		buf_addf(out, "%s %s%s", i ? "," : "", pv->libraries.v[i],
			i + 1 == pv->libraries.n ? "\n" : "");
}

static void
print_text(const struct plan *p, struct buf *out)
{
	for (size_t i = 0; i < p->n_variants; i++)
		add_variant_text(&p->variants[i], out);
	for (size_t i = 0; i < p->n_steps; i++) {
		CLEANUP(arena_freep) struct arena a = { 0 };
		const struct step *s = &p->steps[i];
		const struct strs words = step_words(&a, s);

		buf_addf(out, "# %zu: %s, %s", i, s->variant->name, s->label);
		if (s->users > 1)
			buf_addf(out, ", shared by %u variants", s->users);
		buf_addc(out, '\n');
		for (size_t j = 0; j < s->n_inputs; j++)
			buf_addf(out, "# %s is step %zu's %s\n", s->inputs[j].path,
				s->inputs[j].step,
				p->steps[s->inputs[j].step].outputs.v[s->inputs[j].output]);
		for (size_t j = 0; j < words.n; j++) {
			if (j)
				buf_addc(out, ' ');
			add_quoted(out, words.v[j]);
		}
		buf_addc(out, '\n');
	}
}

static json_t *
json_strs(const struct strs *s)
{
	json_t *out = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(out, json_string(s->v[i]));
	return out;
}

static json_t *
json_step(const struct step *s, size_t index)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const struct strs options = step_option_words(&a, &s->options);
	json_t *mounts = json_object(), *inputs = json_array();
	char hex[65];

	for (size_t i = 0; i < s->root->n_mounts; i++) {
		const struct mount *m = s->root->mounts[i];

		json_object_set_new(mounts, m->name,
			m->kind == MOUNT_SOURCES ? json_string("sources")
						 : json_string(digest_hex(&m->id, hex)));
	}
	for (size_t i = 0; i < s->n_inputs; i++)
		json_array_append_new(
			inputs, json_pack("{s:I, s:I, s:s}", "step", (json_int_t)s->inputs[i].step,
					"output", (json_int_t)s->inputs[i].output, "path",
					s->inputs[i].path));
	return json_pack(
		"{s:I, s:s, s:s, s:s, s:I, s:b, s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s*, s:s}",
		"step", (json_int_t)index, "kind", step_kind_name(s->kind), "label", s->label,
		"variant", s->variant->name, "users", (json_int_t)s->users, "lazy", s->is_lazy,
		"transient", s->is_transient, "early", (json_int_t)s->n_early, "argv",
		json_strs(&s->argv), "options", json_strs(&options), "env", json_strs(&s->env),
		"mounts", mounts, "inputs", inputs, "outputs", json_strs(&s->outputs), "source",
		s->source, "key", digest_hex(&s->key, hex));
}

/* {"CUTLASS": ["3.6.0"]} */
static json_t *
json_depends(const struct plan_variant *v)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	json_t *out = json_object();

	for (size_t i = 0; i < v->depends.n; i++) {
		const struct catalog_depend *d = v->depends.v[i];

		if (!json_object_get(out, d->title))
			json_object_set_new(out, d->title, json_array());
		json_array_append_new(
			json_object_get(out, d->title), json_string(version_text(&a, &d->version)));
	}
	return out;
}

static void
print_json(const struct plan *p, struct buf *out)
{
	json_t *steps = json_array(), *variants = json_array(), *root;
	char *text;

	for (size_t i = 0; i < p->n_steps; i++)
		json_array_append_new(steps, json_step(&p->steps[i], i));
	for (size_t i = 0; i < p->n_variants; i++) {
		const struct plan_variant *v = &p->variants[i];
		json_t *o = json_pack("{s:s, s:s, s:s*, s:o, s:o}", "name", v->variant->name,
			"backend", backend_name(v->variant->backend), "id", v->ops, "archs",
			json_strs(&v->variant->archs), "kernels", json_strs(&v->kernels));

		if (v->link != SIZE_MAX)
			json_object_set_new(o, "step", json_integer((json_int_t)v->link));
		if (v->variant->cuda && v->variant->cuda->note)
			json_object_set_new(o, "note", json_string(v->variant->cuda->note));
		if (v->depends.n)
			json_object_set_new(o, "depends", json_depends(v));
		if (v->libraries.n)
			json_object_set_new(o, "libraries", json_strs(&v->libraries));
		json_array_append_new(variants, o);
	}
	root = json_pack("{s:s, s:o, s:o, s:o}", "kernel", p->project->name, "variants", variants,
		"steps", steps, "notes", json_strs(&p->notes));
	text = json_dumps(root, JSON_INDENT(2));
	buf_adds(out, text);
	buf_addc(out, '\n');
	free(text);
	json_decref(root);
}

static void
print_dot(const struct plan *p, struct buf *out)
{
	buf_adds(out, "digraph plan {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct step *s = &p->steps[i];

		buf_addf(out, "\ts%zu [label=\"%s\\n%s\"];\n", i, s->label, s->variant->name);
		for (size_t j = 0; j < s->n_inputs; j++)
			buf_addf(out, "\ts%zu -> s%zu;\n", s->inputs[j].step, i);
	}
	for (size_t i = 0; i < p->n_variants; i++) {
		const struct plan_variant *v = &p->variants[i];

		buf_addf(out, "\tv%zu [label=\"%s\", shape=folder];\n", i, v->variant->name);
		if (v->link != SIZE_MAX)
			buf_addf(out, "\ts%zu -> v%zu;\n", v->link, i);
	}
	buf_adds(out, "}\n");
}

void
plan_print(const struct plan *p, enum plan_format f, struct buf *out)
{
	if (f == PLAN_TEXT)
		print_text(p, out);
	else if (f == PLAN_JSON)
		print_json(p, out);
	else
		print_dot(p, out);
}
