/* Writes the link stubs of a mount (MOUNT_STUBS). */
#ifndef EXEC_STUBS_H
#define EXEC_STUBS_H
#include "plan/graph.h"

struct err;
/* One file below dir, which exists, for one stub; library is the real library, or NULL where it needs none. Fails with
 * ERR_ABI when that is not what it should be. */
int stub_write(const struct mount_stub *s, const char *library, const char *dir, struct err *e);
#endif
