/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the page. */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H
#include "report/figures.h"
#include "report/report.h"

/* So many kernels are listed, and all with --all. */
enum { PAGE_KERNELS = 200 };
struct page {
	const struct report *r;
	const struct last_build *b;
	struct figures f;
	struct arena *a;
	struct buf *out;
};
/* Of steps: those that failed, why they ran, which did not, what took how long, memory. */
void page_failed(const struct page *p);
void page_reasons(const struct page *p);
void page_rest(const struct page *p);
void page_tasks(const struct page *p);
void page_slowest(const struct page *p);
void page_memory(const struct page *p);
void page_steps(const struct page *p);
/* Of what came of it. */
void page_variants(const struct page *p);
void page_archs(const struct page *p);
void page_kernels(const struct page *p);
void page_fetched(const struct page *p);
void page_findings(const struct page *p);
#endif
