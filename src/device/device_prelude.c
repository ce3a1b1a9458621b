/* SPDX-License-Identifier: Apache-2.0 */
/* Which headers stand in front of a slice, at each level. */
#include "device/device.h"

static const char *const std_headers[] = { "cuda_runtime.h", "cstdint", "cmath", "cstdlib",
	"cstring", "cstdio", "cassert", "cfloat", "climits", "limits", "algorithm", "type_traits",
	"utility", "tuple", "array", "functional", "cuda_fp16.h", "cuda_bf16.h", NULL };
/* Types that kernels compute with. */
static const char *const scalar_headers[] = { "c10/macros/Macros.h", "c10/util/Half.h",
	"c10/util/BFloat16.h", "c10/util/complex.h", "c10/util/Float8_e4m3fn.h",
	"c10/util/Float8_e5m2.h", "c10/util/Float8_e4m3fnuz.h", "c10/util/Float8_e5m2fnuz.h",
	NULL };
/* What ATen has for device code. */
static const char *const device_headers[] = { "c10/core/ScalarType.h", "ATen/OpMathType.h",
	"ATen/AccumulateType.h", "ATen/NumericUtils.h", "ATen/cuda/Atomic.cuh",
	"ATen/cuda/DeviceUtils.cuh", "ATen/cuda/NumericLimits.cuh", "c10/cuda/CUDAMathCompat.h",
	"ATen/cuda/detail/KernelUtils.h", "ATen/ceil_div.h", "ATen/core/PhiloxRNGEngine.h",
	"ATen/cuda/PhiloxUtils.cuh", "ATen/cuda/PhiloxCudaState.h", NULL };

unsigned
device_levels(const struct device_text *t)
{
	for (size_t i = 0; i < t->n_lines; i++) {
		if (t->line[i].kind == DEVICE_TORCH)
			return DEVICE_LEVELS;
	}
	return 1;
}

/* Not every torch has all of them. */
static void
add_headers(struct buf *out, const char *const *list)
{
	for (; *list; list++)
		buf_addf(out, "#if __has_include(<%s>)\n#include <%s>\n#endif\n", *list, *list);
}

static void
add_ladder(struct buf *out, enum device_level level)
{
	for (const char *const *h = std_headers; *h; h++)
		buf_addf(out, "#include <%s>\n", *h);
	if (level >= LEVEL_SCALARS)
		add_headers(out, scalar_headers);
	if (level >= LEVEL_DEVICE)
		add_headers(out, device_headers);
}

void
device_prelude(const struct device_text *t, enum device_level level, struct buf *out)
{
	bool is_done = false;

	for (size_t i = 0; i < t->n_lines; i++) {
		const struct device_line *line = &t->line[i];

		if (line->kind == DEVICE_TORCH) {
			if (!is_done)
				add_ladder(out, level);
			is_done = true;
			continue;
		}
		if (line->kind == DEVICE_INCLUDE)
			buf_adds(out, "#include ");
		buf_add(out, line->text.p, line->text.n);
		buf_addc(out, '\n');
	}
}
