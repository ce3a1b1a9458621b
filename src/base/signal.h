/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that end the program: noted here, acted upon by the poll loops. */
#ifndef BASE_SIGNAL_H
#define BASE_SIGNAL_H
#include <signal.h>

struct err;
/* The number of the first SIGINT, SIGTERM or SIGHUP; 0: none yet. */
extern volatile sig_atomic_t interrupted;
/* Catches those three and ignores SIGPIPE. */
void signals_install(void);
/* For a child of fork: the default actions again (what is ignored by inheritance stays so), and
 * nothing noted. */
void signals_default(void);
/* Sets ERR_INTERRUPTED and returns -1 if a signal came, else 0. */
int signals_check(struct err *e);
#endif
