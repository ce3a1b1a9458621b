/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels that start kernels, in CUDA source text as people write it. */
#ifndef FORMATS_LAUNCHES_H
#define FORMATS_LAUNCHES_H
#include "base/str.h"

struct arena;
/* The line, from 1, of the first launch (<<<...>>>) in the body of a kernel (__global__); 0: none
 * that is certain. What is no template and under no #if is certain: it is compiled whatever a
 * header defines. */
unsigned launches_from_device(struct arena *a, struct str text);
#endif
