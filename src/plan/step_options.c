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

/* What stands behind "device-key=", say; for a flag, "" behind its name. */
static bool
take_name(struct str word, const char *field, bool is_flag, struct str *value)
{
	size_t n = strlen(field);

	if (word.n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (word.p[i] != (field[i] == '_' ? '-' : field[i]))
			return false;
	}
	*value = (struct str){ word.p + n, word.n - n };
	if (is_flag)
		return value->n == 0;
	return str_cut(value, '=', &word) && word.n == 0;
}

static unsigned
find_word(const char *const *words, size_t n, struct str word)
{
	for (unsigned i = 0; i < n; i++) {
		if (words[i] && str_eq(word, str_of(words[i])))
			return i;
	}
	return 0;
}

bool
step_option_take(struct step_options *o, struct str word)
{
	struct str value;

#define TAKE_FLAG(name) \
	if (take_name(word, #name, true, &value)) \
		return o->name = true;
#define TAKE_CHOICE(name, type) \
	if (take_name(word, #name, false, &value)) \
		return (o->name = find_word(type##_words, \
				sizeof(type##_words) / sizeof(type##_words[0]), value)) != 0;
#define TAKE_DIGEST(name) \
	if (take_name(word, #name, false, &value)) \
		return digest_parse(value, &o->name);
	STEP_OPTIONS(TAKE_FLAG, TAKE_CHOICE, TAKE_DIGEST)
	return false;
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
