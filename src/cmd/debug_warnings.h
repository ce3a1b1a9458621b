/* SPDX-License-Identifier: Apache-2.0 */
/* Says that information for debuggers will name the directory of the build, without a sandbox. */
#ifndef CMD_DEBUG_WARNINGS_H
#define CMD_DEBUG_WARNINGS_H
#include "plan/graph.h"

/* Where a section asks for all of it (-G). */
void debug_warn_of_all(const struct project *p);
/* Where nvcc compiles a source as a whole, with lines (-lineinfo); may_divide: it was not asked
 * for. */
void debug_warn_of_lines(const struct plan *p, bool may_divide);
#endif
