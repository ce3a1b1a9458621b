/* SPDX-License-Identifier: Apache-2.0 */
/* The auditor, on variants made here. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "check/findings.h"
#include "check/run.h"
#include "formats/mangled.h"
#include <elf.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Names that g++ 12 made; the owner is what c++filt shows as the declared thing. */
static void
test_mangled(void **state)
{
	static const struct {
		const char *symbol, *first, *second;
	} rows[] = {
		{ "_ZN2at3varE", "at", "var" },
		{ "_ZN2at6TensorC1Ev", "at", "Tensor" },
		{ "_ZNK2at6Tensor3dimEv", "at", "Tensor" },
		/* float* at::Tensor::data_ptr<float>() const: the text begins with a type */
		{ "_ZNK2at6Tensor8data_ptrIfEEPT_v", "at", "Tensor" },
		{ "_ZN2at4itemIdEET_RKNS_6TensorE", "at", "item" },
		{ "_ZNR2at6TensoraSERKS0_", "at", "Tensor" },
		{ "_ZNKR3c106SymIntplERKS0_", "c10", "SymInt" },
		{ "_ZNK3c106SymIntcviEv", "c10", "SymInt" },
		{ "_ZN3c103strB5cxx11ERKNS_6DeviceE", "c10", "str" },
		{ "_ZN3c10lsERSoRKNS_6DeviceE", "c10", "" },
		{ "_ZN5torch6stable2okEv", "torch", "stable" },
		{ "_ZNK5torch6stable6Tensor1nEv", "torch", "stable" },
		{ "_ZTVN3c106DeviceE", "c10", "Device" },
		{ "_ZTTN3c101VE", "c10", "V" },
		{ "_ZTIN3c106DeviceE", "c10", "Device" },
		{ "_ZTSN3c106DeviceE", "c10", "Device" },
		{ "_ZTIPKN2at6TensorE", "at", "Tensor" },
		{ "_ZTIA3_N2at6TensorE", "at", "Tensor" },
		{ "_ZTCN3c101WE0_NS_1VE", "c10", "W" },
		{ "_ZTHN3c107counterE", "c10", "counter" },
		{ "_ZTWN3c107counterE", "c10", "counter" },
		{ "_ZThn16_N3c101C1gEv", "c10", "C" },
		{ "_ZTv0_n24_N3c101V1fEv", "c10", "V" },
		{ "_ZTch0_v0_n24_N3c101S1cEv", "c10", "S" },
		{ "_ZGVZN2at4onceEvE1x", "at", "once" },
		{ "_ZZN2at4onceEvE1x", "at", "once" },
		{ "_ZZZN3c103locEvENKUlvE_clEvE1z", "c10", "loc" },
		{ "_ZGRN3c103refE_", "c10", "ref" },
		/* A kernel's own functions that mention types of torch */
		{ "_ZN4user4mineERKN2at6TensorE", "user", "mine" },
		{ "_ZN4user4tmplIiEET_N2at6TensorE", "user", "tmpl" },
		{ "_ZNK4user1K3runEPN3c106DeviceE", "user", "K" },
		{ "_Z6kernelN2at6TensorEN3c106DeviceE", "kernel", "" },
		{ "_Z4globIN2at6TensorEET_S2_", "glob", "" },
		{ "_ZplRK4FreeRKN2at6TensorE", "pl", "" },
		{ "_Znwm", "nw", "" },
		{ "_ZdlPvm", "dl", "" },
		{ "_ZNSt6vectorIN2at6TensorESaIS1_EED1Ev", "std", "vector" },
		{ "_ZTISt10unique_ptrIN2at6TensorESt14default_deleteIS1_EE", "std", "unique_ptr" },
		{ "_ZSt25__throw_bad_function_callv", "std", "__throw_bad_function_call" },
		{ "_ZNSolsEi", "std", "" },
		{ "_ZTVN10__cxxabiv117__class_type_infoE", "__cxxabiv1", "__class_type_info" },
		/* None */
		{ "PyModule_Create2", NULL, NULL },
		{ "_ZTIPKv", NULL, NULL },
		{ "_ZTId", NULL, NULL },
		{ "_Z", NULL, NULL },
		{ "_ZN", NULL, NULL },
		{ "_ZN99at", NULL, NULL },
		{ "_ZN2atB9", NULL, NULL },
		{ "_ZT", NULL, NULL },
		{ "_ZTv0_", NULL, NULL },
		{ "_ZGV", NULL, NULL },
		{ "_ZN0E", NULL, NULL },
		{ "_ZN99999999999999999999999atE", NULL, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mangled m;
		bool ok = mangled_owner(rows[i].symbol, &m);

		if (ok != (rows[i].first != NULL))
			fail_msg("%s: %d", rows[i].symbol, ok);
		if (ok && (!str_eq(m.first, str_of(rows[i].first)) ||
				  !str_eq(m.second, str_of(rows[i].second))))
			fail_msg("%s: %.*s %.*s", rows[i].symbol, (int)m.first.n, m.first.p,
				(int)m.second.n, m.second.p ? m.second.p : "");
	}
}

/* Depth is bounded. */
static void
test_mangled_deep(void **state)
{
	char *name = malloc(200002);
	struct mangled m;

	(void)state;
	memset(name, 'Z', 200001);
	name[0] = '_';
	name[200001] = 0;
	assert_false(mangled_owner(name, &m));
	memset(name + 2, 'A', 200000 - 1);
	memcpy(name + 2, "TI", 2);
	assert_false(mangled_owner(name, &m));
	free(name);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		enum variant_name_kind kind;
		unsigned major, minor;
		const char *abi, *backend;
		unsigned c_major, c_minor;
		const char *cpu;
	} rows[] = {
		{ "torch24-cxx98-cu121-x86_64-linux", NAME_TORCH, 2, 4, "cxx98", "cuda", 12, 1,
			"x86_64" },
		{ "torch211-cxx11-cu130-aarch64-linux", NAME_TORCH, 2, 11, "cxx11", "cuda", 13, 0,
			"aarch64" },
		{ "torch211-cxx11-cpu-x86_64-linux", NAME_TORCH, 2, 11, "cxx11", "cpu", 0, 0,
			"x86_64" },
		{ "torch28-metal-aarch64-darwin", NAME_TORCH, 2, 8, NULL, "metal", 0, 0,
			"aarch64" },
		{ "torch210-cxx11-rocm71-x86_64-linux", NAME_TORCH, 2, 10, "cxx11", "rocm", 7, 1,
			"x86_64" },
		{ "torch212-cxx11-xpu20253-x86_64-linux", NAME_TORCH, 2, 12, "cxx11", "xpu", 2025,
			3, "x86_64" },
		{ "torch-stable-abi211-cu130-x86_64-linux", NAME_STABLE, 2, 11, NULL, "cuda", 13, 0,
			"x86_64" },
		{ "tvm-ffi01-cpu-x86_64-linux", NAME_TVM, 0, 1, NULL, "cpu", 0, 0, "x86_64" },
		{ "torch-cuda", NAME_NOARCH, 0, 0, NULL, "cuda", 0, 0, NULL },
		{ "torch-universal", NAME_NOARCH, 0, 0, NULL, "universal", 0, 0, NULL },
	};
	static const char *const none[] = { "", "torch", "torch-", "torch-CUDA",
		"torch2-cxx11-cpu-x86_64-linux", "torch24-cxx11-cu-x86_64-linux",
		"torch24-cxx11-cpu-x86_64", "torch24-cxx11-cpu-x86_64-linux-more",
		"torch24-cxx11-cpu2-x86_64-linux", "torch24-cxx17-cpu-x86_64-linux",
		"torch24-cxx11-cpu--linux", "torch-stable-abi211-cxx11-cu130-x86_64-linux",
		"torch24a-cxx11-cpu-x86_64-linux", "build", "torch24-cxx11" };
	struct arena a = { 0 };
	struct variant_name v;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		variant_name_parse(&a, rows[i].name, &v);
		if (v.kind != rows[i].kind || v.version.v[0] != rows[i].major ||
			v.version.v[1] != rows[i].minor || v.compute.v[0] != rows[i].c_major ||
			v.compute.v[1] != rows[i].c_minor)
			fail_msg("%s", rows[i].name);
		assert_string_equal(v.backend, rows[i].backend);
		assert_string_equal(v.abi ? v.abi : "", rows[i].abi ? rows[i].abi : "");
		assert_string_equal(v.cpu ? v.cpu : "", rows[i].cpu ? rows[i].cpu : "");
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		variant_name_parse(&a, none[i], &v);
		if (v.kind != NAME_UNKNOWN || v.backend)
			fail_msg("\"%s\" is taken for a name", none[i]);
	}
	arena_free(&a);
}

#define BASICS \
	"\"name\":\"a\",\"id\":\"_a_cpu_1\",\"version\":1,\"license\":\"x\",\"python-depends\":[]"

static void
test_metadata(void **state)
{
	static const struct {
		const char *text, *fault; /* NULL: none */
	} rows[] = {
		{ "{" BASICS ",\"backend\":{\"type\":\"cpu\"}}", NULL },
		{ "{" BASICS ",\"backend\":{\"type\":\"cpu\"},\"x\":[{}],\"digest\":null}", NULL },
		{ "{" BASICS "}", "metadata.json: backend.type: " },
		{ "{" BASICS ",\"backend\":{\"type\":1}}", "metadata.json: backend.type: " },
		{ "{" BASICS ",\"backend\":{\"type\":\"cuda\",\"archs\":\"8.0\"}}",
			"metadata.json: backend.archs: " },
		{ "{" BASICS ",\"backend\":{\"type\":\"cuda\",\"archs\":[8.0]}}",
			"metadata.json: backend.archs: " },
		{ "{" BASICS ",\"backend\":{\"type\":\"cpu\"},\"digest\":{}}",
			"metadata.json: algorithm: " },
		{ "{" BASICS
		  ",\"backend\":{\"type\":\"cpu\"},\"digest\":{\"algorithm\":\"sha256\",\"files\":[]}}",
			"metadata.json: digest.files: " },
		{ "{" BASICS
		  ",\"backend\":{\"type\":\"cpu\"},\"digest\":{\"algorithm\":\"sha256\",\"files\":{\"a\":1}}}",
			"metadata.json: digest.files: " },
		{ "{\"name\":\"a\",\"name\":\"b\"}", "metadata.json:1:" },
		{ "{\"name\":\"a\"}", "metadata.json: id: " },
		{ "{\"name\":\"a\\u0007\"}", "metadata.json: name: " },
		{ "{\"name\":\"a\",\"id\":\"b\",\"license\":\"x\",\"version\":\"1\"}",
			"metadata.json: version: " },
		{ "{\"name\":\"a\",\"id\":\"b\",\"license\":\"x\",\"version\":-1}",
			"metadata.json: version: " },
		{ "{\"name\":\"a\",\"id\":\"b\",\"license\":\"x\",\"version\":1}",
			"metadata.json: python-depends: " },
		{ "[]", "metadata.json: " },
		{ "", "metadata.json:1:" },
		{ "{\n", "metadata.json:2:" },
	};
	struct arena a = { 0 };
	struct metadata m;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int r = metadata_parse(&a, str_of(rows[i].text), "metadata.json", &m, &e);

		if ((r < 0) != (rows[i].fault != NULL))
			fail_msg("%s: %d %s", rows[i].text, r, r < 0 ? e.msg : "");
		if (r < 0 && (e.code != ERR_CONFIG || !str_has_prefix(e.msg, rows[i].fault)))
			fail_msg("%s: %s", rows[i].text, e.msg);
	}
	assert_int_equal(
		metadata_parse(&a,
			STR("{" BASICS
			    ",\"backend\":{\"type\":\"cuda\",\"archs\":[\"8.0\",\"9.0+PTX\"]},"
			    "\"digest\":{\"algorithm\":\"sha512\",\"files\":{\"x/y\":\"AA==\"}},"
			    "\"provenance\":{\"kernel\":{\"dirty\":true}}}"),
			"m", &m, &e),
		0);
	assert_string_equal(m.id, "_a_cpu_1");
	assert_string_equal(m.backend, "cuda");
	assert_int_equal(m.archs.n, 2);
	assert_string_equal(m.archs.v[1], "9.0+PTX");
	assert_string_equal(m.algorithm, "sha512");
	assert_int_equal(m.n_digests, 1);
	assert_string_equal(m.digests[0].path, "x/y");
	assert_true(m.is_dirty);
	arena_free(&a);
}

static void
test_fatbin(void **state)
{
	static const struct {
		const char *file, *images; /* NULL: damaged */
	} rows[] = { { "two", "8.0 9.0a+PTX 10.0f" }, { "none", "" }, { "cut", NULL },
		{ "long-entry", NULL } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena a = { 0 };
		const char *path = path_join(&a, "tests/fuzz/corpus/fatbin", rows[i].file),
			   *text = "";
		struct fatbin f = { 0 };
		struct str bytes;
		struct err e;

		assert_int_equal(fs_read(&a, path, 4096, &bytes, &e), 0);
		assert_int_equal(fatbin_read(&a, bytes, path, &f, &e), rows[i].images ? 0 : -1);
		if (!rows[i].images) {
			assert_int_equal(e.code, ERR_ABI);
		} else {
			for (size_t k = 0; k < f.n; k++)
				text = arena_printf(&a, "%s%s%s%s", text, k ? " " : "",
					fatbin_arch(&a, &f.v[k]), f.v[k].is_ptx ? "+PTX" : "");
			assert_string_equal(text, rows[i].images);
		}
		arena_free(&a);
	}
}

/* A container of one image. */
static struct str
packed_image(struct arena *a, uint64_t flags, const char *payload, uint32_t n, uint64_t size)
{
	struct buf b = { 0 };
	const uint16_t heads[] = { 1, 16, 1, 0x101 };
	const uint32_t magic = 0xBA55ED50, head = 64, packed[2] = { n, 0 }, arch = 90;
	const uint64_t all = 64 + n, length = n, zero = 0;
	struct str out;

	buf_add(&b, &magic, 4);
	buf_add(&b, heads, 4);
	buf_add(&b, &all, 8);
	buf_add(&b, heads + 2, 4);
	buf_add(&b, &head, 4);
	buf_add(&b, &length, 8);
	buf_add(&b, packed, 8); /* at 16 */
	buf_add(&b, &zero, 4);
	buf_add(&b, &arch, 4); /* at 28 */
	buf_add(&b, &zero, 8);
	buf_add(&b, &flags, 8); /* at 40 */
	buf_add(&b, &zero, 8);
	buf_add(&b, &size, 8); /* at 56 */
	buf_add(&b, payload, n);
	out = (struct str){ arena_strndup(a, b.p, b.n), b.n };
	buf_free(&b);
	return out;
}

static void
test_fatbin_hides(void **state)
{
	static const uint64_t lz4 = 0x2000, zstd = 0x8000;
	/* "xyzw0123xyzw0123ab" of LZ4: 8 bytes, 8 of 8 back, 2. A frame of Zstandard with one raw
	 * block. */
	static const char block[] = "\x84xyzw0123\x08\0\x20"
				    "ab",
			  frame[] = "\x28\xb5\x2f\xfd\x20\x05\x29\0\0hello";
	static const struct {
		uint64_t flags;
		const char *payload, *text;
		uint32_t n;
		uint64_t size;
		bool want;
	} rows[] = {
		{ 0, "xyzw0123", "xyzw", 8, 0, false },
		{ lz4, block, "3xyz", sizeof(block) - 1, 18, true },
		{ lz4, block, "3ab", sizeof(block) - 1, 18, true },
		{ lz4, block, "\x84xyz", sizeof(block) - 1, 18, false },
		{ lz4, block, "no", sizeof(block) - 1, 18, false },
		{ lz4, block, "no", sizeof(block) - 2, 18, true }, /* broken */
		{ lz4, block, "no", sizeof(block) - 1, 19, true },
		{ lz4, "\x10x\x02\0", "no", 4, 6, true }, /* back to before the beginning */
		{ lz4, "\xf0\xff", "no", 2, 6, true },
		{ lz4, block, "no", sizeof(block) - 1, 0, true },
		{ lz4, block, "no", sizeof(block) - 1, UINT64_MAX, true },
		{ zstd, frame, "ello", sizeof(frame) - 1, 5, true },
		{ zstd, frame, "no", sizeof(frame) - 1, 5, false },
		{ zstd, frame, "no", sizeof(frame) - 2, 5, true },
		{ zstd, "hello", "no", 5, 5, true },
		{ zstd, frame, "no", sizeof(frame) - 1, 6, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena a = { 0 };
		struct fatbin f = { 0 };
		struct err e;
		struct str bytes =
			packed_image(&a, rows[i].flags, rows[i].payload, rows[i].n, rows[i].size);

		assert_int_equal(fatbin_read(&a, bytes, "x", &f, &e), 0);
		assert_int_equal(f.n, 1);
		assert_string_equal(fatbin_arch(&a, &f.v[0]), "9.0");
		if (fatbin_hides(&f, str_of(rows[i].text)) != rows[i].want)
			fail_msg("row %zu", i);
		arena_free(&a);
	}
}

/* One library of hand-made facts, and what the checks of libraries say. */
struct bench {
	struct arena a;
	struct check_options options;
	struct fact_file file;
	struct facts facts;
	struct findings found;
	struct check_run run;
};

static void
bench_start(struct bench *b, const char *variant, const char *path, struct elf elf)
{
	struct err e;

	*b = (struct bench){ 0 };
	if (!elf.kind)
		elf.kind = ET_DYN;
	elf.machine = EM_X86_64;
	b->file = (struct fact_file){ .path = path, .bytes = STR(""), .is_elf = true, .elf = elf };
	b->facts = (struct facts){ .variant = variant, .files = &b->file, .n_files = 1 };
	variant_name_parse(&b->a, variant, &b->facts.name);
	b->run = (struct check_run){ .a = &b->a,
		.options = &b->options,
		.facts = &b->facts,
		.out = &b->found,
		.policy = "manylinux_2_28",
		.python = { { 3, 9 }, 2 },
		.stable = b->facts.name.version };
	if (b->facts.name.kind != NAME_STABLE)
		b->run.stable.n = 0;
	assert_int_equal(manylinux_load(&b->a, b->run.policy, "x86_64", &b->run.manylinux, &e), 0);
}

/* "error rule, warning rule", in order. */
static const char *
bench_text(struct bench *b)
{
	const char *text = "";

	for (size_t i = 0; i < b->found.n; i++) {
		const struct finding *f = &b->found.v[i];

		assert_non_null(f->message);
		assert_non_null(f->advice);
		assert_string_equal(f->variant, b->facts.variant);
		text = arena_printf(&b->a, "%s%s%s %s", text, i ? ", " : "",
			severity_name(f->severity), f->rule);
	}
	return text;
}

static const char V[] = "torch211-cxx11-cu130-x86_64-linux",
		  V98[] = "torch24-cxx98-cu121-x86_64-linux",
		  VCPU[] = "torch211-cxx11-cpu-x86_64-linux",
		  VS[] = "torch-stable-abi211-cu130-x86_64-linux";

static void
test_symbols(void **state)
{
	static const struct {
		void (*check)(struct check_run *, const struct fact_file *);
		const char *variant;
		struct elf_symbol symbol;
		const char *want;
	} rows[] = {
		{ check_manylinux, V,
			{ .name = "f", "GLIBC_2.28", "libc.so.6", .bind = ELF_GLOBAL }, "" },
		{ check_manylinux, V,
			{ .name = "f", "GLIBC_2.34", "libc.so.6", .bind = ELF_GLOBAL },
			"error manylinux-version" },
		{ check_manylinux, V, { .name = "f", "GLIBC_2.34", "libc.so.6", .bind = ELF_WEAK },
			"error manylinux-version" },
		{ check_manylinux, V, { .name = "f", "GLIBC_2.33", "libold.so", .bind = ELF_WEAK },
			"warning manylinux-version" },
		{ check_manylinux, V, { .name = "f", "CXXABI_FLOAT128", "libstdc++.so.6" }, "" },
		{ check_manylinux, V, { .name = "f", "GLIBC_2.34", .is_defined = true }, "" },
		{ check_manylinux, V, { .name = "f", NULL, NULL }, "" },
		{ check_manylinux, V, { .name = "f", "libcudart.so.13", "libcudart.so.13" }, "" },
		{ check_manylinux, V,
			{ .name = "_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC1Ev",
				.bind = ELF_GLOBAL },
			"error manylinux-version" },
		{ check_manylinux, V,
			{ .name = "_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC1Ev",
				.bind = ELF_WEAK },
			"warning manylinux-version" },
		{ check_manylinux, V,
			{ .name = "_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC1Ev",
				.is_defined = true },
			"" },
		{ check_manylinux, V,
			{ .name = "_ZSt21ios_base_library_initv", .bind = ELF_GLOBAL },
			"error manylinux-version" },
		{ check_manylinux, V, { .name = "__isoc23_strtol", .bind = ELF_GLOBAL },
			"error manylinux-version" },
		{ check_manylinux, V,
			{ .name = "_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEED1Ev",
				.bind = ELF_GLOBAL },
			"" },
		{ check_manylinux, V, { .name = "pthread_create", .bind = ELF_GLOBAL }, "" },
		{ check_abi3, V, { .name = "PyModule_Create2" }, "" },
		{ check_abi3, V, { .name = "PyUnicode_New", .bind = ELF_GLOBAL },
			"error python-symbol" },
		{ check_abi3, V, { .name = "_PyFoo", .bind = ELF_GLOBAL }, "error python-symbol" },
		{ check_abi3, V, { .name = "PyUnicode_New", .is_defined = true }, "" },
		{ check_abi3, V, { .name = "PyUnicode_New", "X_1", "libx.so" }, "" },
		{ check_abi3, V, { .name = "PyObject_Vectorcall", .bind = ELF_GLOBAL },
			"error python-version" },
		{ check_abi3, V, { .name = "PyObject_Vectorcall", .bind = ELF_WEAK },
			"warning python-version" },
		{ check_stable_abi, V, { .name = "_ZN2at6TensorC1Ev" }, "" },
		{ check_stable_abi, VS, { .name = "_ZN2at6TensorC1Ev" },
			"error torch-stable-symbol" },
		{ check_stable_abi, VS, { .name = "_ZNK2at6Tensor8data_ptrIfEEPT_v" },
			"error torch-stable-symbol" },
		{ check_stable_abi, VS, { .name = "_ZTVN3c106DeviceE" },
			"error torch-stable-symbol" },
		{ check_stable_abi, VS, { .name = "_ZTIN2at6TensorE" },
			"error torch-stable-symbol" },
		{ check_stable_abi, VS, { .name = "_ZGVZN2at4onceEvE1x" },
			"error torch-stable-symbol" },
		{ check_stable_abi, VS, { .name = "_ZThn16_N3c101C1gEv" },
			"error torch-stable-symbol" },
		{ check_stable_abi, VS, { .name = "_ZN5torch7LibraryC1Ei" },
			"error torch-stable-symbol" },
		{ check_stable_abi, VS, { .name = "_ZNSt6vectorIN2at6TensorESaIS1_EED1Ev" },
			"error torch-stable-symbol" },
		{ check_stable_abi, VS, { .name = "_Z16THPVariable_WrapN2at10TensorBaseE" },
			"error torch-stable-symbol" },
		{ check_stable_abi, VS, { .name = "_ZN2at6TensorC1Ev", .is_defined = true }, "" },
		{ check_stable_abi, VS, { .name = "_ZN5torch6stable2okEv" }, "" },
		{ check_stable_abi, VS,
			{ .name = "_ZNSt6vectorIN5torch6stable6TensorESaIS2_EED1Ev" }, "" },
		{ check_stable_abi, VS, { .name = "_ZNSt6vectorIiSaIiEED1Ev" }, "" },
		{ check_stable_abi, VS, { .name = "_Znwm" }, "" },
		{ check_stable_abi, VS, { .name = "_ZTIPKv" }, "" },
		{ check_stable_abi, VS, { .name = "_ZN4user4mineERKN2at6TensorE" },
			"warning torch-stable-unknown" },
		{ check_stable_abi, VS, { .name = "_ZplRK4FreeRKN2at6TensorE" },
			"warning torch-stable-unknown" },
		{ check_stable_abi, VS, { .name = "_ZN4user4mineEv", .is_defined = true }, "" },
		{ check_stable_abi, VS, { .name = "torch_from_blob" }, "" },
		{ check_stable_abi, VS, { .name = "torch_tensor_to_pyobject" },
			"error torch-stable-version" },
		{ check_stable_abi, VS, { .name = "aoti_torch_delete_tensor_object" }, "" },
		{ check_cxx_abi, V, { .name = "_ZN3c103strB5cxx11ERKNS_6DeviceE" }, "" },
		{ check_cxx_abi, V98, { .name = "_ZN3c103strB5cxx11ERKNS_6DeviceE" },
			"error cxx-abi" },
		{ check_cxx_abi, V98,
			{ .name = "_ZN3c106detail14torchCheckFailEPKcS2_jRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE" },
			"error cxx-abi" },
		{ check_cxx_abi, V98, { .name = "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs" },
			"" },
		{ check_cxx_abi, V, { .name = "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs" },
			"error cxx-abi" },
		{ check_cxx_abi, V98,
			{ .name = "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEED1Ev" },
			"" },
		{ check_unique, V,
			{ .name = "_ZZN2at4onceEvE1x", .is_defined = true, .bind = ELF_UNIQUE },
			"error gnu-unique" },
		{ check_unique, V, { "_ZZN2at4onceEvE1x", .is_defined = true, .bind = ELF_WEAK },
			"" },
	};
	struct elf_need old = { "libold.so", "GLIBC_2.33", true };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct elf_symbol s = rows[i].symbol;
		struct bench b;

		bench_start(
			&b, rows[i].variant, "x.so", (struct elf){ .symbols = &s, .n_symbols = 1 });
		if (s.library && streq(s.library, "libold.so")) {
			b.file.elf.needs = &old;
			b.file.elf.n_needs = 1;
		}
		rows[i].check(&b.run, &b.file);
		if (!streq(bench_text(&b), rows[i].want))
			fail_msg("%s in %s: \"%s\", not \"%s\"", s.name, rows[i].variant,
				bench_text(&b), rows[i].want);
		if (b.found.n) {
			assert_string_equal(b.found.v[0].symbol, s.name);
			assert_string_equal(b.found.v[0].file, "x.so");
		}
		arena_free(&b.a);
	}
}

/* A version that no symbol has still keeps the library from being loaded. */
static void
test_needs(void **state)
{
	struct elf_need needs[] = { { "libc.so.6", "GLIBC_2.36", false },
		{ "libc.so.6", "GLIBC_2.14", false }, { "libm.so.6", "GLIBC_2.29", true } };
	struct elf_symbol s = { .name = "f", "GLIBC_2.14", "libc.so.6" };
	struct bench b;

	(void)state;
	bench_start(&b, V, "x.so",
		(struct elf){ .symbols = &s, .n_symbols = 1, .needs = needs, .n_needs = 3 });
	check_manylinux(&b.run, &b.file);
	assert_string_equal(bench_text(&b), "error manylinux-version, warning manylinux-version");
	assert_null(b.found.v[0].symbol);
	assert_string_equal(b.found.v[0].library, "libc.so.6");
	assert_non_null(strstr(b.found.v[0].advice, "GLIBC_2.28"));
	arena_free(&b.a);
}

static void
test_needed(void **state)
{
	static const struct {
		const char *variant, *soname, *want;
	} rows[] = {
		{ V, "libtorch.so", "" },
		{ V, "libtorch_cpu.so", "" },
		{ V, "libc10_cuda.so", "" },
		{ V, "libcudart.so.13", "" },
		{ V, "libcublasLt.so.13", "" },
		{ V, "libcusolver.so.12", "" },
		{ V, "libcurand.so.10", "" },
		{ V, "libcusparseLt.so.0", "" },
		{ V, "libcupti.so.13", "" },
		{ V, "libnvshmem_host.so.3", "warning needed" },
		{ VCPU, "libcupti.so.13", "error needed" },
		{ "torch211-cxx11-rocm71-x86_64-linux", "librocrand.so.1", "" },
		{ "torch214-cxx11-cu130-x86_64-linux", "libcurand.so.10", "" },
		{ "torch215-cxx11-cu130-x86_64-linux", "libcurand.so.10", "error needed" },
		{ "torch-stable-abi210-cu130-x86_64-linux", "libcurand.so.10", "warning needed" },
		{ V, "libc.so.6", "" },
		{ V, "libstdc++.so.6", "" },
		{ V, "ld-linux-x86-64.so.2", "" },
		{ V, "libcudart.so.12", "error cuda-version" },
		{ V98, "libcudart.so.12", "" },
		{ "torch24-cxx11-cu118-x86_64-linux", "libcudart.so.11.0", "" },
		{ VCPU, "libcudart.so.13", "error needed" },
		{ VCPU, "libtorch_cuda.so", "error needed" },
		{ VCPU, "libtorch_cpu.so", "" },
		{ V, "libcuda.so.1", "warning needed-driver" },
		{ V, "libgomp.so.1", "warning needed" },
		{ V, "libz.so.1", "warning needed" },
		{ V, "libGL.so.1", "warning needed" },
		{ V, "libpython3.11.so.1.0", "error needed" },
		{ V, "libssl.so.3", "error needed" },
		{ V, "libtorchvision.so", "error needed" },
		{ V, "libc.musl-x86_64.so.1", "error needed" },
		{ V, "", "error needed" },
		{ "lone.so", "libcudart.so.12", "" },
		{ "tvm-ffi01-cpu-x86_64-linux", "libtvm_ffi.so", "" },
		{ V, "libtvm_ffi.so", "error needed" },
		{ "tvm-ffi01-cpu-x86_64-linux", "libtorch_cpu.so", "error needed" },
		{ "tvm-ffi01-cu130-x86_64-linux", "libc10_cuda.so", "error needed" },
		{ "tvm-ffi01-cu130-x86_64-linux", "libcudart.so.13", "warning needed" },
		{ "tvm-ffi01-cu130-x86_64-linux", "libc.so.6", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *needed[] = { rows[i].soname };
		struct bench b;

		bench_start(
			&b, rows[i].variant, "x.so", (struct elf){ .needed = { needed, 1, 1 } });
		check_needed(&b.run, &b.file);
		if (!streq(bench_text(&b), rows[i].want))
			fail_msg("%s in %s: \"%s\"", rows[i].soname, rows[i].variant,
				bench_text(&b));
		if (b.found.n)
			assert_string_equal(b.found.v[0].library, rows[i].soname);
		arena_free(&b.a);
	}
}

static void
test_loading(void **state)
{
	static const struct {
		struct elf elf;
		const char *want;
	} rows[] = {
		{ { .has_relro = true, .has_gnu_stack = true }, "" },
		{ { .has_gnu_stack = true }, "warning relro" },
		{ { .has_relro = true }, "error executable-stack" },
		{ { .has_relro = true, .has_gnu_stack = true, .has_exec_stack = true },
			"error executable-stack" },
		{ { .has_relro = true, .has_gnu_stack = true, .has_textrel = true },
			"error textrel" },
		{ { .has_relro = true, .has_gnu_stack = true, .rpath = "/opt/x" }, "error rpath" },
		{ { .has_relro = true, .has_gnu_stack = true, .runpath = "$ORIGIN" },
			"error rpath" },
		{ { .has_relro = true, .has_gnu_stack = true, .runpath = "" }, "" },
		{ { .kind = ET_EXEC }, "error elf-kind" },
		{ { .kind = ET_REL }, "error elf-kind" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bench b;

		bench_start(&b, V, "x.so", rows[i].elf);
		check_loading(&b.run, &b.file);
		assert_string_equal(bench_text(&b), rows[i].want);
		arena_free(&b.a);
	}
}

/* A wheel for torch 2.11 that requires z3-solver; libraries of pip's index, by what of them is
 * judged. */
static void
test_wheels(void **state)
{
	static const char here[] = "$ORIGIN:$ORIGIN/../../z3/lib", lib[] = "libz3.so.4.15";
	static const struct {
		const char *runpath, *needed, *want;
		bool requires;
	} rows[] = {
		{ "/usr/local/cuda-11.8/lib", NULL, "warning rpath", true },
		{ "$ORIGIN/../../nvidia/cu13/lib", NULL, "", true },
		{ here, lib, "warning needed", true },
		{ here, lib, "error needed", false },
		{ "$ORIGIN", lib, "error needed", true },
		{ "$ORIGIN/../../x/lib/./", lib, "error needed", true },
		{ "$ORIGIN/../../x.libs", lib, "error needed", true },
		{ NULL, lib, "error needed", true },
	};
	const char *z3 = "z3-solver";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *needed[] = { rows[i].needed };
		struct bench b;

		bench_start(&b, "x-1-cp310-abi3-manylinux_2_28_x86_64.whl", "x/lib/x.so",
			(struct elf){ .has_relro = true,
				.has_gnu_stack = true,
				.runpath = rows[i].runpath,
				.needed = { needed, rows[i].needed != NULL, 1 } });
		b.facts.is_wheel = true;
		b.facts.requires = (struct strs){ &z3, rows[i].requires, 1 };
		check_loading(&b.run, &b.file);
		check_needed(&b.run, &b.file);
		if (!streq(bench_text(&b), rows[i].want))
			fail_msg("%zu: \"%s\"", i, bench_text(&b));
		arena_free(&b.a);
	}
}

/* One finding for each symbol of a kernel, one for a library of a wheel. */
static void
test_unique(void **state)
{
	struct elf_symbol s[] = { { .name = "c", .is_defined = true, .bind = ELF_UNIQUE },
		{ .name = "b", .is_defined = true, .bind = ELF_UNIQUE },
		{ .name = "a", .bind = ELF_UNIQUE },
		{ .name = "a2", .is_defined = true, .bind = ELF_WEAK } };
	struct bench b;

	(void)state;
	bench_start(&b, V, "x.so", (struct elf){ .symbols = s, .n_symbols = 4 });
	check_unique(&b.run, &b.file);
	assert_string_equal(bench_text(&b), "error gnu-unique, error gnu-unique");
	arena_free(&b.a);
	bench_start(&b, "x-1-cp310-abi3-manylinux_2_28_x86_64.whl", "x.so",
		(struct elf){ .symbols = s, .n_symbols = 4 });
	b.facts.is_wheel = true;
	check_unique(&b.run, &b.file);
	assert_string_equal(bench_text(&b), "warning gnu-unique");
	assert_string_equal(b.found.v[0].message,
		"b is a GNU-unique symbol: all libraries of a process share it; so are 1 more");
	arena_free(&b.a);
}

static void
test_init(void **state)
{
	static const struct {
		const char *path, *symbol;
		bool is_defined;
		const char *want;
	} rows[] = {
		{ "_x_cpu_1.abi3.so", "PyInit__x_cpu_1", true, "" },
		{ "_x_cpu_1.abi3.so", "PyInit__x_cpu_1", false, "error python-init" },
		{ "_x_cpu_1.abi3.so", "PyInit__x_cpu_2", true, "error python-init" },
		{ "sub/_x_cpu_1.abi3.so", "PyInit__x_cpu_1", true, "" },
		{ "_x_cpu_1.cpython-311-x86_64-linux-gnu.so", "PyInit__x_cpu_1", true,
			"error extension-name" },
		{ "libhelper.so", "f", true, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct elf_symbol s = { rows[i].symbol, .is_defined = rows[i].is_defined };
		struct bench b;

		bench_start(&b, V, rows[i].path, (struct elf){ .symbols = &s, .n_symbols = 1 });
		check_init(&b.run, &b.file);
		assert_string_equal(bench_text(&b), rows[i].want);
		arena_free(&b.a);
	}
}

static void
test_archs(void **state)
{
	static struct fatbin_image images[] = { { .arch = 80 }, { .arch = 90, .suffix = 'a' },
		{ .arch = 80 }, { .is_ptx = true, .arch = 90 },
		/* Relocatable: nvlink linked the cubin for another architecture only. */
		{ .is_relocatable = true, .arch = 100 },
		{ .is_ptx = true, .is_relocatable = true, .arch = 90, .suffix = 'a' } };
	static const struct {
		const char *variant, *backend, *archs[4];
		size_t images;
		const char *want;
	} rows[] = {
		{ V, "cuda", { "8.0", "9.0a" }, 3, "" },
		{ V, "cuda", { "8.0", "9.0a" }, 4, "warning archs" },
		{ V, "cuda", { "8.0", "9.0" }, 2, "error archs, warning archs" },
		/* PTX, but no cubin for 9.0 */
		{ V, "cuda", { "8.0", "9.0a", "9.0+PTX" }, 4, "error archs" },
		{ V, "cuda", { "8.0+PTX" }, 1, "error archs" },
		{ V, "cuda", { "8.0" }, 2, "warning archs" },
		{ V, "cuda", { "8.0", "9.0a", "10.0" }, 5, "error archs, warning archs" },
		{ V, "cuda", { "8.0", "9.0a+PTX" }, 6, "warning archs" },
		{ V, "cuda", { "8.0", "9.0a" }, 6, "warning archs" },
		{ V, "cuda", { "8.0" }, 0, "error archs" },
		{ V, "cuda", { NULL }, 1, "warning archs" }, /* says nothing of architectures */
		{ V, "cuda", { NULL }, 0, "" },
		{ VCPU, "cpu", { NULL }, 0, "" },
		{ VCPU, "cpu", { NULL }, 1, "error archs" },
		{ "torch-cuda", "cuda", { "8.0" }, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bench b;

		bench_start(&b, rows[i].variant, "x.so", (struct elf){ 0 });
		b.file.images = (struct fatbin){ images, rows[i].images, rows[i].images };
		b.facts.has_metadata = true;
		b.facts.metadata.backend = rows[i].backend;
		for (size_t k = 0; rows[i].archs[k]; k++) {
			b.facts.metadata.has_archs = true;
			vec_push(&b.a, &b.facts.metadata.archs, rows[i].archs[k]);
		}
		check_archs(&b.run);
		if (!streq(bench_text(&b), rows[i].want))
			fail_msg("row %zu: %s", i, bench_text(&b));
		arena_free(&b.a);
	}
}

#define ID "_a_cuda_id1"

static void
test_namespace(void **state)
{
	static const char good[] = "\0\0_a_cuda_id1\0x", longer[] = "\0tail_of_a_cuda_id1\0",
			  none[] = "\0_a_cuda_id12\0_a_cuda_id",
			  other[] = "\0_a_cuda_id1\0_a_cuda_id2\0",
			  cut[] = "\0_a_cuda_id\0_a_cuda_id1\0";
	static const struct {
		struct str rodata;
		const char *ops, *want;
	} rows[] = {
		{ { good, sizeof(good) - 1 }, "ops = torch.ops." ID "\nx = torch.ops.aten.add",
			"" },
		{ { longer, sizeof(longer) - 1 }, "torch.ops." ID, "" },
		{ { none, sizeof(none) - 1 }, "torch.ops." ID, "error namespace, error namespace" },
		{ { other, sizeof(other) - 1 }, "torch.ops." ID, "error namespace" },
		{ { cut, sizeof(cut) - 1 }, "torch.ops." ID, "" },
		{ { good, sizeof(good) - 1 }, "torch.ops._a_cuda_old # " ID, "error namespace" },
		{ { good, sizeof(good) - 1 }, "torch.ops." ID "2 " ID, "error namespace" },
		{ { good, sizeof(good) - 1 }, "import torch", "error namespace" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct elf_section s = { .name = ".rodata", .size = rows[i].rodata.n };
		struct fact_file files[2];
		struct bench b;

		bench_start(&b, V, ID ".abi3.so", (struct elf){ .sections = &s, .n_sections = 1 });
		b.file.bytes = rows[i].rodata;
		files[0] = b.file;
		files[1] = (struct fact_file){ .path = "_ops.py", .bytes = str_of(rows[i].ops) };
		b.facts.files = files;
		b.facts.n_files = 2;
		b.facts.has_metadata = true;
		b.facts.metadata = (struct metadata){ .name = "a", .id = ID, .backend = "cuda" };
		check_namespace(&b.run);
		if (!streq(bench_text(&b), rows[i].want))
			fail_msg("row %zu: %s", i, bench_text(&b));
		arena_free(&b.a);
	}
}

static void
test_leaks(void **state)
{
	static const struct {
		bool is_elf;
		const char *text, *want;
	} rows[] = {
		{ false, "x = '/srv/store/trees/1'", "warning private-path" },
		{ true, "x = '/srv/store'", "error private-path" },
		{ true, "/srv/store2/x", "" },
		{ true, "/srv/store-old", "" },
		{ true, "a/srv/store/x", "" },
		{ false, "open('/tmp/x')", "" },
		{ true, "/tmp/tmpxft_00/x.cu", "warning machine-path" },
		{ true, "-I/home/me/x", "" },
		{ true, "-I=/home/me/x", "warning machine-path" },
		{ true, "/tmp/", "" },
		{ true, "/tmp/ x", "" },
		{ true, "/nix/store/abc-gcc/lib", "warning machine-path" },
		{ true, "lib/tmp/x", "" },
		{ true, "/kb/src/a.cu torch/include/x.h", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bench b;

		bench_start(&b, V, "x", (struct elf){ 0 });
		vec_push(&b.a, &b.options.private_paths, "/srv/store");
		b.file.is_elf = rows[i].is_elf;
		b.file.bytes = str_of(rows[i].text);
		check_leaks(&b.run);
		if (!streq(bench_text(&b), rows[i].want))
			fail_msg("%s: %s", rows[i].text, bench_text(&b));
		arena_free(&b.a);
	}
}

/* A Python-only variant in a directory, and what is wrong when it is changed. */
static void
write_text(struct arena *a, const char *dir, const char *path, const char *text)
{
	struct err e;
	const char *at = path_join(a, dir, path);

	assert_int_equal(fs_mkdirs_for(at, &e), 0);
	assert_int_equal(fs_write_atomic(at, text, strlen(text), 0644, &e), 0);
}

#define META(extra) \
	"{\"name\":\"a\",\"id\":\"_a_cuda_1\",\"version\":1,\"license\":\"x\",\"python-depends\":[]," extra \
	"}"
#define CUDA "\"backend\":{\"type\":\"cuda\"}"
/* echo -n x | sha256sum, sha512sum, in base64 */
#define X256 "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
#define X512 \
	"pKvURIxJVi2CgRXROh/M6pJ/UrTVRZKX+LQ+QtqJI4vBNibkPcs43bCCSIkn7JBPtCBXRDmD6IWFF51QVRr+Yg=="
#define DIGEST(x) \
	",\"digest\":{\"algorithm\":\"sha256\",\"files\":{\"__init__.py\":\"" X256 \
	"\",\"_ops.py\":\"" X256 "\"" x "}}"

static void
test_variant(void **state)
{
	static const struct {
		/* file: one more, or one that is changed */
		const char *name, *metadata, *file, *text, *want;
	} rows[] = {
		{ "torch-cuda", META(CUDA DIGEST("")), NULL, NULL, "" },
		{ "torch-cuda", META(CUDA DIGEST("")), "more.py", "x",
			"error digest-unknown more.py" },
		{ "torch-cuda", META(CUDA DIGEST(",\"more.py\":\"" X256 "\"")), "more.py", "x",
			"" },
		{ "torch-cuda", META(CUDA DIGEST("")), "_ops.py", "y",
			"error digest-mismatch _ops.py" },
		{ "torch-cuda", META(CUDA DIGEST(",\"gone.py\":\"" X256 "\"")), NULL, NULL,
			"error digest-missing gone.py" },
		{ "torch-cuda", META(CUDA DIGEST(",\"metadata.json\":\"" X256 "\"")), NULL, NULL,
			"error digest-missing metadata.json" },
		{ "torch-cuda", META(CUDA DIGEST(",\"d/metadata.json\":\"" X256 "\"")),
			"d/metadata.json", "x", "" },
		{ "torch-cuda", META(CUDA DIGEST("")), "d/metadata.json", "x",
			"error digest-unknown d/metadata.json" },
		{ "torch-cuda", META(CUDA DIGEST("")), "metadata.json.sigstore", "x", "" },
		{ "torch-cuda", META(CUDA DIGEST("")), "__pycache__/a.pyc", "x",
			"warning layout __pycache__/a.pyc" },
		{ "torch-cuda", META(CUDA DIGEST(",\".x\":\"" X256 "\"")), ".x", "x",
			"warning layout .x" },
		{ "torch-cuda", META(CUDA DIGEST(",\"d/.git\":\"" X256 "\"")), "d/.git", "x",
			"warning layout d/.git" },
		{ "torch-cuda",
			"{\"name\":\"json\",\"id\":\"_json_cuda_1\",\"version\":1,\"license\":\"x\",\"python-depends\":[]," CUDA
				DIGEST("") "}",
			NULL, NULL, "error metadata metadata.json" },
		{ "torch-cuda",
			META(CUDA
				",\"digest\":{\"algorithm\":\"sha512\",\"files\":{\"__init__.py\":\"" X512
				"\",\"_ops.py\":\"" X512 "\"}}"),
			NULL, NULL, "" },
		{ "torch-cuda", META(CUDA ",\"digest\":{\"algorithm\":\"md5\",\"files\":{}}"), NULL,
			NULL, "error digest-algorithm metadata.json" },
		{ "torch-cuda", META(CUDA), NULL, NULL, "warning digest-absent metadata.json" },
		{ "torch-cuda", META("\"backend\":{\"type\":\"cpu\"}" DIGEST("")), NULL, NULL,
			"error metadata metadata.json" },
		{ "torch-universal", META(CUDA DIGEST("")), NULL, NULL, "" },
		{ "torch-cuda", "{", NULL, NULL, "error metadata metadata.json" },
		{ "cuda", META(CUDA DIGEST("")), NULL, NULL,
			"error variant-name , error namespace _ops.py" },
		{ "torch-cuda", META(CUDA DIGEST(",\"m.abi3.so\":\"" X256 "\"")), "m.abi3.so", "x",
			"error layout , error elf-kind m.abi3.so" },
		{ "torch211-cxx11-cu130-x86_64-linux", META(CUDA DIGEST(",\"m.pyd\":\"" X256 "\"")),
			"m.pyd", "x",
			"error extension-name _a_cuda_1.abi3.so, error namespace _ops.py, warning elf-kind m.pyd" },
		{ "torch-cuda", META(CUDA DIGEST(",\"m.so\":\"" X256 "\"")), "m.so", "\177ELF",
			"error digest-mismatch m.so, error elf-damaged m.so" },
		{ "torch-cuda",
			META(CUDA DIGEST("") ",\"provenance\":{\"kernel\":{\"dirty\":true}}"), NULL,
			NULL, "warning dirty metadata.json" },
	};
	struct check_options o = { 0 };
	struct arena a = { 0 };
	struct err e;
	char *top;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-check", &top, &e), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *dir = arena_printf(&a, "%s/%zu/%s", top, i, rows[i].name), *text = "";
		struct findings f = { 0 };

		write_text(&a, dir, "__init__.py", "x");
		write_text(&a, dir, "_ops.py", "x");
		write_text(&a, dir, "metadata.json", rows[i].metadata);
		if (rows[i].file)
			write_text(&a, dir, rows[i].file, rows[i].text);
		assert_int_equal(check_variant(&a, dir, &o, &f, &e), 0);
		for (size_t k = 0; k < f.n; k++) {
			text = arena_printf(&a, "%s%s%s %s %s", text, k ? ", " : "",
				severity_name(f.v[k].severity), f.v[k].rule,
				f.v[k].file ? f.v[k].file : "");
			assert_string_equal(f.v[k].variant, rows[i].name);
		}
		if (!streq(text, rows[i].want))
			fail_msg("row %zu: \"%s\", not \"%s\"", i, text, rows[i].want);
	}
	fs_remove(top, &e);
	arena_free(&a);
}

static void
test_discover(void **state)
{
	struct arena a = { 0 };
	struct strs v = { 0 };
	struct err e;
	char *top;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-check", &top, &e), 0);
	assert_int_equal(check_discover(&a, top, &v, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	write_text(&a, top, "y/metadata.json", "");
	write_text(&a, top, "x/metadata.json", "");
	write_text(&a, top, "z/other.json", "");
	assert_int_equal(check_discover(&a, top, &v, &e), 0);
	assert_int_equal(v.n, 2);
	assert_string_equal(v.v[0], path_join(&a, top, "x"));
	v.n = 0;
	write_text(&a, top, "build/b/metadata.json", "");
	assert_int_equal(check_discover(&a, top, &v, &e), 0);
	assert_int_equal(v.n, 1);
	assert_string_equal(v.v[0], path_join(&a, top, "build/b"));
	v.n = 0;
	write_text(&a, top, "result/r/metadata.json", "");
	assert_int_equal(check_discover(&a, top, &v, &e), 0);
	assert_string_equal(v.v[0], path_join(&a, top, "result/r"));
	v.n = 0;
	assert_int_equal(check_discover(&a, path_join(&a, top, "x"), &v, &e), 0);
	assert_int_equal(v.n, 1);
	assert_string_equal(v.v[0], path_join(&a, top, "x"));
	fs_remove(top, &e);
	arena_free(&a);
}

static void
test_report(void **state)
{
	struct finding v[] = {
		{ SEVERITY_ERROR, "needed", "v", "a b.so", NULL, "libx.so", "needs it",
			"do without", 0, 0 },
		{ SEVERITY_WARNING, "gnu-unique", "v", NULL, "sym", NULL, "is \"unique\"", "flag",
			3, 7 },
	};
	const struct findings f = { v, 2, 2 };
	const char *names[] = { "v", "w" };
	const struct strs variants = { names, 2, 2 };
	CLEANUP(buf_free) struct buf text = { 0 }, json = { 0 }, sarif = { 0 };
	struct arena a = { 0 };
	json_t *o, *run, *result;
	size_t n;

	(void)state;
	findings_text(&f, &text);
	assert_string_equal(text.p, "v/a b.so: error: needs it [needed]\n    do without\n"
				    "v:3:7: warning: is \"unique\" [gnu-unique]\n    flag\n");
	assert_string_equal(findings_summary(&a, &f, 2), "1 error, 1 warning in 2 variants");
	findings_json(&f, &variants, &json);
	o = json_loadb(json.p, json.n, 0, NULL);
	assert_non_null(o);
	assert_int_equal(json_integer_value(json_object_get(o, "errors")), 1);
	assert_int_equal(json_integer_value(json_object_get(o, "warnings")), 1);
	assert_int_equal(json_array_size(json_object_get(o, "variants")), 2);
	result = json_array_get(json_object_get(o, "findings"), 1);
	assert_string_equal(json_string_value(json_object_get(result, "symbol")), "sym");
	assert_null(json_object_get(result, "file"));
	assert_int_equal(json_integer_value(json_object_get(result, "line")), 3);
	assert_int_equal(json_integer_value(json_object_get(result, "column")), 7);
	json_decref(o);

	findings_sarif(&f, &sarif);
	o = json_loadb(sarif.p, sarif.n, 0, NULL);
	assert_non_null(o);
	run = json_array_get(json_object_get(o, "runs"), 0);
	check_rules(&n);
	result = json_object_get(json_object_get(json_object_get(run, "tool"), "driver"), "rules");
	assert_int_equal(json_array_size(result), n);
	for (size_t i = 0; i < 2; i++) {
		json_t *r = json_array_get(json_object_get(run, "results"), i);
		json_t *rule = json_array_get(
			result, (size_t)json_integer_value(json_object_get(r, "ruleIndex")));

		assert_string_equal(json_string_value(json_object_get(rule, "id")), v[i].rule);
		assert_string_equal(json_string_value(json_object_get(r, "ruleId")), v[i].rule);
		assert_string_equal(json_string_value(json_object_get(r, "level")),
			severity_name(v[i].severity));
	}
	assert_non_null(strstr(sarif.p, "\"v/a%20b.so\""));
	assert_non_null(strstr(sarif.p, "\"startLine\": 3"));
	json_decref(o);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mangled),
		cmocka_unit_test(test_mangled_deep),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_fatbin),
		cmocka_unit_test(test_fatbin_hides),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_loading),
		cmocka_unit_test(test_wheels),
		cmocka_unit_test(test_unique),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_archs),
		cmocka_unit_test(test_namespace),
		cmocka_unit_test(test_leaks),
		cmocka_unit_test(test_variant),
		cmocka_unit_test(test_discover),
		cmocka_unit_test(test_report),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
