/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host text without device code. The host pass of a .cu file (cudafe++, then g++) parses the bodies
 * of kernels and of device functions but compiles none of them. With the bodies emptied, an edit
 * inside one leaves the host's text as it is.
 *
 * Only bodies in the user's files (src/...) are emptied, and only of what is positively known:
 * functions and member functions that are __global__, or __device__ without __host__, are not
 * constexpr, virtual or a constructor, have no deduced return type, and whose bodies have no
 * lambda, local class, static variable or pragma but for loops. cudafe++ has no warning for a
 * device function that returns nothing. A line marker takes a body's place, so that what follows
 * stays on its line and the text depends on the place of the '}' only.
 */
#ifndef SLIM_BODIES_H
#define SLIM_BODIES_H
#include "base/buf.h"

struct arena;
struct err;
/* Adds the text with such bodies emptied. The count of them, or -1 with ERR_STEP when the text
 * cannot be read. */
int strip_bodies(struct arena *a, struct str text, struct buf *out, struct err *e);
#endif
