/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel-builder.lock, format 2. JSON, UTF-8, keys sorted by bytes, two blanks per level, LF at the
 * end: written by one machine and read by another it gives the same bytes. Keys that are not listed
 * here are errors, so that an older program does not build half of what a newer one locked.
 *
 *     version  2
 *     matrix   { name, about, rows }; a row: { torch: "2.4.1", abi: "cxx11", cuda: "11.8" }, or of a
 *              [tvm-ffi] kernel { tvm-ffi: "0.1.9", cuda: "13.0" }, without cuda for cpu; the rows
 *              are in the order of the matrix
 *     torch    the releases that the rows name: { version, cxx-std, abi, cuda, cpu, headers,
 *              libraries,
 *              libraries-abi (both or neither) }, where cuda lists only those versions that the
 *              lock holds
 *     cuda     the releases that the rows name: { version, gcc, capabilities, newer, defaults,
 *              note,
 *              pins, files }, newer and note only if the catalog has them; a file: { path, text,
 *              exec }
 *     gcc      the compilers that these need: { version, tools, pins }
 *     tools    what these share: { name, pins }
 *     libraries  pins: of what link stubs are made
 *     cuda-libraries  those libraries of CUDA that the kernel may call: { name, cuda, words, pin };
 *                     absent when there are none
 *     tvm-ffi  the releases that the rows name: { version, cxx-std, headers, library }; absent when
 *              there are none
 *     cuda-runtimes  for these: { cuda, pin }; absent with tvm-ffi
 *     python   a pin; absent when nothing is compiled
 *     depends  headers that the kernel's sections ask for: { name, title, version, include, pins };
 *              absent when there are none
 *     variants the names of the variants that it was written for; nothing here reads it, but Nix
 *     does
 *     target   "aarch64"; absent: x86_64, as in locks of before there were others
 *     others   the same for other targets: a list of { target, matrix, torch, cuda, gcc, tools,
 *              libraries, cuda-libraries, python, depends }; absent when there are none
 *
 * For another target than x86_64, a gcc also has native, the pins of the compiler of that release
 * whose programs make code for the machine that they run on, and a cuda has runtime, the pin of the
 * runtime's library.
 *
 * Version 1 had no gcc, tools, libraries and libraries-abi: the compiler was the machine's.
 *
 * A pin is { kind, name, file, size, sha256, tree, select, plain }, a selection { from, to, symbols
 * }, with the meanings of the catalog (catalog.c). No machine, path or host is named: where a pin
 * is fetched from is a setting of who fetches it.
 */
#include "resolve/lock.h"
#include "base/fs.h"
#include "base/path.h"
#include "config/capability.h"
#include "resolve/json_read.h"
#include "resolve/parts.h"
#include <stdlib.h>

enum { LOCK_VERSION = 2, LOCK_MAX_BYTES = 1 << 20 };

static int
read_select(const struct json_reader *r, const struct json_at *pin, struct pin *out)
{
	static const char *const keys[] = { "from", "symbols", "to", NULL };
	struct json_at list;

	TRY(json_list(r, pin, "select", &list, &out->n_select));
	out->select = arena_array(r->a, struct pin_select, out->n_select);
	for (size_t i = 0; i < out->n_select; i++) {
		const struct json_at at = json_item(r, &list, i);
		struct pin_select *s = &out->select[i];

		TRY(json_keys(r, &at, keys));
		TRY(json_text(r, &at, "from", JSON_NEEDED, &s->from));
		TRY(json_text(r, &at, "to", JSON_MAY, &s->to));
		TRY(json_flag(r, &at, "symbols", JSON_MAY, &s->symbols));
	}
	return 0;
}

static int
read_pin(const struct json_reader *r, const struct json_at *at, struct pin *out)
{
	static const char *const keys[] = { "file", "kind", "name", "plain", "select", "sha256",
		"size", "tree", NULL };
	const char *kind = NULL, *problem;
	int got;

	*out = (struct pin){ 0 };
	TRY(json_keys(r, at, keys));
	TRY(json_text(r, at, "kind", JSON_NEEDED, &kind));
	if (!pin_kind_parse(kind, &out->kind))
		return json_fail(r, at, "\"kind\" must be " PIN_KIND_LIST);
	TRY(json_text(r, at, "name", JSON_NEEDED, &out->name));
	TRY(json_text(r, at, "file", JSON_NEEDED, &out->file));
	TRY(json_count(r, at, "size", JSON_MAY, INT64_MAX, &out->size));
	TRY(json_flag(r, at, "plain", JSON_MAY, &out->is_plain));
	TRY(got = json_digest(r, at, "sha256", &out->sha256));
	out->has_sha256 = got > 0;
	TRY(got = json_digest(r, at, "tree", &out->tree));
	out->has_tree = got > 0;
	TRY(read_select(r, at, out));
	problem = pin_problem_in_use(out);
	return problem ? json_fail(r, at, "%s", problem) : 0;
}

static int
read_pins(const struct json_reader *r, const struct json_at *at, const char *key, struct pin **out,
	size_t *n)
{
	struct json_at list;

	TRY(json_list(r, at, key, &list, n));
	*out = arena_array(r->a, struct pin, *n);
	for (size_t i = 0; i < *n; i++) {
		const struct json_at pin = json_item(r, &list, i);

		TRY(read_pin(r, &pin, &(*out)[i]));
	}
	return 0;
}

static int
read_tools(const struct json_reader *r, const struct json_at *root, struct catalog *out)
{
	static const char *const keys[] = { "name", "pins", NULL };
	struct json_at list;

	TRY(json_list(r, root, "tools", &list, &out->n_tools));
	out->tools = arena_array(r->a, struct catalog_tools, out->n_tools);
	for (size_t i = 0; i < out->n_tools; i++) {
		const struct json_at at = json_item(r, &list, i);

		TRY(json_keys(r, &at, keys));
		TRY(json_text(r, &at, "name", JSON_NEEDED, &out->tools[i].name));
		TRY(read_pins(r, &at, "pins", &out->tools[i].pins, &out->tools[i].n_pins));
	}
	return 0;
}

/* The compiler beside a cross compiler; its tools are among its pins. */
static int
read_native(const struct json_reader *r, const struct json_at *at, struct catalog_gcc *cross)
{
	struct catalog_gcc *native;
	struct json_at pins;
	int got;

	TRY(got = json_member(r, at, "native", JSON_MAY, &pins));
	if (!got)
		return 0;
	native = arena_new(r->a, struct catalog_gcc);
	*native = (struct catalog_gcc){ .version = cross->version, .target = &targets[0] };
	cross->native = native;
	return read_pins(r, at, "native", &native->pins, &native->n_pins);
}

static int
read_gcc(const struct json_reader *r, const struct json_at *at, const struct catalog *c,
	struct catalog_gcc *out)
{
	static const char *const keys[] = { "native", "pins", "tools", "version", NULL };
	struct strs tools = { 0 };

	out->target = c->target;
	TRY(json_keys(r, at, keys));
	TRY(json_version(r, at, "version", 3, JSON_NEEDED, &out->version));
	TRY(json_texts(r, at, "tools", &tools));
	out->tools = (const struct catalog_tools **)arena_array(r->a, void *, tools.n);
	out->n_tools = tools.n;
	for (size_t i = 0; i < tools.n; i++) {
		out->tools[i] = catalog_find_tools(c, tools.v[i]);
		if (!out->tools[i])
			return json_fail(r, at, "\"tools\" names %s, which the lock does not hold",
				tools.v[i]);
	}
	TRY(read_native(r, at, out));
	return read_pins(r, at, "pins", &out->pins, &out->n_pins);
}

static int
read_capabilities(
	const struct json_reader *r, const struct json_at *at, const char *key, struct strs *out)
{
	TRY(json_texts(r, at, key, out));
	if (out->n == 0)
		return json_fail(r, at, "\"%s\" is empty", key);
	for (size_t i = 0; i < out->n; i++)
		if (!capability_is_valid(str_of(out->v[i])))
			return json_fail(r, at, "\"%s\" holds \"%s\", which is no capability", key,
				out->v[i]);
	return 0;
}

static int
read_files(const struct json_reader *r, const struct json_at *cuda, struct catalog_cuda *out)
{
	static const char *const keys[] = { "exec", "path", "text", NULL };
	struct json_at list;

	TRY(json_list(r, cuda, "files", &list, &out->n_files));
	out->files = arena_array(r->a, struct catalog_file, out->n_files);
	for (size_t i = 0; i < out->n_files; i++) {
		const struct json_at at = json_item(r, &list, i);
		struct catalog_file *f = &out->files[i];
		const char *problem;

		TRY(json_keys(r, &at, keys));
		TRY(json_text(r, &at, "path", JSON_NEEDED, &f->path));
		TRY(json_text(r, &at, "text", JSON_NEEDED, &f->text));
		TRY(json_flag(r, &at, "exec", JSON_NEEDED, &f->is_exec));
		problem = catalog_file_problem(f);
		if (problem)
			return json_fail(r, &at, "%s", problem);
	}
	return 0;
}

static int
read_cuda(const struct json_reader *r, const struct json_at *at, struct catalog_cuda *out)
{
	static const char *const keys[] = { "capabilities", "defaults", "files", "gcc", "newer",
		"note", "pins", "runtime", "version", NULL };
	struct json_at newer, runtime;
	uint64_t gcc = 0;
	int got;

	TRY(json_keys(r, at, keys));
	TRY(json_version(r, at, "version", 2, JSON_NEEDED, &out->version));
	TRY(json_count(r, at, "gcc", JSON_NEEDED, 99, &gcc));
	out->gcc = (unsigned)gcc;
	TRY(read_capabilities(r, at, "capabilities", &out->capabilities));
	TRY(got = json_member(r, at, "newer", JSON_MAY, &newer));
	if (got)
		TRY(read_capabilities(r, at, "newer", &out->newer));
	TRY(read_capabilities(r, at, "defaults", &out->defaults));
	TRY(json_text(r, at, "note", JSON_MAY, &out->note));
	TRY(got = json_member(r, at, "runtime", JSON_MAY, &runtime));
	if (got) {
		out->runtime = arena_new(r->a, struct pin);
		TRY(read_pin(r, &runtime, out->runtime));
	}
	TRY(read_pins(r, at, "pins", &out->pins, &out->n_pins));
	if (out->n_pins == 0)
		return json_fail(r, at, "\"pins\" is empty");
	return read_files(r, at, out);
}

static int
read_abi(const struct json_reader *r, const struct json_at *at, struct catalog_torch *out)
{
	struct strs abi = { 0 };

	TRY(json_texts(r, at, "abi", &abi));
	for (size_t i = 0; i < abi.n; i++) {
		if (streq(abi.v[i], "cxx11"))
			out->has_cxx11 = true;
		else if (streq(abi.v[i], "cxx98"))
			out->has_cxx98 = true;
		else
			return json_fail(r, at, "\"abi\" must list \"cxx11\" or \"cxx98\"");
	}
	return abi.n ? 0 : json_fail(r, at, "\"abi\" is empty");
}

static int
read_torch_cuda(const struct json_reader *r, const struct json_at *at, const struct catalog *c,
	struct catalog_torch *out)
{
	struct strs list = { 0 };

	TRY(json_texts(r, at, "cuda", &list));
	out->cuda = arena_array(r->a, struct version, list.n);
	for (size_t i = 0; i < list.n; i++) {
		struct version *v = &out->cuda[i];

		if (!version_parse(str_of(list.v[i]), v) || v->n != 2 || !catalog_find_cuda(c, v))
			return json_fail(r, at, "\"cuda\" names %s, which the lock does not hold",
				list.v[i]);
		out->n_cuda++;
	}
	return 0;
}

static int
read_torch(const struct json_reader *r, const struct json_at *at, const struct catalog *c,
	struct catalog_torch *out)
{
	static const char *const keys[] = { "abi", "cpu", "cuda", "cxx-std", "headers", "libraries",
		"libraries-abi", "version", NULL };
	struct json_at headers, libraries;
	const char *abi = NULL;
	uint64_t std = 0;
	int got;

	TRY(json_keys(r, at, keys));
	TRY(json_version(r, at, "version", 3, JSON_NEEDED, &out->version));
	TRY(json_count(r, at, "cxx-std", JSON_NEEDED, 99, &std));
	if (std != 17 && std != 20)
		return json_fail(r, at, "\"cxx-std\" must be 17 or 20");
	out->cxx_std = (unsigned)std;
	TRY(read_abi(r, at, out));
	TRY(read_torch_cuda(r, at, c, out));
	TRY(json_flag(r, at, "cpu", JSON_NEEDED, &out->has_cpu));
	TRY(json_member(r, at, "headers", JSON_NEEDED, &headers));
	TRY(read_pin(r, &headers, &out->headers));
	TRY(got = json_member(r, at, "libraries", JSON_MAY, &libraries));
	if (!got)
		return 0;
	out->has_libraries = true;
	TRY(json_text(r, at, "libraries-abi", JSON_NEEDED, &abi));
	out->libraries_cxx11 = streq(abi, "cxx11");
	if (!out->libraries_cxx11 && !streq(abi, "cxx98"))
		return json_fail(r, at, "\"libraries-abi\" must be \"cxx11\" or \"cxx98\"");
	return read_pin(r, &libraries, &out->libraries);
}

static int
read_tvm_ffi_row(const struct json_reader *r, const struct json_at *at, const struct catalog *c,
	struct matrix_row *out)
{
	static const char *const keys[] = { "cuda", "tvm-ffi", NULL };
	const struct catalog_tvm_ffi *t = catalog_find_tvm_ffi(c, &out->tvm_ffi);

	TRY(json_keys(r, at, keys));
	if (!t || version_cmp(&t->version, &out->tvm_ffi) != 0)
		return json_fail(r, at, "the lock does not hold tvm-ffi %s",
			version_text(r->a, &out->tvm_ffi));
	if (out->cuda.n &&
		(!catalog_find_cuda(c, &out->cuda) || !catalog_find_static_runtime(c, &out->cuda)))
		return json_fail(r, at, "the lock does not hold CUDA %s and its runtime",
			version_text(r->a, &out->cuda));
	out->cxx11 = true;
	return 0;
}

static int
read_row(const struct json_reader *r, const struct json_at *at, const struct catalog *c,
	struct matrix_row *out)
{
	static const char *const keys[] = { "abi", "cuda", "torch", "tvm-ffi", NULL };
	const struct catalog_torch *t;
	const char *abi = NULL;

	TRY(json_version(r, at, "cuda", 2, JSON_MAY, &out->cuda));
	TRY(json_version(r, at, "tvm-ffi", 3, JSON_MAY, &out->tvm_ffi));
	if (out->tvm_ffi.n)
		return read_tvm_ffi_row(r, at, c, out);
	TRY(json_keys(r, at, keys));
	TRY(json_version(r, at, "torch", 3, JSON_NEEDED, &out->torch));
	TRY(json_text(r, at, "abi", JSON_NEEDED, &abi));
	out->cxx11 = streq(abi, "cxx11");
	if (!out->cxx11 && !streq(abi, "cxx98"))
		return json_fail(r, at, "\"abi\" must be \"cxx11\" or \"cxx98\"");
	t = catalog_find_torch(c, &out->torch);
	if (!t || version_cmp(&t->version, &out->torch) != 0)
		return json_fail(
			r, at, "the lock does not hold torch %s", version_text(r->a, &out->torch));
	if (out->cuda.n ? !torch_has_cuda(t, &out->cuda) : !t->has_cpu)
		return json_fail(r, at, "torch %s has no %s%s here",
			version_text(r->a, &out->torch), out->cuda.n ? "CUDA " : "cpu",
			out->cuda.n ? version_text(r->a, &out->cuda) : "");
	return 0;
}

static int
read_matrix(const struct json_reader *r, const struct json_at *root, struct catalog *out)
{
	static const char *const keys[] = { "about", "name", "rows", NULL };
	struct matrix *m = arena_new(r->a, struct matrix);
	struct json_at at, rows;

	TRY(json_member(r, root, "matrix", JSON_NEEDED, &at));
	TRY(json_keys(r, &at, keys));
	TRY(json_text(r, &at, "name", JSON_NEEDED, &m->name));
	TRY(json_text(r, &at, "about", JSON_NEEDED, &m->about));
	TRY(json_list(r, &at, "rows", &rows, &m->n_rows));
	m->rows = arena_array(r->a, struct matrix_row, m->n_rows);
	for (size_t i = 0; i < m->n_rows; i++) {
		const struct json_at row = json_item(r, &rows, i);

		TRY(read_row(r, &row, out, &m->rows[i]));
	}
	out->matrices = m;
	out->n_matrices = 1;
	return 0;
}

/* The catalog's arrays are ascending; finding by minor version relies on it. */
static int
read_releases(const struct json_reader *r, const struct json_at *root, struct catalog *out)
{
	struct json_at list;
	size_t n;

	TRY(read_tools(r, root, out));
	TRY(read_pins(r, root, "libraries", &out->libraries, &out->n_libraries));
	TRY(json_list(r, root, "gcc", &list, &n));
	out->gcc = arena_array(r->a, struct catalog_gcc, n);
	for (size_t i = 0; i < n; i++) {
		const struct json_at at = json_item(r, &list, i);

		TRY(read_gcc(r, &at, out, &out->gcc[i]));
		out->n_gcc++;
	}
	TRY(json_list(r, root, "cuda", &list, &n));
	out->cuda = arena_array(r->a, struct catalog_cuda, n);
	for (size_t i = 0; i < n; i++) {
		const struct json_at at = json_item(r, &list, i);

		TRY(read_cuda(r, &at, &out->cuda[i]));
		if (i && version_cmp(&out->cuda[i - 1].version, &out->cuda[i].version) >= 0)
			return json_fail(r, &at, "versions must ascend");
		out->n_cuda++;
	}
	TRY(json_list(r, root, "torch", &list, &n));
	out->torch = arena_array(r->a, struct catalog_torch, n);
	for (size_t i = 0; i < n; i++) {
		const struct json_at at = json_item(r, &list, i);

		TRY(read_torch(r, &at, out, &out->torch[i]));
		if (i && version_cmp(&out->torch[i - 1].version, &out->torch[i].version) >= 0)
			return json_fail(r, &at, "versions must ascend");
		out->n_torch++;
	}
	return 0;
}

static int
read_depend(const struct json_reader *r, const struct json_at *at, struct catalog_depend *out)
{
	static const char *const keys[] = { "include", "name", "pins", "title", "version", NULL };

	TRY(json_keys(r, at, keys));
	TRY(json_text(r, at, "name", JSON_NEEDED, &out->name));
	TRY(json_text(r, at, "title", JSON_NEEDED, &out->title));
	TRY(json_version(r, at, "version", 3, JSON_NEEDED, &out->version));
	TRY(json_texts(r, at, "include", &out->include));
	for (size_t i = 0; i < out->include.n; i++) {
		const char *problem = catalog_include_problem(out->include.v[i]);

		if (problem)
			return json_fail(r, at, "%s", problem);
	}
	TRY(read_pins(r, at, "pins", &out->pins, &out->n_pins));
	return out->n_pins ? 0 : json_fail(r, at, "\"pins\" is empty");
}

static int
read_depends(const struct json_reader *r, const struct json_at *root, struct catalog *out)
{
	struct json_at list;
	size_t n;

	TRY(json_list(r, root, "depends", &list, &n));
	out->depends = arena_array(r->a, struct catalog_depend, n);
	for (size_t i = 0; i < n; i++) {
		const struct json_at at = json_item(r, &list, i);

		TRY(read_depend(r, &at, &out->depends[i]));
		out->n_depends++;
	}
	return 0;
}

static int
read_cuda_libraries(const struct json_reader *r, const struct json_at *root, struct catalog *out)
{
	static const char *const keys[] = { "cuda", "name", "pin", "words", NULL };
	struct json_at list;

	TRY(json_list(r, root, "cuda-libraries", &list, &out->n_cuda_libraries));
	out->cuda_libraries = arena_array(r->a, struct catalog_library, out->n_cuda_libraries);
	for (size_t i = 0; i < out->n_cuda_libraries; i++) {
		const struct json_at at = json_item(r, &list, i);
		struct catalog_library *l = &out->cuda_libraries[i];
		struct json_at pin;
		const char *problem;

		TRY(json_keys(r, &at, keys));
		TRY(json_text(r, &at, "name", JSON_NEEDED, &l->name));
		TRY(json_version(r, &at, "cuda", 2, JSON_NEEDED, &l->cuda));
		if (!catalog_find_cuda(out, &l->cuda))
			return json_fail(r, &at, "the lock does not hold CUDA %s",
				version_text(r->a, &l->cuda));
		TRY(json_texts(r, &at, "words", &l->words));
		TRY(json_member(r, &at, "pin", JSON_NEEDED, &pin));
		TRY(read_pin(r, &pin, &l->pin));
		problem = catalog_library_problem(l);
		if (problem)
			return json_fail(r, &at, "%s", problem);
	}
	return 0;
}

static int
read_tvm_ffi(const struct json_reader *r, const struct json_at *at, struct catalog_tvm_ffi *out)
{
	static const char *const keys[] = { "cxx-std", "headers", "library", "version", NULL };
	struct json_at headers, library;
	const char *problem;
	uint64_t std = 0;

	TRY(json_keys(r, at, keys));
	TRY(json_version(r, at, "version", 3, JSON_NEEDED, &out->version));
	TRY(json_count(r, at, "cxx-std", JSON_NEEDED, 99, &std));
	out->cxx_std = (unsigned)std;
	TRY(json_member(r, at, "headers", JSON_NEEDED, &headers));
	TRY(read_pin(r, &headers, &out->headers));
	TRY(json_member(r, at, "library", JSON_NEEDED, &library));
	TRY(read_pin(r, &library, &out->library));
	problem = catalog_tvm_ffi_problem(out);
	return problem ? json_fail(r, at, "%s", problem) : 0;
}

static int
read_runtime(
	const struct json_reader *r, const struct json_at *at, struct catalog_static_runtime *out)
{
	static const char *const keys[] = { "cuda", "pin", NULL };
	struct json_at pin;

	TRY(json_keys(r, at, keys));
	TRY(json_version(r, at, "cuda", 2, JSON_NEEDED, &out->cuda));
	TRY(json_member(r, at, "pin", JSON_NEEDED, &pin));
	return read_pin(r, &pin, &out->pin);
}

/* Both lists are there, or neither. */
static int
read_tvm_ffis(const struct json_reader *r, const struct json_at *root, struct catalog *out)
{
	struct json_at list;
	size_t n;

	TRY(json_list(r, root, "tvm-ffi", &list, &n));
	out->tvm_ffi = arena_array(r->a, struct catalog_tvm_ffi, n);
	for (size_t i = 0; i < n; i++) {
		const struct json_at at = json_item(r, &list, i);

		TRY(read_tvm_ffi(r, &at, &out->tvm_ffi[i]));
		if (i && version_cmp(&out->tvm_ffi[i - 1].version, &out->tvm_ffi[i].version) >= 0)
			return json_fail(r, &at, "versions must ascend");
		out->n_tvm_ffi++;
	}
	TRY(json_list(r, root, "cuda-runtimes", &list, &n));
	out->static_runtimes = arena_array(r->a, struct catalog_static_runtime, n);
	for (size_t i = 0; i < n; i++) {
		const struct json_at at = json_item(r, &list, i);

		TRY(read_runtime(r, &at, &out->static_runtimes[i]));
		out->n_static_runtimes++;
	}
	return 0;
}

/* What is known of one target. */
static int
read_part(const struct json_reader *r, const struct json_at *at, struct catalog *out)
{
	struct json_at python, depends, libraries, tvm_ffi;
	const char *cpu = targets[0].cpu;
	int got;

	TRY(json_text(r, at, "target", JSON_MAY, &cpu));
	out->target = target_find(cpu);
	if (!out->target)
		return json_fail(r, at, "\"target\" is %s, which this program does not know", cpu);
	TRY(read_releases(r, at, out));
	TRY(got = json_member(r, at, "cuda-libraries", JSON_MAY, &libraries));
	if (got > 0)
		TRY(read_cuda_libraries(r, at, out));
	TRY(got = json_member(r, at, "tvm-ffi", JSON_MAY, &tvm_ffi));
	if (got > 0)
		TRY(read_tvm_ffis(r, at, out));
	TRY(got = json_member(r, at, "python", JSON_MAY, &python));
	if (got > 0) {
		out->python = arena_new(r->a, struct pin);
		TRY(read_pin(r, &python, out->python));
	}
	TRY(got = json_member(r, at, "depends", JSON_MAY, &depends));
	if (got > 0)
		TRY(read_depends(r, at, out));
	return read_matrix(r, at, out);
}

static int
read_others(const struct json_reader *r, const struct json_at *root, struct catalog *first)
{
	static const char *const keys[] = { "cuda", "cuda-libraries", "cuda-runtimes", "depends",
		"gcc", "libraries", "matrix", "python", "target", "tools", "torch", "tvm-ffi",
		NULL };
	struct catalog **end = &first->other;
	struct json_at list;
	size_t n;

	TRY(json_list(r, root, "others", &list, &n));
	for (size_t i = 0; i < n; i++) {
		const struct json_at at = json_item(r, &list, i);
		struct catalog *c = arena_new(r->a, struct catalog);

		TRY(json_keys(r, &at, keys));
		TRY(read_part(r, &at, c));
		if (catalog_for(first, c->target))
			return json_fail(r, &at, "target %s is there twice", c->target->cpu);
		*end = c;
		end = &c->other;
	}
	return 0;
}

static int
read_root(const struct json_reader *r, const struct json_at *root, struct lock *out)
{
	static const char *const keys[] = { "cuda", "cuda-libraries", "cuda-runtimes", "depends",
		"gcc", "libraries", "matrix", "others", "python", "target", "tools", "torch",
		"tvm-ffi", "variants", "version", NULL };
	struct json_at others;
	uint64_t version = 0;
	int got;

	if (!json_is_object(root->v))
		return json_fail(r, root, "a lock is an object");
	TRY(json_count(r, root, "version", JSON_NEEDED, INT64_MAX, &version));
	if (version != LOCK_VERSION)
		return json_fail(r, root,
			"this program reads locks of version %d, this one has version %llu; update it with `kernel-builder lock`, or use the program that wrote it",
			LOCK_VERSION, (unsigned long long)version);
	TRY(json_keys(r, root, keys));
	TRY(read_part(r, root, &out->catalog));
	out->matrix = out->catalog.matrices->name;
	TRY(got = json_member(r, root, "others", JSON_MAY, &others));
	return got ? read_others(r, root, &out->catalog) : 0;
}

int
lock_parse(struct arena *a, struct str text, const char *name, struct lock *out, struct err *e)
{
	const struct json_reader r = { .a = a, .file = name, .e = e };
	json_t *v = json_read(&r, text);
	const struct json_at root = { .v = v };
	int rc;

	*out = (struct lock){ 0 };
	if (!v)
		return -1;
	rc = read_root(&r, &root, out);
	json_decref(v);
	for (struct catalog *c = &out->catalog; c; c = c->other) {
		c->id = sha256_of(text.p, text.n);
		c->lock = arena_strdup(a, name);
	}
	return rc;
}

int
lock_read(struct arena *a, const char *dir, struct lock *out, struct err *e)
{
	char *path = path_join(a, dir, LOCK_FILE);
	struct str text;

	if (!fs_exists(path))
		return 0;
	TRY(fs_read(a, path, LOCK_MAX_BYTES, &text, e));
	TRY(lock_parse(a, text, path, out, e));
	return 1;
}

int
lock_parse_pin(struct arena *a, struct str text, const char *name, struct pin *out, struct err *e)
{
	const struct json_reader r = { .a = a, .file = name, .e = e };
	json_t *v = json_read(&r, text);
	const struct json_at root = { .v = v };
	int rc = v ? read_pin(&r, &root, out) : -1;

	json_decref(v);
	return rc;
}
