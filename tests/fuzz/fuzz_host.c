/* SPDX-License-Identifier: Apache-2.0 */
/* What the Python of a machine prints: the answer about its torch, among whatever else is printed
 * there. */
#include "base/arena.h"
#include "base/err.h"
#include "fuzz.h"
#include "resolve/host.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str text = { (const char *)data, size };
	struct host_python p;
	struct host h;
	struct err e = { 0 };

	if (host_read(&a, "python3", text, &h, &e) == 0) {
		check_that(h.python && *h.python && h.release && h.torch.n > 0);
		for (size_t i = 0; i < h.site.n; i++)
			check_that(h.site.v[i] != NULL);
	} else {
		check_that(e.code == ERR_RESOLVE && *e.msg);
	}
	e = (struct err){ 0 };
	if (host_read_python(&a, "python3", text, &p, &e) == 0)
		check_that(*p.program && p.version);
	else
		check_that(e.code == ERR_RESOLVE && *e.msg);
	return 0;
}
