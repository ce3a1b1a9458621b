/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the link stubs of a mount (MOUNT_STUBS). */
#ifndef ENGINE_STUBS_H
#define ENGINE_STUBS_H
#include "plan/graph.h"

struct err;
struct map;
/* Whether it is made for one link, of the symbols that its objects name. */
bool stub_is_trimmed(const struct mount_stub *s);
/* One file below dir, which exists, for one stub; library is the real library, or NULL where it
 * needs none. Fails with ERR_ABI when that is not what it should be. names: of a trimmed stub, only
 * the symbols that are keys in there; of others, NULL. */
int stub_write(const struct mount_stub *s, const char *library, const struct map *names,
	const char *dir, struct err *e);
#endif
