/* SPDX-License-Identifier: Apache-2.0 */
/* METADATA, WHEEL and RECORD. */
#include "wheel/dist_info.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "config/licence.h"
#include "wheel/wheel.h"
#include <openssl/evp.h>

static struct str
take(struct arena *a, struct buf *b)
{
	struct str out = { arena_strndup(a, b->p, b->n), b->n };

	buf_free(b);
	return out;
}

/* A line "name: value". Control characters of the value become blanks, for a line break would begin
 * a line of its own. */
static void
add_line(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "%s: ", name);
	for (const char *c = value; *c; c++)
		buf_addc(out, (unsigned char)*c < ' ' ? ' ' : *c);
	buf_addc(out, '\n');
}

static void
add_licence(struct arena *a, const char *licence, const struct strs *files, struct buf *out)
{
	const char *expression = licence ? licence_expression(a, licence) : NULL;

	if (expression)
		add_line(out, "License-Expression", expression);
	else if (licence)
		add_line(out, "License", licence);
	for (size_t i = 0; i < files->n; i++)
		add_line(out, "License-File", files->v[i]);
}

static void
add_url(struct arena *a, const char *label, const char *url, struct buf *out)
{
	if (str_has_prefix(url, "https://") || str_has_prefix(url, "http://"))
		add_line(out, "Project-URL", arena_printf(a, "%s, %s", label, url));
}

static void
add_urls(struct arena *a, const struct project *p, struct buf *out)
{
	if (p->source)
		add_url(a, "Source", p->source, out);
	for (size_t i = 0; i < p->upstream.n; i++)
		add_url(a, i ? arena_printf(a, "Upstream %zu", i + 1) : "Upstream",
			p->upstream.v[i], out);
}

struct str
metadata_core(struct arena *a, const struct project *p, const struct wheel_identity *id,
	const struct strs *licences)
{
	struct buf out = { 0 };

	buf_adds(&out, "Metadata-Version: 2.4\n");
	add_line(&out, "Name", id->name);
	add_line(&out, "Version", id->version);
	add_line(&out, "Summary", id->summary);
	add_urls(a, p, &out);
	add_licence(a, p->license, licences, &out);
	add_line(&out, "Requires-Python", ">=" PLAN_PYTHON);
	for (size_t i = 0; i < id->requires.n; i++)
		add_line(&out, "Requires-Dist", id->requires.v[i]);
	for (size_t i = 0; i < id->extras.n; i++)
		add_line(&out, "Provides-Extra", id->extras.v[i]);
	add_line(&out, "Description-Content-Type", "text/markdown");
	buf_addf(&out, "\n# %s\n\n%s.\n", id->name, id->summary);
	if (!id->is_pure)
		buf_addf(&out,
			"\nThe compiled code needs the release that is named above; pip does not know which CUDA release a torch is for.\n");
	buf_addf(&out, "\n    import %s\n\nBuilt by kernel-builder " KB_VERSION ".\n", p->module);
	return take(a, &out);
}

struct str
wheel_tags(struct arena *a, const struct wheel_identity *id)
{
	struct buf out = { 0 };

	buf_adds(&out, "Wheel-Version: 1.0\n" WHEEL_GENERATOR KB_VERSION "\n");
	buf_addf(&out, "Root-Is-Purelib: %s\nTag: %s\n", id->is_pure ? "true" : "false", id->tag);
	return take(a, &out);
}

/* A field of CSV. */
static void
add_field(struct buf *out, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		buf_adds(out, text);
		return;
	}
	buf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			buf_addc(out, '"');
		buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

/* Base 64 for file names and URLs, without what pads it. */
static void
add_digest(struct buf *out, const struct digest *d)
{
	unsigned char text[64];
	int n = EVP_EncodeBlock(text, d->b, sizeof(d->b));

	for (int i = 0; i < n && text[i] != '='; i++)
		buf_addc(out, text[i] == '+' ? '-' : text[i] == '/' ? '_' : (char)text[i]);
}

static int
size_of(const struct package_file *f, uint64_t *out, struct err *e)
{
	struct stat st;

	*out = f->text.n;
	if (f->from && stat(f->from, &st) < 0)
		return err_sys(e, "%s", f->from);
	if (f->from)
		*out = (uint64_t)st.st_size;
	return 0;
}

int
wheel_record(struct arena *a, const struct package_file *files, size_t n, const char *path,
	struct str *out, struct err *e)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	for (size_t i = 0; i < n; i++) {
		uint64_t size;

		TRY(size_of(&files[i], &size, e));
		add_field(&b, files[i].path);
		buf_adds(&b, ",sha256=");
		add_digest(&b, &files[i].sha256);
		buf_addf(&b, ",%llu\n", (unsigned long long)size);
	}
	add_field(&b, path);
	buf_adds(&b, ",,\n");
	*out = take(a, &b);
	return 0;
}
