/* SPDX-License-Identifier: Apache-2.0 */
/* The child: how it starts, and how it ends. */
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/signal.h"
#include "fetch/http.h"
#include "remote/backend.h"
#include "remote/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SILENCE_S = 30 };

/* Which backend speaks which protocol. */
static const struct {
	const char *scheme;
	const struct backend *backend;
} backends[] = {
	{ "grpc://", &reapi_backend },
	{ "grpcs://", &reapi_backend },
	{ "http://", &web_backend },
	{ "https://", &web_backend },
	{ "s3+http://", &web_backend },
	{ "s3+https://", &web_backend },
};

static int
check_options(const struct remote_options *o, struct err *e)
{
	const char *const files[] = { o->ca, o->certificate, o->key, o->token_file };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i] && access(files[i], R_OK) < 0) {
			err_sys(e, "cannot read %s", files[i]);
			e->code = ERR_CONFIG;
			return -1;
		}
	for (size_t i = 0; i < o->headers.n; i++) {
		const char *h = o->headers.v[i];

		if (strcspn(h, ": \t") == 0 || h[strcspn(h, ": \t")] != ':' ||
			h[strcspn(h, "\r\n")])
			return err_set(e, ERR_USAGE,
				"header %zu of the remote server is not of the form NAME: VALUE",
				i + 1);
	}
	return 0;
}

static int
find_backend(const struct remote_options *o, const struct backend **out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };

	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (str_has_prefix(o->url, backends[i].scheme)) {
			*out = backends[i].backend;
			return (*out)->check(o, e);
		}
	return err_set(e, ERR_USAGE,
		"%s is no address of a server: it must begin with grpc://, grpcs://, http://, https://, s3+http:// or s3+https://",
		http_safe_url(&a, o->url));
}

/* Keeps stderr and the socket, and nothing of the terminal's signals: the program says when to
 * end. */
static _Noreturn void
become_child(const struct backend *b, const struct remote_options *o, int fd, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct arena a = { 0 };
	struct err e;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(null, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO + 1) < 0)
		_exit(127);
	fd = STDERR_FILENO + 1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	syscall(SYS_close_range, fd + 1, ~0U, 0);
	signals_default();
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (child_main(b, o, fd, &e) == 0)
		_exit(0);
	log_msg(LOG_WARN, "%s: %s", http_safe_url(&a, o->url), e.msg);
	_exit(1);
}

int
remote_open(const struct remote_options *o, struct remote **out, struct err *e)
{
	const struct backend *backend = NULL;
	struct remote *r;

	TRY(find_backend(o, &backend, e));
	TRY(check_options(o, e));
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->o = *o;
	r->backend = backend;
	r->fd = r->epoll = -1;
	r->url = arena_strdup(&r->a, http_safe_url(&r->a, o->url));
	r->uploads = o->uploads;
	r->is_up = true;
	vec_push(&r->a, &r->slots, (struct slot){ .has_ended = true }); /* number 0 is none */
	*out = r;
	return 0;
}

static int
spawn(struct remote *r)
{
	pid_t parent = getpid();
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) < 0)
		return -1;
	r->fd = fd[0];
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	fflush(NULL);
	r->pid = fork();
	if (r->pid == 0)
		become_child(r->backend, &r->o, fd[1], parent);
	close(fd[1]);
	if (r->pid < 0 || r->epoll < 0)
		return -1;
	return epoll_ctl(
		r->epoll, EPOLL_CTL_ADD, r->fd, &(struct epoll_event){ .events = EPOLLIN });
}

void
remote_start(struct remote *r)
{
	if (r->pid || r->has_ended || spawn(r) == 0)
		return;
	log_warn("cannot start a process for %s: %s; going on without it", r->url, strerror(errno));
	remote_lose(r);
}

/* Until the child ends, which it does when it has sent all; without a word for long it is of no
 * use. */
static void
wait_for_end(struct remote *r)
{
	struct err e;

	while (!r->has_ended && !interrupted) {
		if (remote_poll(r, SILENCE_S * 1000) == 0) {
			log_warn(
				"%s does not take what is to be kept; going on without it", r->url);
			return;
		}
		if (remote_read(r, &e) < 0)
			return;
	}
}

void
remote_close(struct remote *r)
{
	if (!r)
		return;
	if (r->pid > 0) {
		r->closing = true;
		remote_ask(r, &(struct request){ .op = REQUEST_CLOSE }, NULL);
		wait_for_end(r);
		kill(r->pid, SIGKILL);
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	fd_closep(&r->fd);
	fd_closep(&r->epoll);
	for (size_t i = 0; i < r->slots.n; i++)
		slot_free(&r->slots.v[i]);
	arena_free(&r->a);
	buf_free(&r->in);
	buf_free(&r->out);
	free(r);
}
