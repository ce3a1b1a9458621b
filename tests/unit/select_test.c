/* SPDX-License-Identifier: Apache-2.0 */
/* fetch/select.h. */
#include "base/err.h"
#include "fetch/select.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct pin_select rules[] = {
	{ "torch/include/secret/", NULL, 0 },
	{ "torch/include/", "include/", 0 },
	{ "torch/lib/libc10.so", "lib/c10.txt", true },
	{ "usr/lib/cuda/", "", 0 },
	{ "etc/", "../", 0 },
	{ "opt/x", "", 0 },
};
static const struct pin pin = { .select = rules, .n_select = 6 };

static void
test_members(void **state)
{
	static const struct {
		const char *path, *to; /* to NULL: left out; "!": refused */
		bool symbols;
	} c[] = {
		{ "torch/include/ATen/a.h", "include/ATen/a.h", 0 },
		{ "torch/include/secret/a.h", NULL, 0 },
		{ "torch/include/secretive.h", "include/secretive.h", 0 },
		{ "torch/include", NULL, 0 },
		{ "torch/lib/libc10.so", "lib/c10.txt", true },
		{ "torch/lib/libc10.so.1", NULL, 0 },
		{ "usr/lib/cuda/bin/cicc", "bin/cicc", 0 },
		{ "usr/lib/cudart", NULL, 0 },
		{ "etc/passwd", "!", 0 },
		{ "opt/x", "!", 0 },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		const char *to = NULL;
		bool symbols = false;
		struct err e;
		int r = select_member(&a, &pin, c[i].path, &to, &symbols, &e);

		if (!c[i].to || c[i].to[0] == '!') {
			assert_int_equal(r, c[i].to ? -1 : 0);
			continue;
		}
		assert_int_equal(r, 1);
		assert_string_equal(to, c[i].to);
		assert_int_equal(symbols, c[i].symbols);
	}
	arena_free(&a);
}

static void
test_links(void **state)
{
	static const struct {
		const char *path, *to, *target, *want; /* want NULL: refused */
	} c[] = {
		{ "torch/include/a", "include/a", "b", "b" },
		{ "torch/include/x/a", "include/x/a", "../b", "../b" },
		{ "usr/lib/cuda/bin/a", "bin/a", "../nvvm/b", "../nvvm/b" },
		{ "usr/lib/cuda/inc", "inc", "../../../torch/include", "include" },
		{ "usr/lib/cuda/i/inc", "i/inc", "../../../../torch/include/x", "../include/x" },
		{ "usr/lib/cuda/a", "a", ".", "." },
		{ "usr/lib/cuda/d/a", "d/a", "../", "../" },
		{ "torch/include/a", "include/a", "../../usr/lib/cuda", ".." },
		{ "torch/include/c/a", "include/c/a", "../../../usr/lib/cuda", "../.." },
		{ "torch/include/a", "include/a", "../lib/libc10.so", "../lib/c10.txt" },
		{ "torch/include/a", "include/a", "secret/x", NULL },
		{ "torch/include/a", "include/a", "../../usr/bin/x", NULL },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		const char *out = NULL;
		struct err e;
		int r = select_link(&a, &pin,
			&(struct member_link){ c[i].path, c[i].to, c[i].target }, &out, &e);

		assert_int_equal(r, c[i].want ? 0 : -1);
		if (c[i].want)
			assert_string_equal(out, c[i].want);
	}
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_links),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
