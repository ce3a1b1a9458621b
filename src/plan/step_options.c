/* SPDX-License-Identifier: Apache-2.0 */
/* Options of steps as words: for keys, and for people. */
#include "base/arena.h"
#include "plan/graph.h"

static const char *const audit_of_words[] = {
	[AUDIT_OF_PTX] = "ptx",
	[AUDIT_OF_OBJECT] = "object",
	[AUDIT_AS_PROOF] = "as-proof",
};
static const char *const prove_when_words[] = {
	[PROVE_IF_IT_PAYS] = "if-it-pays",
	[PROVE_IF_PROVED_BEFORE] = "if-proved-before",
};

/* "device-key" for "device_key", and "=" and what it is, if it is more than set. */
static void
add_word(struct arena *a, struct strs *out, const char *field, const char *value)
{
	char *name = arena_strdup(a, field);

	for (char *p = name; (p = strchr(p, '_'));)
		*p = '-';
	vec_push(a, out, value ? arena_printf(a, "%s=%s", name, value) : name);
}

static void
add_digest(struct arena *a, struct strs *out, const char *field, const struct digest *d)
{
	static const struct digest none = { 0 };
	char hex[65];

	if (!digest_eq(d, &none))
		add_word(a, out, field, digest_hex(d, hex));
}

struct strs
step_option_words(struct arena *a, const struct step_options *o)
{
	struct strs out = { 0 };

#define ADD_FLAG(name) \
	if (o->name) \
		add_word(a, &out, #name, NULL);
#define ADD_CHOICE(name, type) \
	if (o->name) \
		add_word(a, &out, #name, type##_words[o->name]);
#define ADD_DIGEST(name) add_digest(a, &out, #name, &o->name);
	STEP_OPTIONS(ADD_FLAG, ADD_CHOICE, ADD_DIGEST)
	return out;
}

struct strs
step_words(struct arena *a, const struct step *s)
{
	struct strs out = { 0 }, options = step_option_words(a, &s->options);

	for (size_t i = 0; i < s->argv.n; i++)
		vec_push(a, &out, s->argv.v[i]);
	for (size_t i = 0; i < options.n; i++)
		vec_push(a, &out, options.v[i]);
	return out;
}
