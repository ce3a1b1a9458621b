/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program for any machine finds the certificates of authorities. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "fetch/authorities.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena a;
static char *root;

static char *
below(const char *path)
{
	return arena_printf(&a, "%s%s", root, path);
}

static void
put(const char *path)
{
	struct err e;

	assert_int_equal(fs_mkdirs_for(below(path), &e), 0);
	assert_int_equal(fs_write_atomic(below(path), "x", 1, 0644, &e), 0);
}

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	return fs_mkdtemp(&a, "/tmp/kb-authorities", &root, &e);
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	fs_remove(root, &e);
	arena_free(&a);
	return 0;
}

static void
test_order(void **state)
{
	const char *program = below("/venv/bin/kernel-builder");

	(void)state;
	assert_null(authorities_find(&a, root, program));
	assert_null(authorities_find(&a, root, NULL));
	put("/venv/lib/python3.9/site-packages/pip/_vendor/certifi/cacert.pem");
	assert_null(authorities_find(&a, root, below("/other/bin/kernel-builder")));
	assert_string_equal(authorities_find(&a, root, program),
		below("/venv/lib/python3.9/site-packages/pip/_vendor/certifi/cacert.pem"));
	put("/etc/pki/tls/certs/ca-bundle.crt");
	assert_string_equal(
		authorities_find(&a, root, program), below("/etc/pki/tls/certs/ca-bundle.crt"));
	put("/etc/ssl/certs/ca-certificates.crt");
	assert_string_equal(
		authorities_find(&a, root, NULL), below("/etc/ssl/certs/ca-certificates.crt"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_order) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
