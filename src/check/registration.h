/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that a kernel's Python registers. Private to src/check. */
#ifndef CHECK_REGISTRATION_H
#define CHECK_REGISTRATION_H
#include "base/vec.h"
#include "python/python.h"

struct registration {
	unsigned line, col;
	const char *message, *advice;
};
struct registrations {
	struct registration *v;
	size_t n, cap;
};
/* Appends those whose name is not made by add_op_namespace_prefix. */
void registrations_find(struct arena *a, const struct python_file *f, struct registrations *out);
#endif
