/* SPDX-License-Identifier: Apache-2.0 */
/* Starts data/hub/hub.py, asks it, and ends it. */
#include "hub/helper.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/signal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

EMBED(hub, "data/hub/hub.py")

struct helper {
	pid_t pid;
	const char *python;
	int to, from; /* its input, its output */
	struct buf text;
};

/* Bars of huggingface_hub are for terminals. Not in the kernel's directory, where a module may be
 * called as one of the library. */
static _Noreturn void
become_python(const char *const *argv, int in, int out, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
		chdir("/") < 0)
		_exit(126);
	signals_default();
	if (!log_has_status() || !log_enabled(LOG_INFO))
		setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1", 0);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

int
helper_start(struct arena *a, const char *python, struct helper **out, struct err *e)
{
	struct str script = embedded_hub();
	const char *const argv[] = { python, "-c", arena_strndup(a, script.p, script.n), NULL };
	struct helper *h = arena_new(a, struct helper);
	pid_t parent = getpid();
	int in[2], from[2];

	*h = (struct helper){ .python = python };
	if (pipe2(in, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	if (pipe2(from, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return err_sys(e, "cannot make a pipe");
	}
	h->pid = fork();
	if (h->pid == 0)
		become_python(argv, in[0], from[1], parent);
	close(in[0]);
	close(from[1]);
	h->to = in[1];
	h->from = from[0];
	*out = h;
	return h->pid < 0 ? err_sys(e, "cannot start %s", python) : 0;
}

/* It ended without an answer, after what it wrote to standard error. */
static int
ended(struct helper *h, struct err *e)
{
	int status = 0;

	TRY(signals_check(e));
	waitpid(h->pid, &status, 0);
	h->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(e, ERR_CONFIG, "cannot run %s", h->python);
	return err_set(e, ERR_NET, "%s ended without an answer (%s %d)", h->python,
		WIFEXITED(status) ? "exit status" : "signal",
		WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

/* Waits for a line and cuts it off. */
static int
read_line(struct helper *h, struct arena *a, const char **out, struct err *e)
{
	struct pollfd p = { .fd = h->from, .events = POLLIN };
	char *end;
	ssize_t n;

	while (!h->text.n || !(end = memchr(h->text.p, '\n', h->text.n))) {
		TRY(signals_check(e));
		/* Not for ever: a signal may have come since it was asked for. */
		if (poll(&p, 1, 500) <= 0)
			continue;
		n = read(h->from, buf_room(&h->text, 65536), 65536);
		if (n <= 0)
			return ended(h, e);
		h->text.n += (size_t)n;
	}
	*out = arena_strndup(a, h->text.p, (size_t)(end - h->text.p));
	h->text.n -= (size_t)(end - h->text.p) + 1;
	memmove(h->text.p, end + 1, h->text.n);
	return 0;
}

static int
fail(const json_t *o, struct err *e)
{
	const char *text = json_string_value(json_object_get(o, "error")),
		   *code = json_string_value(json_object_get(o, "code"));

	return err_set(e, code && streq(code, "config") ? ERR_CONFIG : ERR_NET, "%s",
		text ? text : "the answer of data/hub/hub.py is none");
}

/* 1: the answer. 0: a note before it. */
static int
take(const char *line, json_t **answer, struct err *e)
{
	json_t *o = json_loads(line, 0, NULL), *ok = json_object_get(o, "ok");
	const char *note = json_string_value(json_object_get(o, "note"));
	int r = 0;

	if (ok)
		*answer = json_incref(ok);
	if (note)
		log_info("%s", note);
	else
		r = ok ? 1 : fail(o, e);
	json_decref(o);
	return r;
}

int
helper_ask(struct helper *h, json_t *request, json_t **answer, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const char *line;
	char *dump;
	int r = 0;

	if (!request)
		return err_set(e, ERR_CONFIG,
			"a name that is to be sent, of a repository, a branch or a directory, is not UTF-8");
	dump = json_dumps(request, JSON_COMPACT);
	line = arena_printf(&a, "%s\n", dump);
	free(dump);
	json_decref(request);
	/* Where it ended, as without the library, its last line says why. */
	if (fs_write_all(h->to, line, strlen(line), e) < 0 && e->sys != EPIPE)
		return -1;
	while (r == 0) {
		TRY(read_line(h, &a, &line, e));
		r = take(line, answer, e);
	}
	return r < 0 ? -1 : 0;
}

void
helper_end(struct helper *h)
{
	if (!h)
		return;
	close(h->to);
	if (h->pid > 0 && interrupted)
		kill(h->pid, SIGKILL);
	if (h->pid > 0)
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
	close(h->from);
	buf_free(&h->text);
}
