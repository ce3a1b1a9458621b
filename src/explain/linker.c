/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ld, nvlink and ptxas say about symbols: each once, with the families of foreign.c, and those
 * of the kernel itself with the place where they are defined.
 *
 *     in/01-c.cpp.o: in function `launch(float*, long)':
 *     c.cpp:(.text+0x5): undefined reference to `helper(float*)'
 *     d.cpp:(.text+0x0): multiple definition of `scale(float)'; in/01-c.cpp.o:c.cpp:(.text+0x0):
 *     first defined here
 *     nvlink error   : Undefined reference to '_Z6helperf' in 'in/00-k.cu.o'
 *     nvlink error   : Multiple definition of '_Z6helperf' in 'in/01-b.cu.o', first defined in
 *     'in/00-a.cu.o'
 *     ptxas fatal   : Unresolved extern function '_Z6helperf'
 */
#include "base/map.h"
#include "base/path.h"
#include "config/machine_words.h"
#include "explain/inside.h"
#include "formats/include_line.h"

/* What stands between two texts; false when they are not there. */
static bool
between(struct str line, const char *open, const char *close, struct str *out)
{
	const char *p = text_find(line, open), *end;

	if (!p)
		return false;
	p += strlen(open);
	end = text_find((struct str){ p, (size_t)(line.p + line.n - p) }, close);
	if (!end || end == p)
		return false;
	*out = (struct str){ p, (size_t)(end - p) };
	return true;
}

/* "in/01-c.cpp.o" in a line of ld, behind `from`. */
static struct str
object_in(struct str line, const char *from)
{
	const char *p =
		from ? text_find((struct str){ from, (size_t)(line.p + line.n - from) }, "in/")
		     : NULL;
	const char *end =
		p ? text_find((struct str){ p, (size_t)(line.p + line.n - p) }, ".o") : NULL;

	return end ? (struct str){ p, (size_t)(end - p) + 2 } : (struct str){ line.p, 0 };
}

/* Is the file compiled into this variant? */
static bool
is_compiled_here(const struct explainer *x, const char *path)
{
	const struct project *p = x->f->project;
	const struct variant *v = x->x->step->variant;

	if (strs_has(&p->src, path))
		return true;
	for (size_t i = 0; i < v->n_kernels; i++)
		if (strs_has(&v->kernels[i].kernel->src, path))
			return true;
	return false;
}

/* The section to which a file should be added that `user` needs. */
static const char *
section_for(struct explainer *x, const char *user)
{
	const char *s = user ? listing_section(x, user) : NULL;

	if (s)
		return s;
	return x->x->step->variant->n_kernels
		       ? arena_printf(
				 x->a, "[kernel.%s]", x->x->step->variant->kernels[0].kernel->name)
		       : "[torch]";
}

/* Defined in a file that the variant has: then the two are not the same to the linker. */
static void
tell_mismatch(struct explainer *x, const struct symbol *s, const struct place *p, const char *user)
{
	const char *where = arena_printf(x->a, "%s:%u", p->file->path, p->line);

	if (p->condition)
		explain_tell(x, s->text,
			"defined at %s, but under the #if of line %u, which may be false here",
			where, p->condition);
	else if (p->is_static && !(user && streq(user, p->file->path)))
		explain_tell(x, s->text,
			"defined at %s, but visible in that file alone; drop static, or the unnamed namespace",
			where);
	else if (p->is_c && s->is_function)
		explain_tell(x, s->text,
			"defined at %s as a C function; declare it extern \"C\" in %s", where,
			user ? user : "the file that calls it");
	else if (!p->is_c && !s->is_function && !s->is_table && !strchr(s->qualified, ':'))
		explain_tell(x, s->text,
			"declared extern \"C\" in %s, but defined at %s without; give both the same",
			user ? user : "the file that calls it", where);
	else if (!streq(p->name, s->qualified))
		explain_tell(x, s->text, "%s defines %s; declare it in the same namespace", where,
			p->name);
	else if (p->is_template || s->is_template)
		explain_tell(x, s->text,
			"a template defined at %s, where nothing instantiates it for these types; move its body to a header, or instantiate it there",
			where);
	else
		explain_tell(x, s->text,
			"%s defines %s, with other parameters; make the declaration and the definition agree",
			where, p->head);
}

/* The best of the places: unlisted files first, for nothing else can be wrong with them. */
static const struct place *
choose(struct explainer *x, const struct symbol *s, const struct places *all)
{
	const struct place *best = NULL;

	for (size_t i = 0; i < all->n; i++) {
		const struct place *p = &all->v[i];
		bool is_same = streq(p->name, s->qualified),
		     was_same = best && streq(best->name, s->qualified);
		bool is_new = !is_compiled_here(x, p->file->path);

		if (!best || (is_same && !was_same) ||
			(is_same == was_same && is_new && is_compiled_here(x, best->file->path)))
			best = p;
	}
	return best;
}

static void
tell_nowhere(struct explainer *x, const struct symbol *s)
{
	const struct strs *empty = &x->f->empty_dirs;

	if (empty->n)
		explain_tell(x, s->text,
			"no definition was found in the kernel's directory, and %s/ is empty; if it is a submodule, run git submodule update --init --recursive",
			empty->v[0]);
	else
		explain_tell(x, s->text,
			"no definition was found in the kernel's directory; add the file that has it, or correct the name");
}

/* The table of a class comes with its first virtual function that is not inline. */
static void
tell_table(struct explainer *x, const struct symbol *s)
{
	const char *member = arena_printf(x->a, "%s::", s->base);

	for (size_t i = 0; i < x->f->n_files; i++) {
		const char *path = x->f->files[i].path;

		if (!source_is_compiled(path) || is_compiled_here(x, path) ||
			!text_find(x->f->files[i].text, member))
			continue;
		explain_tell(x, s->text,
			"functions of %s are in %s, which src of %s does not list; add it there",
			s->qualified, path, section_for(x, NULL));
		return;
	}
	explain_tell(x, s->text,
		"a virtual function of %s has no definition; define all of them (the first that is not inline brings this table)",
		s->qualified);
}

/* The section has instructions of another machine than the variant's, so it is left out. */
static bool
tell_left_out(struct explainer *x, const struct symbol *s, const struct place *p)
{
	const struct target *is_for, *t = variant_target(x->x->step->variant);
	const struct project_kernel *k = listing_kernel(x, p->file->path);
	const char *word = k && t ? flag_for_other(x->a, &k->cxx_flags, t, &is_for) : NULL;

	if (!word)
		return false;
	explain_tell(x, s->text,
		"defined in %s, and [kernel.%s] is left out for %s: its flag %s is for %s; put what calls it below #ifdef __%s__, with code for others in #else",
		p->file->path, k->name, t->title, word, is_for->title, is_for->cpu);
	return true;
}

/* A function of the kernel itself. */
static void
tell_own(struct explainer *x, const struct symbol *s, const char *user)
{
	struct places all = { 0 };
	const struct place *p;
	const char *section;

	if (*s->base)
		find_definitions(x, s->base, &all);
	p = choose(x, s, &all);
	if (!p) {
		tell_nowhere(x, s);
		return;
	}
	if (is_compiled_here(x, p->file->path)) {
		tell_mismatch(x, s, p, user);
		return;
	}
	if (tell_left_out(x, s, p))
		return;
	section = listing_section(x, p->file->path);
	if (section && listing_kernel(x, p->file->path) && source_is_compiled(p->file->path))
		explain_tell(x, s->text,
			"defined in %s, which only %s lists, and this variant does not have that section; list the file in %s",
			p->file->path, section, section_for(x, user));
	else if (source_is_compiled(p->file->path))
		explain_tell(x, s->text,
			"defined in %s, which src of %s does not list; add it there", p->file->path,
			section_for(x, user));
	else
		explain_tell(x, s->text,
			"defined in %s, which no compiled file includes; include it, and list it in src of %s",
			p->file->path, section_for(x, user));
}

static void
undefined(struct explainer *x, struct str raw, struct str object)
{
	struct symbol s;

	symbol_read(x->a, raw, &s);
	if (tell_foreign(x, &s))
		return;
	if (s.is_table)
		tell_table(x, &s);
	else
		tell_own(x, &s, source_of_object(x, object));
}

/* Does one file include another, by its name? */
static bool
includes(const struct explain_file *file, const char *path)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct str rest = file->text, line;

	while (text_next_line(&rest, &line)) {
		const char *name = include_line_name(&scratch, line);

		if (name && str_ends(str_of(path), str_of(name)))
			return true;
	}
	return false;
}

/* In a header: the definition that both have included. */
static const struct place *
place_in_header(const struct places *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (!source_is_compiled(all->v[i].file->path))
			return &all->v[i];
	return NULL;
}

static bool
tell_included(struct explainer *x, const struct symbol *s, const char *one, const char *other)
{
	const struct explain_file *f = disk_file(x, one);

	if (!f || !includes(f, other))
		return false;
	explain_tell(x, s->text,
		"%s includes %s, which src lists too, so it is compiled twice; rename it to %s%s, or do not include it",
		one, other, arena_strndup(x->a, other, strlen(other) - strlen(path_ext(other))),
		streq(path_ext(other), ".cu") ? ".cuh" : ".h");
	return true;
}

static void
tell_doubled(struct explainer *x, const struct symbol *s, const char *one, const char *two)
{
	struct places all = { 0 };
	const struct place *header;

	find_definitions(x, s->base, &all);
	header = place_in_header(&all);
	if (one && two && streq(one, two))
		explain_tell(x, s->text,
			"%s is compiled into this variant twice; list it in one section", one);
	else if (one && two && (tell_included(x, s, one, two) || tell_included(x, s, two, one)))
		return;
	else if (strstr(s->text, "PyInit_"))
		explain_tell(x, s->text, "REGISTER_EXTENSION is in two files; keep it in one");
	else if (header)
		explain_tell(x, s->text,
			"defined at %s:%u, a header that more than one file includes; make it inline",
			header->file->path, header->line);
	else if (one && two)
		explain_tell(x, s->text,
			"both %s and %s define it; give one another name, or make it static", two,
			one);
	else
		explain_tell(x, s->text,
			"two files define it; give one another name, or make it static");
}

/* A variable of a header is doubled as well, and no function. */
static const char *
header_of_both(struct explainer *x, const char *one, const char *two, const char *name)
{
	const struct explain_file *a = one ? disk_file(x, one) : NULL,
				  *b = two ? disk_file(x, two) : NULL;

	for (size_t i = 0; a && b && i < x->f->n_files; i++) {
		const struct explain_file *h = &x->f->files[i];

		if (!source_is_compiled(h->path) && text_find(h->text, name) &&
			includes(a, path_base(h->path)) && includes(b, path_base(h->path)))
			return h->path;
	}
	return NULL;
}

static void
doubled(struct explainer *x, struct str raw, struct str first, struct str second)
{
	const char *one = source_of_object(x, first), *two = source_of_object(x, second), *header;
	struct symbol s;

	symbol_read(x->a, raw, &s);
	header = s.is_function || (one && two && streq(one, two))
			 ? NULL
			 : header_of_both(x, one, two, s.base);
	if (header)
		explain_tell(x, s.text,
			"defined in %s, which both %s and %s include; make it inline", header, one,
			two);
	else
		tell_doubled(x, &s, one, two);
}

/* Device code of one file that calls that of another. */
static void
unresolved(struct explainer *x, struct str raw)
{
	struct places all = { 0 };
	struct symbol s;

	symbol_read(x->a, raw, &s);
	if (str_has_prefix(s.text, "cudaCG") || str_has_prefix(s.text, "cudaGetParameterBuffer") ||
		str_has_prefix(s.text, "cudaLaunchDevice")) {
		explain_tell(x, s.text,
			"part of CUDA's device runtime; add \"-rdc=true\" to cuda-flags");
		return;
	}
	find_definitions(x, s.base, &all);
	if (all.n)
		explain_tell(x, s.text,
			"device code defined at %s:%u, in another file; add \"-rdc=true\" to cuda-flags, or move it to a header",
			all.v[0].file->path, all.v[0].line);
	else
		explain_tell(x, s.text,
			"device code that no file of the kernel defines; define it where it is called, or add the file and \"-rdc=true\" to cuda-flags");
}

/* nvlink has no other functions of CUDA's than those of the device runtime: what launches and calls
 * of the API from device code become. */
static bool
tell_device_runtime(struct explainer *x, struct str line, struct str raw)
{
	if (!str_starts(line, STR("nvlink")) ||
		!(str_starts(raw, STR("cuda")) || str_starts(raw, STR("__cuda"))))
		return false;
	explain_tell(x, arena_strndup(x->a, raw.p, raw.n),
		"part of CUDA's device runtime, with which kernels start kernels, and which can be linked from CUDA 13 on; write minver = \"13.0\" in [general.cuda], or build with --cuda 13.0");
	return true;
}

/* Symbols are told once, whatever the number of references. */
static bool
is_new(struct explainer *x, struct map *seen, struct str symbol)
{
	void **at;

	if (map_get(seen, symbol))
		return false;
	at = map_put(x->a, seen, (struct str){ arena_strndup(x->a, symbol.p, symbol.n), symbol.n });
	*at = x;
	return true;
}

static void
look_at_line(struct explainer *x, struct str line, struct map *seen, struct str *object)
{
	struct str symbol;

	if (text_find(line, "in function `"))
		*object = object_in(line, line.p);
	if (between(line, "undefined reference to `", "'", &symbol) ||
		between(line, "Undefined reference to '", "'", &symbol) ||
		between(line, "undefined hidden symbol `", "'", &symbol)) {
		struct str from = object_in(line, line.p);

		if (is_new(x, seen, symbol) && !tell_device_runtime(x, line, symbol))
			undefined(x, symbol, from.n ? from : *object);
	} else if (between(line, "multiple definition of `", "'", &symbol)) {
		struct str before = { line.p, (size_t)(symbol.p - line.p) },
			   mine = object_in(before, line.p);

		if (is_new(x, seen, symbol))
			doubled(x, symbol, mine.n ? mine : *object,
				object_in(line, symbol.p + symbol.n));
	} else if (between(line, "Multiple definition of '", "'", &symbol)) {
		if (is_new(x, seen, symbol))
			doubled(x, symbol, object_in(line, symbol.p + symbol.n),
				object_in(line, text_find(line, "first defined")));
	} else if (between(line, "Unresolved extern function '", "'", &symbol) ||
		   between(line, "Unresolved extern variable '", "'", &symbol)) {
		if (is_new(x, seen, symbol))
			unresolved(x, symbol);
	}
}

void
explain_symbols(struct explainer *x)
{
	struct str rest = x->x->output, line, object = { 0 };
	struct map seen = { 0 };

	while (text_next_line(&rest, &line))
		look_at_line(x, line, &seen, &object);
}
