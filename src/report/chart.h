/* SPDX-License-Identifier: Apache-2.0 */
/* Drawings: what ran when, and memory over time. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H
#include "report/figures.h"

/* A lane for the command's phases and one for each job. Steps that are too short to be seen are
 * drawn together, so a drawing has some ten thousand marks at most. */
void chart_timeline(const struct last_build *b, const struct figures *f, struct buf *out);
void chart_memory(const struct last_build *b, const struct figures *f, struct buf *out);
#endif
