/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of caches over HTTP, and where keys of S3 come from. */
#include "base/arena.h"
#include "base/err.h"
#include "fetch/http.h"
#include "remote/dial.h"
#include "remote/web.h"
#include <stdlib.h>

static const char *
setting(const char *name, const char *other)
{
	const char *v = getenv(name);

	return v && *v ? v : other;
}

static int
take_keys(struct web_address *out, struct err *e)
{
	out->region = setting("AWS_REGION", setting("AWS_DEFAULT_REGION", "us-east-1"));
	out->access_key = setting("AWS_ACCESS_KEY_ID", NULL);
	out->secret = setting("AWS_SECRET_ACCESS_KEY", NULL);
	out->session = setting("AWS_SESSION_TOKEN", NULL);
	if (out->user)
		return err_set(e, ERR_USAGE,
			"%s: keys of S3 come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, not from the address",
			out->shown);
	if (!out->access_key || !out->secret)
		return err_set(e, ERR_CONFIG,
			"%s: S3 wants keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_REGION)",
			out->shown);
	return 0;
}

/* "user:password" */
static void
take_user(struct arena *a, struct str s, struct web_address *out)
{
	struct str user;

	if (!str_cut(&s, ':', &user))
		return;
	out->user = arena_strndup(a, user.p, user.n);
	out->password = arena_strndup(a, s.n ? s.p : "", s.n);
}

int
web_address_parse(struct arena *a, const char *url, struct web_address *out, struct err *e)
{
	bool s3 = str_has_prefix(url, "s3+");
	const char *given = s3 ? url + 3 : url, *host = strstr(given, "://"), *path;
	struct address parts;
	size_t n;

	*out = (struct web_address){ .shown = http_safe_url(a, url) };
	out->url = http_safe_url(a, given);
	n = strlen(out->url);
	if (host && n < strlen(given))
		take_user(a, (struct str){ host + 3, strlen(given) - n - 1 }, out);
	while (n && out->url[n - 1] == '/')
		n--;
	out->url = arena_strndup(a, out->url, n);
	host = strstr(out->url, "://");
	path = host ? host + 3 + strcspn(host + 3, "/?#") : "";
	out->origin = host ? arena_strndup(a, out->url, (size_t)(path - out->url)) : "";
	if (!address_parse(a, out->origin, &parts) || path[strcspn(path, "?# \t\r\n\"\\")])
		return err_set(e, ERR_USAGE,
			"%s is no address of a cache: http://HOST[:PORT]/PATH or https://... is one, or s3+https://HOST/BUCKET/PATH",
			out->shown);
	if (s3 && !*path)
		return err_set(e, ERR_USAGE, "%s names no bucket: s3+https://HOST/BUCKET does",
			out->shown);
	return s3 ? take_keys(out, e) : 0;
}
