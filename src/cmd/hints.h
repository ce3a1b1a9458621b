/* SPDX-License-Identifier: Apache-2.0 */
/* Hints of src/explain for steps that failed, with facts from the disk and the store. */
#ifndef CMD_HINTS_H
#define CMD_HINTS_H
#include "engine/observer.h"

struct hinter;
/* Nothing is read before a step fails. What it is given must outlive it. */
struct hinter *hinter_new(struct arena *a, const struct project *p, const struct store *s);
/* The kernel's directory. */
const char *hinter_dir(const struct hinter *h);
/* Lines for people, in the arena of hinter_new. */
void hinter_explain(
	struct hinter *h, const struct step *s, const struct engine_event *ev, struct strs *hints);
#endif
