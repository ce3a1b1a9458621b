/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as text for people, as JSON, and as SARIF 2.1.0. */
#ifndef CHECK_FINDINGS_H
#define CHECK_FINDINGS_H
#include "base/buf.h"
#include "check/check.h"

/* A paragraph for each finding, without a summary:
 *     VARIANT/FILE: error: MESSAGE [RULE]
 *         ADVICE */
void findings_text(const struct findings *f, struct buf *out);
/* { "format": 1, "errors": N, "warnings": N, "variants": [...], "findings": [ { "severity", "rule",
 * "variant", "file", "symbol", "library", "message", "advice" } ] }, without members that do not
 * apply, and a newline. */
void findings_json(const struct findings *f, const struct strs *variants, struct buf *out);
/* One run, all rules, one result for each finding; URIs are relative to the directory that holds
 * the variants. */
void findings_sarif(const struct findings *f, struct buf *out);
/* "3 errors, 1 warning in 2 variants". */
char *findings_summary(struct arena *a, const struct findings *f, size_t variants);
#endif
