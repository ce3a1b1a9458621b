/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps that look at device code have in common. */
#include "base/arena.h"
#include "base/err.h"
#include "base/record.h"
#include "device/guard.h"
#include "steps/device_only.h"

/* Of each level. The names stand in the texts. */
static const char *const prelude_source[DEVICE_LEVELS] = { "tmp/prelude.cu", "tmp/prelude1.cu",
	"tmp/prelude2.cu" };
static const char *const prelude_text[DEVICE_LEVELS] = { "tmp/prelude.ii", "tmp/prelude1.ii",
	"tmp/prelude2.ii" };

int
builtin_write_full(struct builtin *o, enum output_role output, const char *why, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	proof_write(&(struct proof){ .why = str_of(why) }, &out);
	return builtin_output(o, output, buf_str(&out), e);
}

int
builtin_prelude_start(struct builtin *o, const struct device_text *t, enum device_level level,
	struct prelude_start *out, struct err *e)
{
	CLEANUP(buf_free) struct buf source = { 0 };

	out->level = level;
	device_prelude(t, level, &source);
	TRY(builtin_write(prelude_source[level], buf_str(&source), e));
	return builtin_tool_start(
		o, TOOL_PREPROCESS, prelude_source[level], prelude_text[level], &out->proc, e);
}

int
builtin_prelude_wait(struct builtin *o, struct prelude_start *p, struct prelude *out, struct err *e)
{
	TRY(builtin_tool_wait(o, &p->proc, &out->is_there, e));
	return out->is_there ? fs_read(&o->a, prelude_text[p->level], SIZE_MAX, &out->text, e) : 0;
}

/* What the preprocessed headers of a level depend on, but for the headers, which the steps of one
 * variant have in common. */
static struct digest
prelude_id(const struct builtin *o, const struct device_text *t, enum device_level level)
{
	CLEANUP(buf_free) struct buf source = { 0 };
	const struct strs *command = &o->s->tool[TOOL_PREPROCESS];
	struct sha256 *h = sha256_new();

	device_prelude(t, level, &source);
	sha256_add_field(h, str_of(prelude_source[level]));
	sha256_add_field(h, buf_str(&source));
	for (size_t i = 0; i < command->n; i++)
		sha256_add_field(h, str_of(command->v[i]));
	return sha256_final(h);
}

void
builtin_add_prelude(const struct builtin *o, const struct device_text *t, enum device_level level,
	struct str text, struct buf *out)
{
	struct digest id = prelude_id(o, t, level);
	char hex[65];

	buf_addf(out, "%s %zu\n", digest_hex(&id, hex), text.n);
	buf_add(out, text.p, text.n);
}

/* 1: the step has an input with it. */
static int
take_prelude(struct builtin *o, const struct device_text *t, enum device_level level,
	struct prelude *out, struct err *e)
{
	struct digest id, of;
	struct str rest, line, hex;
	uint64_t n;

	if (!builtin_input_path(o, INPUT_PRELUDES))
		return 0;
	TRY(builtin_input(o, INPUT_PRELUDES, &rest, e));
	id = prelude_id(o, t, level);
	if (!record_take_head(&rest, RECORD_PRELUDES))
		return 0;
	while (str_cut(&rest, '\n', &line) && str_cut(&line, ' ', &hex) && digest_parse(hex, &of) &&
		str_to_u64(line, &n) && n <= rest.n) {
		if (digest_eq(&id, &of)) {
			*out = (struct prelude){ true, { rest.p, n } };
			return 1;
		}
		rest.p += n;
		rest.n -= n;
	}
	return 0;
}

int
builtin_prelude(struct builtin *o, const struct device_text *t, enum device_level level,
	struct prelude *out, struct err *e)
{
	struct prelude_start p;
	int r;

	TRY(r = take_prelude(o, t, level, out, e));
	if (r)
		return 0;
	TRY(builtin_prelude_start(o, t, level, &p, e));
	return builtin_prelude_wait(o, &p, out, e);
}

int
builtin_guard(struct builtin *o, const struct device_code *code, struct str prelude,
	const char **hit, struct err *e)
{
	const struct device_text *t = code->text;
	struct guard_words words = { 0 };
	struct guard_hits hits = { 0 };

	guard_words(&o->a, t, code->slice, &words);
	guard_user(&o->a, t, &words, &hits);
	if (hits.n == 0)
		TRY(guard_headers(&o->a, t, prelude, &words, &hits, e));
	*hit = NULL;
	if (hits.n)
		*hit = arena_printf(&o->a, "%.*s (%s)", (int)hits.v[0].name.n, hits.v[0].name.p,
			hits.v[0].where);
	return 0;
}

size_t
builtin_archs(const struct builtin *o, unsigned *out, size_t max)
{
	const struct strs *argv = &o->s->tool[TOOL_PREPROCESS];
	size_t n = 0;

	for (size_t i = 0; i < argv->n; i++) {
		struct str rest = str_of(argv->v[i]), item;
		uint64_t arch;

		if (!str_starts(rest, STR(BUILTIN_ARCH_LIST)))
			continue;
		rest.p += strlen(BUILTIN_ARCH_LIST);
		rest.n -= strlen(BUILTIN_ARCH_LIST);
		while (str_cut(&rest, ',', &item)) {
			if (n < max && str_to_u64(item, &arch))
				out[n++] = (unsigned)arch;
		}
	}
	return n;
}
