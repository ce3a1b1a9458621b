/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hints for real outputs of the compilers: one file in tests/cases/explain for each case.
 *
 *     == VARIANT STATUS      of the step that failed
 *     == kernel              what stands in [kernel.k]; more sections may follow
 *     == file PATH           a file of the kernel's directory, listed or not
 *     == empty PATH          a directory in which there is nothing
 *     == version NAME V      the C library has NAME with this version
 *     == argv WORD...        of the step
 *     == output              what the step said
 *     == hints               what the user is told
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "explain/explain.h"
#include "explain/inside.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char general[] =
	"[general]\nname = \"probe\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\nbackends = [\"cpu\", \"cuda\"]\n"
	"[torch]\nsrc = [\"torch-ext/b.cpp\"]\n[kernel.k]\n";

struct test {
	const char *variant, *status;
	struct str kernel, output, hints;
	VEC(struct explain_file) files;
	struct strs empty, versions, argv; /* versions: name, version, name, ... */
};

static struct str
word(struct str *rest)
{
	struct str w = { 0 };

	while (str_cut(rest, ' ', &w) && w.n == 0)
		;
	return w;
}

static const char *
text(struct arena *a, struct str s)
{
	return arena_strndup(a, s.p, s.n);
}

/* Up to the next line that begins with "== ". */
static struct str
body(struct str *rest)
{
	struct str out = { rest->p, 0 }, line, next = *rest;

	while (next.n && !str_starts(next, STR("== "))) {
		assert_true(str_cut(&next, '\n', &line));
		out.n = (size_t)(next.p - out.p);
	}
	if (next.n == 0)
		out.n = rest->n;
	*rest = next;
	return out;
}

static void
read_part(struct arena *a, struct str head, struct str *rest, struct test *t)
{
	struct str kind = word(&head), w;

	if (str_eq(kind, STR("kernel"))) {
		t->kernel = body(rest);
	} else if (str_eq(kind, STR("file"))) {
		struct explain_file f = { .path = text(a, word(&head)), .text = body(rest) };
		vec_push(a, &t->files, f);
	} else if (str_eq(kind, STR("empty"))) {
		vec_push(a, &t->empty, text(a, word(&head)));
	} else if (str_eq(kind, STR("version"))) {
		vec_push(a, &t->versions, text(a, word(&head)));
		vec_push(a, &t->versions, text(a, word(&head)));
	} else if (str_eq(kind, STR("argv"))) {
		while ((w = word(&head)).n)
			vec_push(a, &t->argv, text(a, w));
	} else if (str_eq(kind, STR("output"))) {
		t->output = body(rest);
	} else if (str_eq(kind, STR("hints"))) {
		t->hints = body(rest);
	} else {
		t->variant = text(a, kind);
		t->status = text(a, word(&head));
	}
}

static const char *
version_of(void *arg, const struct step *link, const char *symbol)
{
	const struct strs *v = arg;

	(void)link;
	for (size_t i = 0; i + 1 < v->n; i += 2)
		if (streq(v->v[i], symbol))
			return v->v[i + 1];
	return NULL;
}

static int
cmp(const void *x, const void *y)
{
	return strcmp(
		((const struct explain_file *)x)->path, ((const struct explain_file *)y)->path);
}

static const char *
hints_of(struct arena *a, struct test *t, const struct catalog *c)
{
	struct err e = { 0 };
	struct project p;
	struct selection sel = { .matrix = "all" };
	struct resolution r;
	struct strs hints = { 0 };
	struct step s = { .kind = STEP_CXX, .argv = t->argv };
	struct explain_facts f = {
		.project = &p, .empty_dirs = t->empty, .version_of = version_of, .arg = &t->versions
	};
	struct explain_failure x = { .step = &s, .output = t->output, .status = atoi(t->status) };
	const char *toml = arena_printf(a, "%s%.*s", general, (int)t->kernel.n, t->kernel.p),
		   *out = "";

	if (project_parse(a, str_of(toml), "/k", false, &p, &e) < 0)
		fail_msg("%s", e.msg);
	vec_push(a, &sel.variants, t->variant);
	if (resolve_variants(a, &p, c, &sel, &r, &e) < 0)
		fail_msg("%s", e.msg);
	s.variant = &r.v[0];
	if (t->files.n)
		qsort(t->files.v, t->files.n, sizeof(*t->files.v), cmp);
	f.files = t->files.v;
	f.n_files = t->files.n;
	explain_step(a, &f, &x, &hints);
	for (size_t i = 0; i < hints.n; i++)
		out = arena_printf(a, "%s%s\n", out, hints.v[i]);
	return out;
}

static void
test_cases(void **state)
{
	static const char dir[] = KB_ROOT "/tests/cases/explain";
	struct arena a = { 0 };
	struct catalog c;
	struct strs names;
	struct err e = { 0 };
	size_t bad = 0;

	(void)state;
	assert_int_equal(catalog_load(&a, NULL, &c, &e), 0);
	assert_int_equal(fs_list(&a, dir, &names, &e), 0);
	assert_true(names.n > 50);
	for (size_t i = 0; i < names.n; i++) {
		struct test t = { 0 };
		struct str rest, line;
		const char *got;

		assert_int_equal(
			fs_read(&a, path_join(&a, dir, names.v[i]), SIZE_MAX, &rest, &e), 0);
		while (str_cut(&rest, '\n', &line))
			if (str_starts(line, STR("== ")))
				read_part(&a, (struct str){ line.p + 3, line.n - 3 }, &rest, &t);
		got = hints_of(&a, &t, &c);
		if (!str_eq(str_of(got), t.hints)) {
			print_message("%s: got\n%s", names.v[i], got);
			bad++;
		}
	}
	arena_free(&a);
	assert_int_equal(bad, 0);
}

static void
test_symbols(void **state)
{
	static const struct {
		const char *raw, *base, *qualified;
		bool is_function, is_template, is_table;
	} t[] = {
		{ "gettid", "gettid", "gettid", false, false, false },
		{ "helper(float*, long)", "helper", "helper", true, false, false },
		{ "void deep::helper<float>(float*, long)", "helper", "deep::helper", true, true,
			false },
		{ "long long* at::TensorBase::data_ptr<long long>() const", "data_ptr",
			"at::TensorBase::data_ptr", true, true, false },
		{ "_ZN4deep6helperEPf", "helper", "deep::helper", true, false, false },
		{ "_Z6helperf", "helper", "helper", true, false, false },
		{ "vtable for ns::Base", "Base", "ns::Base", false, false, true },
		{ "typeinfo for Box<int>", "Box", "Box", false, false, true },
		{ "Base::~Base()", "~Base", "Base::~Base", true, false, false },
		{ "Box<int>::get(std::function<void (int)>)", "get", "Box::get", true, false,
			false },
		{ "ns::count[abi:cxx11]", "count", "ns::count", false, false, false },
		{ "f(int) [clone .cold]", "f", "f", true, false, false },
		{ "", "", "", false, false, false },
		{ ")", "", "", false, false, false },
		{ "(anonymous namespace)::f()", "f", "f", true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct arena a = { 0 };
		struct symbol s;

		symbol_read(&a, str_of(t[i].raw), &s);
		assert_string_equal(s.base, t[i].base);
		assert_string_equal(s.qualified, t[i].qualified);
		assert_int_equal(s.is_function, t[i].is_function);
		assert_int_equal(s.is_template, t[i].is_template);
		assert_int_equal(s.is_table, t[i].is_table);
		arena_free(&a);
	}
}

/* Definitions of f: line, name, what else; "" when there is none. */
static void
test_definitions(void **state)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{ "int f(int x) { return x; }", "1 f" },
		{ "int f(int x);\nint g() { return f(1); }", "" },
		{ "// int f() { }\n/* int f() { } */ const char *s = \"int f() { }\";", "" },
		{ "namespace a { namespace b {\nint f()\n{ } } }", "2 a::b::f" },
		{ "namespace a::b { int f() { } }", "1 a::b::f" },
		{ "namespace { int f() { } }", "1 f static" },
		{ "static inline\nint f() { }", "2 f static" },
		{ "extern \"C\" int f() { }", "1 f c" },
		{ "extern \"C\" {\nint f() { }\n}", "2 f c" },
		{ "template <class T>\nvoid f(T x) { }", "2 f template" },
		{ "template <> void f<int>(int x) { }", "1 f template" },
		{ "int C::f() const noexcept { return 1; }", "1 C::f" },
		{ "struct C { int f() { return 1; } };", "1 C::f" },
		{ "C::C() : f(1) { }", "" },
		{ "#ifndef H\n#define H\nint f() { }\n#endif", "3 f" },
		{ "#ifdef X\nint f() { }\n#else\nint f(int) { }\n#endif\nint g() { }",
			"2 f if; 4 f if" },
		{ "#if X\nvoid g() {\n#else\nvoid g(int) {\n#endif\n}\nint f() { }", "7 f" },
		{ "#define M(x) \\\n\tint f() { }\nint y;", "" },
		{ "int fg() { } int gf() { } int f_() { }", "" },
		{ "int x = '{'; int f() { }", "1 f" },
		{ "int x = 1'000; int f() { }", "1 f" },
		{ "__global__ void __launch_bounds__(256) f(float *p) { }", "1 f" },
		{ "int f(", "" },
		{ "f", "" },
		{ "}}}} int f() { }", "1 f" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct arena a = { 0 };
		const struct explain_file file = { .path = "x.cpp", .text = str_of(t[i].text) };
		struct places found = { 0 };
		const char *got = "";

		find_in_file(&a, &file, STR("f"), &found);
		for (size_t k = 0; k < found.n; k++) {
			const struct place *p = &found.v[k];

			got = arena_printf(&a, "%s%s%u %s%s%s%s%s", got, k ? "; " : "", p->line,
				p->name, p->is_static ? " static" : "", p->is_c ? " c" : "",
				p->is_template ? " template" : "", p->condition ? " if" : "");
		}
		assert_string_equal(got, t[i].want);
		arena_free(&a);
	}
}

static void
test_errors(void **state)
{
	static const struct {
		enum err_code code;
		const char *msg, *want; /* part of the hint; NULL: none */
	} t[] = {
		{ ERR_NET,
			"fetch wheel x: http://h/: Could not resolve host: h (given up after 5 attempts)",
			"network" },
		{ ERR_NET, "fetch wheel x: x is not in /mirror", "no longer has this file" },
		{ ERR_SYS, "fetch wheel x: a.h: write: No space left on device", "make room" },
		{ ERR_SYS, "mnt/build cannot be written: Read-only file system", "--output" },
		{ ERR_CONFIG, "k/build.toml: there is no file \"timed out\"", NULL },
		{ ERR_HASH, "x has another hash", NULL },
		{ ERR_NET, "cannot reach http://h: Connection refused; look at HF_ENDPOINT", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err e = { .code = t[i].code };
		const char *got;

		snprintf(e.msg, sizeof(e.msg), "%s", t[i].msg);
		got = explain_error(&e);
		if (!t[i].want)
			assert_null(got);
		else if (!got || !strstr(got, t[i].want))
			fail_msg("%s: %s", t[i].msg, got ? got : "no hint");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_definitions),
		cmocka_unit_test(test_errors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
