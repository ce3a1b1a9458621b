/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes small files of our own. */
#include "base/record.h"
#include "base/sha256.h"

bool
record_take(struct str *text, const char *what)
{
	if (!str_starts(*text, str_of(what)))
		return false;
	text->p += strlen(what);
	text->n -= strlen(what);
	return true;
}

bool
record_take_line(struct str *text, struct str *line)
{
	return text->n && memchr(text->p, '\n', text->n) && str_cut(text, '\n', line);
}

bool
record_take_head(struct str *text, const char *head)
{
	struct str rest = *text;

	if (!record_take(&rest, head) || !record_take(&rest, "\n"))
		return false;
	*text = rest;
	return true;
}

bool
record_take_value(struct str *text, const char *key, struct str *value)
{
	struct str rest = *text;

	if (!record_take(&rest, key) || !record_take(&rest, " ") || !record_take_line(&rest, value))
		return false;
	*text = rest;
	return true;
}

bool
record_take_bytes(struct str *text, const char *key, struct str *value)
{
	struct str count, rest = *text;
	uint64_t n;

	if (!record_take_value(&rest, key, &count) || !str_to_u64(count, &n) || n > rest.n)
		return false;
	*value = (struct str){ rest.p, n };
	*text = (struct str){ rest.p + n, rest.n - n };
	return true;
}

bool
record_take_end(struct str *text)
{
	const size_t n = strlen("end \n") + 64;
	struct str last, line;
	struct digest was, is;

	if (text->n < n)
		return false;
	last = (struct str){ text->p + text->n - n, n };
	text->n -= n;
	is = sha256_of(text->p, text->n);
	return record_take_value(&last, "end", &line) && digest_parse(line, &was) &&
	       digest_eq(&was, &is);
}

void
record_add_head(struct buf *out, const char *head)
{
	buf_addf(out, "%s\n", head);
}

void
record_add_value(struct buf *out, const char *key, struct str value)
{
	buf_addf(out, "%s ", key);
	if (value.n)
		buf_add(out, value.p, value.n);
	buf_addc(out, '\n');
}

void
record_add_bytes(struct buf *out, const char *key, struct str value)
{
	buf_addf(out, "%s %zu\n", key, value.n);
	if (value.n)
		buf_add(out, value.p, value.n);
}

void
record_add_end(struct buf *out)
{
	const struct digest all = sha256_of(out->p, out->n);
	char hex[65];

	record_add_value(out, "end", str_of(digest_hex(&all, hex)));
}
