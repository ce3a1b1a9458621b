/* SPDX-License-Identifier: Apache-2.0 */
/* The page of `report`: one HTML file that refers to nothing else. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H
#include "report/last_build.h"
#include "report/sizes.h"

struct report {
	const struct last_build *last;
	/* one for each of last's variants; one that was not built then is not there */
	const struct variant_size *sizes;
	/* what the checks say now of those variants that are there, and said of those refused */
	const struct findings *findings;
	size_t n_checked; /* variants */
};
void report_page(const struct report *r, struct buf *out);
#endif
