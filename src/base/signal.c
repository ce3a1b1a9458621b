/* SPDX-License-Identifier: Apache-2.0 */
/* Notes SIGINT, SIGTERM and their like for loops that poll. */
#include "base/signal.h"
#include "base/err.h"

volatile sig_atomic_t interrupted;

static void
note(int sig)
{
	if (!interrupted)
		interrupted = sig;
}

void
signals_install(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = note };

	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &sa, NULL); /* no SA_RESTART: poll must return */
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

void
signals_default(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		struct sigaction now;

		if (sigaction(caught[i], NULL, &now) == 0 && now.sa_handler == note)
			signal(caught[i], SIG_DFL);
	}
	signal(SIGPIPE, SIG_DFL);
	interrupted = 0;
}

int
signals_check(struct err *e)
{
	int sig = interrupted;

	if (!sig)
		return 0;
	/* What Ctrl-C sends needs no name. */
	err_set(e, ERR_INTERRUPTED, "interrupted%s",
		sig == SIGTERM  ? " by SIGTERM"
		: sig == SIGHUP ? " by SIGHUP"
				: "");
	e->sys = sig;
	return -1;
}
