/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses: what of one may be shown, and where a link leads. */
#include "base/arena.h"
#include "fetch/curl.h"
#include "fetch/http.h"

const char *
http_safe_url(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://"), *at, *end;

	if (!host)
		return url;
	host += 3;
	end = host + strcspn(host, "/?#");
	at = memrchr(host, '@', (size_t)(end - host));
	if (!at)
		return url;
	return arena_printf(a, "%.*s%s", (int)(host - url), url, at + 1);
}

const char *
http_resolve(struct arena *a, const char *base, const char *link)
{
	CURLU *u = curl_url();
	char *text = NULL;
	const char *out = NULL;

	if (u && curl_url_set(u, CURLUPART_URL, base, 0) == CURLUE_OK &&
		curl_url_set(u, CURLUPART_URL, link, 0) == CURLUE_OK) {
		curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
		if (curl_url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK &&
			(str_has_prefix(text, "https://") || str_has_prefix(text, "http://")))
			out = arena_strdup(a, text);
	}
	curl_free(text);
	curl_url_cleanup(u);
	return out;
}
