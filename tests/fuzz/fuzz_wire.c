/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a server of results, and frames of the child that speaks to it: what is taken is
 * whole, and a result is written as it was read. */
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "fuzz.h"
#include "remote/frame.h"
#include "remote/reapi.h"
#include "remote/wire.h"

static void
check_fields(struct str text)
{
	struct wire w = { .rest = text };
	struct digest d;
	uint64_t size;

	while (wire_next(&w)) {
		check_that(w.field && w.bytes.p >= text.p);
		check_that(w.bytes.p + w.bytes.n <= text.p + text.n);
		if (wire_take_digest(w.bytes, &d, &size))
			check_that(size <= INT64_MAX && w.bytes.n >= 64);
	}
	check_that(wire_is_bad(&w) == (w.rest.n != 0));
}

static void
check_result(struct arena *a, struct str text)
{
	CLEANUP(buf_free) struct buf once = { 0 }, twice = { 0 };
	struct reapi_result r, again;

	if (!reapi_take_result(a, text, &r))
		return;
	for (size_t i = 0; i < r.of.n_files; i++)
		check_that(path_is_inside(str_of(r.of.files[i].path)));
	reapi_put_result(&once, &r);
	check_that(reapi_take_result(a, buf_str(&once), &again));
	reapi_put_result(&twice, &again);
	check_that(str_eq(buf_str(&once), buf_str(&twice)));
}

static void
check_frames(struct arena *a, struct str text)
{
	const struct buf in = { .p = (char *)(uintptr_t)text.p, .n = text.n };
	struct request request;
	struct str message;
	struct reply reply;
	size_t at = 0;

	while (frame_next(&in, &at, &message) > 0) {
		check_that(at <= text.n && message.p + message.n == text.p + at);
		if (frame_take_request(a, message, &request))
			check_that(request.op >= REQUEST_FIND && request.op <= REQUEST_CLOSE);
		if (frame_take_reply(a, message, &reply))
			check_that(reply.why && reply.end <= REMOTE_FAILED);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str text = { (const char *)data, size };
	struct reapi_operation operation;
	struct reapi_answer answer;
	struct reapi_limits limits;
	struct reapi_status status;

	check_fields(text);
	check_result(&a, text);
	check_frames(&a, text);
	if (reapi_take_capabilities(text, &limits))
		check_that(limits.batch > 0);
	if (reapi_take_status(&a, text, &status))
		check_that(status.message != NULL);
	if (reapi_take_operation(&a, text, &operation))
		check_that(!operation.has_result || operation.result.of.text.p);
	if (reapi_take_update(text, &answer) || reapi_take_read(text, &answer))
		check_that(answer.bytes.n <= size);
	return 0;
}
