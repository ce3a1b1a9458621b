/* SPDX-License-Identifier: Apache-2.0 */
/* What ptxas -v prints of kernels, the record, and which kernels spill that did not. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "engine/machine.h"
#include "resources/resources.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena mem;
/* As ptxas of CUDA 12.4 prints it. */
static const char printed[] =
	"ptxas info    : 0 bytes gmem\n"
	"ptxas info    : Compiling entry function '_Z3mixIfEvPT_' for 'sm_90a'\n"
	"ptxas info    : Function properties for _Z3mixIfEvPT_\n"
	"    288 bytes stack frame, 284 bytes spill stores, 280 bytes spill loads\n"
	"ptxas info    : Used 24 registers, 288 bytes cumulative stack size, 360 bytes cmem[0]\n"
	"ptxas info    : Function properties for helper\n"
	"    16 bytes stack frame, 12 bytes spill stores, 8 bytes spill loads\n"
	"ptxas info    : Compiling entry function '_Z5otherPf' for 'sm_90a'\n"
	"ptxas info    : Function properties for _Z5otherPf\n"
	"    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
	"ptxas info    : Used 10 registers, 1024 bytes smem, 360 bytes cmem[0]\n";

/* Lines for the record leave what a step printed; messages stay. */
static void
taken(void **state)
{
	static const char *const heads[] = { "ptxas info", "    " };
	struct strs told = { 0 };
	CLEANUP(buf_free) struct buf all = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };

	(void)state;
	vec_push(&mem, &told, heads[0]);
	vec_push(&mem, &told, heads[1]);
	buf_adds(&all, "ptxas warning : Stack size is unknown\n");
	buf_adds(&all, printed);
	buf_adds(&all, "ptxas warning : another, without an end");
	result_take_told(&told, &all, &out);
	assert_true(str_eq(buf_str(&out), STR(printed)));
	buf_addc(&all, 0);
	assert_string_equal(all.p,
		"ptxas warning : Stack size is unknown\nptxas warning : another, without an end");
}

static struct resources
some(void)
{
	static const struct {
		const char *arch, *name;
	} of[] = { { "8.0", "_Z3mixIfEvPT_" }, { "9.0a", "_Z3mixIfEvPT_" },
		{ "9.0a", "_Z5otherPf" }, { "9.0", "_Z5otherPf" } };
	struct resources out = { 0 };

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct resource r = { .arch = of[i].arch,
			.k = { .name = of[i].name, .registers = 20 + (unsigned)i, .stack = 88 } };

		vec_push(&mem, &out, r);
	}
	return out;
}

static void
told(void **state)
{
	struct resources r = some();

	(void)state;
	resources_add_told(&mem, STR(printed), "src/k.cu", &r);
	assert_false(r.v[0].k.knows_spills || r.v[0].source);
	assert_true(r.v[1].k.knows_spills && r.v[2].k.knows_spills);
	assert_string_equal(r.v[1].source, "src/k.cu");
	assert_int_equal(r.v[1].k.spill_stores, 284 + 12);
	assert_int_equal(r.v[1].k.spill_loads, 280 + 8);
	assert_int_equal(r.v[2].k.spill_stores, 0);
	assert_false(r.v[3].k.knows_spills);
	/* Another source's kernel of that name is another one. */
	resources_add_told(&mem, STR(printed), "src/other.cu", &r);
	assert_string_equal(r.v[1].source, "src/k.cu");
	assert_int_equal(r.v[1].k.spill_stores, 284 + 12);
	for (size_t n = 0; n < sizeof(printed); n++) {
		struct resources cut = some();

		resources_add_told(
			&mem, (struct str){ arena_strndup(&mem, printed, n), n }, "k.cu", &cut);
		assert_false(cut.v[0].k.knows_spills);
	}
}

static void
set_spills(struct resource *r, uint64_t bytes)
{
	r->k.knows_spills = true;
	r->k.spill_stores = bytes;
}

static void
record(void **state)
{
	struct digest library = sha256_of("x", 1), other = sha256_of("y", 1);
	struct resources r = some(), was = some(), back = { 0 };
	struct store *s;
	struct err e;
	char *home;

	(void)state;
	resources_add_told(&mem, STR(printed), "src/a b.cu", &r);
	was.n = 2;
	was.v[0].k.registers = 255;
	set_spills(&was.v[1], 12);
	resources_beside(&was, "/a base", &r);
	assert_int_equal(fs_mkdtemp(&mem, "/tmp/kb-resources", &home, &e), 0);
	assert_int_equal(store_open(home, false, &s, &e), 0);
	assert_int_equal(resources_get(&mem, s, "/build/v", &library, &back, &e), 0);
	assert_int_equal(resources_put(s, "/build/v", &library, &r, &e), 0);
	assert_int_equal(resources_get(&mem, s, "/build/v", &other, &back, &e), 0);
	assert_int_equal(resources_get(&mem, s, "/build/w", &library, &back, &e), 0);
	assert_int_equal(back.n, 0);
	assert_int_equal(resources_get(&mem, s, "/build/v", &library, &back, &e), 1);
	assert_int_equal(back.n, r.n);
	for (size_t i = 0; i < r.n; i++) {
		const struct resource *x = &r.v[i], *y = &back.v[i];

		assert_string_equal(x->arch, y->arch);
		assert_string_equal(x->k.name, y->k.name);
		assert_string_equal(x->source ? x->source : "-", y->source ? y->source : "-");
		assert_true(x->k.registers == y->k.registers && x->k.stack == y->k.stack &&
			    x->k.knows_spills == y->k.knows_spills &&
			    x->k.spill_stores == y->k.spill_stores &&
			    x->k.spill_loads == y->k.spill_loads);
	}
	assert_string_equal(back.beside, "/a base");
	assert_int_equal(back.v[0].was->registers, 255);
	assert_false(back.v[0].was->knows_spills);
	assert_int_equal(back.v[1].was->spill_stores, 12);
	assert_int_equal(back.v[1].was->stack, 88);
	assert_true(!back.v[2].was && !back.v[3].was);
	was.n = 0;
	resources_beside(&was, NULL, &r);
	assert_int_equal(resources_put(s, "/build/v", &library, &r, &e), 0);
	assert_int_equal(resources_get(&mem, s, "/build/v", &library, &back, &e), 1);
	assert_true(!back.beside && !back.v[0].was);
	store_close(s);
	assert_int_equal(fs_remove(home, &e), 0);
}

static size_t
count(const struct resources *before, const struct resources *now)
{
	struct resources_spills out = { 0 };

	resources_compare(&mem, before, now, &out);
	return out.n;
}

static void
compare(void **state)
{
	struct resources before = some(), now = some(), none = { 0 };
	struct resources_spills out = { 0 };

	(void)state;
	assert_int_equal(count(&before, &now), 0);
	set_spills(&now.v[1], 84);
	assert_int_equal(count(&before, &now), 0); /* what it did is not known */
	set_spills(&before.v[1], 0);
	resources_compare(&mem, &before, &now, &out);
	assert_int_equal(out.n, 1);
	now.v[1].source = "src/k.cu";
	assert_string_equal(resources_spill_text(&mem, &out.v[0]),
		"void mix<float>(float*) in src/k.cu spills registers for 9.0a, and did not: 84 bytes of stores, 0 of loads; 21 registers, before 21; stack of 88 bytes, before 88");
	assert_int_equal(count(&none, &now), 0); /* a new kernel */
	set_spills(&before.v[1], 4);
	assert_int_equal(count(&before, &now), 0); /* it did before */
	assert_int_equal(count(&now, &before), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(told),
		cmocka_unit_test(record),
		cmocka_unit_test(compare),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
