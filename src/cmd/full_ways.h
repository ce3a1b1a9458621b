/* SPDX-License-Identifier: Apache-2.0 */
/* Which sources' device code went the full way, and why. */
#ifndef CMD_FULL_WAYS_H
#define CMD_FULL_WAYS_H
#include "engine/engine.h"

void full_ways_tell(struct engine *engine, const struct plan *plan);
#endif
