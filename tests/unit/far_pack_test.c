/* SPDX-License-Identifier: Apache-2.0 */
/* What is packed comes back as it was, or not at all. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "engine/far_pack.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

enum { N = 3000000 };
static struct arena A;
static char *dir;
static struct err e;

static const char *
file(const char *name)
{
	return path_join(&A, dir, name);
}

/* Noise has a byte of noise in so many. */
static struct digest
write_file(const char *name, size_t n, unsigned noise)
{
	char *p = arena_array(&A, char, n + 1);
	uint64_t seed = 7;

	for (size_t i = 0; noise && i < n; i += noise) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		p[i] = (char)(seed >> 33);
	}
	assert_int_equal(fs_write_atomic(file(name), p, n, 0644, &e), 0);
	return sha256_of(p, n);
}

static int
set_up(void **state)
{
	(void)state;
	return fs_mkdtemp(&A, "/tmp/kb-pack", &dir, &e);
}

static int
tear_down(void **state)
{
	(void)state;
	assert_int_equal(fs_remove(dir, &e), 0);
	arena_free(&A);
	return 0;
}

static void
test_there_and_back(void **state)
{
	static const size_t sizes[] = { 16384, 262144, 262145, 524288, N };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct digest d = write_file("plain", sizes[i], 9), packed, is;
		uint64_t n, all;

		assert_int_equal(far_pack(file("plain"), file("packed"), &packed, &n, &e), 1);
		assert_int_equal(sha256_file(file("packed"), &is, &all, &e), 0);
		assert_true(digest_eq(&is, &packed) && all == n && n < sizes[i] * 3 / 4);
		assert_int_equal(far_unpack(file("packed"), file("back"), &d, sizes[i], &e), 1);
		assert_int_equal(sha256_file(file("back"), &is, &all, &e), 0);
		assert_true(digest_eq(&is, &d) && all == sizes[i]);
		unlink(file("packed"));
		unlink(file("back"));
	}
}

static void
test_not_worth_it(void **state)
{
	struct digest packed;
	uint64_t n;

	(void)state;
	write_file("noise", N, 1);
	assert_int_equal(far_pack(file("noise"), file("packed"), &packed, &n, &e), 0);
	write_file("small", 16383, 0);
	assert_int_equal(far_pack(file("small"), file("packed"), &packed, &n, &e), 0);
	assert_false(fs_exists(file("packed")));
}

static void
nothing_comes(const struct digest *d, uint64_t size)
{
	assert_int_equal(far_unpack(file("packed"), file("back"), d, size, &e), 0);
	assert_false(fs_exists(file("back")));
}

static void
test_damaged(void **state)
{
	struct digest d = write_file("plain", N, 9), packed, other = d;
	struct str bytes;
	uint64_t n;
	char *p;

	(void)state;
	assert_int_equal(far_pack(file("plain"), file("packed"), &packed, &n, &e), 1);
	assert_int_equal(fs_read(&A, file("packed"), SIZE_MAX, &bytes, &e), 0);
	other.b[3] ^= 1;
	nothing_comes(&other, N);
	nothing_comes(&d, N - 1);
	nothing_comes(&d, N + 1);
	nothing_comes(&d, 0);
	p = (char *)bytes.p;
	for (size_t i = 0; i < bytes.n; i += bytes.n / 50) {
		p[i] ^= 4;
		assert_int_equal(fs_write_atomic(file("packed"), p, bytes.n, 0644, &e), 0);
		nothing_comes(&d, N);
		p[i] ^= 4;
		assert_int_equal(fs_write_atomic(file("packed"), p, i, 0644, &e), 0);
		nothing_comes(&d, N);
	}
	/* And something behind it. */
	p = arena_array(&A, char, bytes.n + 2);
	memcpy(p, bytes.p, bytes.n);
	assert_int_equal(fs_write_atomic(file("packed"), p, bytes.n + 1, 0644, &e), 0);
	nothing_comes(&d, N);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_not_worth_it),
		cmocka_unit_test(test_damaged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("far-pack", tests, set_up, tear_down);
}
