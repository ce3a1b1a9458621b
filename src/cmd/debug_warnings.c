/* SPDX-License-Identifier: Apache-2.0 */
/* Device debug information names the directory that the compiler ran in, in a form that cannot be
 * changed afterwards. */
#include "cmd/debug_warnings.h"
#include "base/log.h"

void
debug_warn_of_all(const struct project *p)
{
	for (size_t i = 0; i < p->n_kernels; i++) {
		if (!strs_has(&p->kernels[i].cuda_flags, "-G") &&
			!strs_has(&p->kernels[i].cuda_flags, "--device-debug"))
			continue;
		log_warn(
			"[kernel.%s] uses -G without a sandbox, so its bytes depend on the build's directory; install bubblewrap, or use -lineinfo",
			p->kernels[i].name);
		return;
	}
}

/* Lines can be changed in PTX; of what nvcc does as a whole, nobody sees it. */
void
debug_warn_of_lines(const struct plan *p, bool may_divide)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct step *s = &p->steps[i];

		if (s->kind != STEP_CUDA || !(strs_has(&s->argv, "-lineinfo") ||
						    strs_has(&s->argv, "--generate-line-info")))
			continue;
		log_warn(
			"%s is compiled with -lineinfo by nvcc itself without a sandbox, so its bytes depend on the build's directory; install bubblewrap%s",
			s->source, may_divide ? "" : ", or leave out --engine=plain");
		return;
	}
}
