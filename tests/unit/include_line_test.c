/* SPDX-License-Identifier: Apache-2.0 */
/* Names in #include lines. */
#include "base/arena.h"
#include "formats/include_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_names(void **state)
{
	static const struct {
		const char *line, *want;
	} t[] = {
		{ "#include \"a/b.h\"", "a/b.h" },
		{ "  #  include  <c.h>  // \"d.h\"", "c.h" },
		{ "#include<e.h>", "e.h" },
		{ "#include \"f>.h\"\r", "f>.h" },
		{ "#include \"\"", NULL },
		{ "#include <>", NULL },
		{ "#include \"g.h", NULL },
		{ "#include <h.h\"", NULL },
		{ "#include HEADER", NULL },
		{ "#include", NULL },
		{ "#", NULL },
		{ "", NULL },
		{ "// #include \"i.h\"", NULL },
		{ "#define X \"j.h\"", NULL },
		{ "include \"k.h\"", NULL },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *got = include_line_name(&a, str_of(t[i].line));

		if (!t[i].want)
			assert_null(got);
		else if (!got || !streq(got, t[i].want))
			fail_msg("%s: %s", t[i].line, got ? got : "no name");
	}
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
