/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GNU make's job server, as one of its clients: a pipe, or a FIFO, that holds a byte for each job
 * that make, and all that it runs, may have beyond those that run. A process may have one job
 * without taking a byte; the bytes that it took it writes back as they were.
 */
#ifndef BASE_JOBSERVER_H
#define BASE_JOBSERVER_H
#include "base/arena.h"
#include <stdbool.h>

struct jobserver; /* holds descriptors and tokens: end it with jobserver_close */

/* Of the words of MAKEFLAGS (NULL: not set), the last --jobserver-auth counts. NULL: there is none,
 * or, with a warning, it cannot be used: then make closed its descriptors since it does not know
 * that the command is one of its kind. */
struct jobserver *jobserver_open(struct arena *a, const char *makeflags);
/* Takes a token if there is one. */
bool jobserver_take(struct jobserver *j);
/* Readable when there may be one. */
int jobserver_fd(const struct jobserver *j);
/* Gives tokens back until only so many are held. */
void jobserver_keep(struct jobserver *j, size_t tokens);
/* Gives all of them back. NULL is fine. */
void jobserver_close(struct jobserver *j);
#endif
