/* SPDX-License-Identifier: Apache-2.0 */
/* What steps see: trees, sources, compilers, stubs. */
#include "base/arena.h"
#include "base/path.h"
#include "formats/root.h"
#include "plan/kinds.h"
#include "plan/maker.h"
#include <stdlib.h>
#include <zlib.h>

static struct mount *
mount_of(struct maker *m, const char *key, bool *fresh)
{
	void **slot = map_put(m->a, &m->mounts, str_of(key));

	*fresh = !*slot;
	if (!*slot)
		*slot = arena_new(m->a, struct mount);
	return *slot;
}

const struct mount *
mount_tree(struct maker *m, const char *name, const char *what, struct pin *pin)
{
	bool fresh;
	struct mount *mt = mount_of(
		m, arena_printf(m->a, "%s %s %s", name, what, m->catalog->target->cpu), &fresh);

	if (fresh) {
		struct pin **pins = arena_array(m->a, struct pin *, 1);

		pins[0] = pin;
		*mt = (struct mount){
			.name = name, .kind = MOUNT_TREE, .id = pin->tree, .pins = pins, .n_pins = 1
		};
	}
	return mt;
}

const struct mount *
mount_sources(struct maker *m)
{
	bool fresh;
	struct mount *mt = mount_of(m, ROOT_SOURCES, &fresh);

	if (fresh)
		*mt = (struct mount){ .name = ROOT_SOURCES, .kind = MOUNT_SOURCES };
	return mt;
}

struct pins {
	struct pin **v;
	size_t n, cap;
};

/* A pin, or what takes its place on the machine that the plan is for. */
static struct pin *
pin_here(const struct maker *m, struct pin *p)
{
	struct pin *native = m->tools ? native_find(m->tools, p) : NULL;

	return native ? native : p;
}

static void
add_pins(struct maker *m, struct pins *out, struct pin *pins, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vec_push(m->a, out, pin_here(m, &pins[i]));
}

/* The parts' trees in one. */
static void
set_composed(struct maker *m, struct mount *mt, const char *name, const struct pins *pins,
	const struct catalog_file *files, size_t n_files)
{
	struct digest *trees = arena_array(m->a, struct digest, pins->n);
	struct store_file *copy = arena_array(m->a, struct store_file, n_files);

	for (size_t i = 0; i < pins->n; i++) {
		/* An archive whose tree nobody has seen yet is known by its own digest. */
		trees[i] = pins->v[i]->has_tree ? pins->v[i]->tree : pins->v[i]->sha256;
	}
	for (size_t i = 0; i < n_files; i++)
		copy[i] = (struct store_file){ files[i].path, files[i].text, files[i].is_exec };
	*mt = (struct mount){ .name = name,
		.kind = MOUNT_COMPOSED,
		.pins = pins->v,
		.n_pins = pins->n,
		.composition = {
			.trees = trees, .n_trees = pins->n, .files = copy, .n_files = n_files } };
	mt->id = store_composition_id(&mt->composition);
}

/* Programs in there find their loader and libraries below gcc/. */
static void
set_loader(struct mount *mt)
{
	mt->composition.loader = ROOT_GCC "/ld.so";
	mt->composition.libraries = ROOT_GCC "/lib";
	mt->id = store_composition_id(&mt->composition);
}

const struct mount *
mount_cuda(struct maker *m, const struct catalog_cuda *c)
{
	bool fresh;
	struct mount *mt = mount_of(
		m, arena_printf(m->a, ROOT_CUDA " %s", version_text(m->a, &c->version)), &fresh);
	struct pins pins = { 0 };

	if (!fresh)
		return mt;
	add_pins(m, &pins, c->pins, c->n_pins);
	set_composed(m, mt, ROOT_CUDA, &pins, c->files, c->n_files);
	set_loader(mt);
	return mt;
}

static bool
has_programs(const struct pin *pin)
{
	for (size_t i = 0; i < pin->n_select; i++) {
		const char *to = pin->select[i].to;

		if (to && (str_has_prefix(to, "bin/") || str_has_prefix(to, "nvvm/")))
			return true;
	}
	return false;
}

struct digest
compiler_id(const struct maker *m, const struct catalog_cuda *c)
{
	struct sha256 *h = sha256_new();

	for (size_t i = 0; i < c->n_pins; i++) {
		const struct pin *pin = pin_here(m, &c->pins[i]);
		const struct digest *d = pin->has_tree ? &pin->tree : &pin->sha256;

		if (has_programs(pin))
			sha256_add(h, d->b, sizeof(d->b));
	}
	return sha256_final(h);
}

/* Debian configured its libstdc++ for a newer glibc: timed waits call functions that came with 2.30
 * (pthread_cond_clockwait and its like). Without these words the headers wait as they do on a
 * machine with 2.28. */
static const struct catalog_file gcc_files[] = {
	{ "usr/include/portable/bits/c++config.h",
		"#pragma GCC system_header\n"
		"#include_next <bits/c++config.h>\n"
		"#undef _GLIBCXX_USE_PTHREAD_COND_CLOCKWAIT\n"
		"#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK\n"
		"#undef _GLIBCXX_USE_PTHREAD_RWLOCK_CLOCKLOCK\n",
		false },
};

const struct mount *
mount_gcc(struct maker *m, const struct catalog_gcc *g)
{
	bool fresh;
	struct mount *mt = mount_of(m,
		arena_printf(
			m->a, ROOT_GCC " %s %s", version_text(m->a, &g->version), g->target->cpu),
		&fresh);
	struct pins pins = { 0 };

	if (!fresh)
		return mt;
	for (size_t i = 0; i < g->n_tools; i++)
		add_pins(m, &pins, g->tools[i]->pins, g->tools[i]->n_pins);
	add_pins(m, &pins, g->pins, g->n_pins);
	set_composed(m, mt, ROOT_GCC, &pins, gcc_files, sizeof(gcc_files) / sizeof(gcc_files[0]));
	set_loader(mt);
	mt->target = g->target;
	return mt;
}

const struct mount *
mount_loader(struct maker *m, const struct catalog_gcc *g)
{
	return mount_gcc(m, g->native && !m->tools ? g->native : g);
}

const struct mount *
mount_depend(struct maker *m, const struct catalog_depend *d)
{
	bool fresh;
	struct mount *mt;
	struct pins pins = { 0 };

	if (d->n_pins == 1)
		return mount_tree(m, ROOT_DEPEND, d->name, &d->pins[0]);
	mt = mount_of(m, arena_printf(m->a, ROOT_DEPEND " %s", d->name), &fresh);
	if (!fresh)
		return mt;
	add_pins(m, &pins, d->pins, d->n_pins);
	set_composed(m, mt, ROOT_DEPEND, &pins, NULL, 0);
	return mt;
}

const struct mount *
mount_runtime(struct maker *m, const struct catalog_cuda *c)
{
	return c->runtime ? mount_tree(m, ROOT_RUNTIME, version_text(m->a, &c->version), c->runtime)
			  : mount_cuda(m, c);
}

const struct mount *
mount_static_runtime(struct maker *m, const struct catalog_cuda *c)
{
	const struct catalog_static_runtime *r =
		catalog_find_static_runtime(m->catalog, &c->version);

	return mount_tree(
		m, ROOT_STATIC_RUNTIME, version_text(m->a, &c->version), (struct pin *)&r->pin);
}

/* The C and C++ libraries of an old distribution. */
static const struct mount *
mount_libraries(struct maker *m)
{
	bool fresh;
	struct mount *mt = mount_of(
		m, arena_printf(m->a, ROOT_LIBRARIES " %s", m->catalog->target->cpu), &fresh);
	struct pins pins = { 0 };

	if (!fresh)
		return mt;
	add_pins(m, &pins, m->catalog->libraries, m->catalog->n_libraries);
	set_composed(m, mt, ROOT_LIBRARIES, &pins, NULL, 0);
	return mt;
}

/* libstdc++.a asks a variable of glibc 2.32 whether there is one thread only. A byte of our own
 * that is 0 says "perhaps more", which is always safe. Added to the linker's own script. */
static const char portable_ld[] =
	"SECTIONS { .data.portable : { PROVIDE_HIDDEN(__libc_single_threaded = .); BYTE(0) } } INSERT AFTER .data;\n";
static const struct mount_file link_files[] = {
	{ "portable.ld", { portable_ld, sizeof(portable_ld) - 1 } },
};

const struct mount *
mount_link_files(struct maker *m)
{
	bool fresh;
	struct mount *mt = mount_of(m, ROOT_GENERATED, &fresh);

	if (fresh)
		*mt = (struct mount){ .name = ROOT_GENERATED,
			.kind = MOUNT_FILES,
			.id = sha256_of(link_files[0].bytes.p, link_files[0].bytes.n),
			.files = link_files,
			.n_files = sizeof(link_files) / sizeof(link_files[0]) };
	return mt;
}

static unsigned long
crc_of(const char *s)
{
	return crc32(0, (const unsigned char *)s, (unsigned)strlen(s));
}

/* Put into internal names of device code. nvcc's ends with a CRC of the first external function's
 * name or, when there is none, with one of the time and the process id; ours with one of the file's
 * name. */
static const char *
module_id(struct arena *a, const char *src)
{
	char *name = arena_strdup(a, path_base(src));

	for (char *c = name; *c; c++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c))
			*c = '_';
	}
	return arena_printf(a, "_%08lx_%zu_%s_%08lx",
		crc_of(arena_printf(a, ROOT_DIR "/" ROOT_SOURCES "/%s", src)), strlen(name), name,
		crc_of(name));
}

const struct mount *
mount_module_id(struct maker *m, const char *src)
{
	bool fresh;
	struct mount *mt = mount_of(m, arena_printf(m->a, "module_id %s", src), &fresh);
	struct mount_file *file;

	if (!fresh)
		return mt;
	file = arena_new(m->a, struct mount_file);
	*file = (struct mount_file){ "module_id", str_of(module_id(m->a, src)) };
	*mt = (struct mount){ .name = ROOT_GENERATED,
		.kind = MOUNT_FILES,
		.id = sha256_of(file->bytes.p, file->bytes.n),
		.files = file,
		.n_files = 1 };
	return mt;
}

/* In the tree of torch's libraries, whatever the wheel calls the file. */
#define OPENMP_SYMBOLS "libgomp.so.1.symbols"

struct stubs {
	struct mount_stub *v;
	size_t n, cap;
};

static void
add_stub(struct maker *m, struct stubs *out, enum stub_of what, const char *soname,
	const struct mount *from, const char *member)
{
	struct mount_stub s = { .soname = soname,
		.target = m->catalog->target,
		.from = from,
		.member = member,
		.what = what };

	vec_push(m->a, out, s);
}

static void
add_torch_stubs(struct maker *m, const struct variant *v, struct stubs *out)
{
	struct strs names = torch_sonames(m->a, v);
	bool known = v->torch->has_libraries;
	const struct mount *torch = NULL;
	enum stub_of what = !known                   ? STUB_SONAME
			    : variant_is_verified(v) ? STUB_OF_SYMBOLS
						     : STUB_OF_OTHER_ABI;

	if (known)
		torch = mount_tree(m, "torch-libraries", version_text(m->a, &v->torch->version),
			(struct pin *)&v->torch->libraries);

	for (size_t i = 0; i < names.n; i++) {
		if (!str_has_prefix(names.v[i], "libcudart"))
			add_stub(m, out, what, names.v[i], torch,
				torch ? arena_printf(m->a, "%s.symbols", names.v[i]) : NULL);
		else
			add_stub(m, out, STUB_OF_LIBRARY, names.v[i], mount_runtime(m, v->cuda),
				arena_printf(m->a, "lib/%s", names.v[i]));
	}
}

static void
add_tvm_ffi_stub(struct maker *m, const struct variant *v, struct stubs *out)
{
	const struct mount *tree = mount_tree(m, "tvm-ffi-library",
		version_text(m->a, &v->tvm_ffi->version), (struct pin *)&v->tvm_ffi->library);

	add_stub(
		m, out, STUB_OF_SYMBOLS, PLAN_TVM_FFI_SONAME, tree, PLAN_TVM_FFI_SONAME ".symbols");
}

/* A pin of before the OpenMP runtime was listed has no symbols of it. */
static bool
lists_openmp(const struct pin *libraries)
{
	for (size_t i = 0; i < libraries->n_select; i++) {
		if (libraries->select[i].to && streq(libraries->select[i].to, OPENMP_SYMBOLS))
			return true;
	}
	return false;
}

/* Of torch's wheel, after the stubs that add_torch_stubs made of it. */
static void
add_optional_stubs(struct maker *m, const struct variant *v, struct stubs *out)
{
	const struct mount_stub torch = out->v[0];

	add_stub(m, out, torch.what, PLAN_TORCH_PYTHON, torch.from, PLAN_TORCH_PYTHON ".symbols");
	out->v[out->n - 1].is_optional = true;
	if (!lists_openmp(&v->torch->libraries))
		return;
	add_stub(m, out, STUB_OF_SYMBOLS, PLAN_OPENMP_SONAME, torch.from, OPENMP_SYMBOLS);
	out->v[out->n - 1].is_optional = true;
}

/* Libraries of CUDA that the kernel may call. An extension needs those whose symbols it names. */
static void
add_library_stubs(struct maker *m, const struct variant *v, struct stubs *out)
{
	for (size_t i = 0; i < m->catalog->n_cuda_libraries; i++) {
		const struct catalog_library *l = &m->catalog->cuda_libraries[i];
		const struct mount *tree;

		if (version_cmp_minor(&l->cuda, &v->cuda->version) != 0)
			continue;
		tree = mount_tree(m, "library",
			arena_printf(m->a, "%s %s", l->name, version_text(m->a, &l->cuda)),
			(struct pin *)&l->pin);
		for (size_t k = 0; k < l->pin.n_select; k++) {
			const char *to = l->pin.select[k].to;

			add_stub(m, out, STUB_OF_SYMBOLS,
				arena_strndup(m->a, to, strlen(to) - strlen(".symbols")), tree, to);
			out->v[out->n - 1].is_optional = true;
		}
	}
}

/* Of what the kernel is written for. */
static void
add_framework_stubs(struct maker *m, const struct variant *v, struct stubs *out)
{
	if (v->tvm_ffi) {
		add_tvm_ffi_stub(m, v, out);
		return;
	}
	add_torch_stubs(m, v, out);
	if (v->torch->has_libraries)
		add_optional_stubs(m, v, out);
	if (v->torch->has_libraries && v->cuda)
		add_library_stubs(m, v, out);
	add_stub(m, out, STUB_PYTHON, PLAN_PYTHON_SONAME, NULL, NULL);
}

static const char *
stubs_key(struct arena *a, const struct variant *v)
{
	if (v->tvm_ffi)
		return arena_printf(a, "lib %s tvm-ffi %s", v->catalog->target->cpu,
			version_text(a, &v->tvm_ffi->version));
	return arena_printf(a, "lib %s %s %d %s", v->catalog->target->cpu,
		version_text(a, &v->torch->version), v->cxx11,
		v->cuda ? version_text(a, &v->cuda->version) : "");
}

/* A digest of all that the stubs are made of and of how they are made. */
static struct digest
stubs_id(const struct stubs *s)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("kernel-builder stubs 4 " PLAN_POLICY " " PLAN_PYTHON));
	sha256_add_field(h, str_of(stubs_implementation()));
	for (size_t i = 0; i < s->n; i++) {
		char what = (char)('0' + s->v[i].what);

		sha256_add(h, &what, 1);
		sha256_add_field(h, str_of(s->v[i].target->cpu));
		sha256_add_field(h, str_of(s->v[i].soname));
		sha256_add_field(h, str_of(s->v[i].member ? s->v[i].member : ""));
		if (s->v[i].from)
			sha256_add(h, s->v[i].from->id.b, sizeof(s->v[i].from->id.b));
	}
	return sha256_final(h);
}

const struct mount *
mount_stubs(struct maker *m, const struct variant *v)
{
	const char *const *system = m->catalog->target->system;
	bool fresh;
	struct mount *mt = mount_of(m, stubs_key(m->a, v), &fresh);
	struct stubs stubs = { 0 };
	struct pins pins = { 0 };

	if (!fresh)
		return mt;
	add_framework_stubs(m, v, &stubs);
	for (size_t i = 0; system[i]; i++)
		add_stub(m, &stubs, STUB_PORTABLE, system[i], mount_libraries(m), system[i]);
	for (size_t i = 0; i < stubs.n; i++) {
		const struct mount *from = stubs.v[i].from;

		for (size_t k = 0; from && k < from->n_pins; k++)
			vec_push(m->a, &pins, from->pins[k]);
	}
	*mt = (struct mount){ .name = ROOT_STUBS,
		.kind = MOUNT_STUBS,
		.id = stubs_id(&stubs),
		.pins = pins.v,
		.n_pins = pins.n,
		.stubs = stubs.v,
		.n_stubs = stubs.n };
	return mt;
}

const struct root *
root_make(struct maker *m, const struct mount *const *mounts, size_t n)
{
	struct root *r = arena_new(m->a, struct root);
	const struct mount **copy = (const struct mount **)arena_array(m->a, void *, n);

	for (size_t i = 0; i < n; i++)
		copy[i] = mounts[i];
	*r = (struct root){ copy, n, ROOT_GCC "/bin/sh" };
	return r;
}
