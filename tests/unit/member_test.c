/* SPDX-License-Identifier: Apache-2.0 */
/* formats/member.h. */
#include "formats/member.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_names(void **state)
{
	const struct {
		struct str name;
		const char *fault;
	} c[] = {
		{ STR("a"), NULL },
		{ STR("a/b.c/d+e~f@g h"), NULL },
		{ STR("..."), NULL },
		{ STR(".a/..b"), NULL },
		{ STR("\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x98\x80"), NULL },
		{ STR(""), "is empty" },
		{ STR("/a"), "is absolute" },
		{ STR("a/"), "ends with a slash" },
		{ STR("a//b"), "holds an empty component" },
		{ STR("./a"), "holds . or .. as a component" },
		{ STR("a/./b"), "holds . or .. as a component" },
		{ STR(".."), "holds . or .. as a component" },
		{ STR("a/../b"), "holds . or .. as a component" },
		{ STR("a/.."), "holds . or .. as a component" },
		{ STR("a\\b"), "holds a backslash" },
		{ STR("a\nb"), "holds a control character" },
		{ STR("a\0b"), "holds a control character" },
		{ STR("a\x7f"), "holds a control character" },
		{ STR("a\xff"), "is not UTF-8" },
		{ STR("a\xc3"), "is not UTF-8" },
		{ STR("\xc0\xaf"), "is not UTF-8" },
		{ STR("\xe0\x80\xaf"), "is not UTF-8" },
		{ STR("\xed\xa0\x80"), "is not UTF-8" },
		{ STR("\xf4\x90\x80\x80"), "is not UTF-8" },
	};
	char big[1025];

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		const char *fault = member_name_fault(c[i].name);

		if (!fault != !c[i].fault || (fault && strcmp(fault, c[i].fault) != 0))
			fail_msg("\"%s\": %s, not %s", c[i].name.p, fault ? fault : "fine",
				c[i].fault ? c[i].fault : "fine");
	}
	memset(big, 'a', sizeof(big));
	assert_non_null(member_name_fault((struct str){ big, 256 }));
	assert_null(member_name_fault((struct str){ big, 255 }));
	for (size_t i = 200; i < sizeof(big); i += 200)
		big[i] = '/';
	assert_null(member_name_fault((struct str){ big, 1024 }));
	assert_non_null(member_name_fault((struct str){ big, 1025 }));
}

static void
test_links(void **state)
{
	const struct {
		struct str path, target;
		bool fine;
	} c[] = {
		{ STR("a"), STR("b"), true },
		{ STR("a"), STR("."), true },
		{ STR("a"), STR("b/c/"), true },
		{ STR("d/a"), STR("../b"), true },
		{ STR("d/e/a"), STR("../../b/./c"), true },
		{ STR("d/a"), STR(".."), true },
		{ STR("a"), STR("../b"), false },
		{ STR("d/a"), STR("../../b"), false },
		{ STR("d/a"), STR("x/../b"), false },
		{ STR("d/a"), STR("../x/.."), false },
		{ STR("a"), STR("/etc/passwd"), false },
		{ STR("a"), STR(""), false },
		{ STR("a"), STR("b\nc"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		if (!member_link_fault(c[i].path, c[i].target) != c[i].fine)
			fail_msg("%s -> %s", c[i].path.p, c[i].target.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_links),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
