/* SPDX-License-Identifier: Apache-2.0 */
/* setup.py, read without running it: what expressions are worth, and which kernel comes of it. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "scaffold/scaffold.h"
#include "scaffold/script.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void
show(struct buf *out, const struct value *v)
{
	switch (v->kind) {
	case VALUE_TEXT:
		buf_addf(out, "'%s'", v->text);
		break;
	case VALUE_TRUTH:
		buf_adds(out, v->is_true ? "True" : "False");
		break;
	case VALUE_UNKNOWN:
		buf_adds(out, "?");
		break;
	default:
		buf_adds(out, v->kind == VALUE_LIST ? "[" : "{");
		for (size_t i = 0; i < v->items.n; i++) {
			buf_adds(out, i ? " " : "");
			show(out, v->items.v[i]);
		}
		buf_adds(out, v->kind == VALUE_LIST ? "]" : "}");
	}
}

/* What the last name of the text is worth, which stands alone in its last line. */
static void
test_values(void **state)
{
	static const struct {
		const char *text, *want;
	} t[] = { { "x = 'a' \"b\"\n", "'ab'" }, { "x = ['a'] + ['b', 'c']\n", "['a' 'b' 'c']" },
		{ "x = ('a',)\n", "['a']" }, { "x = ('a')\n", "'a'" },
		{ "x = {'k': ['a'], 'l': []}\n", "{'k' ['a'] 'l' []}" },
		{ "x = ['a']\nx += ['b']\nx.append('c')\nx.extend(['d'])\n", "['a' 'b' 'c' 'd']" },
		{ "x = {}\nx['k'] = ['a']\nx['k'] += ['b']\nx['k'].append('c')\n",
			"{'k' ['a' 'b' 'c']}" },
		{ "y = {'k': 'a'}\nx = y['k']\n", "'a'" }, { "x = 'a'\nx = 'b'\n", "'b'" },
		{ "x: list[str] = ['a']\n", "['a']" }, { "y = x = ['a']\n", "['a']" },
		{ "import os\nx = os.path.join('a', 'b', '..', 'c')\n", "'a/c'" },
		{ "x = Path(__file__).parent / 'csrc'\n", "'csrc'" },
		{ "d = os.path.dirname(os.path.abspath(__file__))\nx = os.path.join(d, 'c')\n",
			"'/@setup/c'" },
		{ "x = [os.path.join('d', f) for f in ['a', 'b']]\n", "['d/a' 'd/b']" },
		{ "x = [f for f in ['a'] if f]\n", "['a' ?]" },
		{ "x = '-O2 -g'.split()\n", "['-O2' '-g']" },
		/* conditions */
		{ "x = ['a']\nif sys.platform == 'win32':\n    x = ['b']\n", "['a']" },
		{ "x = ['a']\nif torch.version.hip:\n    x += ['b']\nelse:\n    x += ['c']\n",
			"['a' 'c']" },
		{ "if torch.version.hip is None and not False:\n    x = ['a']\nelse:\n    x = ['b']\n",
			"['a']" },
		{ "x = ['a']\nif f():\n    x += ['b']\n", "['a' 'b']" },
		{ "if f():\n    x = ['a', 'b']\nelse:\n    x = ['b', 'c']\n", "['a' 'b' 'c']" },
		{ "if f():\n    x = {'k': ['a']}\nelse:\n    x = {'k': ['b']}\n",
			"{'k' ['a' 'b']}" },
		{ "x = ['a']\nif os.getenv('X', '0') == '1': x.append('b')\n", "['a']" },
		{ "x = 'a' if CUDA_HOME is not None else 'b'\n", "'a'" },
		{ "x = os.environ.get('X') or 'd'\n", "'d'" },
		{ "x = []\nfor i in y:\n    x.append(i)\n", "[?]" },
		/* both branches, whatever they are */
		{ "x = ['a'] if f() else ['b']\n", "['a' 'b']" },
		{ "x = ['a', 'b' if f() else 'c']\n", "['a' 'b' 'c']" },
		{ "x = ['a', 'b' if f() else None]\n", "['a' 'b']" },
		{ "x = ['a'] if f() else g()\n", "['a' ?]" },
		{ "x = ['a']\nif f():\n    x = g()\n", "['a' ?]" },
		{ "x = g()\nif f():\n    x = ['a']\n", "[? 'a']" },
		{ "x = None\nif f():\n    x = ['a']\n", "['a']" },
		{ "x = ['a']\nif f():\n    x = None\n", "['a']" },
		{ "x = None\nif f():\n    x = g()\n", "?" },
		{ "x = {'k': ['a']}\nif f():\n    x = g()\n", "{'k' ['a'] ? ?}" },
		{ "y = {'k': ['a']}\nif f():\n    y = g()\nx = y['k']\n", "['a' ?]" },
		{ "x = ['a']\nif f():\n    x = {'k': ['b']}\n", "{'k' ['b'] ? ?}" },
		{ "x = {'k': ['a']}\nif f():\n    x['k'] = ['b']\n", "{'k' ['a' 'b']}" },
		{ "x = 'a' if f() else 'b'\n", "['a' 'b']" },
		{ "x = 'a' if f() else 'a'\n", "'a'" },
		{ "y = 'a' if f() else 'b'\nx = []\nx.append(y)\n", "['a' 'b']" },
		{ "y = 'a' if f() else 'b'\nx = os.path.join('d', y, 'e')\n", "['d/a/e' 'd/b/e']" },
		{ "y = 'a' if f() else g()\nx = ['d/' + y]\n", "['d/a' ?]" },
		{ "y = 'a' if f() else 'b'\nx = [Path(y).parent / y / 'c', y + y]\n",
			"['a/c' 'b/c' 'aa' 'ab' 'ba' 'bb']" },
		{ "y = 'a' if f() else 'b' if f() else 'c'\nx = y + y + y\n", "?" },
		{ "x = f() if h() else g()\n", "?" },
		{ "x = [('a', 'b') if f() else ('c', 'b')]\n", "[['a' 'b'] ['c' 'b']]" },
		{ "x = []\nx.append(('a', 'b') if f() else ('c', 'b'))\n",
			"[['a' 'b'] ['c' 'b']]" },
		{ "x = ['a', None]\nif f():\n    x = ['b']\n", "['a' False 'b']" },
		/* and what is asked of them stays open */
		{ "y = False\nif f():\n    y = True\nx = ['a'] if y else ['b']\n", "['a' 'b']" },
		{ "y = None\nif f():\n    y = 'c'\nx = ['a'] if y is None else ['b']\n",
			"['a' 'b']" },
		{ "y = 'c' if f() else 'd'\nx = ['a'] if y == 'c' else ['b']\n", "['a' 'b']" },
		{ "y = None\nif f():\n    y = ['c']\nx = ['a'] if y else ['b']\n", "['a' 'b']" },
		/* functions */
		{ "def f(x):\n    y = x\n    return y\nx = ['a']\n", "['a']" },
		{ "x = g(['a'])\n", "['a' ?]" }, { "x = f('a')\n", "?" }, { "x = f'{a}'\n", "?" },
		{ "x = x\n", "?" }, { "x = y\ny = x\n", "?" },
		{ "x = r'a\\b' 'c\\n'\n", "'a\\bc\n'" }, { "x = '''a'''\n", "'a'" } };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		CLEANUP(buf_free) struct buf out = { 0 };
		const char *text = arena_printf(&a, "%sx\n", t[i].text);
		struct script s;
		struct err e = { 0 };

		if (script_read(&a, ".", str_of(text), &s, &e) < 0)
			fail_msg("%s: %s", text, e.msg);
		/* behind the name: its line's end, and the text's */
		show(&out, script_value(&s, s.file.n_tokens - 3, s.file.n_tokens - 2));
		if (!streq(out.p, t[i].want))
			fail_msg("%s: %s, not %s", text, out.p, t[i].want);
	}
	arena_free(&a);
}

static const char *dir;

static void
put(struct arena *a, const char *name, const char *text)
{
	const char *path = path_join(a, dir, name);
	struct err e = { 0 };

	assert_return_code(fs_mkdirs_for(path, &e), 0);
	assert_return_code(fs_write_atomic(path, text, strlen(text), 0644, &e), 0);
}

static bool
has_note(const struct strs *notes, const char *text)
{
	for (size_t i = 0; i < notes->n; i++)
		if (strstr(notes->v[i], text))
			return true;
	return false;
}

static void
test_from(void **state)
{
	static const char *const wanted[] = {
		"setup.py:11:5: taken, but setup.py has it under: if f()",
		"setup.py:8:30: extra_compile_args of pkg._C: what threads() adds to its list is not moved",
		"setup.py:14:57: there is no file csrc/gone.cu; it is not moved",
		"setup.py:17:16: library foo of pkg._C is not moved",
		"setup.py:18:25: extra_link_args of pkg._C is not moved",
		"csrc/a.cpp:1: torch/extension.h brings pybind11",
		"csrc/a.cpp:4: move what PYBIND11_MODULE", "setup.py names no licence"
	};
	struct arena a = { 0 };
	struct scaffold s = { 0 };
	struct generated_set set;
	struct strs notes;
	struct project p;
	struct err e = { 0 };
	char *t;

	(void)state;
	assert_return_code(fs_mkdtemp(&a, "/tmp/script-test", &t, &e), 0);
	dir = t;
	put(&a, "setup.py",
		"import os\n"
		"from setuptools import setup\n"
		"from torch.utils.cpp_extension import CUDAExtension\n"
		"here = os.path.dirname(os.path.abspath(__file__))\n"
		"def extensions():\n"
		"    flags = ['-gencode', 'arch=compute_80,code=sm_80', '-gencode=arch=compute_90a,code=[sm_90a,compute_90a]']\n"
		"    args = {'cxx': ['-O3', '-std=c++17'],\n"
		"            'nvcc': ['-O3', *threads(['-lineinfo']), '-DX=\"y\"'] + flags}\n"
		"    kind = CUDAExtension\n"
		"    macros = [('A', None), ('B', '1')]\n"
		"    if f():\n"
		"        macros.append(('C', '2'))\n"
		"    return [kind('pkg._C',\n"
		"        ['csrc/a.cpp', os.path.join(here, 'csrc/a.cu'), 'csrc/gone.cu'],\n"
		"        include_dirs=[os.path.join(here, 'include')], define_macros=macros,\n"
		"        extra_compile_args=args, libraries=[\n"
		"               'foo', 'cublas'],\n"
		"        extra_link_args=['-s'])]\n"
		"setup(name='My_Pkg', ext_modules=extensions())\n");
	put(&a, "csrc/a.cpp",
		"#include <torch/extension.h>\n#include \"a.h\"\nvoid f();\nPYBIND11_MODULE(X, m) {\n  m.def(\"go\", &f);\n}\n");
	put(&a, "csrc/a.cu", "#include \"deep/b.h\"\n");
	put(&a, "csrc/a.h", "");
	put(&a, "include/deep/b.h", "#include \"c.h\"\n");
	put(&a, "include/deep/c.h", "");
	if (scaffold_from(&a, dir, NULL, &s, &set, &notes, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(s.name, "my-pkg");
	assert_string_equal(set.v[2].path, "torch-ext/my_pkg/__init__.py");
	assert_non_null(strstr(set.v[1].text.p, "go (csrc/a.cpp:5)"));
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!has_note(&notes, wanted[i]))
			fail_msg("no note \"%s\" in %s", wanted[i], set.v[0].text.p);
	assert_return_code(scaffold_add(&a, dir, &set, false, &e), 0);
	assert_int_equal(scaffold_add(&a, dir, &set, false, &e), -1);
	if (project_load(&a, dir, &p, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(p.n_kernels, 1);
	assert_string_equal(p.kernels[0].name, "_C");
	assert_int_equal(p.kernels[0].src.n, 5);
	assert_true(strs_has(&p.kernels[0].src, "include/deep/c.h"));
	assert_string_equal(p.kernels[0].include.v[0], "include");
	assert_int_equal(p.kernels[0].capabilities.n, 3);
	assert_string_equal(p.kernels[0].capabilities.v[2], "9.0a+PTX");
	assert_true(strs_has(&p.kernels[0].cuda_flags, "-DX=\"y\""));
	assert_true(strs_has(&p.kernels[0].cuda_flags, "-lineinfo"));
	assert_true(strs_has(&p.kernels[0].cxx_flags, "-DB=1"));
	assert_true(strs_has(&p.kernels[0].cxx_flags, "-DC=2"));
	assert_false(strs_has(&p.kernels[0].cxx_flags, "-std=c++17"));

	put(&a, "setup.py", "setup(name='x')\n");
	assert_int_equal(scaffold_from(&a, dir, NULL, &s, &set, &notes, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	put(&a, "setup.py", "setup(\n");
	assert_int_equal(scaffold_from(&a, dir, NULL, &s, &set, &notes, &e), -1);
	assert_non_null(strstr(e.msg, "setup.py:"));
	assert_return_code(fs_remove(dir, &e), 0);
	arena_free(&a);
}

static const char *
build_toml_of(struct arena *a, const char *setup, struct strs *notes)
{
	struct scaffold s = { 0 };
	struct generated_set set;
	struct err e = { 0 };

	put(a, "setup.py", setup);
	if (scaffold_from(a, dir, NULL, &s, &set, notes, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(set.v[0].path, "build.toml");
	return set.v[0].text.p;
}

/* Of each line of setup.py that adds something, and need not run, there is a note. */
static void
test_branches(void **state)
{
	static const char *const wanted[] = {
		"setup.py:1:17: taken, but setup.py has it under: if f()",
		"setup.py:2:8: taken, but setup.py has it under: else of: if f()",
		"setup.py:3:1: taken, but setup.py has it under: if g()",
		"setup.py:7:8: define_macros of k._C: which macro this is depends on a condition",
		"setup.py:6:33: taken, but setup.py has it under: if h()",
		"setup.py:13:12: extra_compile_args of k._C: more() is known only when setup.py runs",
		"setup.py:16:34: the licence of setup() depends on a condition; \"MIT\" is taken"
	};
	struct arena a = { 0 };
	struct strs notes;
	const char *text;
	struct project p;
	struct err e = { 0 };
	char *t;

	(void)state;
	assert_return_code(fs_mkdtemp(&a, "/tmp/script-test", &t, &e), 0);
	dir = t;
	put(&a, "a.cpp", "");
	put(&a, "b.cpp", "");
	text = build_toml_of(&a,
		"flags = ['-Da'] if f() \\\n"
		"       else ['-Db']\n"
		"if g():\n"
		"    flags = flags + ['-Dc']\n"
		"where = '.'\n"
		"macros = [('M', '1'), ('N', 'x' if h() else 'y')]\n"
		"one = ('O', '1')\n"
		"if g():\n"
		"    one = ('P', '1')\n"
		"macros.append(one)\n"
		"args = {'cxx': flags}\n"
		"if g():\n"
		"    args = more()\n"
		"load('k._C', ['a.cpp', 'b.cpp'], define_macros=macros,\n"
		"    extra_compile_args=args)\n"
		"setup(name='my-kernel', license=('MIT' if f() else 'BSD-3-Clause'))\n",
		&notes);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!has_note(&notes, wanted[i]))
			fail_msg("no note \"%s\" in %s", wanted[i], text);
	if (project_parse(&a, str_of(text), dir, false, &p, &e) < 0)
		fail_msg("%s\n%s", e.msg, text);
	for (const char *const *f = (const char *const[]){ "-DM=1", "-DN=x", "-DN=y", "-DO=1",
		     "-Da", "-Db", "-Dc", NULL };
		*f; f++)
		if (!strs_has(&p.kernels[0].cxx_flags, *f))
			fail_msg("no %s in %s", *f, text);
	assert_return_code(fs_remove(dir, &e), 0);
	arena_free(&a);
}

/* Sections of one name, and texts with line ends, make a build.toml all the same. */
static void
test_texts(void **state)
{
	struct arena a = { 0 };
	struct strs notes;
	struct scaffold s = { 0 };
	struct generated_set set;
	const char *text;
	struct project p;
	struct err e = { 0 };
	char *t;

	(void)state;
	assert_return_code(fs_mkdtemp(&a, "/tmp/script-test", &t, &e), 0);
	dir = t;
	put(&a, "a.cpp", "");
	text = build_toml_of(&a,
		"CppExtension('a._C', ['a.cpp'])\n"
		"CppExtension('b._C', ['a.cpp', 'no\\n[evil]\\n.cpp'])\n"
		"CppExtension('_C_2', ['a.cpp'])\n"
		"CppExtension('b-C', ['a.cpp'], extra_compile_args=['-DX=a\\nb\x1f\x7f'])\n"
		"CppExtension('', ['a.cpp'])\n"
		"setup(name='my-kernel')\n",
		&notes);
	if (project_parse(&a, str_of(text), dir, false, &p, &e) < 0)
		fail_msg("%s\n%s", e.msg, text);
	assert_int_equal(p.n_kernels, 5);
	for (size_t i = 0; i < 5; i++)
		assert_non_null(strstr(
			text, (const char *const[]){ "[kernel._C]", "[kernel._C_2]",
				      "[kernel._C_2_3]", "[kernel.b_C]", "[kernel.kernel]" }[i]));
	assert_non_null(strstr(text, "\"-DX=a\\u000Ab\\u001F\\u007F\""));
	assert_null(strstr(text, "\n[evil]"));
	assert_true(has_note(&notes, "no [evil] .cpp"));

	put(&a, "setup.py", "CppExtension('a', ['a.cpp'])\nsetup(name='My pkg')\n");
	assert_int_equal(scaffold_from(&a, dir, NULL, &s, &set, &notes, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_non_null(strstr(e.msg, "setup.py names it \"My pkg\": \"my pkg\" is not allowed"));
	assert_non_null(strstr(e.msg, "; --name gives another"));
	e = (struct err){ 0 };
	assert_int_equal(scaffold_from(&a, dir, "Bad", &s, &set, &notes, &e), -1);
	assert_null(strstr(e.msg, "--name gives"));
	assert_return_code(fs_remove(dir, &(struct err){ 0 }), 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_values),
		cmocka_unit_test(test_from), cmocka_unit_test(test_branches),
		cmocka_unit_test(test_texts) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
