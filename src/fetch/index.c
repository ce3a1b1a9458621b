/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page of a wheel index: JSON where the server has it, else HTML.
 *
 * JSON: {"files": [{"filename": ..., "url": ..., "hashes": {"sha256": ...}, "size": ...}]}.
 * HTML: links <a href="URL#sha256=HEX">FILE</a>; nothing else of the page is looked at.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "fetch/internal.h"
#include <ctype.h>
#include <jansson.h>
#include <strings.h>

#define ACCEPT \
	"application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, " \
	"text/html;q=0.1"
enum { PAGE_LIMIT = 256 << 20 };

char *
index_normal_name(struct arena *a, const char *project)
{
	char *out = arena_alloc(a, strlen(project) + 1, 1), *to = out;

	for (; *project; project++) {
		bool is_mark = *project == '-' || *project == '_' || *project == '.';

		if (!is_mark)
			*to++ = (char)tolower((unsigned char)*project);
		else if (to != out && to[-1] != '-')
			*to++ = '-';
	}
	return out;
}

static int
use_url(struct arena *a, const struct http_text *page, const char *link, const char *file,
	struct index_file *out, struct err *e)
{
	out->url = http_resolve(a, page->url, link);
	if (!out->url)
		return err_set(e, ERR_NET, "%s: the link to %s is not a URL: %s",
			http_safe_url(a, page->url), file, link);
	return 1;
}

int
index_parse_json(struct arena *a, const struct http_text *page, const char *file,
	struct index_file *out, struct err *e)
{
	json_error_t why;
	json_t *root = json_loadb(page->body.p, page->body.n, 0, &why), *item;
	int r = 0;
	size_t i;

	*out = (struct index_file){ 0 };
	if (!root)
		return err_set(e, ERR_NET, "%s:%d:%d: %s", http_safe_url(a, page->url), why.line,
			why.column, why.text);
	json_array_foreach(json_object_get(root, "files"), i, item)
	{
		const char *name = json_string_value(json_object_get(item, "filename"));
		const char *url = json_string_value(json_object_get(item, "url"));
		json_t *hashes = json_object_get(item, "hashes");
		const char *hex = json_string_value(json_object_get(hashes, "sha256"));
		json_int_t size = json_integer_value(json_object_get(item, "size"));

		if (!name || !url || !streq(name, file))
			continue;
		out->has_sha256 = hex && digest_parse(str_of(hex), &out->sha256);
		out->size = size > 0 ? (uint64_t)size : 0;
		r = use_url(a, page, url, file, out, e);
		break;
	}
	json_decref(root);
	return r;
}

/* Copies s without the entities that addresses hold; %XX is left to the server but for the last
 * component, which the caller compares. */
static char *
plain_text(struct arena *a, struct str s, bool percent)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	for (size_t i = 0; i < s.n; i++) {
		struct str rest = { s.p + i, s.n - i };
		unsigned c;
		char hex[3] = { 0 };

		if (percent && rest.n > 2 && s.p[i] == '%' && isxdigit((unsigned char)s.p[i + 1]) &&
			isxdigit((unsigned char)s.p[i + 2])) {
			memcpy(hex, s.p + i + 1, 2);
			c = (unsigned)strtoul(hex, NULL, 16);
			buf_addc(&b, c ? (char)c : '?');
			i += 2;
		} else if (str_starts(rest, STR("&amp;"))) {
			buf_addc(&b, '&');
			i += 4;
		} else {
			buf_addc(&b, s.p[i]);
		}
	}
	return arena_strndup(a, b.p ? b.p : "", b.n);
}

/* The next value of an href attribute from *at on. */
static bool
next_href(struct str text, size_t *at, struct str *out)
{
	for (; *at + 6 < text.n; ++*at) {
		const char *p = text.p + *at, *close;
		char quote = p[5];

		if (strncasecmp(p, "href=", 5) != 0 || (quote != '"' && quote != '\''))
			continue;
		p += 6;
		close = memchr(p, quote, text.n - *at - 6);
		if (!close)
			return false;
		*out = (struct str){ p, (size_t)(close - p) };
		*at = (size_t)(close - text.p);
		return true;
	}
	return false;
}

/* The last component of an address, without its query. */
static struct str
file_part(struct str url)
{
	const char *query = memchr(url.p, '?', url.n);

	if (query)
		url.n = (size_t)(query - url.p);
	for (size_t i = url.n; i-- > 0;) {
		if (url.p[i] == '/')
			return (struct str){ url.p + i + 1, url.n - i - 1 };
	}
	return url;
}

int
index_parse_html(struct arena *a, const struct http_text *page, const char *file,
	struct index_file *out, struct err *e)
{
	struct str fragment, url;
	size_t at = 0;

	*out = (struct index_file){ 0 };
	while (next_href(page->body, &at, &fragment)) {
		if (!str_cut(&fragment, '#', &url) ||
			!streq(plain_text(a, file_part(url), true), file))
			continue;
		if (str_starts(fragment, STR("sha256=")))
			out->has_sha256 = digest_parse(
				(struct str){ fragment.p + 7, fragment.n - 7 }, &out->sha256);
		return use_url(a, page, plain_text(a, url, false), file, out, e);
	}
	return 0;
}

int
index_find(struct arena *a, struct http *h, const char *base, const struct pin *pin,
	struct index_file *out, struct err *e)
{
	size_t n = strlen(base);
	const char *url = arena_printf(a, "%s%s%s/", base, n && base[n - 1] == '/' ? "" : "/",
		index_normal_name(a, pin->name));
	struct http_text page;
	int r;

	TRY(http_get(a, h, &(struct http_request){ url, ACCEPT, PAGE_LIMIT }, &page, e));
	if (strstr(page.type, "json"))
		r = index_parse_json(a, &page, pin->file, out, e);
	else
		r = index_parse_html(a, &page, pin->file, out, e);
	if (r == 0)
		return err_set(e, ERR_NET,
			"the index has no file %s at %s; name an index that has it with --wheel-index",
			pin->file, http_safe_url(a, url));
	return r < 0 ? -1 : 0;
}
