/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches packages made on the fly (tests/e2e/fixtures.py) from a server that misbehaves on request
 * (tests/e2e/httpd.py), and from directories. */
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/signal.h"
#include "fetch/directory.h"
#include "fetch/fetch.h"
#include "fetch/http.h"
#include "fetch/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef KB_ROOT
#define KB_ROOT "."
#endif
#define WHEEL "thing-1.0-py3-none-any.whl"
#define DEB "pool/non-free/t/tool/tool_1.0~1_amd64.deb"
#define SDIST "thing-1.0.tar.gz"
#define ARCHIVE "cuda_x/linux-x86_64/cuda_x-linux-1.0.tar.xz"

static struct {
	struct arena a;
	char *dir, *facts;
	unsigned port;
	int server_stdin;
	pid_t server;
	struct store *store;
	uint64_t told, done,
		total; /* bytes of the last fetch: by events, by the last event, expected */
} T;

static const struct http_options quick = { .attempts = 4, .backoff_ms = 10, .stall_s = 1 };

static struct pin_select wheel_select[] = {
	{ "thing/include/left/", NULL, 0 },
	{ "thing/include/", "include/", 0 },
	{ "thing/bin/tool", "bin/tool", 0 },
	{ "thing/lib/libx.so", "libx.txt", true },
};
static struct pin_select deb_select[] = {
	{ "usr/bin/", "bin/", 0 },
	{ "usr/lib/cuda/", "cuda/", 0 },
	{ "usr/include/", "include/", 0 },
};
static struct pin_select sdist_select[] = {
	{ "thing-1.0/vendor/include/newer.h", NULL, 0 },
	{ "thing-1.0/vendor/include/", "include/", 0 },
	{ "thing-1.0/vendor/util/", "util/", 0 },
};
static struct pin_select archive_select[] = {
	{ "cuda_x-linux-1.0/LICENSE", NULL, 0 },
	{ "cuda_x-linux-1.0/", "", 0 },
};

/* ---- the server and the facts ---- */

static void
start_server(void)
{
	int in[2], out[2];
	char line[16] = "";
	size_t n = 0;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	T.server = fork();
	if (T.server == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execlp("python3", "python3", KB_ROOT "/tests/e2e/httpd.py", T.dir, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	T.server_stdin = in[1];
	while (n < sizeof(line) - 1 && !strchr(line, '\n') && read(out[0], line + n, 1) == 1)
		n++;
	close(out[0]);
	T.port = (unsigned)atoi(line);
	assert_true(T.port > 0);
}

static int
set_up(void **state)
{
	struct err e;
	struct str text;

	(void)state;
	assert_int_equal(fs_mkdtemp(&T.a, "/tmp/kb-fetch", &T.dir, &e), 0);
	assert_int_equal(
		system(arena_printf(&T.a, "python3 " KB_ROOT "/tests/e2e/fixtures.py %s", T.dir)),
		0);
	assert_int_equal(fs_read(&T.a, path_join(&T.a, T.dir, "facts"), 4096, &text, &e), 0);
	T.facts = arena_strndup(&T.a, text.p, text.n);
	start_server();
	return 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	close(T.server_stdin);
	kill(T.server, SIGTERM);
	waitpid(T.server, NULL, 0);
	assert_int_equal(fs_remove(T.dir, &e), 0);
	arena_free(&T.a);
	return 0;
}

/* Fills in what fixtures.py says of a file. */
static struct pin
pinned(enum pin_kind kind, const char *file)
{
	struct pin p = { .kind = kind, .name = "thing", .file = file };
	struct str text = str_of(T.facts), line, name, sha, size;

	p.select = (struct pin_select *[]){ wheel_select, deb_select, archive_select,
		sdist_select }[kind];
	p.n_select = (size_t[]){ 4, 3, 2, 3 }[kind];
	p.is_plain = kind == PIN_SDIST;
	while (str_cut(&text, '\n', &line)) {
		str_cut(&line, ' ', &name);
		if (!str_eq(name, str_of(path_base(file))))
			continue;
		str_cut(&line, ' ', &sha);
		str_cut(&line, ' ', &size);
		p.has_sha256 = digest_parse(sha, &p.sha256);
		p.has_tree = digest_parse(line, &p.tree);
		assert_true(p.has_sha256 && p.has_tree && str_to_u64(size, &p.size));
	}
	return p;
}

/* "flip:PLACE" for a mark of fixtures.py. */
static const char *
flip(const char *mark)
{
	const char *at = strstr(T.facts, arena_printf(&T.a, "mark %s ", mark));

	assert_non_null(at);
	at = strchr(at + 5, ' ') + 1;
	return arena_printf(&T.a, "flip:%.*s", (int)strcspn(at, "\n"), at);
}

static const char *
address(const char *faults, const char *path)
{
	return arena_printf(&T.a, "http://127.0.0.1:%u/%s/%s", T.port, faults, path);
}

/* Bytes of body that the server sent since the last call; *requests, if not NULL, how many came. */
static uint64_t
server_sent(uint64_t *requests)
{
	struct err e;
	struct http *h;
	struct http_text text;
	struct str sent;
	uint64_t n = 0, count = 0;
	const char *url = arena_printf(&T.a, "http://127.0.0.1:%u/_sent", T.port);

	assert_int_equal(http_open(&quick, NULL, NULL, &h, &e), 0);
	assert_int_equal(http_get(&T.a, h, &(struct http_request){ url, NULL, 100 }, &text, &e), 0);
	http_close(h);
	text.body = str_trim(text.body);
	assert_true(str_cut(&text.body, ' ', &sent) && str_to_u64(sent, &n) &&
		    str_to_u64(text.body, &count));
	if (requests)
		*requests = count;
	return n;
}

/* ---- one fetch ---- */

static void
fresh_store(void)
{
	struct err e;
	char *home = path_join(&T.a, T.dir, "store");

	assert_int_equal(fs_remove(home, &e), 0);
	assert_int_equal(store_open(home, false, &T.store, &e), 0);
	T.told = T.done = T.total = 0;
}

static size_t
count_in(const char *folder)
{
	struct err e;
	struct strs names;

	assert_int_equal(
		fs_list(&T.a, path_join(&T.a, store_home(T.store), folder), &names, &e), 0);
	return names.n;
}

static void
on_event(void *arg, const struct fetch_event *ev)
{
	(void)arg;
	T.total = ev->total > T.total ? ev->total : T.total;
	if (ev->kind == FETCH_BYTES)
		T.told += ev->bytes;
	if (ev->kind == FETCH_DONE)
		T.done += ev->bytes;
}

static int
fetch(const struct sources *src, struct pin *pin, bool full, struct err *e)
{
	struct fetch_job job = {
		.store = T.store, .sources = src, .full = full, .on_event = on_event, .http = &quick
	};
	int r = fetch_pins(&T.a, &job, &pin, 1, e);

	assert_int_equal(count_in("tmp"), 0);
	if (r == 0) {
		struct err why = { 0 };

		if (store_check_tree(T.store, &pin->tree, true, &why) < 0)
			fail_msg("%s", why.msg);
	} else {
		assert_int_equal(count_in("trees"), 0);
	}
	return r;
}

static void
expect(int r, enum err_code code, const char *text, const struct err *e, const char *what)
{
	if (code == ERR_NONE && r < 0)
		fail_msg("%s: %s", what, e->msg);
	if (code == ERR_NONE)
		return;
	if (r == 0)
		fail_msg("%s: was accepted", what);
	if (e->code != code || !strstr(e->msg, text))
		fail_msg("%s: code %d, not %d with \"%s\": %s", what, e->code, code, text, e->msg);
	if (strchr(e->msg, '\n'))
		fail_msg("%s: more than one line: %s", what, e->msg);
}

enum { EXACT = 1, FULL = 2, NO_TREE = 4, NO_SHA = 8 };
struct fault {
	const char *faults;
	unsigned flags;
	enum err_code code;
	const char *text; /* of the message */
};

static void
run_wheel_faults(const struct fault *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sources src = { .wheel_index = address(f[i].faults, "simple") };
		struct pin pin = pinned(PIN_WHEEL, WHEEL);
		struct digest tree = pin.tree;
		struct err e = { 0 };
		uint64_t sent;
		int r;

		pin.has_tree = !(f[i].flags & NO_TREE);
		pin.has_sha256 = !(f[i].flags & NO_SHA);
		fresh_store();
		server_sent(NULL);
		r = fetch(&src, &pin, f[i].flags & FULL, &e);
		expect(r, f[i].code, f[i].text, &e, f[i].faults);
		sent = server_sent(NULL);
		if (r == 0) {
			assert_int_equal(T.done, T.told);
			assert_true(digest_eq(&tree, &pin.tree));
			assert_true(pin.has_sha256 || pin.has_tree);
		}
		/* A fetch that fails leaves what is under way unread. */
		if (T.told > sent || (f[i].flags & EXACT && r == 0 && T.told != sent))
			fail_msg("%s: %ju bytes counted, %ju sent", f[i].faults, (uintmax_t)T.told,
				(uintmax_t)sent);
		store_close(T.store);
	}
}

static void
test_wheel_ranges(void **state)
{
	static const struct fault f[] = {
		{ "ok", EXACT, ERR_NONE, "" },
		{ "redirect", EXACT, ERR_NONE, "" },
		{ "loop", 0, ERR_NET, "redirects" },
		{ "truncate:50000:3", EXACT, ERR_NONE, "" },
		{ "truncate:100", EXACT, ERR_NET, "gave up after 4 attempts" },
		{ "stall:20000:1", 0, ERR_NONE, "" },
		{ "norange", 0, ERR_NONE, "" },
		{ "shift", 0, ERR_NONE, "" },
		{ "total:999", 0, ERR_NONE, "" },
		{ "total:99999999", 0, ERR_NONE, "" },
		/* Given up while the answer is under way: what was not read yet does not count. */
		{ "short:50000", 0, ERR_NONE, "" },
		{ "longer:1000", EXACT, ERR_NONE, "" },
		{ "changing", EXACT, ERR_NONE, "" },
		{ "changing+truncate:30000:1", 0, ERR_NONE, "" },
	};

	(void)state;
	run_wheel_faults(f, sizeof(f) / sizeof(*f));
}

static void
test_wheel_status(void **state)
{
	static const struct fault f[] = {
		{ "status:503:2", EXACT, ERR_NONE, "" },
		{ "status:500", 0, ERR_NET,
			"the server answered HTTP 500 (gave up after 4 attempts)" },
		{ "status:429:2", EXACT, ERR_NONE, "" },
		{ "status:404", EXACT, ERR_NET, "the server answered HTTP 404" },
		{ "status:403", EXACT, ERR_NET, "the server answered HTTP 403" },
		{ "after:1:1", EXACT, ERR_NONE, "" },
	};
	struct timespec from, to;

	(void)state;
	run_wheel_faults(f, 5);
	clock_gettime(CLOCK_MONOTONIC, &from);
	run_wheel_faults(f + 5, 1);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(to.tv_sec - from.tv_sec >= 1);
}

static void
test_wheel_bytes(void **state)
{
	const struct fault f[] = {
		{ flip("data"), 0, ERR_HASH,
			"zip: thing/include/noise.bin: its contents do not match" },
		{ flip("local"), 0, ERR_HASH, "zip: thing/include/big.h: the local header" },
		{ flip("names"), 0, ERR_HASH, "" },
		{ flip("directory"), 0, ERR_HASH, "the directory is damaged" },
		{ flip("crc"), 0, ERR_HASH, "do not match the CRC" },
		{ flip("unused"), EXACT, ERR_NONE, "" },
		{ flip("unused"), FULL | EXACT, ERR_HASH, "is pinned" },
		{ "ok", FULL | EXACT, ERR_NONE, "" },
		{ "truncate:1000000:2", FULL | EXACT, ERR_NONE, "" },
		{ "changing+truncate:1000000:1", FULL | EXACT, ERR_NONE, "" },
		{ "norange+truncate:1000000:1", FULL | EXACT, ERR_NONE, "" },
		{ "truncate:100", FULL | EXACT, ERR_NET, "gave up" },
		{ "norange+truncate:900000", FULL | EXACT, ERR_NET, "gave up" },
		{ "longer:1000", FULL, ERR_NET, "gave up" },
		{ "endless", 0, ERR_HASH, "more than the" },
		{ "endless", FULL, ERR_HASH, "more than the" },
		{ "unsatisfied", EXACT, ERR_NONE, "" },
		{ "truncate:1000000:1+unsatisfied", FULL | EXACT, ERR_NONE, "" },
		{ "status:416", FULL, ERR_NET, "the server answered HTTP 416" },
	};

	(void)state;
	run_wheel_faults(f, sizeof(f) / sizeof(*f));
}

static void
test_wheel_index(void **state)
{
	static const struct fault f[] = {
		{ "html", EXACT, ERR_NONE, "" },
		{ "html", NO_TREE | NO_SHA, ERR_NONE, "" },
		{ "ok", NO_TREE | NO_SHA | EXACT, ERR_NONE, "" },
		{ "badhash", EXACT, ERR_HASH, "the index says SHA-256 0000" },
		{ "nohash", EXACT, ERR_NONE, "" },
		{ "nohash", EXACT | NO_SHA, ERR_NONE, "" },
		{ "nohash", NO_SHA | NO_TREE, ERR_HASH,
			"neither the index nor the pin has a SHA-256" },
		{ "nohash", NO_SHA | FULL, ERR_HASH,
			"neither the index nor the pin has a SHA-256" },
		{ "badsize", EXACT, ERR_HASH, "bytes" },
		{ "badjson", EXACT, ERR_NET, "simple/thing/:1:" },
		{ "empty", EXACT, ERR_NET, "the index has no file " WHEEL },
	};

	(void)state;
	run_wheel_faults(f, sizeof(f) / sizeof(*f));
}

/* Without a server, and a pin that knows nothing yet. */
static void
test_local(void **state)
{
	const char *wheels = path_join(&T.a, T.dir, "wheels");
	const struct {
		enum pin_kind kind;
		const char *file, *where;
	} c[] = {
		{ PIN_WHEEL, WHEEL, wheels },
		{ PIN_WHEEL, WHEEL, arena_printf(&T.a, "file://%s", wheels) },
		{ PIN_DEB, DEB, path_join(&T.a, T.dir, "debian") },
		{ PIN_DEB, DEB, path_join(&T.a, T.dir, "flat") },
		{ PIN_ARCHIVE, ARCHIVE, arena_printf(&T.a, "file:%s/redist", T.dir) },
		{ PIN_SDIST, SDIST, wheels },
		{ PIN_SDIST, SDIST, arena_printf(&T.a, "file://%s", wheels) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct sources src = { .wheel_index = c[i].where, .redist = c[i].where };
		struct pin good = pinned(c[i].kind, c[i].file), pin = good;
		struct err e = { 0 };

		vec_push(&T.a, &src.debian, c[i].where);
		fresh_store();
		expect(fetch(&src, &pin, false, &e), ERR_NONE, "", &e, c[i].where);
		pin.has_tree = false;
		pin.size = 0;
		pin.tree = (struct digest){ 0 };
		if (pin.kind != PIN_SDIST) { /* of which the hash of the whole is what proves it */
			pin.has_sha256 = false;
			pin.sha256 = (struct digest){ 0 };
		}
		expect(fetch(&src, &pin, false, &e), ERR_NONE, "", &e, c[i].where);
		assert_true(pin.has_tree && digest_eq(&pin.tree, &good.tree));
		assert_true(pin.has_sha256 && digest_eq(&pin.sha256, &good.sha256));
		assert_int_equal(pin.size, good.size);
		assert_int_equal(T.told, 0);
		pin.tree.b[0] ^= 1;
		store_close(T.store);
		fresh_store();
		expect(fetch(&src, &pin, false, &e), ERR_HASH, "is pinned", &e, c[i].where);
		store_close(T.store);
	}
}

/* A file as it is, beside the store. */
static void
test_file(void **state)
{
	const char *to = path_join(&T.a, T.dir, "copy");
	struct pin deb = pinned(PIN_DEB, DEB), archive = pinned(PIN_ARCHIVE, ARCHIVE),
		   wheel = pinned(PIN_WHEEL, WHEEL);
	struct sources src = { .redist = address("ok", "redist") };
	struct fetch_job job = { .sources = &src, .http = &quick };
	struct digest is;
	struct err e = { 0 };

	(void)state;
	vec_push(&T.a, &src.debian, path_join(&T.a, T.dir, "flat"));
	fresh_store();
	job.store = T.store;
	expect(fetch_file(&T.a, &job, &deb, to, &e), ERR_NONE, "", &e, "from a directory");
	assert_int_equal(sha256_file(to, &is, NULL, &e), 0);
	assert_true(digest_eq(&is, &deb.sha256));
	expect(fetch_file(&T.a, &job, &deb, to, &e), ERR_SYS, "create", &e, "in the way");
	unlink(to);
	expect(fetch_file(&T.a, &job, &archive, to, &e), ERR_NONE, "", &e, "from a server");
	assert_int_equal(sha256_file(to, &is, NULL, &e), 0);
	assert_true(digest_eq(&is, &archive.sha256));
	unlink(to);
	archive.sha256.b[0] ^= 1;
	expect(fetch_file(&T.a, &job, &archive, to, &e), ERR_HASH, "is pinned", &e, "another file");
	expect(fetch_file(&T.a, &job, &wheel, to, &e), ERR_CONFIG, "in parts", &e, "a wheel");
	assert_false(fs_exists(to));
	assert_int_equal(count_in("trees"), 0);
	assert_int_equal(count_in("tmp"), 0);
	store_close(T.store);
}

static void
test_archives(void **state)
{
	const struct {
		enum pin_kind kind;
		const char *file, *source[2];
		enum err_code code;
		const char *text;
	} c[] = {
		{ PIN_DEB, DEB, { "ok/debian" }, ERR_NONE, "" },
		{ PIN_DEB, DEB, { "status:404/debian", "ok/debian" }, ERR_NONE, "" },
		{ PIN_DEB, DEB, { "flip:9/debian", "ok/debian" }, ERR_NONE, "" },
		{ PIN_DEB, DEB, { "truncate:100/debian", "ok/debian" }, ERR_NONE, "" },
		{ PIN_DEB, DEB, { "truncate:100000:3/debian" }, ERR_NONE, "" },
		{ PIN_DEB, DEB, { "status:404/debian", "status:410/debian" }, ERR_NET,
			"answered HTTP 404 (and 1 more mirrors tried)" },
		{ PIN_DEB, DEB, { "flip:9/debian" }, ERR_HASH, "is pinned" },
		{ PIN_ARCHIVE, ARCHIVE, { "ok/redist" }, ERR_NONE, "" },
		{ PIN_ARCHIVE, ARCHIVE, { "status:404/redist" }, ERR_NET, "answered HTTP 404" },
		{ PIN_ARCHIVE, ARCHIVE, { "flip:9000/redist" }, ERR_HASH, "is pinned" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct pin pin = pinned(c[i].kind, c[i].file);
		struct sources src = { 0 };
		struct err e = { 0 };

		for (size_t k = 0; k < 2 && c[i].source[k]; k++) {
			src.redist = address(c[i].source[k], "");
			vec_push(&T.a, &src.debian, src.redist);
		}
		fresh_store();
		server_sent(NULL);
		expect(fetch(&src, &pin, false, &e), c[i].code, c[i].text, &e, c[i].source[0]);
		assert_int_equal(T.told, server_sent(NULL));
		store_close(T.store);
	}
}

/* Archives made to do harm, and pins that make no sense. */
static void
test_refused(void **state)
{
	static struct pin_select all = { "", "", 0 }, none = { "nothing/", "", 0 },
				 head = { "cuda_x-linux-1.0/include/x.h", "x.h", true },
				 dangling = { "usr/lib/cuda/", "", 0 },
				 clash[] = {
					 { "thing/include/", "a/", 0 },
					 { "thing/bin/tool", "a/big.h/tool", 0 },
				 };
	const struct {
		enum pin_kind kind;
		const char *file;
		struct pin_select *select;
		enum err_code code;
		const char *text;
	} c[] = {
		{ PIN_WHEEL, "climb-1.0-py3-none-any.whl", &all, ERR_HASH, "holds . or .." },
		{ PIN_WHEEL, "linked-1.0-py3-none-any.whl", &all, ERR_HASH, "neither a file nor" },
		{ PIN_WHEEL, "device-1.0-py3-none-any.whl", &all, ERR_HASH, "neither a file nor" },
		{ PIN_WHEEL, "twice-1.0-py3-none-any.whl", &all, ERR_HASH, "a.h" },
		{ PIN_WHEEL, "bomb-1.0-py3-none-any.whl", &all, ERR_HASH, "more than 16 GiB" },
		{ PIN_WHEEL, "notzip-1.0-py3-none-any.whl", &all, ERR_HASH, "not a zip file" },
		{ PIN_WHEEL, "absent-1.0-py3-none-any.whl", &all, ERR_NET, "is not in" },
		{ PIN_WHEEL, "../facts", &all, ERR_NET, "is not in" },
		{ PIN_WHEEL, WHEEL, &none, ERR_CONFIG, "selects none" },
		{ PIN_WHEEL, WHEEL, clash, ERR_HASH, "a/big.h" },
		{ PIN_DEB, "pool/evil.deb", &all, ERR_HASH, "leaves the tree" },
		{ PIN_DEB, "pool/nodata.deb", &all, ERR_HASH, "archive:" },
		{ PIN_DEB, DEB, &dangling, ERR_CONFIG, "which no selection takes" },
		{ PIN_SDIST, "climb-1.0.tar.gz", &all, ERR_HASH, "holds . or .." },
		{ PIN_SDIST, "root-1.0.tar.gz", &all, ERR_HASH, "is absolute" },
		{ PIN_SDIST, "linked-1.0.tar.gz", &all, ERR_HASH, "leaves the tree" },
		{ PIN_SDIST, "hard-1.0.tar.gz", &all, ERR_HASH, "no file before it" },
		{ PIN_SDIST, "device-1.0.tar.gz", &all, ERR_HASH, "neither file, directory" },
		{ PIN_SDIST, "twice-1.0.tar.gz", &all, ERR_HASH, "occurs twice" },
		{ PIN_SDIST, "notgz-1.0.tar.gz", &all, ERR_HASH, "archive:" },
		{ PIN_SDIST, "absent-1.0.tar.gz", &all, ERR_NET, "is not in" },
		{ PIN_SDIST, SDIST, &none, ERR_CONFIG, "selects none" },
		{ PIN_ARCHIVE, ARCHIVE, &none, ERR_CONFIG, "selects none" },
		{ PIN_ARCHIVE, ARCHIVE, &head, ERR_CONFIG, "\"symbols\" is for" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct sources src = { .wheel_index = path_join(&T.a, T.dir, "wheels"),
			.redist = path_join(&T.a, T.dir, "redist") };
		struct pin pin = { .kind = c[i].kind,
			.name = "thing",
			.file = c[i].file,
			.select = c[i].select,
			.n_select = c[i].select == clash ? 2 : 1 };
		struct err e = { 0 }, ignored;

		if (pin.kind == PIN_SDIST)
			(void)sha256_file(path_join(&T.a, src.wheel_index, pin.file), &pin.sha256,
				NULL, &ignored);
		pin.has_sha256 = pin.kind == PIN_SDIST;

		vec_push(&T.a, &src.debian, path_join(&T.a, T.dir, "debian"));
		fresh_store();
		expect(fetch(&src, &pin, false, &e), c[i].code, c[i].text, &e, c[i].file);
		store_close(T.store);
	}
}

/* The index has the address of an sdist; only the whole file will do. */
static void
test_sdist(void **state)
{
	static const struct {
		const char *how;
		enum err_code code;
		const char *text;
	} c[] = {
		{ "ok", ERR_NONE, "" },
		{ "html", ERR_NONE, "" },
		{ "status:404", ERR_NET, "404" },
		{ "flip:9", ERR_HASH, "is pinned" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct sources src = { .wheel_index = address(c[i].how, "simple") };
		struct pin pin = pinned(PIN_SDIST, SDIST);
		struct err e = { 0 };

		fresh_store();
		expect(fetch(&src, &pin, false, &e), c[i].code, c[i].text, &e, c[i].how);
		assert_int_equal(count_in("tmp"), 0);
		if (c[i].code == ERR_NONE) {
			pin.has_tree = false;
			pin.is_plain = false;
			expect(fetch(&src, &pin, false, &e), ERR_NONE, "", &e, "x bits stay");
			assert_int_equal(count_in("trees"), 6);
			store_close(T.store);
			fresh_store();
			pin.sha256.b[3] ^= 1;
			pin.has_tree = false;
			expect(fetch(&src, &pin, false, &e), ERR_HASH, "is pinned", &e, "hash");
		}
		store_close(T.store);
	}
}

static void
write_below(const char *dir, const char *name, const char *text)
{
	const char *path = path_join(&T.a, dir, name);
	struct err e = { 0 };

	assert_int_equal(fs_mkdirs_for(path, &e), 0);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0755, &e), 0);
}

static void
expect_differences(const char *dir, struct pin *pin, const char *want)
{
	struct err e = { 0 };
	const char *got;

	assert_int_equal(directory_take(T.store, dir, &(struct pin_list){ &pin, 1 }, &e), 0);
	if (directory_differences(&T.a, T.store, dir, &(struct pin_list){ &pin, 1 }, &got, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(got, want);
}

/* A directory of the user's instead of a package: what is not exactly the pinned tree is told. */
static void
test_directory(void **state)
{
	static struct pin_select select[] = {
		{ "x/include/old.h", NULL, 0 },
		{ "x/include/", "include/", 0 },
		{ "x/util/", "tools/util/", 0 },
	};
	const char *dir = path_join(&T.a, T.dir, "checkout");
	struct tree t = { 0 };
	struct tree_entry files[] = {
		{ .path = "include/a.h", .size = 2, .sha256 = sha256_of("a\n", 2) },
		{ .path = "include/c/b.h", .size = 2, .sha256 = sha256_of("b\n", 2) },
		{ .path = "tools/util/c.h", .size = 2, .sha256 = sha256_of("c\n", 2) },
	};
	struct pin pin = { .kind = PIN_DIRECTORY,
		.name = "X",
		.file = "v1",
		.is_plain = true,
		.has_tree = true,
		.select = select,
		.n_select = 3 },
		   *pins[] = { &pin };
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		vec_push(&T.a, &t, files[i]);
	pin.tree = tree_digest(&t);
	fresh_store();
	assert_int_equal(directory_take(T.store, dir, &(struct pin_list){ pins, 1 }, &e), -1);
	assert_non_null(strstr(e.msg, "has no directory include/"));
	write_below(dir, "include/a.h", "a\n");
	write_below(dir, "include/c/b.h", "b\n");
	write_below(dir, "tools/util/c.h", "c\n");
	write_below(dir, "elsewhere/d.h", "d\n");
	if (directory_take(T.store, dir, &(struct pin_list){ pins, 1 }, &e) != 1)
		fail_msg("%s", e.msg);
	assert_true(store_has_tree(T.store, &pin.tree));
	assert_int_equal(store_check_tree(T.store, &pin.tree, true, &e), 0);
	assert_int_equal(fetch(&(struct sources){ 0 }, &pin, true, &e), 0);
	write_below(dir, "include/a.h", "A\n");
	write_below(dir, "include/z.h", "z\n");
	unlink(path_join(&T.a, dir, "tools/util/c.h"));
	expect_differences(dir, &pin,
		"1 file differs, 1 is missing, 1 is extra: include/a.h differs, include/z.h is extra, tools/util/c.h is missing");
	assert_int_equal(count_in("tmp"), 0);
	for (int i = 0; i < 6; i++)
		write_below(dir, arena_printf(&T.a, "include/y%d.h", i), "y\n");
	expect_differences(dir, &pin,
		"1 file differs, 1 is missing, 7 are extra: include/a.h differs, include/y0.h is extra, include/y1.h is extra, include/y2.h is extra, include/y3.h is extra and 4 more");
	assert_int_equal(symlink("a.h", path_join(&T.a, dir, "include/l.h")), 0);
	assert_int_equal(directory_take(T.store, dir, &(struct pin_list){ pins, 1 }, &e), -1);
	assert_non_null(strstr(e.msg, "include/l.h is not a plain file"));
	store_close(T.store);
	fresh_store();
	expect(fetch(&(struct sources){ 0 }, &pin, false, &e), ERR_CONFIG, "no package has", &e,
		"fetch");
	/* The list that is built in. */
	unlink(path_join(&T.a, dir, "include/l.h"));
	pin.file = "v4.5.2";
	{
		const char *got;

		assert_int_equal(directory_differences(&T.a, T.store, dir,
					 &(struct pin_list){ pins, 1 }, &got, &e),
			0);
		assert_true(
			str_has_prefix(got, "891 are missing, 9 are extra: include/a.h is extra"));
	}
	store_close(T.store);
}

/* All of a small wheel comes with the end of it: one request for the index, one for the file. */
static void
test_small_wheel(void **state)
{
	struct sources src = { .wheel_index = address("ok", "simple") };
	struct pin pin = pinned(PIN_WHEEL, "small-1.0-py3-none-any.whl");
	uint64_t requests;
	struct err e = { 0 };

	(void)state;
	fresh_store();
	server_sent(NULL);
	expect(fetch(&src, &pin, false, &e), ERR_NONE, "", &e, "small");
	assert_int_equal(T.told, server_sent(&requests));
	assert_int_equal(requests, 2);
	store_close(T.store);
}

/* Three pins at once, one of them twice; then nothing is left to do. */
static void
test_several(void **state)
{
	struct pin a = pinned(PIN_WHEEL, WHEEL), b = pinned(PIN_DEB, DEB),
		   c = pinned(PIN_ARCHIVE, ARCHIVE), d = a, bad = b;
	struct pin *pins[] = { &a, &b, &c, &d }, *mixed[] = { &a, &bad, &c };
	struct sources src = { .wheel_index = address("ok", "simple"),
		.redist = address("ok", "redist") };
	struct fetch_job job = { .sources = &src, .workers = 2, .http = &quick };
	uint64_t requests;
	struct err e = { 0 };

	(void)state;
	vec_push(&T.a, &src.debian, address("ok", "debian"));
	fresh_store();
	job.store = T.store;
	server_sent(NULL);
	expect(fetch_pins(&T.a, &job, pins, 4, &e), ERR_NONE, "", &e, "all");
	server_sent(&requests);
	assert_int_equal(count_in("trees"), 9);
	assert_in_range(requests, 8, 12);
	expect(fetch_pins(&T.a, &job, pins, 4, &e), ERR_NONE, "", &e, "again");
	server_sent(&requests);
	assert_int_equal(requests, 0);
	store_close(T.store);
	fresh_store();
	job.store = T.store;
	bad.sha256.b[3] ^= 1;
	expect(fetch_pins(&T.a, &job, mixed, 3, &e), ERR_HASH, "fetch package " DEB, &e, "mixed");
	assert_int_equal(count_in("tmp"), 0);
	store_close(T.store);
}

/* A builder in a process of its own. Its exit status is that of the error. */
static pid_t
start_builder(const char *faults, unsigned stall_s)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct http_options slow = { .backoff_ms = 10, .stall_s = stall_s };
		struct sources src = { .wheel_index = address(faults, "simple") };
		struct pin pin = pinned(PIN_WHEEL, WHEEL), *pins[] = { &pin };
		struct fetch_job job = { .sources = &src, .http = &slow };
		struct err e = { 0 };

		signals_install();
		if (store_open(path_join(&T.a, T.dir, "store"), false, &job.store, &e) < 0)
			_exit(99);
		if (fetch_pins(&T.a, &job, pins, 1, &e) < 0)
			_exit(err_exit_status(&e));
		store_close(job.store);
		_exit(0);
	}
	return pid;
}

static int
wait_status(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void
pause_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void
test_two_builders(void **state)
{
	uint64_t requests, one;
	pid_t p[3];

	(void)state;
	fresh_store();
	server_sent(NULL);
	assert_int_equal(wait_status(start_builder("ok", 5)), 0);
	one = server_sent(&requests);
	store_close(T.store);
	fresh_store();
	for (size_t i = 0; i < 3; i++)
		p[i] = start_builder("stall:20000:1", 1);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(wait_status(p[i]), 0);
	assert_true(server_sent(&requests) < one * 3 / 2);
	assert_int_equal(count_in("tmp"), 0);
	store_close(T.store);
}

static void
test_interrupted(void **state)
{
	struct err e = { 0 };
	pid_t p;

	(void)state;
	fresh_store();
	p = start_builder("stall:100", 30);
	pause_ms(700);
	kill(p, SIGTERM);
	assert_int_equal(wait_status(p), 128 + SIGTERM);
	assert_int_equal(count_in("tmp"), 0);
	assert_int_equal(count_in("trees"), 0);
	/* One that had no time to clean up: its child dies with it, and the next one cleans up. */
	p = start_builder("stall:100", 30);
	pause_ms(700);
	kill(p, SIGKILL);
	assert_int_equal(wait_status(p), -SIGKILL);
	assert_int_equal(count_in("tmp"), 1);
	pause_ms(200);
	store_close(T.store);
	assert_int_equal(store_open(path_join(&T.a, T.dir, "store"), false, &T.store, &e), 0);
	assert_int_equal(count_in("tmp"), 0);
	store_close(T.store);
}

static void
test_sources(void **state)
{
	struct arena *a = &T.a;
	struct strs mirrors = { 0 };
	struct sources s;
	struct err e = { 0 };
	const char *help = "  -i, --index-url <url>  Base URL of the index (default\n"
			   "                     https://pip.test/simple). This should";

	(void)state;
	assert_string_equal(sources_index_of_help(a, str_of(help)), "https://pip.test/simple");
	assert_null(sources_index_of_help(a, STR("--index-url (default https://u:****@h/)")));
	assert_null(sources_index_of_help(a, STR("--index-url <url> Base")));
	assert_string_equal(sources_index_of_config(
				    a, STR("global.timeout='5'\nglobal.index-url='https://g/s'\n"
					   "install.index-url='https://i/s'\n")),
		"https://i/s");
	assert_null(sources_index_of_config(a, STR("global.extra-index-url='https://g/s'\n")));
	sources_mirrors_of_apt(a,
		STR("http://a.test/debian|bookworm|main|Debian\n"
		    "http://a.test/debian/|bookworm-updates|main|Debian\n"
		    "http://a.test/debian-security|bookworm-security|main|Debian\n"
		    "http://u.test/ubuntu|noble|main|Ubuntu\n"
		    "http://u.test/ubuntu|noble|main|\n"
		    "https://c.test/cuda|x|contrib|Debian\n"
		    "file:/srv/debian|bookworm|main|\n"
		    "http://l.test/debian|bookworm|main|$(ORIGIN)\n"
		    "http://l.test/ubuntu|noble|main|$(ORIGIN)\n"),
		&mirrors);
	assert_int_equal(mirrors.n, 3);
	assert_string_equal(mirrors.v[0], "http://a.test/debian");
	assert_string_equal(mirrors.v[1], "file:/srv/debian");
	assert_string_equal(mirrors.v[2], "http://l.test/debian");
	assert_int_equal(sources_find(a, &(struct source_settings){ "w", "d", "r" },
				 (bool[PIN_KINDS]){ true, true, true }, &s, &e),
		0);
	assert_string_equal(s.wheel_index, "w");
	assert_int_equal(s.debian.n, 1);
	assert_string_equal(s.redist, "r");
	assert_string_equal(index_normal_name(a, "NVIDIA_cuda.-Runtime"), "nvidia-cuda-runtime");
	assert_string_equal(http_safe_url(a, "https://u:p@h/x@y"), "https://h/x@y");
	assert_string_equal(http_resolve(a, "https://h/simple/x/", "../../f/x.whl#sha256=0"),
		"https://h/f/x.whl");
	assert_null(http_resolve(a, "https://h/simple/x/", "file:///etc/passwd"));
}

/* An apt without lists, as in images of containers: it is asked again, for what they are not needed
 * for. */
static void
test_apt_without_lists(void **state)
{
	static const char script[] =
		"#!/bin/sh\n"
		"[ \"$4\" != --no-release-info ] || echo 'http://l.test/debian|bookworm|main|$(ORIGIN)'\n";
	const char *bin = path_join(&T.a, T.dir, "bin"), *path = getenv("PATH");
	struct sources s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(fs_mkdirs(bin, &e), 0);
	assert_int_equal(fs_write_atomic(path_join(&T.a, bin, "apt-get"), script,
				 sizeof(script) - 1, 0755, &e),
		0);
	assert_int_equal(setenv("PATH", arena_printf(&T.a, "%s:%s", bin, path), 1), 0);
	assert_int_equal(sources_find(&T.a, &(struct source_settings){ 0 },
				 (bool[PIN_KINDS]){ [PIN_DEB] = true }, &s, &e),
		0);
	assert_int_equal(setenv("PATH", path, 1), 0);
	assert_string_equal(s.debian.v[0], "http://l.test/debian");
	assert_true(s.debian.n > 1); /* and the others after it */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_apt_without_lists),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_wheel_ranges),
		cmocka_unit_test(test_wheel_status),
		cmocka_unit_test(test_wheel_bytes),
		cmocka_unit_test(test_wheel_index),
		cmocka_unit_test(test_sdist),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_small_wheel),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_two_builders),
		cmocka_unit_test(test_interrupted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
