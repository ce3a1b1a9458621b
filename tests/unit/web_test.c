/* SPDX-License-Identifier: Apache-2.0 */
/* remote/remote.h with a cache over HTTP: a server of this test, which remembers what it was asked,
 * and answers in every way. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/vec.h"
#include "remote/internal.h"
#include "remote/reapi.h"
#include "remote/web.h"
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena A;
static char *dir;

/* ---- a server ---- */

/* How a request is answered that begins so. The last one that fits. */
struct rule {
	const char *begins;
	int status;
	const char *more; /* headers, each with its end of line */
	struct str body;
	long promise; /* bytes more than there are; -1: the connection ends without an answer */
};
static struct server {
	int fd, port;
	struct rule rules[8];
	unsigned n_rules;
	struct buf asked;     /* all requests, without their bodies */
	pthread_mutex_t lock; /* of rules and asked */
	pthread_mutex_t busy;
	sem_t began;
} servers[2];

static void
add(struct server *s, struct rule r)
{
	pthread_mutex_lock(&s->lock);
	assert_true(s->n_rules < 8);
	s->rules[s->n_rules++] = r;
	pthread_mutex_unlock(&s->lock);
}

static struct rule
find_rule(struct server *s, const char *request)
{
	struct rule r = { .status = 404, .more = "", .body = STR("") };

	pthread_mutex_lock(&s->lock);
	buf_adds(&s->asked, request);
	for (unsigned i = 0; i < s->n_rules; i++)
		if (str_has_prefix(request, s->rules[i].begins))
			r = s->rules[i];
	pthread_mutex_unlock(&s->lock);
	return r;
}

static bool
answer(int fd, const struct rule *r, bool is_head)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct err e;

	if (r->promise < 0)
		return false;
	buf_addf(&out, "HTTP/1.1 %d x\r\n%sContent-Length: %zu\r\n\r\n", r->status,
		r->more ? r->more : "", r->body.n + (size_t)r->promise);
	if (!is_head && r->body.n)
		buf_add(&out, r->body.p, r->body.n);
	return fs_write_all(fd, out.p, out.n, &e) == 0 && !r->promise;
}

/* One request off the connection, with its body. */
static bool
read_request(int fd, char *head, size_t size)
{
	size_t n = 0;
	long body;
	char c;

	while (n + 1 < size && read(fd, &c, 1) == 1) {
		head[n++] = c;
		head[n] = '\0';
		if (!str_has_suffix(head, "\r\n\r\n"))
			continue;
		body = strstr(head, "Content-Length: ")
			       ? atol(strstr(head, "Content-Length: ") + 16)
			       : 0;
		while (body-- > 0)
			if (read(fd, &c, 1) != 1)
				return false;
		return true;
	}
	return false;
}

/* One thread answers all connections of a server. It holds the lock whenever it does more than
 * wait: the client's process is forked, and what a thread holds then (the allocator of a
 * sanitizer), nobody would give back there. */
static void *
serve(void *arg)
{
	struct server *s = arg;
	struct pollfd fds[50] = { { .fd = s->fd, .events = POLLIN } };
	unsigned n = 1;
	char head[4096];
	struct rule r;

	sem_post(&s->began);
	for (;;) {
		poll(fds, n, -1);
		pthread_mutex_lock(&s->busy);
		for (unsigned i = n; i-- > 1;) {
			if (!fds[i].revents)
				continue;
			if (read_request(fds[i].fd, head, sizeof(head))) {
				r = find_rule(s, head);
				if (answer(fds[i].fd, &r, str_has_prefix(head, "HEAD")))
					continue;
			}
			close(fds[i].fd);
			fds[i] = fds[--n];
		}
		if (fds[0].revents && n < 50) {
			fds[n].fd = accept(s->fd, NULL, NULL);
			fds[n++].events = POLLIN;
		}
		pthread_mutex_unlock(&s->busy);
	}
	return NULL;
}

static void
hold_servers(void)
{
	for (unsigned i = 0; i < 2; i++)
		pthread_mutex_lock(&servers[i].busy);
}

static void
let_servers_go(void)
{
	for (unsigned i = 0; i < 2; i++)
		pthread_mutex_unlock(&servers[i].busy);
}

static void
start(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	pthread_t t;

	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->busy, NULL);
	sem_init(&s->began, 0, 0);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->fd, (struct sockaddr *)&at, n) < 0 || listen(s->fd, 50) < 0 ||
		getsockname(s->fd, (struct sockaddr *)&at, &n) < 0 ||
		pthread_create(&t, NULL, serve, s) != 0)
		abort();
	s->port = ntohs(at.sin_port);
	pthread_detach(t);
	sem_wait(&s->began);
}

static size_t
count(struct server *s, const char *what)
{
	const char *p = s->asked.p;
	size_t n = 0;

	for (; p && (p = strstr(p, what)); p++)
		n++;
	return n;
}

/* ---- the client ---- */

static struct remote *remote;
static const struct digest key = { { 1, 2, 3 } };
static const char *ac; /* the path of its result */

static void
good(int r, const struct err *e)
{
	if (r < 0)
		fail_msg("%s", e->msg);
}

static int
set_up(void **state)
{
	struct reapi_key k;
	char hex[65];
	struct err e;

	(void)state;
	good(fs_mkdtemp(&A, "/tmp/kb-web", &dir, &e), &e);
	reapi_make_key(&key, &k);
	ac = arena_printf(&A, "/x/ac/%s", digest_hex(&k.action, hex));
	buf_free(&k.action_bytes);
	buf_free(&k.command_bytes);
	for (unsigned i = 0; i < 2; i++) {
		servers[i].n_rules = 0;
		servers[i].asked.n = 0;
	}
	return 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	remote_close(remote);
	remote = NULL;
	good(fs_remove(dir, &e), &e);
	arena_free(&A);
	return 0;
}

static void
open_with(struct strs headers)
{
	struct remote_options o = { .instance = "", .headers = headers, .uploads = true };
	struct err e;

	o.url = arena_printf(&A, "http://me:sesame@127.0.0.1:%d/x", servers[0].port);
	good(remote_open(&o, &remote, &e), &e);
}

static int
look(struct remote_result *out)
{
	struct err e;
	int r = remote_find(remote, &A, &key, out, &e);

	good(r, &e);
	return r;
}

static struct str
message(const char *text)
{
	struct reapi_result r = { .of = { .text = str_of(text), .errors = STR("") } };
	struct buf out = { 0 };
	struct str s;

	reapi_put_result(&out, &r);
	s = (struct str){ arena_strndup(&A, out.p, out.n), out.n };
	buf_free(&out);
	return s;
}

static const char *
at(const char *method, const char *path)
{
	return arena_printf(&A, "%s %s", method, path);
}

static const char *
blob_at(const char *method, const char *bytes)
{
	struct digest d = sha256_of(bytes, strlen(bytes));
	char hex[65];

	return arena_printf(&A, "%s /x/cas/%s", method, digest_hex(&d, hex));
}

static void
test_redirects(void **state)
{
	const char *headers[] = { "X-Key: sesame" };
	struct remote_result r;

	(void)state;
	add(&servers[0], (struct rule){ at("GET", ac), 302,
				 arena_printf(&A, "Location: http://127.0.0.1:%d/there\r\n",
					 servers[0].port),
				 STR(""), 0 });
	add(&servers[0], (struct rule){ "GET /there", 307,
				 arena_printf(&A, "Location: http://127.0.0.1:%d/other\r\n",
					 servers[1].port),
				 STR(""), 0 });
	add(&servers[1], (struct rule){ "GET /other", 200, "", message("hello"), 0 });
	open_with((struct strs){ headers, 1, 1 });
	assert_int_equal(look(&r), 1);
	assert_true(str_eq(r.text, STR("hello")));
	assert_int_equal(count(&servers[0], "Authorization: Basic bWU6c2VzYW1l\r\n"), 2);
	assert_int_equal(count(&servers[0], "X-Key: sesame\r\n"), 2);
	assert_int_equal(count(&servers[1], "GET /other "), 1);
	assert_int_equal(count(&servers[1], "Authorization"), 0);
	assert_int_equal(count(&servers[1], "sesame"), 0);
}

/* Keeps "one" and "two" under the key, and waits. */
static size_t
keep(void)
{
	struct remote_blob blobs[2] = { { .bytes = STR("one") }, { .bytes = STR("two") } };
	struct remote_file files[2];
	struct remote_result r = {
		.text = STR("text"), .errors = STR(""), .files = files, .n_files = 2
	};
	struct err e;
	size_t kept;

	for (unsigned i = 0; i < 2; i++) {
		blobs[i].digest = sha256_of(blobs[i].bytes.p, 3);
		blobs[i].size = 3;
		files[i] = (struct remote_file){ i ? "b" : "a", blobs[i].digest, 3, false };
	}
	kept = remote_counts(remote)->kept;
	remote_keep(remote, &key, &r, blobs);
	good(remote_wait(remote, (remote_job)remote->slots.n - 1, &e), &e);
	return remote_counts(remote)->kept - kept;
}

static void
test_what_is_there_is_not_sent(void **state)
{
	(void)state;
	add(&servers[0], (struct rule){ "PUT", 201, "", STR(""), 0 });
	add(&servers[0], (struct rule){ blob_at("HEAD", "one"), 200, "", STR("one"), 0 });
	/* Of another length it is something else. */
	add(&servers[0], (struct rule){ blob_at("HEAD", "two"), 200, "", STR("tw"), 0 });
	/* HEAD is not known there. */
	add(&servers[0], (struct rule){ blob_at("HEAD", "text"), 501, "", STR(""), 0 });
	open_with((struct strs){ 0 });
	assert_int_equal(keep(), 1);
	assert_int_equal(count(&servers[0], blob_at("PUT", "one")), 0);
	assert_int_equal(count(&servers[0], blob_at("PUT", "two")), 1);
	assert_int_equal(count(&servers[0], blob_at("PUT", "text")), 1);
	assert_int_equal(count(&servers[0], at("PUT", ac)), 1);
	/* Once more, nothing is asked. */
	assert_int_equal(keep(), 1);
	assert_int_equal(count(&servers[0], "HEAD"), 3);
	assert_int_equal(count(&servers[0], "PUT"), 4);
}

static void
test_a_result_waits_for_its_blobs(void **state)
{
	(void)state;
	add(&servers[0], (struct rule){ "PUT", 201, "", STR(""), 0 });
	add(&servers[0], (struct rule){ blob_at("PUT", "two"), 413, "", STR(""), 0 });
	open_with((struct strs){ 0 });
	assert_int_equal(keep(), 0);
	assert_int_equal(count(&servers[0], blob_at("PUT", "one")), 1);
	assert_int_equal(count(&servers[0], at("PUT", ac)), 0);
	/* It is about this blob only. */
	servers[0].n_rules = 1;
	assert_int_equal(keep(), 1);
}

static void
test_a_full_disk(void **state)
{
	struct remote_result r;

	(void)state;
	add(&servers[0], (struct rule){ "PUT", 507, "", STR(""), 0 });
	add(&servers[0], (struct rule){ at("GET", ac), 200, "", message("hello"), 0 });
	open_with((struct strs){ 0 });
	assert_int_equal(keep(), 0);
	servers[0].n_rules = 0;
	add(&servers[0], (struct rule){ "PUT", 201, "", STR(""), 0 });
	add(&servers[0], (struct rule){ at("GET", ac), 200, "", message("hello"), 0 });
	assert_int_equal(keep(), 0); /* nothing more is sent */
	assert_int_equal(count(&servers[0], at("PUT", ac)), 0);
	assert_int_equal(look(&r), 1); /* and it is still read */
}

/* Downloads "bytes"; what became of it. */
static enum remote_end
bring(const char **why)
{
	struct remote_blob b = { .digest = sha256_of("bytes", 5), .size = 5 };
	remote_job j;
	struct err e;

	b.path = path_join(&A, dir, "it");
	j = remote_bring(remote, &b, 1);
	good(remote_wait(remote, j, &e), &e);
	return remote_take(remote, &A, j, NULL, why);
}

static bool
is_there(const char *name)
{
	return access(path_join(&A, dir, name), F_OK) == 0;
}

static void
test_bytes(void **state)
{
	const char *get = blob_at("GET", "bytes"), *why;
	struct server *s = &servers[0];

	(void)state;
	open_with((struct strs){ 0 });
	assert_int_equal(bring(&why), REMOTE_LOST); /* 404 */
	add(s, (struct rule){ get, 200, "", STR("Bytes"), 0 });
	assert_int_equal(bring(&why), REMOTE_LOST);
	assert_non_null(strstr(why, "other bytes"));
	add(s, (struct rule){ get, 200, "", STR("byte"), 0 });
	assert_int_equal(bring(&why), REMOTE_LOST);
	add(s, (struct rule){ get, 200, "", STR("bytes and more"), 0 });
	assert_int_equal(bring(&why), REMOTE_LOST);
	add(s, (struct rule){ get, 200, "", STR("byte"), 1 }); /* and the connection ends */
	assert_int_equal(bring(&why), REMOTE_FAILED);
	assert_false(is_there("it"));
	assert_false(is_there("it.part"));
	add(s, (struct rule){ get, 200, "", STR("bytes"), 0 });
	assert_int_equal(bring(&why), REMOTE_DONE);
	assert_true(is_there("it"));
	assert_false(is_there("it.part"));
	assert_true(remote_is_up(remote));
}

static void
test_another_part_stays(void **state)
{
	const char *why;
	struct err e;

	(void)state;
	add(&servers[0], (struct rule){ blob_at("GET", "bytes"), 200, "", STR("bytes"), 0 });
	good(fs_write_atomic(path_join(&A, dir, "it.part"), "x", 1, 0644, &e), &e);
	open_with((struct strs){ 0 });
	assert_int_equal(bring(&why), REMOTE_FAILED);
	assert_non_null(strstr(why, "File exists"));
	assert_true(is_there("it.part"));
}

static void
test_no_answers(void **state)
{
	struct remote_result r;

	(void)state;
	add(&servers[0], (struct rule){ "GET", 200, "", STR(""), -1 });
	open_with((struct strs){ 0 });
	assert_int_equal(look(&r), 0);
	assert_int_equal(count(&servers[0], "GET"), 3);
	assert_false(remote_is_up(remote));
	assert_int_equal(look(&r), 0);
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *given, *url, *shown, *origin;
	} t[] = {
		{ "http://host/", "http://host", "http://host/", "http://host" },
		{ "https://host:1/a/b//", "https://host:1/a/b", "https://host:1/a/b//",
			"https://host:1" },
		{ "https://me:p%40@host/a@b", "https://host/a@b", "https://host/a@b",
			"https://host" },
		{ "http://[::1]:8080", "http://[::1]:8080", "http://[::1]:8080",
			"http://[::1]:8080" },
	};
	static const char *const bad[] = { "http://", "http:///x", "http://host:port/",
		"http://host:0", "http://host/a?b", "http://host/a#b", "http://host/a b",
		"http://me:sesame@/x", "s3+http://host", "s3+http://me@host/bucket" };
	struct web_address out;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		good(web_address_parse(&A, t[i].given, &out, &e), &e);
		assert_string_equal(out.url, t[i].url);
		assert_string_equal(out.shown, t[i].shown);
		assert_string_equal(out.origin, t[i].origin);
		assert_int_equal(out.user != NULL, strstr(t[i].given, "me:") != NULL);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(web_address_parse(&A, bad[i], &out, &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
		assert_null(strstr(e.msg, "sesame"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_redirects, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_there_is_not_sent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_result_waits_for_its_blobs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_full_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_another_part_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
	};

	start(&servers[0]);
	start(&servers[1]);
	pthread_atfork(hold_servers, let_servers_go, let_servers_go);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
