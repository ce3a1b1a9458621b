/* SPDX-License-Identifier: Apache-2.0 */
/* decls TEXT: where each declaration of a preprocessed text begins and ends, its kind, and the
 * names that it declares, for declarations.py. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "cxx/split.h"
#include <inttypes.h>
#include <stdio.h>

static void
print(const struct lexed *l, const struct split *s, uint32_t i)
{
	static const char *const kinds[] = { [DECL_UNKNOWN] = "unknown",
		[DECL_CLASS] = "class",
		[DECL_FORWARD] = "forward",
		[DECL_ENUM] = "enum",
		[DECL_FUNCTION] = "function",
		[DECL_VARIABLE] = "variable",
		[DECL_ALIAS] = "alias",
		[DECL_CONCEPT] = "concept",
		[DECL_USING] = "using",
		[DECL_USING_NAMESPACE] = "using-namespace",
		[DECL_NAMESPACE_ALIAS] = "namespace-alias",
		[DECL_ASSERT] = "assert",
		[DECL_INSTANTIATION] = "instantiation",
		[DECL_EXTERN_INSTANTIATION] = "extern-instantiation",
		[DECL_GUIDE] = "guide",
		[DECL_FRIEND] = "friend",
		[DECL_ACCESS] = "access",
		[DECL_PRAGMA] = "pragma",
		[DECL_ASM] = "asm",
		[DECL_EMPTY] = "empty",
		[DECL_NAMESPACE] = "namespace",
		[DECL_LINKAGE] = "linkage",
		[DECL_CLOSE] = "close" };
	const struct decl *d = &s->decl[i];
	const struct token *last;

	if (d->begin >= d->end)
		return;
	last = &l->token[d->end - 1];
	printf("%" PRIu32 " %" PRIu32 " %s %s", l->token[d->begin].offset,
		last->offset + last->length, kinds[d->kind],
		d->parent == UINT32_MAX ? "-" : "member");
	for (uint32_t k = 0; k < d->n_names; k++)
		printf(" %.*s", (int)l->name[s->names[d->names + k]].n,
			l->name[s->names[d->names + k]].p);
	printf("\n");
}

int
main(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct err e = { 0 };
	struct lexed l;
	struct split s;
	struct str text;

	if (argc != 2) {
		fprintf(stderr, "usage: decls TEXT\n");
		return 2;
	}
	if (fs_read(&a, argv[1], 1u << 30, &text, &e) < 0 || lex(&a, text, &l, &e) < 0) {
		fprintf(stderr, "decls: %s\n", e.msg);
		return 1;
	}
	split(&a, &l, &s);
	for (uint32_t i = 0; i < s.n; i++)
		print(&l, &s, i);
	return 0;
}
