/* SPDX-License-Identifier: Apache-2.0 */
/* remote/: protocol buffers to the byte, and a server that does all wrong that one can. */
#include "base/log.h"
#include "fake_farm.h"
#include "remote/frame.h"
#include "remote/remote.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LARGE = 3000000 };
static struct {
	struct arena a;
	char *dir, *large; /* a file of LARGE bytes */
	struct fake_farm farm;
	struct remote *r;
} T;

/* ---- messages ---- */

static void
test_wire(void **state)
{
	static const char expect[] =
		"\x08\x96\x01\x12\x07testing\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x22\x00";
	CLEANUP(buf_free) struct buf b = { 0 };
	struct wire w;

	(void)state;
	wire_int(&b, 1, 150);
	wire_text(&b, 2, "testing");
	wire_int(&b, 3, UINT64_MAX);
	wire_bytes(&b, 4, STR(""));
	wire_int(&b, 5, 0);
	wire_text(&b, 6, "");
	assert_int_equal(b.n, sizeof(expect) - 1);
	assert_memory_equal(b.p, expect, b.n);
	w = (struct wire){ .rest = buf_str(&b) };
	assert_true(wire_next(&w) && w.field == 1 && w.v == 150);
	assert_true(wire_next(&w) && w.field == 2 && str_eq(w.bytes, STR("testing")));
	assert_true(wire_next(&w) && w.field == 3 && w.v == UINT64_MAX);
	assert_true(wire_next(&w) && w.field == 4 && w.bytes.n == 0);
	assert_false(wire_next(&w));
	assert_false(wire_is_bad(&w));
}

static void
test_wire_is_bad(void **state)
{
	/* a cut number, one of 11 bytes, a length beyond the end, a group, field 0, 4 of 8 bytes */
	static const struct str bad[] = { { "\x08\x96", 2 },
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 }, { "\x12\x07test", 6 },
		{ "\x0b\x0c", 2 }, { "\x02\x00", 2 }, { "\x09\x01\x02\x03\x04", 5 },
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11 } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct wire w = { .rest = bad[i] };

		assert_false(wire_next(&w));
		assert_true(wire_is_bad(&w));
	}
}

static void
test_digest(void **state)
{
	const struct digest d = sha256_of("", 0);
	CLEANUP(buf_free) struct buf b = { 0 };
	struct wire w;
	struct digest back;
	uint64_t size;

	(void)state;
	wire_digest(&b, 3, &d, 300);
	assert_int_equal(b.n, 2 + 2 + 64 + 3);
	assert_memory_equal(b.p,
		"\x1a\x45\x0a\x40"
		"e3b0c442",
		12);
	w = (struct wire){ .rest = buf_str(&b) };
	assert_true(wire_next(&w) && wire_take_digest(w.bytes, &back, &size));
	assert_true(digest_eq(&back, &d) && size == 300);
	assert_false(wire_take_digest(STR("\x0a\x02"
					  "e3"),
		&back, &size));
	assert_false(wire_take_digest(STR("\x10\x01"), &back, &size));
}

static void
test_result(void **state)
{
	const struct digest d = sha256_of("x", 1);
	const struct remote_file file = { "out/a.o", d, 1, true };
	struct reapi_result r = { .of = { .text = STR("text"),
					  .errors = STR("oops"),
					  .files = &file,
					  .n_files = 1,
					  .exit_status = -1 } };
	CLEANUP(buf_free) struct buf b = { 0 };
	struct reapi_result back;

	(void)state;
	r.text = (struct reapi_blob){ true, d, 4 };
	reapi_put_result(&b, &r);
	assert_true(reapi_take_result(&T.a, buf_str(&b), &back));
	assert_true(str_eq(back.of.text, STR("text")) && str_eq(back.of.errors, STR("oops")));
	assert_int_equal(back.of.exit_status, -1);
	assert_int_equal(back.of.n_files, 1);
	assert_string_equal(back.of.files[0].path, "out/a.o");
	assert_true(back.of.files[0].is_exec && digest_eq(&back.of.files[0].digest, &d));
	assert_true(back.text.is_set && back.text.size == 4 && !back.errors.is_set);
	/* a symbolic link */
	wire_bytes(&b, 12, STR("\x0a\x01x"));
	assert_false(reapi_take_result(&T.a, buf_str(&b), &back));
}

static void
test_paths_of_results(void **state)
{
	static const char *const bad[] = { "../x", "/etc/passwd", "a/../../b", "" };
	const struct digest d = sha256_of("x", 1);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct remote_file file = { bad[i], d, 1, true };
		struct reapi_result r = { .of = { .files = &file, .n_files = 1 } }, back;
		CLEANUP(buf_free) struct buf b = { 0 };

		reapi_put_result(&b, &r);
		assert_false(reapi_take_result(&T.a, buf_str(&b), &back));
	}
}

static void
test_times(void **state)
{
	/* metadata: queued at 1 s, begun at 3.5 s; run from 4 s to 6 s */
	static const char message[] =
		"\x4a\x16\x12\x02\x08\x01\x1a\x08\x08\x03\x10\x80\xca\xb5\xee\x01\x3a\x02\x08\x04\x42\x02\x08\x06";
	struct reapi_result r;

	(void)state;
	assert_true(reapi_take_result(&T.a, (struct str){ message, sizeof(message) - 1 }, &r));
	assert_true(r.of.queued == 2.5 && r.of.ran == 2 && r.of.fetched == 0);
}

static void
test_keys(void **state)
{
	const struct digest key = sha256_of("", 0);
	struct reapi_key k;
	char hex[65];

	(void)state;
	reapi_make_key(&key, &k);
	assert_int_equal(k.command_bytes.n, 2 + 14 + 2 + 6 + 2 + 64);
	assert_memory_equal(k.command_bytes.p,
		"\x0a\x0ekernel-builder\x0a\x06result\x0a\x40"
		"e3b0",
		30);
	assert_string_equal(digest_hex(&k.action, hex),
		"707613a1789ab8616a93cb459be0f13da671c10285dd8ccd102a37af0198a512");
	buf_free(&k.action_bytes);
	buf_free(&k.command_bytes);
}

static void
test_frames(void **state)
{
	const struct digest d = sha256_of("x", 1);
	const struct remote_blob blobs[] = { { d, 1, "/a/b", STR("") }, { d, 1, NULL, STR("x") } };
	const unsigned bundles[] = { 0, 7 };
	const struct request q = {
		.op = REQUEST_RUN, .id = 5, .action = { d, 9, bundles, 2, blobs, 2, true, 1.5 }
	};
	CLEANUP(buf_free) struct buf b = { 0 };
	struct request back;
	struct str message;
	size_t at = 0;

	(void)state;
	frame_put_request(&b, &q);
	b.n--;
	assert_int_equal(frame_next(&b, &at, &message), 0);
	b.n++;
	assert_int_equal(frame_next(&b, &at, &message), 1);
	assert_int_equal(at, b.n);
	assert_true(frame_take_request(&T.a, message, &back));
	assert_true(back.op == q.op && back.id == 5 && back.n_blobs == 2);
	assert_true(digest_eq(&back.action.action, &d) && back.action.action_size == 9);
	assert_true(back.action.bundles[0] == 0 && back.action.bundles[1] == 7);
	assert_true(back.action.skips_cache && back.action.timeout == 1.5);
	assert_string_equal(back.blobs[0].path, "/a/b");
	assert_true(!back.blobs[1].path && str_eq(back.blobs[1].bytes, STR("x")));
}

/* ---- a server that does wrong ---- */

static void
start(const struct fault *fault)
{
	static unsigned n;
	char *dir = arena_printf(&T.a, "%s/farm%u", T.dir, n++);
	struct err e;

	assert_int_equal(fs_mkdirs(dir, &e), 0);
	fake_start(&T.farm, dir, NULL, fault);
}

static void
open_client(void)
{
	struct remote_options o = { .url = arena_printf(&T.a, "grpc://127.0.0.1:%u/", T.farm.port),
		.instance = "",
		.uploads = true,
		.runs = 1 };
	struct err e;

	assert_int_equal(remote_open(&o, &T.r, &e), 0);
}

static struct remote_blob
small_blob(void)
{
	return (struct remote_blob){ sha256_of("small", 5), 5, NULL, STR("small") };
}

static void
keep(void)
{
	struct remote_blob blobs[2] = { small_blob(), { .path = T.large } };
	const struct digest key = sha256_of("key", 3);
	struct remote_file files[2];
	static char text[300000]; /* too long to be in the message */
	struct err e;

	assert_int_equal(sha256_file(T.large, &blobs[1].digest, &blobs[1].size, &e), 0);
	for (unsigned i = 0; i < 2; i++)
		files[i] = (struct remote_file){ i ? "out/large" : "out/small", blobs[i].digest,
			blobs[i].size, i == 1 };
	memset(text, 't', sizeof(text));
	remote_keep(T.r, &key,
		&(struct remote_result){ .text = { text, sizeof(text) },
			.errors = STR(""),
			.files = files,
			.n_files = 2 },
		blobs);
	remote_close(T.r);
}

/* What find gives; if it is there, it is right. */
static int
find(struct remote_result *out)
{
	const struct digest key = sha256_of("key", 3);
	struct err e;
	int r = remote_find(T.r, &T.a, &key, out, &e);

	assert_true(r == 0 || r == 1);
	if (r) {
		assert_true(
			out->n_files == 2 && out->text.n == 300000 && out->text.p[299999] == 't');
		assert_string_equal(out->files[1].path, "out/large");
	}
	return r;
}

/* Brings both files. Whatever comes of it, there is never a wrong one, or a part of one. */
static enum remote_end
bring(const struct remote_result *found)
{
	static unsigned n;
	struct remote_blob blobs[2];
	enum remote_end end;
	const char *why;
	remote_job job;
	struct err e;

	for (unsigned i = 0; i < 2; i++)
		blobs[i] = (struct remote_blob){ found->files[i].digest, found->files[i].size,
			arena_printf(&T.a, "%s/brought%u", T.dir, n++), STR("") };
	job = remote_bring(T.r, blobs, 2);
	assert_int_equal(remote_wait(T.r, job, &e), 0);
	end = remote_take(T.r, &T.a, job, NULL, &why);
	assert_true((end == REMOTE_DONE) == !*why);
	for (unsigned i = 0; i < 2; i++) {
		struct digest is;

		assert_false(fs_exists(arena_printf(&T.a, "%s.part", blobs[i].path)));
		assert_true(end != REMOTE_DONE || fs_exists(blobs[i].path));
		if (!fs_exists(blobs[i].path))
			continue;
		assert_int_equal(sha256_file(blobs[i].path, &is, NULL, &e), 0);
		assert_true(digest_eq(&is, &blobs[i].digest));
	}
	return end;
}

static enum remote_end
run(struct remote_result *out)
{
	const struct remote_blob blob = small_blob();
	const struct remote_action x = { .action = blob.digest,
		.action_size = blob.size,
		.blobs = &blob,
		.n_blobs = 1,
		.skips_cache = true };
	const char *why;
	struct err e;
	remote_job job = remote_run(T.r, &x);

	assert_int_equal(remote_wait(T.r, job, &e), 0);
	return remote_take(T.r, &T.a, job, out, &why);
}

static void
end(void)
{
	remote_close(T.r);
	fake_stop(&T.farm);
}

/* All goes well, though once, at that frame, it does not. */
static void
survive(const struct fault *fault)
{
	struct remote_result found;

	start(fault);
	open_client();
	keep();
	open_client();
	assert_int_equal(find(&found), 1);
	assert_int_equal(bring(&found), REMOTE_DONE);
	assert_int_equal(run(&found), REMOTE_DONE);
	assert_true(str_eq(found.text, STR("ran")));
	assert_true(remote_is_up(T.r) && remote_counts(T.r)->ran == 1);
	end();
}

static void
test_no_fault(void **state)
{
	(void)state;
	survive(&(struct fault){ .kind = FAULT_NONE });
}

/* Frames: capabilities 1 2; blobs asked for 3 4; sent 5 to about 200; then the result, and what the
 * second client asks. */
static void
survive_at_frames(enum fault_kind kind, int code)
{
	static const unsigned frames[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 50, 150, 200, 205, 210, 213,
		216, 218, 220, 222 };

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		survive(&(struct fault){
			.kind = kind, .frame = frames[i], .code = code, .times = 1 });
}

static void
test_cut(void **state)
{
	(void)state;
	survive_at_frames(FAULT_CUT, 0);
}

static void
test_reset(void **state)
{
	(void)state;
	survive_at_frames(FAULT_RESET, NGHTTP2_INTERNAL_ERROR);
	survive_at_frames(FAULT_RESET, NGHTTP2_REFUSED_STREAM);
}

static void
test_leave(void **state)
{
	(void)state;
	survive_at_frames(FAULT_LEAVE, 0);
}

static void
test_noise(void **state)
{
	(void)state;
	survive_at_frames(FAULT_NOISE, 0);
}

/* A farm where all is kept, which then has the fault. */
static void
start_full(const struct fault *fault)
{
	struct fault none = { .kind = FAULT_NONE };
	char *dir;

	start(&none);
	open_client();
	keep();
	dir = arena_strdup(&T.a, T.farm.dir);
	fake_stop(&T.farm);
	fake_start(&T.farm, dir, NULL, fault);
	open_client();
}

static void
test_wrong_bytes(void **state)
{
	static const char *const methods[] = { "/Read", "BatchReadBlobs" };
	struct remote_result found;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		/* the text comes first, and is not to be wrong */
		start_full(&(struct fault){ .kind = FAULT_NONE });
		assert_int_equal(find(&found), 1);
		end();
		start_full(&(struct fault){ .kind = FAULT_WRONG, .method = methods[i] });
		assert_int_equal(bring(&found), REMOTE_LOST);
		assert_int_equal(find(&found), i == 0);
		assert_true(remote_is_up(T.r));
		end();
	}
}

static void
test_bad_messages(void **state)
{
	static const enum fault_kind kinds[] = { FAULT_SHORT, FAULT_PACKED, FAULT_HUGE };
	static const char *const methods[] = { "/Read", "BatchReadBlobs", "GetActionResult" };
	struct remote_result found, right;

	(void)state;
	start_full(&(struct fault){ .kind = FAULT_NONE });
	assert_int_equal(find(&right), 1);
	end();
	for (unsigned i = 0; i < 9; i++) {
		start_full(&(struct fault){ .kind = kinds[i / 3], .method = methods[i % 3] });
		assert_int_equal(find(&found), i % 3 == 0);
		assert_int_equal(bring(&right) == REMOTE_DONE, i % 3 == 2);
		assert_true(remote_is_up(T.r));
		end();
	}
}

static void
test_refused(void **state)
{
	struct remote_result found;

	(void)state;
	start(&(struct fault){
		.kind = FAULT_STATUS, .code = GRPC_UNAUTHENTICATED, .method = "GetActionResult" });
	open_client();
	assert_int_equal(find(&found), 0);
	assert_false(remote_is_up(T.r));
	assert_int_equal(run(&found), REMOTE_FAILED);
	end();
	/* Who may not keep may find. */
	start(&(struct fault){ .kind = FAULT_STATUS,
		.code = GRPC_PERMISSION_DENIED,
		.method = "UpdateActionResult" });
	open_client();
	keep();
	open_client();
	assert_int_equal(find(&found), 0);
	assert_true(remote_is_up(T.r));
	end();
}

static void
test_busy(void **state)
{
	struct remote_result found;

	(void)state;
	start(&(struct fault){ .kind = FAULT_STATUS,
		.code = GRPC_RESOURCE_EXHAUSTED,
		.method = "BatchUpdateBlobs",
		.times = 1 });
	open_client();
	keep();
	open_client();
	assert_int_equal(find(&found), 1);
	end();
	/* for ever: the job ends, the server stays */
	start(&(struct fault){ .kind = FAULT_STATUS,
		.code = GRPC_RESOURCE_EXHAUSTED,
		.method = "BatchUpdateBlobs" });
	open_client();
	assert_int_equal(run(&found), REMOTE_FAILED);
	assert_int_equal(*T.farm.faults, 3);
	assert_true(remote_is_up(T.r));
	end();
}

static void
test_lost_blobs(void **state)
{
	const struct digest small = small_blob().digest;
	struct remote_result found;

	(void)state;
	start(&(struct fault){ .kind = FAULT_LOSE, .method = "Execute", .times = 1 });
	open_client();
	assert_int_equal(run(&found), REMOTE_DONE);
	assert_true(fs_exists(fake_path(&T.farm, "", &small)));
	end();
	start(&(struct fault){ .kind = FAULT_LOSE, .method = "Execute" });
	open_client();
	assert_int_equal(run(&found), REMOTE_LOST);
	end();
	/* what was found is gone */
	start_full(
		&(struct fault){ .kind = FAULT_STATUS, .code = GRPC_NOT_FOUND, .method = "/Read" });
	assert_int_equal(find(&found), 1);
	assert_int_equal(bring(&found), REMOTE_LOST);
	end();
}

static void
test_broken_execution(void **state)
{
	struct remote_result found;

	(void)state;
	start(&(struct fault){ .kind = FAULT_BREAK, .method = "/Execute", .times = 1 });
	open_client();
	assert_int_equal(run(&found), REMOTE_DONE);
	end();
}

static double
seconds_until_given_up(void)
{
	struct remote_result found;
	double from = now();

	open_client();
	assert_int_equal(find(&found), 0);
	assert_false(remote_is_up(T.r));
	from = now() - from;
	/* all that comes later ends at once */
	assert_int_equal(run(&found), REMOTE_FAILED);
	assert_false(remote_can_run(T.r));
	keep();
	return from;
}

static void
test_not_there(void **state)
{
	(void)state;
	start(&(struct fault){ .kind = FAULT_NONE });
	fake_stop(&T.farm);
	assert_in_range((int)(1000 * seconds_until_given_up()), 100, 1500);
	start(&(struct fault){ .kind = FAULT_SILENT, .method = "GetCapabilities" });
	assert_in_range((int)seconds_until_given_up(), 5, 15);
	fake_stop(&T.farm);
}

/* Who asks nothing needs no server. */
static void
test_not_asked(void **state)
{
	struct remote_result found;
	struct err e;

	(void)state;
	start(&(struct fault){ .kind = FAULT_NONE });
	open_client();
	assert_int_equal(remote_read(T.r, &e), 0);
	assert_false(remote_was_asked(T.r));
	assert_int_equal(remote_fd(T.r), -1);
	remote_close(T.r);
	open_client();
	assert_int_equal(find(&found), 0);
	assert_true(remote_was_asked(T.r) && remote_is_up(T.r));
	end();
}

static void
test_dies(void **state)
{
	struct remote_result found;

	(void)state;
	start_full(&(struct fault){ .kind = FAULT_NONE });
	assert_int_equal(find(&found), 1);
	fake_stop(&T.farm);
	assert_int_equal(bring(&found), REMOTE_FAILED);
	assert_false(remote_is_up(T.r));
	remote_close(T.r);
}

static bool
is_trusted(const char *host, const char *ca)
{
	struct remote_options o = { .instance = "", .ca = ca, .runs = 1 };
	struct err e;
	bool up;

	o.url = arena_printf(&T.a, "grpcs://%s:%u", host, T.farm.port);
	assert_int_equal(remote_open(&o, &T.r, &e), 0);
	up = remote_can_run(T.r);
	assert_int_equal(up, remote_is_up(T.r));
	remote_close(T.r);
	return up;
}

static void
test_tls(void **state)
{
	const char *pem = path_join(&T.a, T.dir, "farm.pem");
	const char *other = path_join(&T.a, T.dir, "other.pem");
	char *dir = path_join(&T.a, T.dir, "tls");
	struct err e;

	(void)state;
	fake_certificate(pem);
	fake_certificate(other);
	assert_int_equal(fs_mkdirs(dir, &e), 0);
	fake_start(&T.farm, dir, pem, &(struct fault){ .kind = FAULT_NONE });
	assert_true(is_trusted("127.0.0.1", pem));
	assert_false(is_trusted("127.0.0.1", NULL));
	assert_false(is_trusted("127.0.0.1", other));
	assert_false(is_trusted("localhost", pem));
	fake_stop(&T.farm);
}

static void
test_options(void **state)
{
	static const char *const bad[] = { "ftp://x", "grpc://", "grpc://x:0", "grpc://x:y",
		"grpc://x/y", "grpc://u@x", "x" };
	struct remote_options o = { .instance = "" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o.url = bad[i];
		assert_int_equal(remote_open(&o, &T.r, &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
	}
	o.url = "grpcs://x";
	o.ca = "/nowhere";
	assert_int_equal(remote_open(&o, &T.r, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	o.ca = NULL;
	o.headers = (struct strs){ .v = (const char *[]){ "secret" }, .n = 1 };
	assert_int_equal(remote_open(&o, &T.r, &e), -1);
	assert_null(strstr(e.msg, "secret"));
}

static int
set_up(void **state)
{
	struct err e;
	char *bytes = arena_alloc(&T.a, LARGE, 1);
	uint32_t x = 1;

	(void)state;
	assert_int_equal(fs_mkdtemp(&T.a, "/tmp/kb-remote", &T.dir, &e), 0);
	for (size_t i = 0; i < LARGE; i++)
		bytes[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
	T.large = path_join(&T.a, T.dir, "large");
	return fs_write_atomic(T.large, bytes, LARGE, 0644, &e);
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	fs_remove(T.dir, &e);
	arena_free(&T.a);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_wire_is_bad),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_paths_of_results),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_no_fault),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_leave),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_wrong_bytes),
		cmocka_unit_test(test_bad_messages),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_lost_blobs),
		cmocka_unit_test(test_broken_execution),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_dies),
	};

	log_set_level(getenv("DEBUG") ? LOG_DEBUG : LOG_ERROR);
	if (getenv("ONLY"))
		cmocka_set_test_filter(getenv("ONLY"));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
