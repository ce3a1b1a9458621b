/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device link registers. nvlink writes for each architecture, in CUDA 11.8 to 13.2:
 *
 *     #define NUM_PRELINKED_OBJECTS 2
 *     DEFINE_REGISTER_FUNC(_a1f0deae_4_a_cu__Z1kPfl)
 *     ...
 *
 * one line for each object. An object may be in one link and not in another, so the lists are made
 * one. What the macro defines, and what it uses of the objects, stays inside of the extension:
 * another one in the process may have a file of the same name.
 */
#include "steps/register.h"
#include "base/arena.h"
#include "base/err.h"
#include "steps/does.h"
#include "steps/internal.h"

static const char count[] = "#define NUM_PRELINKED_OBJECTS ", entry[] = "DEFINE_REGISTER_FUNC(";

static struct str
next_line(struct str *text)
{
	const char *end = memchr(text->p, '\n', text->n);
	struct str line = { text->p, end ? (size_t)(end - text->p) : text->n };

	text->p += line.n + (end ? 1 : 0);
	text->n -= line.n + (end ? 1 : 0);
	return line;
}

static int
add_list(struct arena *a, struct str text, struct strs *all, struct err *e)
{
	struct str line = next_line(&text);

	if (!str_starts(line, STR(count)))
		return err_set(e, ERR_STEP,
			"nvlink's list of objects begins with another line: %.*s", (int)line.n,
			line.p);
	while (text.n) {
		const char *whole;

		line = next_line(&text);
		if (!line.n)
			continue;
		whole = arena_strndup(a, line.p, line.n);
		if (!str_has_prefix(whole, entry) || !str_has_suffix(whole, ")"))
			return err_set(e, ERR_STEP,
				"nvlink's list of objects has a line of another kind: %s", whole);
		strs_add(a, all, whole);
	}
	return 0;
}

int
builtin_merge_registered(
	struct arena *a, const struct str *lists, size_t n, struct buf *out, struct err *e)
{
	struct strs all = { 0 };

	for (size_t i = 0; i < n; i++)
		TRY(add_list(a, lists[i], &all, e));
	buf_addf(out, "%s%zu\n#pragma GCC visibility push(hidden)\n", count, all.n);
	for (size_t i = 0; i < all.n; i++)
		buf_addf(out, "%s\n", all.v[i]);
	buf_adds(out, "#pragma GCC visibility pop\n");
	return 0;
}

int
builtin_register(struct builtin *o, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str *lists = arena_array(&o->a, struct str, o->s->n_inputs + 1);

	for (size_t i = 0; i < o->s->n_inputs; i++)
		TRY(fs_read(&o->a, o->s->inputs[i].path, SIZE_MAX, &lists[i], e));
	TRY(builtin_merge_registered(&o->a, lists, o->s->n_inputs, &out, e));
	return builtin_output(o, OUTPUT_MAIN, buf_str(&out), e);
}
