/* SPDX-License-Identifier: Apache-2.0 */
/* The page of `report`: one HTML file that refers to nothing else. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H
#include "report/kernel_rows.h"
#include "report/last_build.h"
#include "report/sizes.h"

struct report {
	const struct last_build *last;
	/* one for each of last's variants; one that was not built then is not there */
	const struct variant_size *sizes;
	const struct variant_kernels *kernels; /* likewise */
	/* what the checks say now of those variants that are there, and said of those refused */
	const struct findings *findings;
	size_t n_checked; /* variants */
	bool lists_all;   /* kernels and steps, however many there are */
};
void report_page(const struct report *r, struct buf *out);
#endif
