/* SPDX-License-Identifier: Apache-2.0 */
/* What is deflated for a wheel inflates to the same bytes. */
#include "base/err.h"
#include "fuzz.h"
#include "wheel/deflate.h"
#include <zlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_free) struct buf packed = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	z_stream z = { 0 };

	deflate_bytes((struct str){ (const char *)data, size }, &packed);
	check_that(inflateInit2(&z, -15) == Z_OK);
	z.next_in = (unsigned char *)packed.p;
	z.avail_in = (unsigned)packed.n;
	z.next_out = (unsigned char *)buf_room(&out, size + 1);
	z.avail_out = (unsigned)size + 1;
	check_that(inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0);
	check_that(z.total_out == size && (size == 0 || memcmp(out.p, data, size) == 0));
	inflateEnd(&z);
	return 0;
}
