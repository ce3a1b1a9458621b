/* SPDX-License-Identifier: Apache-2.0 */
/* Calls with one message each way. */
#include "remote/calls.h"
#include <stdlib.h>

enum { ANSWER_S = 20 };

struct ask {
	struct call c;
	struct buf request, answer;
	unsigned n_answers;
	bool is_sent;
	grpc_answer *done;
	void *arg;
};

static void
ask_rewind(struct call *c)
{
	struct ask *q = (struct ask *)c;

	q->is_sent = false;
	q->n_answers = 0;
	q->answer.n = 0;
}

static int
ask_next(struct h2_call *c, struct buf *out)
{
	struct ask *q = (struct ask *)c;

	if (q->is_sent)
		return 0;
	q->is_sent = true;
	buf_add(out, q->request.p, q->request.n);
	return 1;
}

static int
ask_got(struct h2_call *c, struct str message)
{
	struct ask *q = (struct ask *)c;

	buf_add(&q->answer, message.p, message.n);
	return q->n_answers++ ? -1 : 0;
}

static void
ask_drop(struct call *c)
{
	struct ask *q = (struct ask *)c;

	buf_free(&q->request);
	buf_free(&q->answer);
	free(q);
}

static void
ask_done(struct call *c, int status, const char *message)
{
	struct ask *q = (struct ask *)c;

	if (status == GRPC_OK && q->n_answers != 1) {
		status = GRPC_INTERNAL;
		message = "the server gave no answer";
	}
	q->done(q->arg, status, status == GRPC_OK ? buf_str(&q->answer) : STR(""), message);
	ask_drop(c);
}

struct call *
grpc_ask(struct grpc *g, const char *method, struct buf *request, grpc_answer *done, void *arg)
{
	struct ask *q = calloc(1, sizeof(*q));

	if (!q)
		abort();
	q->request = *request;
	*request = (struct buf){ 0 };
	q->done = done;
	q->arg = arg;
	q->c.h2 = (struct h2_call){
		.method = method, .next = ask_next, .got = ask_got, .patience = ANSWER_S
	};
	q->c.rewind = ask_rewind;
	q->c.done = ask_done;
	q->c.drop = ask_drop;
	grpc_call(g, &q->c);
	return &q->c;
}
