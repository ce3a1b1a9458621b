/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step keys. The canonical text of a step, version 7, is a sequence of fields, each written as its
 * length in decimal, ':' and its bytes:
 *
 *     "kernel-builder step 7", the kind, a digest of the sources of this program that do such a
 *     step, the count and each of argv, of the
 *     words of options (step_option_words) and of each tool, of env, the outputs and the roles of
 *     the inputs, the dependency file or "", the library to drop or "", name and digest of each
 *     mount but src, and for
 *     what has a dependency file the names of the headers among the kernel's sources (so that a new
 *     header that hides
 *     another one is seen).
 *
 * Its SHA-256 is step.key. Files that a step reads (source, recorded headers, inputs) come on top
 * of it in engine/cache. A change of this text needs a new version number: tests/unit/plan_test.c
 * holds a golden.
 */
#ifndef PLAN_KEY_H
#define PLAN_KEY_H
#include "plan/graph.h"

struct digest step_key(const struct step *s, const struct sources_set *src);
#endif
