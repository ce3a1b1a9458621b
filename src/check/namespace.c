/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the operators are registered under the name that metadata.json gives the variant. Two
 * builds of a kernel can be loaded into one process because each has its own namespace,
 * torch.ops.<id>; Python's side takes it from _ops.py, C++'s from what the static initialisers of
 * the extension pass to torch::Library, or to the shims of the stable ABI. Their calls are found in
 * the code (elf/elf_code.h), with the texts and constants in front of each: compilers keep a text
 * whole, or cut it into constants of 16 bytes and operands of 8. Where a call is in a function of
 * its own, its callers pass the name. Which strings else are in the file does not matter.
 *
 * Another build's id is an error, another fixed name a warning: its operators work, but not from
 * torch.ops.<id>, and not in two versions at once. Of other machines only strings are looked at.
 */
#include "base/arena.h"
#include "check/run.h"
#include "elf/elf_code.h"
#include <stdlib.h>

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* The string and the NUL that ends it. What precedes it may be the head of another string with the
 * same tail. */
static bool
has_string(struct str bytes, const char *text)
{
	return memmem(bytes.p, bytes.n, text, strlen(text) + 1) != NULL;
}

/* torch.ops._NAME in _ops.py; ids begin with a line, operators of torch itself do not. */
static void
check_ops(struct check_run *r, const struct fact_file *f, const char *id)
{
	static const char head[] = "torch.ops.";
	const char *p = f->bytes.p;
	bool seen = strstr(p, id) != NULL;

	while ((p = strstr(p, head)) != NULL) {
		const char *name = p += strlen(head);

		while (is_word(*p))
			p++;
		if (*name == '_' &&
			((size_t)(p - name) != strlen(id) || memcmp(name, id, strlen(id)) != 0))
			found_error(r, .rule = "namespace", .file = f->path,
				.message = arena_printf(r->a,
					"takes operators from torch.ops.%.*s, but the variant's id is %s",
					(int)(p - name < 200 ? p - name : 200), name, id),
				.advice = "make _ops.py anew, with the id of metadata.json");
	}
	if (!seen)
		found_error(r, .rule = "namespace", .file = f->path,
			.message = arena_printf(r->a, "does not name the variant's id %s", id),
			.advice = "make _ops.py anew, with the id of metadata.json");
}

/* "_NAME_BACKEND_", which ids of all builds of the kernel begin with. */
static const char *
id_head(struct arena *a, const struct metadata *m)
{
	char *name = arena_strdup(a, m->name);

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return arena_printf(a, "_%s_%s_", name, m->backend);
}

/* What is known of the name that one call gets. */
struct given {
	const char *id, *head;
	bool is_id;
	const char *other; /* of another build: from head on */
	const char *word;  /* the last text that could be a name */
	struct arena *a;
};

/* n bytes that are a part of the id, and would be no part of anything else. */
static bool
is_piece(const char *id, const char *p, size_t n)
{
	return memmem(id, strlen(id), p, n) != NULL;
}

static bool
note_constant(void *arg, struct str s, bool begins)
{
	struct given *g = arg;
	size_t n = 0, head = strlen(g->head);

	if ((s.n >= 16 && is_piece(g->id, s.p, 16)) ||
		(s.n > strlen(g->id) && memcmp(s.p, g->id, strlen(g->id) + 1) == 0)) {
		g->is_id = true;
		return false;
	}
	while (n < s.n && n < 200 && is_word(s.p[n]))
		n++;
	if (n >= head && memcmp(s.p, g->head, head) == 0)
		g->other = arena_strndup(g->a, s.p, n);
	if (begins && n && n < s.n && s.p[n] == '\0' && !(s.p[0] >= '0' && s.p[0] <= '9'))
		g->word = arena_strndup(g->a, s.p, n);
	return true;
}

static bool
note_operand(void *arg, const char *bytes)
{
	struct given *g = arg;

	g->is_id = is_piece(g->id, bytes, 8);
	return !g->is_id;
}

static void
look_at_call(const struct elf_code *c, const struct code_call *call, struct given *g)
{
	/* What makes the name stands directly in front; texts of operators that were registered
	 * before are farther away. */
	uint64_t near = call->to - call->from > 200 ? call->to - 200 : call->from;

	elf_code_constants(c, call->from, call->to, note_constant, g);
	if (!g->is_id)
		elf_code_operands(c, call->from, call->to, note_operand, g);
	if (g->is_id)
		return;
	g->word = NULL;
	elf_code_constants(c, near, call->to, note_constant, g);
	if (!g->word)
		g->word = elf_code_stored(g->a, c, near, call->to);
}

static void
report_name(struct check_run *r, const struct fact_file *f, const struct given *g)
{
	static const char *const of_torch[] = { "aten", "prims", "prim", "quantized", "_" };

	for (size_t i = 0; !g->other && g->word && i < sizeof(of_torch) / sizeof(*of_torch); i++)
		if (streq(g->word, of_torch[i]))
			return;
	if (g->other)
		found_error(r, .rule = "namespace", .file = f->path,
			.message = arena_printf(r->a,
				"registers operators under the id %.200s, but the variant's is %s",
				g->other, g->id),
			.advice = "compile every source with one TORCH_EXTENSION_NAME");
	else
		found_warning(r, .rule = "fixed-namespace", .file = f->path,
			.message = arena_printf(r->a,
				"registers operators under %.200s, not under the id %s: they are not in torch.ops.%s, and two versions of the kernel cannot be loaded together",
				g->word, g->id, g->id),
			.advice =
				"use TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ...) of registration.h");
}

/* The name that a call gets, or that callers of its function pass on; word is what was seen on the
 * way up. Where no name is seen, nothing is said: the function may be a copy that nothing calls. */
static void
judge_call(struct check_run *r, const struct fact_file *f, const struct elf_code *c,
	const struct code_call *call, const char *word, unsigned depth)
{
	struct given g = {
		.id = r->facts->metadata.id, .head = id_head(r->a, &r->facts->metadata), .a = r->a
	};
	struct code_calls callers = { 0 };

	if (depth == 4)
		return;
	look_at_call(c, call, &g);
	if (g.is_id)
		return;
	g.word = g.word ? g.word : word;
	if (!g.other)
		callers = elf_code_callers(r->a, c, call->function);
	for (size_t i = 0; i < callers.n; i++)
		if (callers.v[i].function != call->function)
			judge_call(r, f, c, &callers.v[i], g.word, depth + 1);
	if (callers.n == 0 && (g.other || g.word))
		report_name(r, f, &g);
}

static bool
is_constructor(const char *symbol)
{
	return str_has_prefix(symbol, "_ZN5torch7LibraryC1E") ||
	       str_has_prefix(symbol, "_ZN5torch7LibraryC2E");
}

static bool
is_shim(const char *symbol)
{
	return str_has_prefix(symbol, "aoti_torch_library_init_");
}

/* The shims get the name as their first argument; others are texts as well, such as "CPU". */
static void
judge_shim(struct check_run *r, const struct fact_file *f, const struct elf_code *c,
	const struct code_call *call)
{
	struct given g = {
		.id = r->facts->metadata.id, .head = id_head(r->a, &r->facts->metadata), .a = r->a
	};
	struct str name = elf_code_argument(c, call);

	if (name.n)
		note_constant(&g, name, true);
	if (!g.other && !g.word && !g.is_id)
		judge_call(r, f, c, call, NULL, 0);
	else if (!g.is_id)
		report_name(r, f, &g);
}

/* A string such as _NAME_BACKEND_OTHER: the id of another build. The head of this one's id may be a
 * constant of a copy that the compiler cut. */
static const char *
other_string(struct check_run *r, struct str bytes, const struct metadata *m)
{
	const char *head = id_head(r->a, m), *p = bytes.p, *end = bytes.p + bytes.n;

	while ((p = memmem(p, (size_t)(end - p), head, strlen(head))) != NULL) {
		const char *q = p + strlen(head), *tail = q;

		while (q < end && is_word(*q))
			q++;
		if ((p == bytes.p || !p[-1]) && q > tail && q < end && !*q &&
			strncmp(p, m->id, (size_t)(q - p)) != 0)
			return p;
		p = q;
	}
	return NULL;
}

static void
check_strings(struct check_run *r, const struct fact_file *f, const struct metadata *m)
{
	const char *other = NULL;
	bool found_id = f->elf.n_sections == 0 && has_string(f->bytes, m->id);

	for (size_t i = 0; i < f->elf.n_sections; i++) {
		const struct elf_section *s = &f->elf.sections[i];
		struct str part;

		if (!str_has_prefix(s->name, ".rodata") || s->offset > f->bytes.n ||
			s->size > f->bytes.n - s->offset)
			continue;
		part = (struct str){ f->bytes.p + s->offset, (size_t)s->size };
		found_id = found_id || has_string(part, m->id);
		other = other ? other : other_string(r, part, m);
	}
	if (!found_id)
		found_error(r, .rule = "namespace", .file = f->path,
			.message = arena_printf(r->a,
				"does not hold the id %s: its operators are registered under another name",
				m->id),
			.advice =
				"use TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ...), and give that macro the id of metadata.json");
	if (other)
		found_error(r, .rule = "namespace", .file = f->path,
			.message = arena_printf(
				r->a, "holds the id %.200s, but the variant's is %s", other, m->id),
			.advice = "compile every source with one TORCH_EXTENSION_NAME");
}

static void
check_extension(struct check_run *r, const struct fact_file *f, const struct metadata *m)
{
	const struct elf_code *c = elf_code_read(r->a, f->bytes);
	struct code_calls calls;

	if (!c) {
		check_strings(r, f, m);
		return;
	}
	calls = elf_code_calls(r->a, c, is_constructor);
	for (size_t i = 0; i < calls.n; i++)
		judge_call(r, f, c, &calls.v[i], NULL, 0);
	calls = elf_code_calls(r->a, c, is_shim);
	for (size_t i = 0; i < calls.n; i++)
		judge_shim(r, f, c, &calls.v[i]);
}

void
check_namespace(struct check_run *r)
{
	const struct facts *f = r->facts;
	const struct fact_file *ops = facts_find(f, "_ops.py");

	if (f->is_lone || !f->has_metadata || f->metadata_fault || f->name.kind == NAME_NOARCH)
		return;
	if (ops && !ops->is_link)
		check_ops(r, ops, f->metadata.id);
	for (size_t i = 0; i < f->n_files; i++) {
		bool is_tagged;

		if (fact_is_library(&f->files[i]) &&
			extension_module(r->a, f->files[i].path, &is_tagged))
			check_extension(r, &f->files[i], &f->metadata);
	}
}
