/* SPDX-License-Identifier: Apache-2.0 */
/* Which backends generated projects compile, and which ids they take. */
#include "generate/generate.h"

bool
generate_is_compiled(const struct project *p, enum backend b)
{
	return p->framework == FRAMEWORK_TORCH && (b == BACKEND_CPU || b == BACKEND_CUDA) &&
	       p->has_backend[b] && project_has_kernels(p, b);
}

bool
generate_id_is_valid(const char *id)
{
	size_t n = strlen(id);

	return n >= 1 && n <= 64 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}
