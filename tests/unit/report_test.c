/* SPDX-License-Identifier: Apache-2.0 */
/* What a build keeps of itself, the sums of it, and the page. */
#include "base/arena.h"
#include "report/chart.h"
#include "report/figures.h"
#include "report/html.h"
#include "report/report.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define EVIL "<script>alert('x')</script>&\"\x01"
#define ESCAPED "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;&#xFFFD;"

static struct arena a;
static struct last_build b;
static struct findings none;
static struct variant_kernels kernels[4];
static bool lists_all;

static struct last_step
step(double begin, double end, uint64_t mib, unsigned job, const char *kind, const char *label)
{
	return (struct last_step){ .begin = begin,
		.end = end,
		.cpu = (end - begin) / 2,
		.peak = mib << 20,
		.job = job,
		.kind = kind,
		.variant = "v1",
		.reason = "src/a.h changed",
		.label = label };
}

static int
set_up(void **state)
{
	(void)state;
	memset(kernels, 0, sizeof(kernels));
	lists_all = false;
	b = (struct last_build){ .kernel = "relu",
		.program = "1",
		.output = "/k/build",
		.options = "--torch 2.11",
		.machine = "Linux x86_64, 2 cores",
		.error = "",
		.began = 1700000000,
		.seconds = 10,
		.jobs = 2,
		.memory = (uint64_t)8 << 30 };
	vec_push(&a, &b.variants, (struct last_variant){ "v1", LAST_VARIANT_WRITTEN });
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void
add_steps(void)
{
	vec_push(&a, &b.phases, (struct last_phase){ 0, 1, "plan" });
	vec_push(&a, &b.phases, (struct last_phase){ 1, 10, "run" });
	vec_push(&a, &b.steps, step(1, 3, 100, 0, "preprocess", "a.cu: g++ -E 80"));
	vec_push(&a, &b.steps, step(1, 5, 300, 1, "cicc", "a.cu: cicc 80, slim"));
	vec_push(&a, &b.steps, step(3, 4, 50, 0, "preprocess", "a.cu: g++ -E 90"));
	vec_push(&a, &b.steps, step(5, 9, 200, 1, "cicc", "a.cu: cicc 90a, slim"));
	vec_push(&a, &b.steps, step(9, 10, 10, 0, "link", "_relu.abi3.so"));
	b.steps.v[4].reason = "";
	b.steps.v[3].how = LAST_FAR;
	for (size_t i = 0; i < 5; i++)
		last_build_count(&a, &b, LAST_DID_RUN, b.steps.v[i].kind, "v1");
	last_build_count(&a, &b, LAST_HIT, "cicc", "v1");
	last_build_count(&a, &b, LAST_CHOICE, "choose", "v1");
}

static char *
page(void)
{
	struct variant_size sizes[4] = { 0 };
	const struct report r = { .last = &b,
		.sizes = sizes,
		.kernels = kernels,
		.findings = b.findings.n ? &b.findings : &none,
		.n_checked = 1,
		.lists_all = lists_all };
	struct buf out = { 0 };
	char *text;

	report_page(&r, &out);
	text = arena_strndup(&a, out.p, out.n);
	buf_free(&out);
	return text;
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void
test_record(void **state)
{
	struct buf text = { 0 }, again = { 0 };
	struct last_build r;
	struct str cut;

	(void)state;
	add_steps();
	b.error = "one\ntwo";
	b.files.bytes = 30;
	vec_push(&a, &b.files, (struct last_file){ "torch x.whl", 20 });
	vec_push(&a, &b.findings,
		(struct finding){ .severity = SEVERITY_WARNING,
			.rule = "archs",
			.variant = "v1",
			.file = "x.so",
			.message = "a\tb" });
	vec_push(&a, &b.failures, "FAILED: x\nhint: y\n");
	last_build_write(&b, &text);
	assert_true(last_build_read(&a, buf_str(&text), &r));
	assert_string_equal(r.error, "one two");
	assert_string_equal(r.options, "--torch 2.11");
	assert_int_equal(r.steps.n, 5);
	assert_string_equal(r.steps.v[1].label, "a.cu: cicc 80, slim");
	assert_string_equal(r.steps.v[1].variant, "v1");
	assert_string_equal(r.steps.v[4].reason, "");
	assert_int_equal(r.steps.v[3].how, LAST_FAR);
	assert_int_equal(r.counts.n, 5 - 2 + 2);
	assert_int_equal(r.files.bytes, 30);
	assert_string_equal(r.files.v[0].name, "torch x.whl");
	assert_string_equal(r.findings.v[0].message, "a\tb");
	assert_string_equal(r.failures.v[0], "FAILED: x\nhint: y\n");
	assert_null(r.findings.v[0].advice);

	/* The record of what was read is the same. */
	last_build_write(&r, &again);
	assert_true(str_eq(buf_str(&text), buf_str(&again)));

	/* Cut anywhere, or with another byte, it is none. */
	for (cut = buf_str(&text); cut.n-- > 0;)
		assert_false(last_build_read(&a, cut, &r));
	for (size_t i = 0; i < text.n; i++) {
		text.p[i] ^= 1;
		assert_false(last_build_read(&a, buf_str(&text), &r));
		text.p[i] ^= 1;
	}
	buf_free(&text);
	buf_free(&again);
}

static void
test_figures(void **state)
{
	struct figures f;
	uint64_t most[10];
	double cpu = 0;
	size_t n = 0;

	(void)state;
	add_steps();
	figures_make(&a, &b, &f);
	assert_int_equal(f.ran, 5);
	assert_int_equal(f.planned, 7);
	assert_int_equal(f.of[LAST_DID_RUN], 5);
	assert_int_equal(f.of[LAST_HIT], 1);
	assert_int_equal(f.lanes, 2);
	assert_int_equal(f.variants[LAST_VARIANT_WRITTEN], 1);
	assert_true(f.seconds > 11.9 && f.seconds < 12.1);

	/* Architectures do not part tasks, and the parts are the whole. */
	assert_int_equal(f.tasks.n, 3);
	assert_string_equal(f.tasks.v[0].name, "cicc, slim");
	assert_int_equal(f.tasks.v[0].n, 2);
	assert_int_equal(f.tasks.v[0].work, WORK_DEVICE);
	assert_string_equal(f.tasks.v[1].name, "g++ -E");
	assert_string_equal(f.tasks.v[2].name, "ld");
	for (size_t i = 0; i < f.tasks.n; i++) {
		cpu += f.tasks.v[i].cpu;
		n += f.tasks.v[i].n;
	}
	assert_int_equal(n, 5);
	assert_true(cpu > f.cpu - 1e-9 && cpu < f.cpu + 1e-9);
	assert_int_equal(f.causes.n, 2);
	assert_int_equal(f.causes.v[0].n + f.causes.v[1].n, 5);

	/* Of equally slow ones, the first. */
	assert_ptr_equal(f.slowest[0], &b.steps.v[1]);
	assert_ptr_equal(f.slowest[1], &b.steps.v[3]);

	/* The one on the server takes nothing here, but is the largest but one. */
	assert_ptr_equal(f.largest, &b.steps.v[1]);
	assert_int_equal(f.together, (uint64_t)400 << 20);
	figures_memory(&b, most, 10);
	assert_int_equal(most[0], 0);
	assert_int_equal(most[1], (uint64_t)400 << 20);
	assert_int_equal(most[4], (uint64_t)350 << 20);
	assert_int_equal(most[7], 0);
	assert_int_equal(most[9], (uint64_t)10 << 20);
}

static void
test_page(void **state)
{
	char *text;

	(void)state;
	add_steps();
	text = page();
	assert_non_null(
		strstr(text, "<h1>relu <span class=\"good-end\">1 variant, 1 written</span>"));
	assert_non_null(strstr(text, "2023-11-14 22:13:20 UTC, 10.0 s, on Linux x86_64"));
	assert_non_null(strstr(text, "<code>--torch 2.11</code>"));
	assert_non_null(strstr(text, "src/a.h changed"));
	assert_non_null(strstr(text, "no reason is known"));
	assert_int_equal(count(text, "<section"), count(text, "</section>"));
	assert_int_equal(count(text, "<details"), count(text, "</details>"));
	assert_int_equal(count(text, "<table"), count(text, "</table>"));
	assert_int_equal(count(text, "<svg"), count(text, "</svg>"));
	assert_null(strstr(text, "http://"));
	assert_null(strstr(text, "https://"));
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "src="));
	assert_null(strstr(text, "href="));
}

static void
test_empty(void **state)
{
	char *text;

	(void)state;
	b.variants.n = 0;
	b.seconds = 0;
	b.error = "no variant; see above";
	text = page();
	assert_non_null(strstr(text, "did not end well"));
	assert_non_null(strstr(text, "error: no variant</p>"));
	assert_non_null(strstr(text, "No step ran."));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
}

static struct resource *
add_kernel(size_t variant, const char *arch, const char *name, unsigned registers, uint64_t spills)
{
	struct resources *all = &kernels[variant].all;
	const struct resource r = { .arch = arch,
		.k = { .name = name,
			.registers = registers,
			.stack = spills,
			.spill_stores = spills,
			.spill_loads = spills,
			.knows_spills = true } };

	kernels[variant].variant = variant ? "v2" : "v1";
	vec_push(&a, all, r);
	return &all->v[all->n - 1];
}

/* Those that spill first, and those that take the same once. */
static void
test_kernel_rows(void **state)
{
	static const struct {
		const char *name, *arch;
		unsigned registers;
		size_t variants;
	} want[] = { { "spills", "8.0", 32, 1 }, { "spills", "9.0", 40, 2 },
		{ "large", "9.0", 255, 1 }, { "mix(float)", "9.0", 64, 2 },
		{ "mix(float)", "10.0", 64, 1 }, { "mix(float)", "9.0", 50, 1 } };
	struct kernel_rows rows = { 0 };

	(void)state;
	add_kernel(0, "10.0", "_Z3mixf", 64, 0);
	add_kernel(0, "9.0", "_Z3mixf", 64, 0);
	add_kernel(0, "9.0", "spills", 40, 8);
	add_kernel(0, "8.0", "spills", 32, 9);
	add_kernel(1, "9.0", "spills", 40, 8);
	add_kernel(1, "9.0", "_Z3mixf", 64, 0);
	add_kernel(1, "9.0", "_Z3mixf", 64, 0);
	add_kernel(1, "9.0", "_Z3mixf", 50, 0);
	add_kernel(1, "9.0", "large", 255, 4000)->k.knows_spills = false;
	kernel_rows_make(&a, kernels, 2, &rows);
	assert_int_equal(rows.n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < rows.n; i++) {
		assert_string_equal(rows.v[i].name, want[i].name);
		assert_string_equal(rows.v[i].arch, want[i].arch);
		assert_int_equal(rows.v[i].k->registers, want[i].registers);
		assert_int_equal(rows.v[i].variants.n, want[i].variants);
	}
}

static void
test_kernels(void **state)
{
	struct resources before = { 0 };
	char *text;

	(void)state;
	text = page();
	assert_null(strstr(text, "id=\"kernels\""));
	vec_push(&a, &before, *add_kernel(0, "9.0", "_Z3mixf", 64, 0));
	kernels[0].all.v[0].k.registers = 32;
	kernels[0].all.v[0].k.spill_stores = 84;
	kernels[0].all.v[0].k.shared = 48 << 10;
	add_kernel(0, "9.0", "_Z5otherPf", 10, 0)->k.knows_spills = false;
	text = page();
	assert_non_null(strstr(text,
		"<td class=\"n\">9.0</td><td class=\"n\">32</td><td class=\"n\">84 / 0</td><td class=\"n\">49152</td>"));
	assert_non_null(strstr(text, "<td class=\"n\">10</td><td class=\"n\">?</td>"));
	assert_null(strstr(text, ">was "));
	assert_null(strstr(text, "Figures of before"));
	resources_beside(&before, "", &kernels[0].all);
	text = page();
	assert_non_null(strstr(
		text, "32<small>was 64</small></td><td class=\"n\">84 / 0<small>was 0</small>"));
	assert_non_null(strstr(text, "other(float*)<small><b>new</b>, v1"));
	assert_int_equal(count(text, ">new<"), 1);
	assert_non_null(strstr(text, "the variant that this build replaced."));
	kernels[0].all.beside = "/" EVIL;
	kernels[0].fault = EVIL;
	kernels[0].all.v[0].source = EVIL;
	kernels[0].all.v[0].k.name = EVIL;
	text = page();
	assert_null(strstr(text, "<script"));
	assert_true(count(text, "&lt;script&gt;") >= 4);
}

/* Thousands of kernels, with the names of templates. */
static void
test_many_kernels(void **state)
{
	enum { N = 5000, LONG = 3000 };
	char *name = arena_alloc(&a, LONG + 8, 1), *text;

	(void)state;
	memset(name, 'x', LONG);
	for (unsigned i = 0; i < N; i++) {
		snprintf(name + LONG - 8, 8, "%05u", i);
		add_kernel(0, "9.0", arena_strdup(&a, name), 10 + i % 200, 0);
	}
	text = page();
	assert_int_equal(count(text, "<td class=\"n\">9.0</td>"), 200);
	assert_non_null(strstr(
		text, "4800 more rows are left out; <code>kernel-builder report --all</code>"));
	assert_non_null(strstr(text, "<td class=\"n\">209</td>"));
	assert_null(strstr(text, "<td class=\"n\">10</td>"));
	assert_true(strlen(text) < (size_t)1 << 20);
	lists_all = true;
	text = page();
	assert_int_equal(count(text, "<td class=\"n\">9.0</td>"), N);
	assert_null(strstr(text, "left out"));
}

/* What somebody else's build left in the store. */
static void
test_hits_only(void **state)
{
	char *text;

	(void)state;
	for (size_t i = 0; i < 7; i++)
		last_build_count(&a, &b, LAST_HIT, "cicc", "v1");
	b.files.bytes = 5;
	text = page();
	assert_non_null(strstr(text, "<dt>Hits</dt><dd>7"));
	assert_non_null(strstr(text, "<dt>Steps ran</dt><dd>0<small>of 7 in the plan"));
	assert_non_null(strstr(text, "No step ran."));
	assert_null(strstr(text, "id=\"slowest\""));
}

/* Names of files, kernels and messages hold what they want. */
static void
test_hostile(void **state)
{
	char *text;

	(void)state;
	add_steps();
	b.kernel = b.error = b.output = b.options = b.machine = EVIL;
	b.variants.v[0].name = EVIL;
	for (size_t i = 0; i < 5; i++)
		b.steps.v[i].label = b.steps.v[i].variant = b.steps.v[i].reason = EVIL;
	b.steps.v[0].how = LAST_FAILED;
	vec_push(&a, &b.files, (struct last_file){ EVIL, 3 });
	b.files.bytes = 3;
	b.phases.v[0].name = EVIL;
	vec_push(&a, &b.failures, EVIL);
	vec_push(&a, &b.findings,
		(struct finding){ .rule = EVIL,
			.variant = EVIL,
			.file = EVIL,
			.message = EVIL,
			.advice = EVIL });
	text = page();
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "\x01"));
	assert_null(strstr(text, "alert('"));
	assert_true(count(text, "&lt;script&gt;") > 30);
}

static void
test_html(void **state)
{
	struct buf out = { 0 };
	char time[32];

	(void)state;
	html_text(&out, EVIL);
	assert_string_equal(out.p, ESCAPED);
	out.n = 0;
	html_name(&out, "a-b<");
	assert_string_equal(out.p, "a-<wbr>b&lt;");
	buf_free(&out);
	assert_string_equal(html_time(time, 0.034), "0.03 s");
	assert_string_equal(html_time(time, 30.66), "30.7 s");
	assert_string_equal(html_time(time, 185), "3 min 5 s");
	assert_string_equal(html_time(time, 7380), "2 h 3 min");
}

/* A hundred thousand steps, as of a large kernel for all variants: the page can still be read. */
static void
test_huge(void **state)
{
	enum { N = 100000, JOBS = 64 };
	struct buf out = { 0 };
	struct figures f;
	char *text;

	(void)state;
	b.seconds = N / JOBS + 1;
	for (unsigned i = 0; i < N; i++) {
		double at = i / JOBS;

		vec_push(&a, &b.steps,
			step(at, at + 0.9, 100, i % JOBS, "cicc", "some/file_of_it.cu: cicc 80"));
	}
	text = page();
	assert_true(strlen(text) < (size_t)4 << 20);
	figures_make(&a, &b, &f);
	chart_timeline(&b, &f, &out);
	assert_true(count(out.p, "<title>") > JOBS);
	assert_true(count(out.p, "<title>") < 25000);
	assert_true(out.n < (size_t)4 << 20);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_record, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_figures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kernel_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kernels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_kernels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hits_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_html, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_huge, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
