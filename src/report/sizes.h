/* SPDX-License-Identifier: Apache-2.0 */
/* How large what was published is: files, libraries, and device code by architecture. */
#ifndef REPORT_SIZES_H
#define REPORT_SIZES_H
#include "base/vec.h"

struct err;
struct arch_size {
	const char *arch; /* "9.0a", of PTX "9.0 PTX" */
	uint64_t bytes;   /* as packed in the library */
	uint64_t whole;   /* unpacked */
	size_t n;         /* images */
};
struct variant_size {
	const char *variant;
	bool is_there;
	size_t n_files;
	uint64_t files, libraries, device; /* bytes: of all files; .so; images of device code */
	VEC(struct arch_size) archs;       /* by number, cubins before PTX */
};
/* What lies in dir; a directory that is not there is not there. What is no ELF file has a size and
 * no device code. Fails with ERR_SYS for what cannot be read. */
int sizes_of_variant(struct arena *a, const char *dir, const char *variant,
	struct variant_size *out, struct err *e);
/* Names of all architectures of these, in that order. */
void sizes_archs(struct arena *a, const struct variant_size *v, size_t n, struct strs *out);
const struct arch_size *size_of_arch(const struct variant_size *v, const char *arch);
#endif
