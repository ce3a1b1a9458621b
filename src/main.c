/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a subcommand, and prints its error and hints. */
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/signal.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "explain/explain.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#ifdef KB_STATIC
#include <nss.h>
#endif

static int
run(struct ctx *c, int argc, char **argv, struct err *e)
{
	const struct cmd *cmd;

	if (argc < 2) {
		cmd_print_help(c, NULL);
		return err_set(e, ERR_USAGE, "no command is given");
	}
	if (streq(argv[1], "--version")) {
		printf("kernel-builder %s\n", KB_VERSION);
		return 0;
	}
	TRY(usage_parse(&c->arena, &c->usage, argv + 1, &cmd, &c->opts, e));
	if (opt_has(&c->opts, "help")) {
		cmd_print_help(c, cmd);
		return 0;
	}
	if (opt_has(&c->opts, "quiet"))
		log_set_level(LOG_WARN);
	if (opt_has(&c->opts, "verbose"))
		log_set_level(LOG_DEBUG);
	/* Help is to be had also where settings are wrong, and a step has none. */
	if (cmd->run != cmd_help && cmd->run != cmd_step)
		TRY(settings_load(&c->arena, &c->opts, &c->settings, e));
	return cmd->run(c, e);
}

static void
print_hint(const struct err *e)
{
	CLEANUP(buf_free) struct buf line = { 0 };
	const char *hint = explain_error(e);

	if (!hint)
		return;
	buf_addf(&line, "hint: %s\n", hint);
	log_text(LOG_ERROR, line.p, line.n);
}

/* What becomes of status when all is printed. A full disk must not look like success. Who closes
 * the other end of a pipe, as head does, has seen enough: then the end is that of SIGPIPE, without
 * a word. */
static int
end_output(int status)
{
	struct pollfd out = { .fd = STDOUT_FILENO };
	bool was_lost = ferror(stdout);
	struct err e = { 0 };

	errno = 0;
	if (fflush(stdout) == 0 && !was_lost)
		return status;
	/* What was lost before says no more why. */
	if (errno == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR)))
		return 128 + SIGPIPE;
	if (errno)
		err_sys(&e, "cannot write to standard output");
	else
		err_set(&e, ERR_SYS, "cannot write to standard output");
	log_msg(LOG_ERROR, "%s", e.msg);
	return err_exit_status(&e);
}

int
main(int argc, char **argv)
{
	struct ctx c = { .usage = { .cmds = all_cmds,
				 .global = global_opts,
				 .foreign = foreign_cmds,
				 .foreign_opts = foreign_opts } };
	struct err e = { 0 };
	int status = 0;

#ifdef KB_STATIC
	/* Else names would be looked up by libraries of this machine, which want its C library. */
	__nss_configure_lookup("hosts", "files dns");
	__nss_configure_lookup("passwd", "files");
#endif
	signals_install();
	if (run(&c, argc, argv, &e) < 0) {
		log_status(NULL);
		fflush(stdout); /* what "see above" means */
		log_msg(LOG_ERROR, "%s", e.msg);
		print_hint(&e);
		status = err_exit_status(&e);
	} else {
		status = end_output(c.status);
	}
	arena_free(&c.arena);
	return status;
}
