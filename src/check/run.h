/* SPDX-License-Identifier: Apache-2.0 */
/* One run of all checks over the facts of one variant. Private to src/check. */
#ifndef CHECK_RUN_H
#define CHECK_RUN_H
#include "check/check.h"
#include "check/facts.h"
#include "resolve/policy.h"

struct check_run {
	struct arena *a;
	const struct check_options *options;
	const struct facts *facts;
	struct findings *out;
	/* Options with their defaults put in. */
	const char *policy;
	const struct manylinux
		*manylinux; /* for the machine of the library at hand; NULL: it is unknown */
	struct version python, stable; /* stable without parts: no check */
};
/* Appends a finding; the variant's name is put in. */
void found(struct check_run *r, struct finding f);
#define found_error(r, ...) found(r, (struct finding){ .severity = SEVERITY_ERROR, __VA_ARGS__ })
#define found_warning(r, ...) \
	found(r, (struct finding){ .severity = SEVERITY_WARNING, __VA_ARGS__ })

/* Of each shared library. */
void check_manylinux(struct check_run *r, const struct fact_file *f);
void check_abi3(struct check_run *r, const struct fact_file *f);
void check_stable_abi(struct check_run *r, const struct fact_file *f);
void check_cxx_abi(struct check_run *r, const struct fact_file *f);
void check_needed(struct check_run *r, const struct fact_file *f);
void check_loading(struct check_run *r, const struct fact_file *f);
void check_unique(struct check_run *r, const struct fact_file *f);
void check_init(struct check_run *r, const struct fact_file *f);
/* Of the variant as a whole. */
void check_archs(struct check_run *r);
void check_layout(struct check_run *r);
void check_namespace(struct check_run *r);
void check_python(struct check_run *r);
void check_digests(struct check_run *r);
void check_leaks(struct check_run *r);

bool is_python_path(const char *path);
void check_python_file(struct check_run *r, const struct fact_file *f);
/* "_x_cuda_1" of "sub/_x_cuda_1.abi3.so": what Python calls the module; NULL when the name is not
 * that of an extension. *is_tagged: for one version of Python (".cpython-311-x86_64-linux-gnu.so").
 */
const char *extension_module(struct arena *a, const char *path, bool *is_tagged);
/* A part of a wheel's file name: 3 from the end is Python's tag ("cp310"), 2 the ABI's; "" of other
 * names. */
const char *wheel_tag(struct arena *a, const char *name, size_t from_end);
/* Whether any shared library of the variant defines the symbol. */
bool defined_in_variant(const struct facts *f, const char *symbol);
#endif
