/* SPDX-License-Identifier: Apache-2.0 */
/* resolve/policy.h, and the data that it reads. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "formats/toml.h"
#include "resolve/policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_judge(void **state)
{
	static const struct {
		const char *policy, *machine, *version;
		enum version_verdict want;
	} rows[] = {
		{ "manylinux_2_28", "x86_64", "GLIBC_2.2.5", VERSION_ALLOWED },
		{ "manylinux_2_28", "x86_64", "GLIBC_2.28", VERSION_ALLOWED },
		{ "manylinux_2_28", "x86_64", "GLIBC_2.29", VERSION_TOO_NEW },
		{ "manylinux_2_28", "x86_64", "GLIBC_2.3", VERSION_ALLOWED },
		{ "manylinux_2_28", "x86_64", "GLIBC_PRIVATE", VERSION_TOO_NEW },
		{ "manylinux_2_28", "x86_64", "GLIBC_ABI_DT_RELR", VERSION_TOO_NEW },
		{ "manylinux_2_36", "x86_64", "GLIBC_ABI_DT_RELR", VERSION_ALLOWED },
		{ "manylinux_2_28", "x86_64", "GLIBCXX_3.4.24", VERSION_ALLOWED },
		{ "manylinux_2_28", "x86_64", "GLIBCXX_3.4.25", VERSION_TOO_NEW },
		{ "manylinux_2_34", "x86_64", "GLIBCXX_3.4.29", VERSION_ALLOWED },
		{ "manylinux_2_28", "x86_64", "CXXABI_FLOAT128", VERSION_ALLOWED },
		{ "manylinux_2_28", "x86_64", "CXXABI_TM_1", VERSION_ALLOWED },
		{ "manylinux_2_28", "aarch64", "CXXABI_FLOAT128", VERSION_TOO_NEW },
		{ "manylinux_2_28", "aarch64", "GLIBC_2.2.5", VERSION_TOO_NEW },
		{ "manylinux_2_28", "aarch64", "GLIBC_2.17", VERSION_ALLOWED },
		{ "manylinux_2_17", "x86_64", "CXXABI_1.3.7", VERSION_ALLOWED },
		{ "manylinux_2_17", "x86_64", "CXXABI_1.3.8", VERSION_TOO_NEW },
		{ "manylinux2014", "x86_64", "GLIBC_2.18", VERSION_TOO_NEW },
		{ "manylinux_2_5", "x86_64", "LIBATOMIC_1.0", VERSION_TOO_NEW },
		{ "manylinux_2_28", "x86_64", "CUDART_1.0", VERSION_UNKNOWN },
		{ "manylinux_2_28", "x86_64", "GOMP_4.0", VERSION_UNKNOWN },
		{ "manylinux_2_28", "x86_64", "libcudart.so.12", VERSION_UNKNOWN },
		{ "manylinux_2_28", "x86_64", "", VERSION_UNKNOWN },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena a = { 0 };
		const struct manylinux *p;
		struct err e;

		if (manylinux_load(&a, rows[i].policy, rows[i].machine, &p, &e) < 0)
			fail_msg("%s", e.msg);
		if (manylinux_judge(p, rows[i].version) != rows[i].want)
			fail_msg("%s %s %s: %d", rows[i].policy, rows[i].machine, rows[i].version,
				manylinux_judge(p, rows[i].version));
		arena_free(&a);
	}
}

static void
test_load(void **state)
{
	struct arena a = { 0 };
	const struct manylinux *p;
	struct err e;

	(void)state;
	assert_int_equal(manylinux_load(&a, "manylinux_2_28", "x86_64", &p, &e), 0);
	assert_string_equal(manylinux_newest(p, "GLIBC"), "2.28");
	assert_string_equal(manylinux_newest(p, "GLIBCXX"), "3.4.24");
	assert_string_equal(manylinux_newest(p, "CXXABI"), "1.3.11");
	assert_string_equal(manylinux_newest(p, "GCC"), "7.0.0");
	assert_null(manylinux_newest(p, "CUDART"));
	assert_true(manylinux_has_library(p, "libpthread.so.0"));
	assert_true(manylinux_has_library(p, "libmvec.so.1"));
	assert_true(manylinux_has_library(p, "ld-linux-x86-64.so.2"));
	assert_false(manylinux_has_library(p, "ld-linux-aarch64.so.1"));
	assert_false(manylinux_has_library(p, "libgomp.so.1"));
	assert_false(manylinux_has_library(p, "libpthread.so"));
	assert_int_equal(manylinux_load(&a, "manylinux_2_17", "x86_64", &p, &e), 0);
	assert_false(manylinux_has_library(p, "libmvec.so.1"));
	assert_int_equal(manylinux_load(&a, "manylinux_2_41", "aarch64", &p, &e), 0);
	assert_string_equal(manylinux_newest(p, "GLIBC"), "2.41");
	assert_true(manylinux_has_library(p, "ld-linux-aarch64.so.1"));

	assert_int_equal(manylinux_load(&a, "manylinux_2_29", "x86_64", &p, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_non_null(strstr(e.msg, "manylinux_2_5, manylinux_2_12, "));
	/* aarch64 is younger than the first policies. */
	assert_int_equal(manylinux_load(&a, "manylinux_2_12", "aarch64", &p, &e), -1);
	assert_null(strstr(e.msg, "manylinux_2_5"));
	assert_non_null(strstr(e.msg, "manylinux_2_17, "));
	for (size_t i = 0; i < 5; i++) {
		static const char *const bad[] = { "riscv64", "", "format", "alias", "libraries" };

		assert_int_equal(manylinux_load(&a, "manylinux_2_28", bad[i], &p, &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
	}
	arena_free(&a);
}

static void
test_abi3(void **state)
{
	static const struct {
		const char *symbol;
		unsigned minor; /* 0: not in there */
	} rows[] = {
		{ "PyModule_Create2", 2 },
		{ "PyObject_GenericGetDict", 10 },
		{ "PyUnicode_AsUTF8AndSize", 10 },
		{ "PyModule_GetNameObject", 7 },
		{ "PyObject_Vectorcall", 12 },
		{ "PyLong_AsInt32", 14 },
		{ "_Py_NoneStruct", 2 },
		{ "_Py_Dealloc", 2 },
		{ "PyType_Type", 2 },
		{ "Py_Version", 11 },
		{ "PyUnicode_New", 0 },
		{ "PyUnicode_AsUTF8", 0 },
		{ "_PyObject_GC_New", 2 },
		{ "PyOS_AfterFork_Child", 7 },
		{ "PyErr_SetFromWindowsErr", 0 },
		{ "_Py_RefTotal", 0 },
		{ "PyModule_Create", 0 },
		{ "yModule_Create2", 0 },
		{ "PyModule_Create2 ", 0 },
		{ "", 0 },
		{ "[function]", 0 },
		{ "# Made", 0 },
		{ "\n", 0 },
	};
	struct version v;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool in = abi3_added(rows[i].symbol, &v);

		if (in != (rows[i].minor != 0) || (in && (v.v[0] != 3 || v.v[1] != rows[i].minor)))
			fail_msg("%s: %d, 3.%u", rows[i].symbol, in, in ? v.v[1] : 0);
	}
}

static const struct abi3_symbol *
find(const struct abi3_symbol *s, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(s[i].name, name))
			return &s[i];
	return NULL;
}

static void
test_abi3_symbols(void **state)
{
	const struct version v39 = { { 3, 9 }, 2 }, v32 = { { 3, 2 }, 2 }, v31 = { { 3, 1 }, 2 };
	struct arena a = { 0 };
	struct abi3_symbol *s, *old;
	struct version v;
	size_t n, n_old;
	struct err e;

	(void)state;
	assert_int_equal(abi3_symbols(&a, &v39, &s, &n, &e), 0);
	assert_int_equal(abi3_symbols(&a, &v32, &old, &n_old, &e), 0);
	assert_in_range(n_old, 600, n - 1);
	assert_in_range(n, 650, 900);
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || strcmp(s[i - 1].name, s[i].name) < 0);
		assert_true(abi3_added(s[i].name, &v));
		assert_true(version_cmp(&v, &v39) <= 0);
	}
	assert_false(find(s, n, "PyModule_Create2")->is_data);
	assert_true(find(s, n, "PyExc_ValueError")->is_data);
	assert_true(find(s, n, "_Py_NoneStruct")->is_data);
	assert_null(find(s, n, "PyObject_Vectorcall"));
	assert_non_null(find(s, n, "PyInterpreterState_Get"));
	assert_null(find(old, n_old, "PyInterpreterState_Get"));
	assert_int_equal(abi3_symbols(&a, &v31, &s, &n, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	arena_free(&a);
}

/* The look-up reads the files as text. All that a TOML parser sees in them must be found that way.
 */
static void
test_tables_are_toml(void **state)
{
	static const struct {
		const char *file;
		bool (*added)(const char *, struct version *);
		size_t least;
	} rows[] = { { "data/abi3.toml", abi3_added, 900 },
		{ "data/torch-shims.toml", torch_shim_added, 130 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct arena a = { 0 };
		struct toml root;
		struct str text;
		struct err e;
		size_t n = 0;

		assert_int_equal(fs_read(&a, rows[i].file, 1 << 20, &text, &e), 0);
		assert_int_equal(toml_parse(&a, text, rows[i].file, &root, &e), 0);
		for (size_t k = 0; k < root.n; k++)
			for (size_t s = 0; s < root.pair[k].val.n; s++, n++) {
				const struct toml_pair *p = &root.pair[k].val.pair[s];
				struct version want, got;

				assert_true(version_parse(p->val.s, &want));
				assert_true(rows[i].added(p->key.p, &got));
				assert_int_equal(version_cmp(&want, &got), 0);
			}
		assert_true(n >= rows[i].least);
		arena_free(&a);
	}
}

static void
test_shims(void **state)
{
	struct version v;

	(void)state;
	assert_true(torch_shim_added("torch_call_dispatcher", &v));
	assert_int_equal(v.v[0] * 100 + v.v[1], 210);
	assert_true(torch_shim_added("torch_from_blob", &v));
	assert_int_equal(v.v[0] * 100 + v.v[1], 211);
	assert_true(torch_shim_added("torch_tensor_to_pyobject", &v));
	assert_int_equal(v.v[0] * 100 + v.v[1], 214);
	assert_false(torch_shim_added("aoti_torch_delete_tensor_object", &v));
	assert_false(torch_shim_added("torch_call", &v));
	assert_false(torch_shim_added("", &v));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_abi3),
		cmocka_unit_test(test_abi3_symbols),
		cmocka_unit_test(test_tables_are_toml),
		cmocka_unit_test(test_shims),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
