/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The auditor: facts of a finished variant in, findings out. It looks at nothing but the files, and
 * changes none.
 *
 * What is judged and how severe it is stands in the files of src/check, one for each check;
 * policies are tables (resolve/policy.h). An error is what keeps a kernel from being loaded, or
 * lets it work only on some of the machines that it says it is for. A warning is what may be meant.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H
#include "base/vec.h"
#include "formats/version.h"

struct err;
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITIES };
struct finding {
	enum severity severity;
	const char *rule;             /* an id of check_rules() */
	const char *variant;          /* or the name of a file that was given alone */
	const char *file;             /* in the variant; NULL: the variant as a whole */
	const char *symbol, *library; /* NULL: none */
	const char *message, *advice; /* what is wrong, what to do; one line each */
	unsigned line, col;           /* in the file; 0: none */
};
struct findings {
	struct finding *v;
	size_t n, cap;
};
struct check_rule {
	const char *id, *text; /* "python-symbol"; what it demands, one sentence */
};
/* Every rule that a finding may name, in a fixed order. */
const struct check_rule *check_rules(size_t *n);
const char *severity_name(enum severity s);

enum check_group {
	CHECK_ABI = 1,  /* whether the libraries load and run wherever the variant's name says */
	CHECK_BUILD = 2 /* metadata, layout, digests, and what should not be in there */
};
struct check_options {
	unsigned groups;             /* of enum check_group; 0: all */
	const char *manylinux;       /* NULL: "manylinux_2_28" */
	struct version python_abi;   /* without parts: 3.9 */
	struct version torch_stable; /* without parts: as the variant's name says; if that says
					none, no check */
	const char *variant;         /* the variant's name; NULL: the directory's last component */
	struct strs private_paths;   /* absolute paths that no file may hold: the store, the home
					directory */
};
/* Checks one variant's directory. Appends to *out, sorted among themselves: by file, rule, symbol,
 * message. All memory is the arena's. Fails only when it cannot judge: ERR_SYS for what cannot be
 * read, ERR_USAGE for an unknown policy. A file that is no ELF file though it should be is a
 * finding. */
int check_variant(struct arena *a, const char *dir, const struct check_options *o,
	struct findings *out, struct err *e);
/* The same for one shared library, or for all of a wheel (".whl"); group CHECK_ABI only, and no
 * metadata to compare with. */
int check_file(struct arena *a, const char *path, const struct check_options *o,
	struct findings *out, struct err *e);

/* The Python files of a kernel before it is built: the rules python-syntax and registration. Paths
 * in findings are those of files, below dir; variant is dir. */
int check_python_files(struct arena *a, const char *dir, const struct strs *files,
	struct findings *out, struct err *e);

/* The variants' directories below dir, in byte order: of the first of dir/result, dir/build and dir
 * that has sub-directories with a metadata.json; or dir itself, when that holds one. Fails with
 * ERR_USAGE when there is none. */
int check_discover(struct arena *a, const char *dir, struct strs *out, struct err *e);

/* Appends all of `from` to `to`, which then depends on nothing but a. */
void findings_copy(struct arena *a, const struct findings *from, struct findings *to);
size_t findings_count(const struct findings *f, enum severity s);
#endif
