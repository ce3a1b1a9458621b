/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a server, and its links: a range lies in the file, a tag is a text, and what a link
 * leads to is a file over HTTP. */
#include "base/arena.h"
#include "fetch/transfer.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str rest = { (const char *)data, size };
	struct answer answer = { 0 };

	while (rest.n) {
		const char *lf = memchr(rest.p, '\n', rest.n), *link, *safe;
		struct str line = { rest.p, lf ? (size_t)(lf - rest.p) + 1 : rest.n };

		answer_take(&answer, line);
		check_that(!answer.has_range ||
			   (answer.from < answer.to && answer.to <= answer.total));
		check_that(memchr(answer.etag, '\0', sizeof(answer.etag)) != NULL);
		link = http_resolve(
			&a, "https://index.test/simple/x/", arena_strndup(&a, line.p, line.n));
		if (link) {
			check_that(str_has_prefix(link, "https://") ||
				   str_has_prefix(link, "http://"));
			safe = http_safe_url(&a, link);
			check_that(str_has_prefix(safe, "http") && strlen(safe) <= strlen(link));
		}
		rest.p += line.n;
		rest.n -= line.n;
	}
	return 0;
}
