/* SPDX-License-Identifier: Apache-2.0 */
/* Where a bearer token comes from. It is in no argument, and in no message. */
#include "base/err.h"
#include "base/fs.h"
#include "remote/calls.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TOKEN_LIMIT = 64 << 10, HELPER_S = 60 };

/* Takes what comes until the end, or the limit of time. */
static bool
read_all(int fd, struct buf *out)
{
	double until = now() + HELPER_S;

	while (out->n < TOKEN_LIMIT && now() < until) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, 1000) <= 0)
			continue;
		n = read(fd, buf_room(out, 4096), 4096);
		if (n == 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
		out->n += n > 0 ? (size_t)n : 0;
	}
	return false;
}

/* What it says on stderr is for the user. */
static int
run_helper(const char *command, struct buf *out, struct err *e)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	posix_spawn_file_actions_t actions;
	int fd[2], status = 0, failed;
	bool whole = false;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, fd[1], STDOUT_FILENO);
	failed = posix_spawnp(&pid, "sh", &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fd[1]);
	if (!failed) {
		whole = read_all(fd[0], out);
		if (!whole)
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(fd[0]);
	if (failed || !whole || status)
		return err_set(e, ERR_CONFIG, "the program that prints the token %s",
			failed   ? "cannot be started"
			: !whole ? "does not end"
				 : "failed");
	return 0;
}

int
token_read(struct arena *a, const struct remote_options *o, const char **out, struct err *e)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	struct str text = STR(""), token;

	*out = NULL;
	if (o->token_command) {
		TRY(run_helper(o->token_command, &b, e));
		text = buf_str(&b);
	} else if (o->token_file && fs_read(a, o->token_file, TOKEN_LIMIT, &text, e) < 0) {
		e->code = ERR_CONFIG;
		return -1;
	}
	token = str_trim(text);
	for (size_t i = 0; i < token.n; i++)
		if (token.p[i] <= ' ' || token.p[i] > '~')
			token.n = 0;
	if ((o->token_file || o->token_command) && !token.n)
		return err_set(e, ERR_CONFIG, "%s: no token: one line without spaces is needed",
			o->token_command ? "the program that prints the token" : o->token_file);
	if (token.n)
		*out = arena_strndup(a, token.p, token.n);
	return 0;
}
