/* SPDX-License-Identifier: Apache-2.0 */
/* CUDA capabilities as build.toml and nvcc write them. */
#ifndef CONFIG_CAPABILITY_H
#define CONFIG_CAPABILITY_H
#include "base/str.h"

/* True for "8.0", "9.0a", "10.0f", "12.0+PTX", "9.0a+PTX": a major version of one to three digits
 * without leading zeros, one minor digit, then perhaps a or f, then perhaps +PTX. */
bool capability_is_valid(struct str s);
/* Of one that is valid: NULL if a release of CUDA compiles for it (catalog/cuda.toml and, before
 * 11.8, NVIDIA's table of GPUs), or a later one may; else the nearest below it that there is, such
 * as "8.0" for "8.0f" and "8.2". */
const char *capability_instead(struct str s);
#endif
