/* SPDX-License-Identifier: Apache-2.0 */
/* Wheels: what they are called, what they need, their texts, their bytes. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "config/licence.h"
#include "formats/zip.h"
#include "wheel/deflate.h"
#include "wheel/dist_info.h"
#include "wheel/sbom.h"
#include "wheel/zip_write.h"
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static const struct catalog_torch torch25 = { .version = { { 2, 5, 1 }, 3 },
	.has_cxx98 = true,
	.has_cxx11 = true },
				  torch211 = { .version = { { 2, 11, 0 }, 3 }, .has_cxx11 = true };
static const struct catalog_cuda cuda130 = { .version = { { 13, 0 }, 2 } };

static struct project
kernel(enum framework f)
{
	return (struct project){ .name = "my-kernel",
		.module = "my_kernel",
		.version = 3,
		.framework = f,
		.has_backend = { [BACKEND_CPU] = true, [BACKEND_CUDA] = true } };
}

/* "FILE NAME'S BEGINNING TAG REQUIRES" */
static const char *
identity(struct arena *a, const struct project *p, const struct variant *v)
{
	struct wheel_identity id;
	const char *out;

	wheel_identify(a, p, v, &id);
	out = arena_printf(a, "%s %s", id.stem, id.tag);
	for (size_t i = 0; i < id.requires.n; i++)
		out = arena_printf(a, "%s | %s", out, id.requires.v[i]);
	return out;
}

static void
test_identity(void **state)
{
	struct project_kernel kernels[] = { { .backend = BACKEND_CPU },
		{ .backend = BACKEND_CUDA } };
	struct project p = kernel(FRAMEWORK_TORCH);
	struct variant v = { .name = "torch211-cxx11-cu130-x86_64-linux",
		.backend = BACKEND_CUDA,
		.torch = &torch211,
		.cuda = &cuda130,
		.cxx11 = true };
	struct arena a = { 0 };

	(void)state;
	p.kernels = kernels;
	p.n_kernels = 2;
	strs_add(&a, &p.python_depends, "einops");
	strs_add(&a, &p.python_depends_of[BACKEND_CUDA], "nvidia-cutlass-dsl");
	assert_string_equal(identity(&a, &p, &v),
		"my_kernel-3+torch211.cu130 cp39-abi3-manylinux_2_28_x86_64 | torch==2.11.* | einops | nvidia-cutlass-dsl");
	v.name = "torch211-cxx11-cpu-aarch64-linux";
	v.backend = BACKEND_CPU;
	v.cuda = NULL;
	assert_string_equal(identity(&a, &p, &v),
		"my_kernel-3+torch211.cpu cp39-abi3-manylinux_2_28_aarch64 | torch==2.11.* | einops");
	/* Both ABIs of one release must not become one file. */
	v.torch = &torch25;
	v.name = "torch25-cxx98-cpu-x86_64-linux";
	assert_string_equal(identity(&a, &p, &v),
		"my_kernel-3+torch25.cxx98.cpu cp39-abi3-manylinux_2_28_x86_64 | torch==2.5.* | einops");
	v.name = "torch25-cxx11-cpu-x86_64-linux";
	assert_string_equal(identity(&a, &p, &v),
		"my_kernel-3+torch25.cxx11.cpu cp39-abi3-manylinux_2_28_x86_64 | torch==2.5.* | einops");
	v.name = "torch-stable-abi210-cpu-x86_64-linux";
	v.kind = VARIANT_STABLE_ABI;
	v.torch = &torch211;
	v.stable_abi = (struct version){ { 2, 10 }, 2 };
	assert_string_equal(identity(&a, &p, &v),
		"my_kernel-3+torch.stable.abi210.cpu cp39-abi3-manylinux_2_28_x86_64 | torch>=2.10 | einops");
	p.torch_minver = (struct version){ { 2, 11 }, 2 };
	p.torch_maxver = (struct version){ { 2, 13 }, 2 };
	assert_string_equal(identity(&a, &p, &v),
		"my_kernel-3+torch.stable.abi210.cpu cp39-abi3-manylinux_2_28_x86_64 | torch>=2.11,<2.14 | einops");
	arena_free(&a);
}

static void
test_tvm_ffi(void **state)
{
	const struct catalog_tvm_ffi tvm_ffi = { .version = { { 0, 1, 9 }, 3 } };
	const struct variant v = { .name = "tvm-ffi01-cu130-x86_64-linux",
		.kind = VARIANT_TVM_FFI,
		.backend = BACKEND_CUDA,
		.tvm_ffi = &tvm_ffi,
		.cuda = &cuda130 };
	const struct project p = kernel(FRAMEWORK_TVM_FFI);
	struct wheel_identity id;
	struct arena a = { 0 };

	(void)state;
	assert_string_equal(identity(&a, &p, &v),
		"my_kernel-3+tvm.ffi01.cu130 py3-none-manylinux_2_28_x86_64 | apache-tvm-ffi==0.1.*");
	wheel_identify(&a, &p, &v, &id);
	assert_string_equal(
		id.summary, "my-kernel, a kernel for PyTorch and JAX: tvm-ffi 0.1, CUDA 13.0");
	arena_free(&a);
}

static void
test_without_code(void **state)
{
	struct project p = kernel(FRAMEWORK_TORCH_NOARCH);
	struct variant v = {
		.name = "torch-cuda", .kind = VARIANT_NOARCH, .backend = BACKEND_CUDA
	};
	struct project_kernel cuda = { .backend = BACKEND_CUDA };
	struct arena a = { 0 };
	struct wheel_identity id;

	(void)state;
	strs_add(&a, &p.python_depends_of[BACKEND_CUDA], "nvidia-cutlass-dsl");
	assert_string_equal(identity(&a, &p, &v),
		"my_kernel-3 py3-none-any | torch | nvidia-cutlass-dsl; extra == \"cuda\"");
	wheel_identify(&a, &p, &v, &id);
	assert_true(id.is_pure && id.is_of_several);
	assert_int_equal(id.extras.n, 1);
	assert_string_equal(id.extras.v[0], "cuda");
	p.has_backend[BACKEND_CPU] = false;
	p.torch_maxver = (struct version){ { 2, 13 }, 2 };
	assert_string_equal(
		identity(&a, &p, &v), "my_kernel-3 py3-none-any | torch<2.14 | nvidia-cutlass-dsl");
	/* A backend without sections of a kernel that has compiled code for others. */
	p = kernel(FRAMEWORK_TORCH);
	p.kernels = &cuda;
	p.n_kernels = 1;
	v.backend = BACKEND_CPU;
	wheel_identify(&a, &p, &v, &id);
	assert_true(id.is_pure && !id.is_of_several);
	arena_free(&a);
}

static void
test_licence(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: not SPDX's */
	} t[] = {
		{ "Apache-2.0", "Apache-2.0" },
		{ "apache-2.0", "Apache-2.0" },
		{ "MIT", "MIT" },
		{ "mit or Apache-2.0", "MIT OR Apache-2.0" },
		{ "apache-2.0 WITH llvm-exception AND MIT",
			"Apache-2.0 WITH LLVM-exception AND MIT" },
		{ "other", NULL },
		{ "", NULL },
		{ "MIT OR", NULL },
		{ "OR MIT", NULL },
		{ "MIT MIT", NULL },
		{ "MIT WITH MIT", NULL },
		{ "MIT WITH LLVM-exception WITH LLVM-exception", NULL },
		{ "MIT  OR MIT", NULL },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const char *got = licence_expression(&a, t[i].text);

		if (t[i].want)
			assert_string_equal(got, t[i].want);
		else
			assert_null(got);
	}
	arena_free(&a);
}

static void
test_licence_meant(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: nothing is like it */
	} t[] = {
		{ "Apache-2", "Apache-2.0" },
		{ "Apache 2.0", "Apache-2.0" },
		{ "MTI", "MIT" },
		{ "bsd-3-cluase", "BSD-3-Clause" },
		{ "apache-2.0", NULL },
		{ "MIT OR Apache-2.0", NULL },
		/* Other licences, and what the hub calls some. */
		{ "BSL-1.1", NULL },
		{ "GPL-3.0", NULL },
		{ "LGPL-2.1", NULL },
		{ "BSD", NULL },
		{ "other", NULL },
		{ "openrail", NULL },
		{ "NVIDIA Open Model License", NULL },
		{ "", NULL },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const char *got = licence_meant(&a, t[i].text);

		if (!t[i].want && got)
			fail_msg("%s: %s", t[i].text, got);
		if (t[i].want)
			assert_string_equal(got, t[i].want);
	}
	arena_free(&a);
}

static void
test_texts(void **state)
{
	struct project p = kernel(FRAMEWORK_TORCH);
	struct variant v = { .name = "torch211-cxx11-cpu-x86_64-linux",
		.backend = BACKEND_CPU,
		.torch = &torch211,
		.cxx11 = true };
	struct project_kernel cpu = { .backend = BACKEND_CPU };
	struct strs licences = { 0 };
	struct wheel_identity id;
	struct arena a = { 0 };
	struct str text;

	(void)state;
	p.kernels = &cpu;
	p.n_kernels = 1;
	p.license = "of mine\nRequires-Dist: evil";
	p.source = "https://example.org/k";
	strs_add(&a, &p.upstream, "https://example.org/up");
	strs_add(&a, &p.upstream, "not a URL");
	strs_add(&a, &licences, "LICENSE");
	wheel_identify(&a, &p, &v, &id);
	text = metadata_core(&a, &p, &id, &licences);
	assert_true(
		str_starts(text, STR("Metadata-Version: 2.4\n"
				     "Name: my-kernel\n"
				     "Version: 3+torch211.cpu\n"
				     "Summary: my-kernel, a kernel for PyTorch: torch 2.11, CPU\n"
				     "Project-URL: Source, https://example.org/k\n"
				     "Project-URL: Upstream, https://example.org/up\n"
				     "License: of mine Requires-Dist: evil\n"
				     "License-File: LICENSE\n"
				     "Requires-Python: >=3.9\n"
				     "Requires-Dist: torch==2.11.*\n"
				     "Description-Content-Type: text/markdown\n\n")));
	p.license = "mit";
	assert_non_null(strstr(metadata_core(&a, &p, &id, &licences).p,
		"\nLicense-Expression: MIT\nLicense-File: LICENSE\n"));
	assert_string_equal(wheel_tags(&a, &id).p,
		"Wheel-Version: 1.0\nGenerator: kernel-builder " KB_VERSION
		"\nRoot-Is-Purelib: false\nTag: cp39-abi3-manylinux_2_28_x86_64\n");
	arena_free(&a);
}

static void
test_record(void **state)
{
	const struct package_file files[] = {
		{ .path = "k/a,\"b\".py", .text = STR("x"), .sha256 = sha256_of("x", 1) },
		/* base 64 of this one has a '-' and a '_' in place of '+' and '/' */
		{ .path = "k/c", .text = STR("hi"), .sha256 = { { 0xfb, 0xff, 0xbf } } },
	};
	struct arena a = { 0 };
	struct str out;
	struct err e;

	(void)state;
	assert_int_equal(wheel_record(&a, files, 2, "k.dist-info/RECORD", &out, &e), 0);
	assert_string_equal(out.p,
		"\"k/a,\"\"b\"\".py\",sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE,1\n"
		"k/c,sha256=-_-_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,2\n"
		"k.dist-info/RECORD,,\n");
	arena_free(&a);
}

static void
test_purl(void **state)
{
	static const struct {
		struct pin pin;
		const char *want;
	} t[] = {
		{ { .kind = PIN_WHEEL,
			  .name = "nvidia-nvvm",
			  .file = "nvidia_nvvm-13.0.88-py3-none-manylinux.whl" },
			"pkg:pypi/nvidia-nvvm@13.0.88?file_name=nvidia_nvvm-13.0.88-py3-none-manylinux.whl" },
		{ { .kind = PIN_DEB,
			  .name = "g++-12",
			  .file = "pool/main/g/gcc-12/g++-12_12.2.0-14+deb12u1_amd64.deb" },
			"pkg:deb/debian/g%2B%2B-12@12.2.0-14%2Bdeb12u1?arch=amd64" },
		{ { .kind = PIN_SDIST, .name = "flash-attn", .file = "flash_attn-1.0.1.tar.gz" },
			"pkg:pypi/flash-attn@1.0.1?file_name=flash_attn-1.0.1.tar.gz" },
		{ { .kind = PIN_ARCHIVE,
			  .name = "cuda_nvcc",
			  .file = "cuda_nvcc/linux-x86_64/cuda_nvcc-linux-x86_64-12.6.85-archive.tar.xz" },
			"pkg:generic/cuda_nvcc@12.6.85" },
		{ { .kind = PIN_DIRECTORY, .name = "CUTLASS", .file = "v4.5.2" },
			"pkg:generic/CUTLASS@v4.5.2" },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_string_equal(sbom_purl(&a, &t[i].pin), t[i].want);
	arena_free(&a);
}

/* A variant whose link sees a package of two pins, and waits for a step that sees others, with a
 * compiler for another target. A third step is not its own. */
static void
test_sbom(void **state)
{
	struct pin_select include = { "usr/include/", "usr/include/", false },
			  program = { "usr/bin/ld", "bin/ld", false },
			  symbols = { "lib/include/c.so", "lib/include/c.so", true };
	struct pin pins[] = {
		{ .kind = PIN_DEB, .name = "b", .file = "p/b_1_amd64.deb", .select = &include },
		{ .kind = PIN_DEB, .name = "b", .file = "p/b_1_amd64.deb", .select = &program },
		{ .kind = PIN_DEB, .name = "a", .file = "p/a_2_amd64.deb", .select = &symbols },
		{ .kind = PIN_DEB, .name = "c", .file = "p/c_3_amd64.deb", .select = &include },
		{ .kind = PIN_DEB, .name = "d", .file = "p/d_4_arm64.deb", .select = &include },
	};
	struct pin *of_link[] = { &pins[1], &pins[0] }, *of_other[] = { &pins[3] },
		   *of_source[] = { &pins[2], &pins[4] };
	const struct catalog_gcc gcc = { .target = &targets[0] };
	const struct mount mounts[] = { { .pins = of_link, .n_pins = 2, .target = &targets[0] },
		{ .pins = of_source, .n_pins = 2, .target = &targets[1] },
		{ .pins = of_other, .n_pins = 1 } };
	const struct mount *const m[] = { &mounts[0], &mounts[1], &mounts[2] };
	const struct root roots[] = { { &m[0], 1, NULL }, { &m[1], 1, NULL }, { &m[2], 1, NULL } };
	struct step_input input = { .step = 0 };
	struct step steps[] = { { .root = &roots[1] }, { .root = &roots[2] },
		{ .root = &roots[0], .inputs = &input, .n_inputs = 1 } };
	struct source source = { .path = "k.cpp" };
	const struct sources_set sources = { .v = &source, .n = 1 };
	const struct project p = kernel(FRAMEWORK_TORCH);
	const struct plan plan = {
		.project = &p, .sources = &sources, .steps = steps, .n_steps = 3
	};
	const struct plan_variant v = { .link = 2, .gcc = &gcc };
	const struct wheel_identity id = { .name = "k", .version = "1+cpu", .summary = "s" };
	struct arena a = { 0 };
	json_t *o, *parts;
	const char *first = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(pins) / sizeof(*pins); i++)
		pins[i].n_select = 1;
	for (int i = 0; i < 2; i++) {
		struct str text = sbom_text(&a, &plan, &v, &id);

		if (first)
			assert_string_equal(text.p, first);
		first = text.p;
	}
	o = json_loads(first, 0, NULL);
	assert_non_null(o);
	parts = json_object_get(o, "components");
	assert_int_equal(json_array_size(parts), 3);
#define TEXT(i, key) json_string_value(json_object_get(json_array_get(parts, i), key))
	assert_string_equal(TEXT(0, "purl"), "pkg:deb/debian/a@2?arch=amd64");
	assert_string_equal(TEXT(0, "scope"), "excluded");
	assert_string_equal(TEXT(1, "purl"), "pkg:deb/debian/b@1?arch=amd64");
	assert_string_equal(TEXT(1, "scope"), "required");
	assert_string_equal(TEXT(2, "purl"), "pkg:deb/debian/d@4?arch=arm64");
	assert_string_equal(TEXT(2, "scope"), "excluded");
	json_decref(o);
	arena_free(&a);
}

static int
read_at(void *arg, uint64_t off, void *buf, size_t n, struct err *e)
{
	const struct str *s = arg;

	(void)e;
	memcpy(buf, s->p + off, n);
	return 0;
}

static int
put(void *arg, const void *p, size_t n, struct err *e)
{
	(void)e;
	buf_add(arg, p, n);
	return 0;
}

/* What is written is what our reader reads, and the same bytes as ever. */
static void
test_zip(void **state)
{
	char path[] = "/tmp/wheel_test.XXXXXX";
	CLEANUP(fd_closep) int fd = mkostemp(path, O_CLOEXEC);
	static const char zeros[100];
	struct zip_writer w = { .fd = fd };
	struct arena a = { 0 };
	struct str bytes;
	struct zip_source src = { .read_at = read_at, .arg = &bytes };
	struct digest d;
	struct zip z;
	struct err e;
	char hex[65];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(zip_add(&w, "k/\xc3\xa4.py", STR("text\n"), false, &e), 0);
	assert_int_equal(
		zip_add(&w, "k/zeros", (struct str){ zeros, sizeof(zeros) }, false, &e), 0);
	assert_int_equal(zip_add(&w, "k/empty", STR(""), false, &e), 0);
	assert_int_equal(zip_add(&w, "k/k.so", STR("\177ELF"), true, &e), 0);
	assert_int_equal(zip_end(&w, &e), 0);
	assert_int_equal(fs_read(&a, path, SIZE_MAX, &bytes, &e), 0);
	unlink(path);
	src.size = bytes.n;
	assert_int_equal(zip_read(&a, &src, &z, &e), 0);
	assert_int_equal(z.n, 4);
	assert_string_equal(z.v[0].name, "k/\xc3\xa4.py");
	assert_false(z.v[0].is_exec);
	assert_true(z.v[3].is_exec);
	assert_true(z.v[1].method == 8 && z.v[1].packed < 20 && z.v[3].method == 0);
	for (size_t i = 0; i < z.n; i++) {
		const struct str want[] = { STR("text\n"), { zeros, sizeof(zeros) }, STR(""),
			STR("\177ELF") };
		CLEANUP(buf_free) struct buf b = { 0 };
		struct zip_unpack *u = zip_unpack_new(&z.v[i], 0, put, &b);

		assert_int_equal(zip_unpack_add(u, bytes.p + z.v[i].from,
					 (size_t)(z.v[i].to - z.v[i].from), &e),
			1);
		zip_unpack_free(u);
		assert_true(str_eq(buf_str(&b), want[i]));
	}
	d = sha256_of(bytes.p, bytes.n);
	assert_string_equal(digest_hex(&d, hex),
		"cbcd2ed9afea2cfe61cc3a5aa6b6e4cc984941bd964e2c199d729edaf86e5214");
	arena_free(&a);
}

/* What inflates to the same, and how long it is. */
static size_t
deflated(struct str in)
{
	CLEANUP(buf_free) struct buf packed = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	z_stream z = { 0 };

	deflate_bytes(in, &packed);
	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	z.next_in = (unsigned char *)packed.p;
	z.avail_in = (unsigned)packed.n;
	z.next_out = (unsigned char *)buf_room(&out, in.n + 1);
	z.avail_out = (unsigned)in.n + 1;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	assert_int_equal(z.total_out, in.n);
	assert_true(in.n == 0 || memcmp(out.p, in.p, in.n) == 0);
	inflateEnd(&z);
	return packed.n;
}

/* Numbers that look like chance and are the same each time. */
static unsigned
next_number(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

static void
test_deflate(void **state)
{
	static const char *const small[] = { "", "a", "ab", "aa", "aaa", "aaaa", "abcabcabc" };
	enum { N = 1 << 18 };
	struct arena a = { 0 };
	char *p = arena_array(&a, char, N);
	uint32_t r = 1;
	struct str text;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(small) / sizeof(*small); i++)
		deflated(str_of(small[i]));
	assert_true(deflated((struct str){ p, N }) < 600); /* zeros */
	for (int i = 0; i < N; i++)
		p[i] = (char)next_number(&r);
	assert_true(deflated((struct str){ p, N }) < N + N / 100);
	/* Frequencies like Fibonacci's numbers make codes that must be cut to 15 bits. */
	memset(p, 25, N);
	for (int i = 0, symbol = 0, n = 1, before = 0; symbol < 25; symbol++) {
		for (int k = 0; k < n && i < N; k++)
			p[i++] = (char)symbol;
		n += before;
		before = n - before;
	}
	for (int i = N - 1; i > 0; i--) {
		int k = (int)(((uint32_t)next_number(&r) << 16 | next_number(&r)) %
			      (uint32_t)(i + 1));
		char c = p[i];

		p[i] = p[k];
		p[k] = c;
	}
	assert_true(deflated((struct str){ p, N }) < N / 2);
	/* Repetitions at the far end of the window, and behind it. */
	for (int far = 32760; far < 32776; far++) {
		for (int i = 0; i < N; i++)
			p[i] = (char)(i < far ? (int)next_number(&r) : p[i - far]);
		deflated((struct str){ p, N });
	}
	assert_int_equal(fs_read(&a, "/proc/self/exe", SIZE_MAX, &text, &e), 0);
	assert_true(deflated(text) < text.n * 6 / 10);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_tvm_ffi),
		cmocka_unit_test(test_without_code),
		cmocka_unit_test(test_licence),
		cmocka_unit_test(test_licence_meant),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_purl),
		cmocka_unit_test(test_sbom),
		cmocka_unit_test(test_zip),
		cmocka_unit_test(test_deflate),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("wheel", tests, NULL, NULL);
}
