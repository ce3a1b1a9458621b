/* SPDX-License-Identifier: Apache-2.0 */
/* config/capability.h. */
#include "config/capability.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_valid(void **state)
{
	static const char *const good[] = { "5.0", "8.0", "8.9", "9.0a", "10.0f", "10.3a",
		"12.0+PTX", "9.0a+PTX", "10.0f+PTX", "11.8", "100.0" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!capability_is_valid(str_of(good[i])))
			fail_msg("%s", good[i]);
}

static void
test_invalid(void **state)
{
	static const char *const bad[] = { "", ".", "8", "8.", ".0", "80", "8.00", "8.0b", "8.0A",
		"8.0af", "8.0+ptx", "8.0+PTX+PTX", "+PTX", "8.0 ", " 8.0", "sm_80", "banana",
		"08.0", "0.0", "1000.0", "8.0;9.0", "8.0+", "-8.0", "8,0", "8.a" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (capability_is_valid(str_of(bad[i])))
			fail_msg("%s", bad[i]);
	assert_false(capability_is_valid((struct str){ "8.0\0", 4 }));
	/* Only the bytes of the view count. */
	assert_true(capability_is_valid((struct str){ "8.0junk", 3 }));
	assert_false(capability_is_valid((struct str){ "8.0", 2 }));
}

static void
test_exists(void **state)
{
	static const char *const t[][2] = { { "8.0", NULL }, { "9.0a", NULL }, { "9.0a+PTX", NULL },
		{ "10.0f", NULL }, { "10.3a", NULL }, { "12.1f+PTX", NULL }, { "1.0", NULL },
		{ "8.0+PTX", NULL }, { "8.8", NULL }, { "8.0f", "8.0" }, { "8.9a+PTX", "8.9" },
		{ "9.0f", "9.0" }, { "8.1", "8.0" }, { "8.2+PTX", "8.0" }, { "11.8", "11.0" },
		{ "9.1a", "9.0" }, { "10.2f", "10.1" }, { "7.9", "7.5" },
		/* What a later CUDA has, nobody knows here. */
		{ "12.2", NULL }, { "13.0a", NULL }, { "100.0", NULL } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const char *got = capability_instead(str_of(t[i][0]));

		if (!got || !t[i][1])
			assert_true(got == t[i][1]);
		else
			assert_string_equal(got, t[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_exists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("capability", tests, NULL, NULL);
}
