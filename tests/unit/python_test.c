/* SPDX-License-Identifier: Apache-2.0 */
/* Python: what parses, where it does not, and which registrations have a fixed name. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "check/registration.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_good(void **state)
{
	static const char *const rows[] = { "", "\n\n# x\n", "x", "\xef\xbb\xbfx = 1\r\ny = 2\r\n",
		"def f(a, b=1, /, c=2, *d: int, e, f=3, **g) -> int: return a\n",
		"def f(*, a, b=1, c): pass", "async def f():\n async with a as b, c: await d\n",
		"with (open(a) as b, open(c) as d,):\n pass\n", "with (a, b): pass",
		"with (a).b as c[0]: pass",
		"try:\n a\nexcept (A, B) as e: pass\nexcept: pass\nelse: b\nfinally: c\n",
		"try: a\nexcept* A: pass\n", "for a, *b.c in d, *e: break\nelse: pass\n",
		"while x := y(): continue\n", "if a: b; c\nelif d: e\nelse: f\n",
		"class A(B, metaclass=C): x: int = 1\n", "match = 1\nmatch(x)\nmatch[x] = case\n",
		"match x, *y:\n case [1, *_] if z: a\n case {'a': B.c, **d}: b\n",
		"match x:\n case A(1, b=-2+3j) | None as c: pass\n case (): pass\n case 'a' 'b', d: pass\n",
		"type X[T: int, *Ts, **P] = list[T]\n", "def f[T](x: T): pass",
		"type = 1; type.x = 2", "x = y = yield_ = [*a, b] + (c,)\n",
		"a, (b, [c, *d]) = e = f\n", "x += 1\nx.y @= z\n(x): int = 2\n",
		"[x for y in z if a if b for c in d]\n{**a, 'b': 1}\n{*a, b}\n{a: b for c in d}\nf(x for x in y)\n",
		"f(*a, b, *c, d=1, *e, **f)\n",
		"x[1:2, ::3, ..., *y] = lambda a, *b, c=1, **d: (yield)\n",
		"x = a if b else c if d else lambda: e\n",
		"not a in b is not c\nawaitx = -~+1 ** -2\n",
		"0x_fF + 0b1 + 0o17 + 1_000.5e-3j + .5 + 00\n", "1if x else 2\n",
		"@a.b(c)[d]\ndef f(): pass\n",
		"f'{a!r:>{b}} {{}} {c=} {d[\"e\"]:%Y-%m}' rf'\\d{x}' f'{a:=5}{b!=c}'\n",
		"f'{a['b']} {f\"{c}\"}'\n", "f'''{\na\n}'''\n",
		"f'\\N{DIGIT ONE}{x}' u'x' + Rb'y'[0]\n", "b'a' B\"b\" br'\\x'\n",
		"'''a\n\"b'''\n'c\\\nd'\n", "x = (1 +\n  2) \\\n + 3\n",
		"if a:\n\tb\n\n  # comment\n\tc\n", "if a:\n  if b:\n    c\nd\n", "\f\nx\n",
		"from . import a\nfrom ...b.c import (d as e, f,)\nfrom g import *\nimport a.b as c, d\n",
		"print >>f, x\n", "del a, b[c], (d, e)\nglobal_ = 1\nassert a, b\nraise A from B\n",
		"x: 'int'\n", "\xc3\xa9t\xc3\xa9 = '\xe2\x80\x9c'\n",
		"# coding: latin-1\nx = '\xe9'\n" };
	CLEANUP(arena_freep) struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct python_file f;
		struct err e;

		if (python_parse(&a, str_of(rows[i]), "m.py", &f, &e) < 0)
			fail_msg("%s: %s", rows[i], e.msg);
	}
}

static void
test_bad(void **state)
{
	static const struct {
		const char *text, *want; /* after "m.py:" */
	} rows[] = {
		{ "def f(:\n", "1:6: the bracket is not closed" },
		{ "def f(:)\n", "1:7: a name is missing, at :" },
		{ "x = 1\nif x:\ny = 2\n", "3:1: an indented block is missing, at y" },
		{ "x = 1\n  y = 2\n", "2:3: unexpected indentation, where the indentation grows" },
		{ "if a:\n    b\n  c\n", "3:3: the indentation matches no line above" },
		{ "if a:\n\tb\n        c\n", "3:9: tabs and spaces are mixed in the indentation" },
		{ "x = 'a\n", "1:5: the string is not closed" },
		{ "x = '''a\n", "1:5: the string is not closed" },
		{ "x = (1]\n", "1:7: the closing bracket does not match the opening one" },
		{ "x = 1)\n", "1:6: a closing bracket without an opening one" },
		{ "print 'x'\n", "1:7: the statement should have ended, at 'x'" },
		{ "try: a\nexcept A, e: b\n",
			"2:9: several exceptions need parentheses: except (A, B), at ," },
		{ "raise A, 'b'\n", "1:8: the statement should have ended, at ," },
		{ "x = 017\n", "1:5: a number must not begin with 0; octal is 0o17" },
		{ "x = 1a\n", "1:6: letters directly after a number" },
		{ "x = 10L\n", "1:7: letters directly after a number" },
		{ "x = a ? b : c\n", "1:7: a character that Python does not know here" },
		{ "x = \xe2\x80\x9c"
		  "a\xe2\x80\x9d\n",
			"1:5: Python does not allow this character here; use ASCII" },
		{ "f() = 1\n", "1:1: cannot assign to this, at f" },
		{ "a + b = 1\n", "1:1: cannot assign to this, at a" },
		{ "x = 1 = y\n", "1:5: cannot assign to this, at 1" },
		{ "a, b += c\n", "1:1: cannot assign to this, at a" },
		{ "None = 1\n", "1:1: cannot assign to this, at None" },
		{ "for f() in x: pass\n", "1:5: cannot assign to this, at f" },
		{ "for i in range(3)\n    pass\n", "1:18: ':' is missing, at the end of the line" },
		{ "if x = 1: pass\n", "1:6: ':' is missing, at =" },
		{ "return 1\n", "1:8: return outside a function, at 1" },
		{ "class A:\n  yield\n", "2:3: yield outside a function, at yield" },
		{ "if x: break\n", "1:7: break or continue outside a loop, at break" },
		{ "for x in y:\n def f(): continue\n",
			"2:11: break or continue outside a loop, at continue" },
		{ "f(a=1, b)\n", "1:8: a positional argument follows one with a keyword, at b" },
		{ "f(x for x in y, z)\n",
			"1:15: a generator among other arguments needs parentheses, at ," },
		{ "def f(a=1, b): pass\n",
			"1:13: a parameter without a default follows one with a default, at )" },
		{ "def f(*): pass\n", "1:8: a name must follow '*', at )" },
		{ "def f(**a, b): pass\n", "1:12: a parameter follows **, at b" },
		{ "x = [1, 2\ny = 3\n", "1:5: the bracket is not closed" },
		{ "x = {1: 2, 3}\n", "1:13: dictionary and set items are mixed, at }" },
		{ "x = (*a)\n", "1:8: a starred expression cannot stand alone, at )" },
		{ "x = a b\n", "1:7: the statement should have ended, at b" },
		{ "x = \n", "1:5: an expression is missing, at the end of the line" },
		{ "x = a if b\n", "1:11: 'else' is missing, at the end of the line" },
		{ "@f\nx = 1\n", "2:1: a function or class must follow a decorator, at x" },
		{ "try:\n  a\nb\n", "3:1: 'except' or 'finally' is missing, at b" },
		{ "else: a\n", "1:1: an expression is missing, at else" },
		{ "import a.b.\n", "1:12: a name is missing, at the end of the line" },
		{ "from a import\n", "1:14: a name is missing, at the end of the line" },
		{ "x = f'{a'\n", "1:9: " },
		{ "x = f'{}'\n", "1:8: an empty field in an f-string" },
		{ "x = f'}'\n", "1:7: a single } in an f-string" },
		{ "x = b'a' 'b'\n", "1:10: bytes and text literals cannot be joined, at 'b'" },
		{ "x = 1 \\ \n", "1:8: a backslash is not the last character of its line" },
		{ "x = '\xff'\n", "1:1: the text is not UTF-8" },
		{ "<<<<<<< HEAD\n", "1:1: an expression is missing, at <<" },
		{ "exec 'x'\n", "1:6: the statement should have ended, at 'x'" },
		{ "match x:\n case 1\n", "2:8: ':' is missing, at the end of the line" },
		{ "async x\n", "1:7: 'def', 'for' or 'with' must follow async, at x" },
		{ "def\n", "1:4: a name is missing, at the end of the line" },
		{ "class = 1\n", "1:7: a name is missing, at =" },
	};
	CLEANUP(arena_freep) struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct python_file f;
		struct err e = { 0 };
		int r = python_parse(&a, str_of(rows[i].text), "m.py", &f, &e);

		if (r == 0 || !str_has_prefix(e.msg, arena_printf(&a, "m.py:%s", rows[i].want)))
			fail_msg("%s: %d %s", rows[i].text, r, e.msg);
		assert_int_equal(e.code, ERR_CONFIG);
	}
}

/* Depth is bounded. */
static void
test_deep(void **state)
{
	static const char *const heads[] = { "(", "[", "-", "not ", "lambda: ", "a if b else ",
		"x[", "f(", "{", "f'{" };
	CLEANUP(arena_freep) struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		CLEANUP(buf_free) struct buf b = { 0 };
		struct python_file f;
		struct err e;

		for (int k = 0; k < 200000; k++)
			buf_adds(&b, heads[i]);
		assert_int_equal(python_parse(&a, buf_str(&b), "m.py", &f, &e), -1);
	}
}

static const char *
registered(struct arena *a, const char *text)
{
	struct registrations r = { 0 };
	struct python_file f;
	struct err e;
	const char *out = "";

	if (python_parse(a, str_of(text), "m.py", &f, &e) < 0)
		fail_msg("%s", e.msg);
	registrations_find(a, &f, &r);
	for (size_t i = 0; i < r.n; i++)
		out = arena_printf(a, "%s%s%u:%u", out, i ? " " : "", r.v[i].line, r.v[i].col);
	return out;
}

static void
test_registrations(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		/* what the original refuses */
		{ "@torch.library.register_fake('a::b')\ndef f(): pass", "1:2" },
		{ "@torch.library.custom_op(\n  \"a::b\", mutates_args=())\nclass F: pass", "1:2" },
		{ "@triton_op('a::b')\ndef f(): pass", "1:2" },
		{ "@x\n@register_vmap('a::b')\nasync def f(): pass", "2:2" },
		{ "@torch.library.register_torch_dispatch('a::b', M)\ndef f(): pass", "1:2" },
		{ "@torch.library.register_kernel('a::b', 'cpu')\ndef f(): pass", "1:2" },
		{ "@register_fake(NAME)\ndef f(): pass", "1:2" },
		{ "@custom_op(f'{ns}::b')\ndef f(): pass", "1:2" },
		{ "@custom_op('b')\ndef f(): pass", "1:2" },
		/* its holes: calls, elsewhere, by keyword, other names */
		{ "torch.library.custom_op('a::b', f, mutates_args=())", "1:1" },
		{ "if x:\n  @torch.library.register_fake('a::b')\n  def f(): pass", "2:4" },
		{ "def g():\n  torch.library.register_fake('a::b')(f)", "2:3" },
		{ "@torch.library.custom_op(name='a::b', mutates_args=())\ndef f(): pass", "1:2" },
		{ "@torch.library.custom_op(mutates_args=(), name='a::b')\ndef f(): pass", "1:2" },
		{ "torch.library.define('a::b', '(Tensor x) -> Tensor')", "1:1" },
		{ "@torch.library.impl('a::b', 'CPU')\ndef f(): pass", "1:2" },
		{ "@torch.library.impl_abstract(qualname='a::b')\ndef f(): pass", "1:2" },
		{ "lib = torch.library.Library('a', 'DEF')", "1:7" },
		{ "from torch.library import Library\nlib = Library('a', 'FRAGMENT')", "2:7" },
		{ "from torch.library import Library as L\nL(ns='a', kind='DEF')", "2:1" },
		{ "from torch.library import (custom_op as c, register_fake)\nc('a::b', f)",
			"2:1" },
		{ "import torch.library as tl\ntl.register_autograd('a::b', f)", "2:1" },
		{ "from torch import library as tl\ntl.define('a::b', '')", "2:1" },
		{ "from torch import library\nlibrary.impl('a::b', 'CPU', f)", "2:1" },
		{ "import torch as t\nt.library.define('a::b', '')", "2:1" },
		{ "reg = torch.library.register_fake\nreg('a::b')(f)", "2:1" },
		{ "NS = 'a'\ntorch.library.register_fake(NS + '::b', f)", "2:1" },
		{ "NS = 'a'\ntorch.library.register_fake(f'{NS}::b', f)", "2:1" },
		{ "NAME: str = 'a::b'\ntorch.library.register_fake(NAME, f)", "2:1" },
		{ "torch.library.register_fake(f'a::{x}', f)", "1:1" },
		{ "torch.library.register_fake('a::%s' % x, f)", "1:1" },
		{ "NS = 'a'\nlib = torch.library.Library(NS, 'DEF')", "2:7" },
		{ "with torch.library._scoped_library('a', 'DEF') as m: pass", "1:6" },
		/* right */
		{ "@torch.library.register_fake(add_op_namespace_prefix('b'))\ndef f(): pass", "" },
		{ "@torch.library.custom_op(_ops.add_op_namespace_prefix('b' + str(1)), mutates_args={'x'})\ndef f(): pass",
			"" },
		{ "from ._ops import add_op_namespace_prefix as p\n@triton_op(p('b'))\ndef f(): pass",
			"" },
		{ "N = add_op_namespace_prefix('b')\n@triton_op(N)\ndef f(): pass", "" },
		{ "p = _ops.add_op_namespace_prefix\n@triton_op(name=p('b'))\ndef f(): pass", "" },
		{ "@op.register_kernel('cpu')\ndef f(): pass", "" },
		{ "@op.register_fake\ndef f(): pass", "" },
		{ "op.register_autograd(f, setup_context=g)", "" },
		{ "def reg(op_name, fn):\n  torch.library.register_fake(op_name)(fn)", "" },
		{ "for n in ['a']:\n  @torch.library.register_fake(n)\n  def f(): pass", "" },
		{ "op = 'a::b'\ndef reg(op):\n  torch.library.register_fake(op)(f)", "" },
		{ "lib = Library(ops.__name__.split('.')[-1], 'FRAGMENT')\nlib.define('b() -> ()')\nlib.impl('b', f, 'CPU')",
			"" },
		{ "torch.library.Library(f'{ops.__name__[10:]}', 'DEF')", "" },
		{ "lib = torch.library.Library('aten', 'IMPL')", "" },
		{ "torch.library.impl('aten::add', 'CPU')(f)", "" },
		{ "s.define('a::b')\nx.impl('a::b')\nLibrary('books')\ndefine('a::b')", "" },
		{ "x = \"torch.library.custom_op('a::b')\" # torch.library.define('a::b')", "" },
		{ "def register_fake(x): return x\nclass custom_op: pass", "" },
		{ "torch.library.register_fake()", "" },
		{ "NS = 'a'\nNS = g()\ntorch.library.register_fake(NS + '::b', f)", "" },
	};
	CLEANUP(arena_freep) struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *got = registered(&a, rows[i].text);

		if (!streq(got, rows[i].want))
			fail_msg("%s: \"%s\", not \"%s\"", rows[i].text, got, rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_deep), cmocka_unit_test(test_registrations) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("python", tests, NULL, NULL);
}
