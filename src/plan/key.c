/* SPDX-License-Identifier: Apache-2.0 */
/* Digests a step's command, environment and mounts. */
#include "plan/key.h"
#include "base/arena.h"
#include "base/err.h"
#include "plan/kinds.h"
#include <stdio.h>

static void
add_count(struct sha256 *h, size_t n)
{
	char text[24];

	sha256_add_field(h, (struct str){ text, (size_t)snprintf(text, sizeof(text), "%zu", n) });
}

static void
add_strs(struct sha256 *h, const struct strs *s)
{
	add_count(h, s->n);
	for (size_t i = 0; i < s->n; i++)
		sha256_add_field(h, str_of(s->v[i]));
}

struct digest
step_key(const struct step *s, const struct sources_set *src)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct strs options = step_option_words(&a, &s->options);
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("kernel-builder step 7"));
	sha256_add_field(h, str_of(step_kind_name(s->kind)));
	sha256_add_field(h, str_of(step_implementation(s->kind)));
	add_strs(h, &s->argv);
	add_strs(h, &options);
	for (size_t i = 0; i < STEP_TOOLS; i++)
		add_strs(h, &s->tool[i]);
	add_strs(h, &s->env);
	add_strs(h, &s->outputs);
	/* Nothing where there is none, so keys stay what they were. */
	for (size_t i = 0; i < s->told.n; i++)
		sha256_add_field(h, str_of(s->told.v[i]));
	add_count(h, s->n_inputs);
	for (size_t i = 0; i < s->n_inputs; i++)
		sha256_add_field(h, str_of(input_role_name(s->inputs[i].role)));
	sha256_add_field(h, str_of(s->depfile ? s->depfile : ""));
	for (size_t i = 0; i < s->drop_needed.n; i++)
		sha256_add_field(h, str_of(s->drop_needed.v[i]));
	sha256_add_field(h, STR(""));
	for (size_t i = 0; i < s->root->n_mounts; i++) {
		const struct mount *m = s->root->mounts[i];

		if (m->kind == MOUNT_SOURCES)
			continue;
		sha256_add_field(h, str_of(m->name));
		sha256_add(h, m->id.b, sizeof(m->id.b));
	}
	for (size_t i = 0; s->depfile && i < src->n; i++) {
		if (src->v[i].is_header)
			sha256_add_field(h, str_of(src->v[i].path));
	}
	return sha256_final(h);
}
