/* SPDX-License-Identifier: Apache-2.0 */
/* What nvcc's options in build.toml say, as far as others than nvcc must know it. */
#ifndef CONFIG_RELOCATABLE_H
#define CONFIG_RELOCATABLE_H
#include "base/str.h"
#include "base/vec.h"

/* The i-th word is for another program: it stands behind -Xptxas and the like. */
bool flag_is_passed_on(const struct strs *flags, size_t i);
/* The value of an option in either of its forms, "-rdc=true" or "-rdc true"; NULL: the word is
 * another one. */
const char *flag_value_at(const struct strs *flags, size_t i, const char *option);
/* Whether nvcc makes relocatable device code with these options: -rdc=true, -dc and their long
 * names. */
bool rdc_is_asked(const struct strs *cuda_flags);
#endif
