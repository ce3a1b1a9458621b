/* SPDX-License-Identifier: Apache-2.0 */
/* Edits the text of catalog files. */
#include "resolve/catalog_write.h"
#include "base/err.h"
#include "resolve/parts.h"

/* A basic string of TOML. Texts of the catalog hold no control characters but LF and tab. */
static void
add_string(struct buf *out, const char *s)
{
	buf_addc(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_addf(out, "\\%c", *s);
		else if (*s == '\n')
			buf_adds(out, "\\n");
		else if (*s == '\t')
			buf_adds(out, "\\t");
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

static void
add_key(struct buf *out, const char *key, const char *value)
{
	buf_addf(out, "%s = ", key);
	add_string(out, value);
	buf_addc(out, '\n');
}

void
catalog_format_pin(struct buf *out, const char *head, const struct pin *p)
{
	char hex[65];

	buf_addf(out, "%s\n", head);
	add_key(out, "kind", pin_kind_name[p->kind]);
	add_key(out, "name", p->name);
	add_key(out, "file", p->file);
	if (p->size)
		buf_addf(out, "size = %ju\n", (uintmax_t)p->size);
	if (p->has_sha256)
		add_key(out, "sha256", digest_hex(&p->sha256, hex));
	if (p->is_plain)
		buf_adds(out, "plain = true\n");
	add_key(out, "tree", p->has_tree ? digest_hex(&p->tree, hex) : "");
	buf_adds(out, "select = [\n");
	for (size_t i = 0; i < p->n_select; i++) {
		const struct pin_select *s = &p->select[i];

		buf_adds(out, "  { from = ");
		add_string(out, s->from);
		if (s->to) {
			buf_adds(out, ", to = ");
			add_string(out, s->to);
		}
		if (s->symbols)
			buf_adds(out, ", symbols = true");
		buf_adds(out, " },\n");
	}
	buf_adds(out, "]\n");
}

void
catalog_format_torch(struct arena *a, struct buf *out, const struct catalog_torch *t)
{
	const char *abi = t->has_cxx11 && t->has_cxx98 ? "\"cxx11\", \"cxx98\""
			  : t->has_cxx11               ? "\"cxx11\""
						       : "\"cxx98\"";

	buf_adds(out, "[[torch]]\n");
	add_key(out, "version", version_text(a, &t->version));
	if (t->cxx_std)
		buf_addf(out, "cxx-std = %u\n", t->cxx_std);
	buf_addf(out, "abi = [%s]\ncuda = [", abi);
	for (size_t i = 0; i < t->n_cuda; i++)
		buf_addf(out, "%s\"%s\"", i ? ", " : "", version_text(a, &t->cuda[i]));
	buf_addf(out, "]\ncpu = %s\n", t->has_cpu ? "true" : "false");
	if (t->has_libraries)
		add_key(out, "libraries-abi", t->libraries_cxx11 ? "cxx11" : "cxx98");
	if (t->without)
		add_key(out, "without", t->without);
	buf_addc(out, '\n');
	catalog_format_pin(out, "[torch.headers]", &t->headers);
	if (t->has_libraries) {
		buf_addc(out, '\n');
		catalog_format_pin(out, "[torch.libraries]", &t->libraries);
	}
}

/* Where the last [[torch]] ends: before the next table of another kind, else with the text. */
static size_t
end_of_torch(struct str text)
{
	struct str rest = text, line;
	size_t end = text.n;
	bool is_inside = false;

	while (rest.n) {
		size_t at = (size_t)(rest.p - text.p);

		str_cut(&rest, '\n', &line);
		if (str_starts(line, STR("[[torch]]"))) {
			is_inside = true;
			end = text.n;
		} else if (is_inside && str_starts(line, STR("[")) &&
			   !str_starts(line, STR("[torch."))) {
			is_inside = false;
			end = at;
		}
	}
	return end;
}

struct str
catalog_insert_torch(struct arena *a, struct str text, struct str entry)
{
	size_t at = end_of_torch(text);
	CLEANUP(buf_free) struct buf b = { 0 };

	buf_add(&b, text.p, at);
	if (at == text.n)
		buf_addc(&b, '\n');
	buf_add(&b, entry.p, entry.n);
	if (at < text.n)
		buf_addc(&b, '\n');
	buf_add(&b, text.p + at, text.n - at);
	return (struct str){ arena_strndup(a, b.p, b.n), b.n };
}

/* The offset of a position that the parser gave; columns count code points. */
static size_t
offset_of(struct str text, unsigned line, unsigned col)
{
	size_t i = 0;

	for (; line > 1 && i < text.n; i++)
		line -= text.p[i] == '\n';
	for (; col > 1 && i < text.n; col--)
		do
			i++;
		while (i < text.n && ((unsigned char)text.p[i] & 0xc0) == 0x80);
	return i;
}

static int
find_in(const struct toml_reader *r, const struct toml *v, struct str text,
	struct catalog_gaps *out)
{
	const struct toml *tree = v->kind == TOML_TABLE ? toml_get(v, "tree") : NULL;

	if (tree && tree->kind == TOML_STRING && tree->s.n == 0) {
		struct catalog_gap gap = { .at = offset_of(text, tree->line, tree->col) };

		TRY(pin_read_draft(r, v, "this pin", &gap.pin));
		if (gap.at + 2 > text.n || memcmp(text.p + gap.at, "\"\"", 2) != 0)
			return toml_fail(r, tree, "write the unknown tree as tree = \"\"");
		vec_push(r->a, out, gap);
	}
	for (size_t i = 0; v->kind == TOML_TABLE && i < v->n; i++)
		TRY(find_in(r, &v->pair[i].val, text, out));
	for (size_t i = 0; v->kind == TOML_ARRAY && i < v->n; i++)
		TRY(find_in(r, &v->item[i], text, out));
	return 0;
}

int
catalog_find_gaps(
	struct arena *a, struct str text, const char *name, struct catalog_gaps *out, struct err *e)
{
	const struct toml_reader r = { .a = a, .file = name, .e = e };
	struct toml root;

	*out = (struct catalog_gaps){ 0 };
	TRY(toml_parse(a, text, name, &root, e));
	return find_in(&r, &root, text, out);
}

struct str
catalog_fill_gaps(struct arena *a, struct str text, const struct catalog_gaps *gaps)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	size_t done = 0;
	char hex[65];

	for (;;) {
		const struct catalog_gap *next = NULL;

		/* The parser gives keys in the order of the text, but tables of tables may not be.
		 */
		for (size_t i = 0; i < gaps->n; i++)
			if (gaps->v[i].at >= done && gaps->v[i].pin.has_tree &&
				(!next || gaps->v[i].at < next->at))
				next = &gaps->v[i];
		if (!next)
			break;
		buf_add(&b, text.p + done, next->at - done);
		buf_addf(&b, "\"%s\"", digest_hex(&next->pin.tree, hex));
		done = next->at + 2;
	}
	buf_add(&b, text.p + done, text.n - done);
	return (struct str){ arena_strndup(a, b.p ? b.p : "", b.n), b.n };
}
