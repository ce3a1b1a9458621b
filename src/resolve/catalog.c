/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog's files, format 1. TOML; every path and file name is checked, keys that are not
 * listed here are errors.
 *
 * torch.toml
 *     [python]         a pin: the headers of CPython, below include/
 *     [[torch]]        one release of PyTorch
 *       version        "2.4.1": three numbers
 *       cxx-std        17 or 20: the C++ standard that its headers need
 *       abi            of "cxx11" and "cxx98": the C++ ABIs that it was published with
 *       cuda           ["11.8", ...]: the CUDA versions that it was published for, of cuda.toml
 *       cpu            true when it was published without CUDA as well
 *       headers        a pin: include/ and share/cmake/
 *       libraries      a pin: the symbols of libtorch.so, libtorch_cpu.so ..., and of the wheel's
 *                      OpenMP
 *                      runtime, which is called libgomp.so.1.symbols whatever the wheel calls it
 *       libraries-abi  "cxx11" or "cxx98": the C++ ABI of these libraries
 *
 * cuda.toml
 *     [[cuda]]         one release of CUDA
 *       version        "12.4": two numbers
 *       gcc            major version of the host compiler
 *       capabilities   all that this nvcc can be asked for
 *       newer          absent, or capabilities that it cannot be asked for: bin/ptxas-newer of the
 *                      tree
 *                      makes their code, of the PTX for an older capability that a kernel asks for
 *       defaults       what a kernel gets that asks for none; also the list that others are
 *                      intersected with, +PTX aside
 *       note           absent, or how this differs from a plain release
 *       redist         true: made of NVIDIA's own archives. Another [[cuda]] of that version,
 *                      without,
 *                      is what is taken unless the user names a source of archives
 *       [[cuda.pin]]   a part of the tree: bin nvvm include lib
 *       [[cuda.file]]  a small file of ours in that tree: path, text, exec (false unless given);
 *                      it wins over a file of the parts
 *
 * gcc.toml
 *     [[tools]]        packages that compilers share
 *       name
 *       [[tools.pin]]
 *     [[library]]      pins: libraries whose symbols link stubs are made of, named by their sonames
 *     [[gcc]]          one C++ compiler
 *       version        "12.2.0": three numbers; one for each major version
 *       tools          names of [[tools]]
 *       [[gcc.pin]]    with the tools, the parts of the tree: ld.so bin lib usr
 *
 * deps.toml (a catalog may lack it)
 *     [[depend]]       headers that a section of build.toml may ask for
 *       name           what `depends` calls it: "cutlass_3_6"
 *       title          for people: "CUTLASS"
 *       version        "3.6.0": three numbers
 *       include        ["include", "tools/util/include"]: what goes on the include path, in order
 *       [[depend.pin]] a part of the tree
 *
 * libraries.toml (a catalog may lack it)
 *     [[library]]      a library of CUDA that kernels may call
 *       name           for people: "cuBLAS"
 *       cuda           "12.4": the release in cuda.toml
 *       words          a kernel that calls it has one of them in a file of its own, in any case
 *       [library.pin]  the symbols of its files, each named by the soname: libcublas.so.12.symbols
 *
 * tvm-ffi.toml (a catalog may lack it)
 *     [[tvm-ffi]]      one release of apache-tvm-ffi
 *       version        "0.1.9": three numbers
 *       cxx-std        17 or 20: the C++ standard that its headers need
 *       headers        a pin: include/
 *       library        a pin: the symbols of its library, libtvm_ffi.so.symbols
 *     [[runtime]]      CUDA's runtime as a static library
 *       cuda           ["12.1", ...]: the releases in cuda.toml that it serves
 *       [runtime.pin]  libcudart_static.a
 *
 * matrix.toml: see matrix.c. aarch64.toml: see catalog_target.c. aarch64-tools.toml: see
 * native_tools.c.
 *
 * A pin
 *     kind             "wheel", "deb", "archive", "sdist" or "directory"
 *     name             the project on the wheel index, else the package's name
 *     file             the name of the wheel's or sdist's file, or the path below the Debian mirror
 *                      or redist base
 *     size, sha256     of the whole file, as the index says
 *     tree             digest of the tree that the selection gives (store/tree.h). "" or absent
 *                      where it is not known: not for a wheel, which is fetched in parts; of a
 *                      .deb, an archive or an sdist the whole file is checked against sha256
 *     select           list of { from, to, symbols }: see struct pin_select; members of a .deb and
 *                      of an archive are written without a leading "./"
 *     nar              of a "directory", absent otherwise: the tree's hash as a Nix archive
 *     plain            true: no file is a program, x bits are dropped (false unless given)
 *     replaces         of a target (catalog_target.c) or a machine (native_tools.c): the pin whose
 *                      place it takes
 */
#include "resolve/catalog.h"
#include "base/fs.h"
#include "base/path.h"
#include "config/capability.h"
#include "resolve/catalog_text.h"
#include "resolve/parts.h"
#include <stdlib.h>

enum { CATALOG_MAX_BYTES = 1 << 20 };

static int
read_capabilities(
	const struct toml_reader *r, const struct toml *table, const char *key, struct strs *out)
{
	const struct toml *items = NULL;

	TRY(toml_strings(r, table, key, TOML_NEEDED, out, &items));
	if (items->n == 0)
		return toml_fail(r, items, "\"%s\" is empty", key);
	for (size_t i = 0; i < items->n; i++)
		if (!capability_is_valid(items->item[i].s))
			return toml_fail(r, &items->item[i],
				"\"%s\" is no capability; write it as \"9.0\", \"9.0a\" or \"9.0+PTX\"",
				out->v[i]);
	return 0;
}

static int
read_files(const struct toml_reader *r, const struct toml *table, struct catalog_cuda *out)
{
	static const char *const keys[] = { "path", "text", "exec", NULL };
	const struct toml *list;

	TRY(toml_tables(r, table, "file", &list, &out->n_files));
	out->files = arena_array(r->a, struct catalog_file, out->n_files);
	for (size_t i = 0; i < out->n_files; i++) {
		struct catalog_file *f = &out->files[i];
		const char *problem;

		TRY(toml_keys(r, &list[i], "[[cuda.file]]", keys));
		TRY(toml_string(r, &list[i], "path", TOML_NEEDED, &f->path));
		TRY(toml_string(r, &list[i], "text", TOML_NEEDED, &f->text));
		TRY(toml_flag(r, &list[i], "exec", TOML_OPTIONAL, &f->is_exec));
		problem = catalog_file_problem(f);
		if (problem)
			return toml_fail(r, &list[i], "%s", problem);
	}
	return 0;
}

static int
read_cuda_entry(const struct toml_reader *r, const struct toml *v, const struct catalog *c,
	struct catalog_cuda *out)
{
	static const char *const keys[] = { "version", "gcc", "capabilities", "newer", "defaults",
		"note", "redist", "pin", "file", NULL };
	const struct toml *pins;
	uint64_t gcc = 0;

	TRY(toml_keys(r, v, "[[cuda]]", keys));
	TRY(toml_version(r, v, "version", 2, &out->version));
	TRY(toml_count(r, v, "gcc", TOML_NEEDED, 99, &gcc));
	out->gcc = (unsigned)gcc;
	if (!catalog_find_gcc(c, out->gcc))
		return toml_fail(r, toml_get(v, "gcc"), "gcc %u is not in gcc.toml", out->gcc);
	TRY(read_capabilities(r, v, "capabilities", &out->capabilities));
	if (toml_get(v, "newer"))
		TRY(read_capabilities(r, v, "newer", &out->newer));
	TRY(read_capabilities(r, v, "defaults", &out->defaults));
	TRY(toml_string(r, v, "note", TOML_OPTIONAL, &out->note));
	TRY(toml_tables(r, v, "pin", &pins, &out->n_pins));
	if (out->n_pins == 0)
		return toml_fail(r, v, "[[cuda]] needs at least one [[cuda.pin]]");
	out->pins = arena_array(r->a, struct pin, out->n_pins);
	for (size_t i = 0; i < out->n_pins; i++)
		TRY(pin_read(r, &pins[i], "[[cuda.pin]]", &out->pins[i]));
	return read_files(r, v, out);
}

/* Of two entries of one version, the one of NVIDIA's archives is the other's second way. */
static int
add_cuda(const struct toml_reader *r, const struct toml *v, struct catalog *out)
{
	struct catalog_cuda *c = arena_new(r->a, struct catalog_cuda), *same, first;

	TRY(read_cuda_entry(r, v, out, c));
	TRY(toml_flag(r, v, "redist", TOML_OPTIONAL, &c->is_redist));
	same = (struct catalog_cuda *)catalog_find_cuda(out, &c->version);
	if (!same) {
		out->cuda[out->n_cuda++] = *c;
		return 0;
	}
	if (same->redist || same->is_redist == c->is_redist)
		return toml_fail(r, v, "CUDA %s is listed twice", version_text(r->a, &c->version));
	if (same->is_redist) {
		first = *same;
		*same = *c;
		*c = first;
	}
	same->redist = c;
	return 0;
}

static int
read_cuda(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	static const char *const keys[] = { "cuda", NULL };
	const struct toml *list;
	size_t n;

	TRY(toml_keys(r, root, "this file", keys));
	TRY(toml_tables(r, root, "cuda", &list, &n));
	out->cuda = arena_array(r->a, struct catalog_cuda, n);
	for (size_t i = 0; i < n; i++)
		TRY(add_cuda(r, &list[i], out));
	return 0;
}

static int
cmp_torch(const void *x, const void *y)
{
	const struct catalog_torch *p = x, *q = y;

	return version_cmp(&p->version, &q->version);
}

static int
cmp_cuda(const void *x, const void *y)
{
	const struct catalog_cuda *p = x, *q = y;

	return version_cmp(&p->version, &q->version);
}

static int
read_text(struct arena *a, const char *dir, enum catalog_text t, const char **name, struct str *out,
	struct err *e)
{
	if (dir) {
		bool is_optional = t == CATALOG_DEPS || t == CATALOG_LIBRARIES ||
				   t == CATALOG_TVM_FFI || t == CATALOG_AARCH64 ||
				   t == CATALOG_AARCH64_TOOLS;

		*name = path_join(a, dir, catalog_text_name(t));
		if (is_optional && !fs_exists(*name)) {
			*out = STR("");
			return 0;
		}
		return fs_read(a, *name, CATALOG_MAX_BYTES, out, e);
	}
	*name = path_join(a, "catalog", catalog_text_name(t));
	*out = catalog_text_embedded(t);
	return 0;
}

/* The same for another target. */
static int
add_target(const struct toml_reader *r, const struct toml *root, const struct toml_reader *matrix,
	const struct toml *matrices, struct catalog *out)
{
	struct catalog *c = arena_new(r->a, struct catalog);

	*c = *out;
	c->target = &targets[1];
	c->matrices = NULL;
	c->n_matrices = 0;
	TRY(target_read(r, root, c));
	TRY(matrix_read(matrix, matrices, out, c));
	out->other = c;
	return 0;
}

int
catalog_load(struct arena *a, const char *dir, struct catalog *out, struct err *e)
{
	struct toml root[CATALOG_TEXTS] = { 0 };
	struct toml_reader r[CATALOG_TEXTS];
	struct str text[CATALOG_TEXTS];
	struct sha256 *id;

	*out = (struct catalog){ .target = &targets[0] };
	for (int t = 0; t < CATALOG_TEXTS; t++) {
		r[t] = (struct toml_reader){ .a = a, .e = e };
		TRY(read_text(a, dir, (enum catalog_text)t, &r[t].file, &text[t], e));
		TRY(toml_parse(a, text[t], r[t].file, &root[t], e));
	}
	/* CUDA names compilers, torch names CUDA versions, and matrices name both. */
	TRY(gcc_read(&r[CATALOG_GCC], &root[CATALOG_GCC], out));
	TRY(read_cuda(&r[CATALOG_CUDA], &root[CATALOG_CUDA], out));
	TRY(torch_read(&r[CATALOG_TORCH], &root[CATALOG_TORCH], out));
	TRY(depends_read(&r[CATALOG_DEPS], &root[CATALOG_DEPS], out));
	TRY(libraries_read(&r[CATALOG_LIBRARIES], &root[CATALOG_LIBRARIES], out));
	TRY(tvm_ffi_read(&r[CATALOG_TVM_FFI], &root[CATALOG_TVM_FFI], out));
	if (out->n_cuda)
		qsort(out->cuda, out->n_cuda, sizeof(*out->cuda), cmp_cuda);
	if (out->n_torch)
		qsort(out->torch, out->n_torch, sizeof(*out->torch), cmp_torch);
	TRY(matrix_read(&r[CATALOG_MATRIX], &root[CATALOG_MATRIX], NULL, out));
	if (text[CATALOG_AARCH64].n)
		TRY(add_target(&r[CATALOG_AARCH64], &root[CATALOG_AARCH64], &r[CATALOG_MATRIX],
			&root[CATALOG_MATRIX], out));
	if (text[CATALOG_AARCH64_TOOLS].n)
		TRY(native_read(&r[CATALOG_AARCH64_TOOLS], &root[CATALOG_AARCH64_TOOLS], out));
	id = sha256_new();
	for (int t = 0; t < CATALOG_TEXTS; t++)
		sha256_add_field(id, text[t]);
	out->id = sha256_final(id);
	for (struct catalog *c = out->other; c; c = c->other)
		c->id = out->id;
	return 0;
}
