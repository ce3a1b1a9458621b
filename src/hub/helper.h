/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that speaks with the hub: data/hub/hub.py, run by a Python that has huggingface_hub.
 * Requests and answers are lines of JSON on its input and output; the script says which. It finds
 * the token itself, so that none passes through here.
 */
#ifndef HUB_HELPER_H
#define HUB_HELPER_H
#include <jansson.h>

struct arena;
struct err;
struct helper; /* a process: end it with helper_end, which takes NULL */

int helper_start(struct arena *a, const char *python, struct helper **out, struct err *e);
/* Takes the request, and waits for its answer, which the caller owns. Meanwhile notes are logged.
 * Fails with ERR_CONFIG on what the user can do something about, else with ERR_NET. */
int helper_ask(struct helper *h, json_t *request, json_t **answer, struct err *e);
void helper_end(struct helper *h);
#endif
