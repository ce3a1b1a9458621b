/* SPDX-License-Identifier: Apache-2.0 */
/* What metadata.json says of how a variant was built. */
#include "base/arena.h"
#include "package/metadata.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct catalog_depend depends[] = {
	{ .name = "cutlass_3_5", .title = "CUTLASS", .version = { { 3, 5, 1 }, 3 } },
	{ .name = "cutlass_4_0", .title = "CUTLASS", .version = { { 4, 0, 0 }, 3 } },
	{ .name = "cutlass_4_4", .title = "CUTLASS", .version = { { 4, 4, 2 }, 3 } },
	{ .name = "other_1", .title = "Other", .version = { { 1, 2 }, 2 } },
};

/* The text of toolchain, for a variant with the depends whose indices are the digits of which. */
static const char *
toolchain(struct arena *a, const char *which)
{
	const struct catalog_torch torch = { .version = { { 2, 11, 0 }, 3 } };
	const struct catalog_cuda cuda = { .version = { { 13, 0 }, 2 } };
	const struct catalog_gcc gcc = { .version = { { 13, 3 }, 2 } };
	const struct variant v = {
		.name = "v", .backend = BACKEND_CUDA, .torch = &torch, .cuda = &cuda
	};
	const struct project p = { .name = "k", .module = "k", .version = 1 };
	const struct plan plan = { .project = &p };
	struct plan_variant pv = { .variant = &v, .gcc = &gcc };
	const struct package files = { .n = 0 };
	const char *out;
	char *text;
	json_t *o;

	for (; *which; which++)
		vec_push(a, &pv.depends, &depends[*which - '0']);
	o = json_loads(metadata_format(a, &plan, &pv, "_k_cuda_x", &files).p, 0, NULL);
	text = json_dumps(json_object_get(o, "toolchain"), JSON_COMPACT | JSON_SORT_KEYS);
	out = arena_strdup(a, text);
	free(text);
	json_decref(o);
	return out;
}

static void
test_depends(void **state)
{
#define BEGIN "{\"cuda\":\"13.0\","
#define END "\"gcc\":\"13.3\",%s\"policy\":\"manylinux_2_28\",\"torch\":\"2.11.0\"}"
	static const struct {
		const char *which, *cutlass, *other;
	} t[] = {
		{ "", "", "" },
		{ "0", "\"cutlass\":\"3.5.1\",", "" },
		{ "10", "\"cutlass\":[\"4.0.0\",\"3.5.1\"],", "" },
		{ "012", "\"cutlass\":[\"3.5.1\",\"4.0.0\",\"4.4.2\"],", "" },
		{ "32", "\"cutlass\":\"4.4.2\",", "\"other\":\"1.2\"," },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_string_equal(toolchain(&a, t[i].which),
			arena_printf(&a, BEGIN "%s" END, t[i].cutlass, t[i].other));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depends),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("metadata", tests, NULL, NULL);
}
