/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code for another kind of CPU than the variant is for.
 *
 *     src/c.cpp:4:62: error: '_mm_cvtss_f32' was not declared in this scope
 *     src/c.cpp:2:44: error: pragma or attribute 'target("avx2")' is not valid
 *     src/c.cpp:1:37: error: impossible constraint in 'asm'
 *     tmp/x.s:13: Error: unknown mnemonic `pause' -- `pause'
 *
 * Headers of intrinsics are told by headers.c, and before anything runs by refuse.c.
 */
#include "base/path.h"
#include "config/machine_words.h"
#include "explain/inside.h"
#include "formats/root.h"
#include <stdlib.h>

/* How compilers say that they do not know a name. */
static const struct {
	const char *before, *behind;
} unknown[] = {
	{ "error: '", "' was not declared" },
	{ "error: '", "' does not name a type" },
	{ "error: '", "' has not been declared" },
	{ "error: identifier \"", "\" is undefined" },
	{ "there are no arguments to '", "' that depend" },
};

/* What they say of an asm whose operands are those of another CPU. */
static const char *const bad_asm[] = { "error: impossible constraint in 'asm'",
	"error: unknown register name '",
	"error: invalid 'asm': ", "inconsistent operand constraints in an 'asm'" };
/* The assembler, of its text. */
static const struct {
	const char *before, *behind;
} bad_mnemonic[] = {
	{ "Error: unknown mnemonic `", "'" },
	{ "Error: no such instruction: `", "'" },
	{ " -- `", "'" },
};

struct other_cpu {
	struct explainer *x;
	const struct target *own, *other;
	const char *variant;
	bool is_off; /* tell_off has told */
};

static const struct target *
other_than(const struct target *t)
{
	return t == &targets[0] ? &targets[1] : &targets[0];
}

/* "c.cpp" of a line that begins with "src/c.cpp:4:" or "src/c.cpp(4)", with_line: "c.cpp:4"; NULL:
 * it begins otherwise. */
static const char *
place_of(struct explainer *x, struct str line, bool with_line)
{
	const struct str root = STR(ROOT_SOURCES "/");
	struct str name = { line.p + root.n, 0 };
	const char *file;

	if (!str_starts(line, root))
		return NULL;
	while (root.n + name.n < line.n && name.p[name.n] != ':' && name.p[name.n] != '(')
		name.n++;
	if (root.n + name.n + 1 >= line.n)
		return NULL;
	file = path_clean(x->a, arena_strndup(x->a, name.p, name.n));
	return with_line
		       ? arena_printf(x->a, "%s:%lu", file, strtoul(name.p + name.n + 1, NULL, 10))
		       : file;
}

/* What stands in the line between two texts; NULL: they do not. */
static const char *
between(struct arena *a, struct str line, const char *before, const char *behind)
{
	const char *from = text_find(line, before), *to;

	if (!from)
		return NULL;
	from += strlen(before);
	to = text_find((struct str){ from, (size_t)(line.p + line.n - from) }, behind);
	return to ? arena_strndup(a, from, (size_t)(to - from)) : NULL;
}

/* Names of the other CPU's headers and compiler. */
static bool
tell_name(struct other_cpu *m, struct str line)
{
	const char *file = place_of(m->x, line, false), *name = NULL;

	for (size_t i = 0; !name && i < sizeof(unknown) / sizeof(unknown[0]); i++)
		name = between(m->x->a, line, unknown[i].before, unknown[i].behind);
	if (!file || !name || name_target(name) != m->other)
		return false;
	if (!hint_has(m->x, name))
		explain_tell(m->x, name,
			"for %s only, and %s is for %s; put what needs it in %s below #ifdef __%s__, with code for others in #else",
			m->other->title, m->variant, m->own->title, file, m->other->cpu);
	return true;
}

/* target("avx2"): gcc for aarch64 says "not valid", for x86-64 "unknown" or "bad value". */
static bool
tell_attribute(struct other_cpu *m, struct str line)
{
	struct arena *a = m->x->a;
	const char *where = place_of(m->x, line, true), *word;

	word = between(a, line, "pragma or attribute 'target", "' is not valid");
	if (!word)
		word = between(a, line, "attribute 'target' argument '", "' is unknown");
	if (!word)
		word = between(a, line, "error: bad value '", "' for 'target(\"arch=\")'");
	if (!word || !where)
		return false;
	explain_tell(m->x, NULL,
		"%s: g++ for %s does not know target%s%s%s; put the attribute, and functions that are there for it alone, below #ifdef __%s__",
		where, m->own->title, *word == '(' ? "" : "(\"", word, *word == '(' ? "" : "\")",
		m->other->cpu);
	m->x->is_repeated = true;
	return true;
}

static void
tell_asm_at(struct other_cpu *m, const char *where)
{
	explain_tell(m->x, NULL,
		"%s: g++ for %s does not take this asm; if it is for %s, put it below #ifdef __%s__, with code for others in #else",
		where, m->own->title, m->other->title, m->other->cpu);
}

static bool
tell_asm(struct other_cpu *m, struct str line)
{
	const char *where = place_of(m->x, line, true);

	for (size_t i = 0; where && i < sizeof(bad_asm) / sizeof(bad_asm[0]); i++) {
		if (!text_find(line, bad_asm[i]))
			continue;
		tell_asm_at(m, where);
		return true;
	}
	return false;
}

/* The line that has the word in a literal, or behind one's beginning; 0: none has. */
static unsigned
line_with(struct str text, const char *word)
{
	struct str line;

	for (unsigned k = 1; str_cut(&text, '\n', &line); k++) {
		const char *quote = text_find(line, "\"");

		if (quote && text_has_word((struct str){ quote, (size_t)(line.p + line.n - quote) },
				     word))
			return k;
	}
	return 0;
}

/* The assembler names its own text: the instruction is looked for in the kernel's files. */
static bool
tell_mnemonic(struct other_cpu *m, struct str line)
{
	const char *place = place_of(m->x, line, true), *text = NULL;

	for (size_t i = 0; !text && i < sizeof(bad_mnemonic) / sizeof(bad_mnemonic[0]); i++)
		text = between(m->x->a, line, bad_mnemonic[i].before, bad_mnemonic[i].behind);
	if (!text || !text_find(line, "Error: "))
		return false;
	text = arena_strndup(m->x->a, text, strcspn(text, " \t"));
	for (size_t i = 0; !place && i < m->x->f->n_files; i++) {
		const struct explain_file *f = &m->x->f->files[i];
		unsigned at = listing_section(m->x, f->path) ? line_with(f->text, text) : 0;

		if (at)
			place = arena_printf(m->x->a, "%s:%u", f->path, at);
	}
	tell_asm_at(m, place ? place : text);
	return true;
}

/* Intrinsics of the right CPU that the flags do not turn on. */
static bool
tell_off(struct other_cpu *m, struct str line)
{
	if (!text_find(line, "target specific option mismatch"))
		return false;
	if (!m->is_off)
		explain_tell(m->x, NULL, "%s",
			m->own == &targets[0]
				? "an intrinsic needs instructions that are off; put the file into a section of its own with \"-mavx2\", \"-mfma\" or \"-mavx512f\" in cxx-flags, and call it only where __builtin_cpu_supports says so"
				: "an intrinsic needs instructions that are off; put the file into a section of its own with \"-march=armv8.2-a+dotprod\" or the like in cxx-flags, and call it only where getauxval(AT_HWCAP) says so");
	m->is_off = true;
	return true;
}

void
explain_other_cpu(struct explainer *x)
{
	struct other_cpu m = { .x = x, .own = variant_target(x->x->step->variant) };
	struct str rest = x->x->output, line;

	if (!m.own)
		return;
	m.other = other_than(m.own);
	m.variant = x->x->step->variant->name;
	while (text_next_line(&rest, &line)) {
		if (!tell_name(&m, line) && !tell_attribute(&m, line) && !tell_asm(&m, line) &&
			!tell_mnemonic(&m, line))
			tell_off(&m, line);
	}
}
