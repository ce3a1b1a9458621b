/*
 * Whether the operators are registered under the name that metadata.json gives the variant. Two
 * builds of a kernel can be loaded into one process because each has its own namespace,
 * torch.ops.<id>; Python's side takes it from _ops.py, C++'s from a string of the extension. Which
 * of its strings the extension passes to torch cannot be told without running it, but one that is
 * not in there cannot be it.
 */
#include "check/run.h"

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
					"takes operators from torch.ops.%.*s, but the variant's id "
					"is %s",
					(int)(p - name < 200 ? p - name : 200), name, id),
				.advice = "make _ops.py anew, with the id of metadata.json");
	}
	if (!seen)
		found_error(r, .rule = "namespace", .file = f->path,
			.message = arena_printf(r->a, "does not name the variant's id %s", id),
			.advice = "make _ops.py anew, with the id of metadata.json");
}

/* A string such as _NAME_BACKEND_OTHER: the id of another build. */
static const char *
other_id(struct check_run *r, struct str bytes, const struct metadata *m)
{
	char *name = arena_strdup(r->a, m->name), *head;
	const char *p = bytes.p, *end = bytes.p + bytes.n;

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	head = arena_printf(r->a, "_%s_%s_", name, m->backend);
	while ((p = memmem(p, (size_t)(end - p), head, strlen(head))) != NULL) {
		const char *q = p + strlen(head), *tail = q;

		while (q < end && is_word(*q))
			q++;
		if ((p == bytes.p || !p[-1]) && q > tail && q < end && !*q && !streq(p, m->id))
			return p;
		p = q;
	}
	return NULL;
}

static void
check_extension(struct check_run *r, const struct fact_file *f, const struct metadata *m)
{
	const char *other = NULL;
	bool found_id = false;

	for (size_t i = 0; i < f->elf.n_sections; i++) {
		const struct elf_section *s = &f->elf.sections[i];
		struct str part;

		if (!str_has_prefix(s->name, ".rodata") || s->offset > f->bytes.n ||
			s->size > f->bytes.n - s->offset)
			continue;
		part = (struct str){ f->bytes.p + s->offset, (size_t)s->size };
		found_id = found_id || has_string(part, m->id);
		other = other ? other : other_id(r, part, m);
	}
	if (f->elf.n_sections == 0)
		found_id = has_string(f->bytes, m->id);
	if (!found_id)
		found_error(r, .rule = "namespace", .file = f->path,
			.message = arena_printf(r->a,
				"does not hold the id %s: its operators are registered under "
				"another name",
				m->id),
			.advice = "use TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ...), and give "
				  "that macro the id of metadata.json");
	if (other)
		found_error(r, .rule = "namespace", .file = f->path,
			.message = arena_printf(
				r->a, "holds the id %.200s, but the variant's is %s", other, m->id),
			.advice = "compile every source with one TORCH_EXTENSION_NAME");
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
