/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of a wheel index, as JSON and as HTML, and what pip and apt print. */
#include "base/arena.h"
#include "base/err.h"
#include "fetch/internal.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct http_text page = { { (const char *)data, size }, "",
		"https://index.test/simple/x/" };
	struct index_file f;
	struct strs mirrors = { 0 };
	struct err e;

	if (index_parse_json(&a, &page, "x-1.whl", &f, &e) == 1 && !f.url)
		abort();
	if (index_parse_html(&a, &page, "x-1.whl", &f, &e) == 1 && !f.url)
		abort();
	sources_index_of_help(&a, page.body);
	sources_index_of_config(&a, page.body);
	sources_mirrors_of_apt(&a, page.body, &mirrors);
	return 0;
}
