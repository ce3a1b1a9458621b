/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks look at: the files of a variant, a library or a wheel. */
#ifndef CHECK_FACTS_H
#define CHECK_FACTS_H
#include "check/metadata_read.h"
#include "check/name.h"
#include "elf/elf.h"
#include "formats/fatbin.h"

struct err;
struct fact_file {
	const char *path; /* in the variant */
	struct str bytes; /* all of them; ended by a NUL that is not counted */
	bool is_link;     /* a symbolic link or something odd: bytes are not read */
	/* begins as an ELF file for a CPU does; elf and images are valid when fault is NULL */
	bool is_elf;
	const char *fault;
	struct elf elf;
	struct fatbin images;
};
struct facts {
	const char *variant; /* name; of a lone file or a wheel: its file name */
	bool is_lone;        /* a lone file or a wheel: no layout, no metadata */
	bool is_wheel;
	struct strs requires;     /* of a wheel: packages that are installed with it */
	struct variant_name name; /* kind NAME_UNKNOWN when it is none */
	struct fact_file *files;  /* in byte order of path */
	size_t n_files;
	/* of a wheel: what is no ELF file, in the order of the archive; no check looks at it */
	struct fact_file *others;
	size_t n_others;
	bool has_metadata;
	const char *metadata_fault; /* why metadata.json cannot be used */
	struct metadata metadata;   /* valid when has_metadata and there is no fault */
};
/* Fails with ERR_SYS (cannot be read), ERR_HASH (a wheel that is no zip file). */
int facts_of_variant(
	struct arena *a, const char *dir, const char *name, struct facts *out, struct err *e);
int facts_of_file(struct arena *a, const char *path, struct facts *out, struct err *e);
const struct fact_file *facts_find(const struct facts *f, const char *path);
/* Whether a shared library can be judged. */
static inline bool
fact_is_library(const struct fact_file *f)
{
	return f->is_elf && !f->fault;
}
#endif
