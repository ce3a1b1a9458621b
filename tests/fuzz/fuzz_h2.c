/* SPDX-License-Identifier: Apache-2.0 */
/* What a server sends on a connection with three calls: each ends once, and no message is larger
 * than what came. */
#include "base/err.h"
#include "fuzz.h"
#include "remote/h2.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

struct fuzz_call {
	struct h2_call c; /* first */
	unsigned asked, ended;
	size_t limit;
};

static int
next(struct h2_call *c, struct buf *out)
{
	buf_adds(out, "question");
	return ((struct fuzz_call *)c)->asked++ == 0;
}

static int
got(struct h2_call *c, struct str message)
{
	check_that(message.n <= ((struct fuzz_call *)c)->limit);
	return message.n == 3 ? -1 : 0;
}

static void
ended(struct h2_call *c, const struct h2_end *end)
{
	((struct fuzz_call *)c)->ended++;
	check_that(end->message && end->status >= 0 && end->status <= 16);
	check_that(!end->lost || end->status == GRPC_UNAVAILABLE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct address to = { .host = "x", .port = "1", .authority = "x:1" };
	const struct h2_options options = { .to = &to, .token = "token" };
	struct fuzz_call calls[3] = { { .asked = 0 } };
	char sink[65536];
	struct err e;
	struct h2 *h;
	int fd[2];

	check_that(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	h = h2_new(link_of_socket(fd[0]), &options);
	for (unsigned i = 0; i < 3; i++) {
		calls[i] = (struct fuzz_call){
			.c = { .method = "/a.B/C", .next = next, .got = got, .ended = ended },
			.limit = size
		};
		h2_start(h, &calls[i].c);
	}
	check_that(write(fd[1], data, size) <= (ssize_t)size);
	shutdown(fd[1], SHUT_WR);
	/* The last one is not waited for. */
	for (unsigned i = 0; i < 50 && h2_step(h, &e) == 0; i++) {
		if (read(fd[1], sink, sizeof(sink)) < 0 && i == 1)
			h2_cancel(&calls[2].c);
	}
	h2_free(h, "the end");
	check_that(calls[0].ended == 1 && calls[1].ended == 1 && calls[2].ended <= 1);
	close(fd[1]);
	return 0;
}
