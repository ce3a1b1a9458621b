/* SPDX-License-Identifier: Apache-2.0 */
/* The step that links the extension. */
#include "base/arena.h"
#include "formats/root.h"
#include "plan/rdc.h"

#define PUSH(...) vec_push(a, argv, __VA_ARGS__)

static char *
crt(struct arena *a, const struct torch_flags *f, const char *file)
{
	return arena_printf(a, ROOT_GCC "/usr/lib/gcc/%s/%u/%s",
		variant_target(f->variant)->triplet, f->gcc->version.v[0], file);
}

/* A file of the C library. */
static char *
libc_file(struct arena *a, const struct torch_flags *f, const char *file)
{
	return arena_printf(
		a, ROOT_GCC "/usr/lib/%s/%s", variant_target(f->variant)->triplet, file);
}

static void
push_stubs(struct arena *a, const struct mount *stubs, bool portable, struct strs *argv)
{
	for (size_t i = 0; i < stubs->n_stubs; i++) {
		if ((stubs->stubs[i].what == STUB_PORTABLE) == portable)
			PUSH(arena_printf(a, ROOT_STUBS "/%s", stubs->stubs[i].soname));
	}
}

static bool
needs_always(const struct mount_stub *s)
{
	return s->what != STUB_PORTABLE && s->what != STUB_PYTHON && !s->is_optional;
}

/* The linker itself, not the compiler's driver: every file that goes in is named. */
static void
link_argv(struct arena *a, const struct torch_flags *f, const struct mount *stubs,
	const char *runtime, struct step *s)
{
	struct strs *argv = &s->argv;

	PUSH(ROOT_GCC "/bin/ld");
	PUSH("-shared");
	PUSH("--hash-style=gnu");
	PUSH("--eh-frame-hdr");
	PUSH("--build-id=none");
	for (const char *const *z =
			(const char *const[]){ "relro", "now", "noexecstack", "text", NULL };
		*z; z++) {
		PUSH("-z");
		PUSH(*z);
	}
	if (!f->variant->torch || f->variant->torch->has_libraries) {
		PUSH("-z");
		PUSH("defs");
	}
	PUSH("-o");
	PUSH(s->outputs.v[0]);
	PUSH(libc_file(a, f, "crti.o"));
	PUSH(crt(a, f, "crtbeginS.o"));
	for (size_t i = 0; i < s->n_inputs; i++)
		PUSH(s->inputs[i].path);
	if (runtime)
		PUSH(runtime);
	if (f->variant->tvm_ffi && f->variant->cuda)
		PUSH(ROOT_STATIC_RUNTIME "/libcudart_static.a");
	PUSH("--as-needed");
	if (f->variant->torch)
		PUSH(ROOT_STUBS "/" PLAN_PYTHON_SONAME);
	push_stubs(a, stubs, true, argv);
	PUSH("-T");
	PUSH(ROOT_GENERATED "/portable.ld");
	/* What the allowed versions lack comes from here, and stays inside. */
	PUSH("--exclude-libs=ALL");
	PUSH("--start-group");
	PUSH(crt(a, f, "libstdc++.a"));
	PUSH(crt(a, f, "libatomic.a"));
	PUSH(libc_file(a, f, "libc_nonshared.a"));
	PUSH(crt(a, f, "libgcc.a"));
	PUSH("--end-group");
	push_stubs(a, stubs, true, argv);
	/* Last, for libtorch_cpu exports functions of a newer libstdc++ that it was linked with. */
	for (size_t i = 0; i < stubs->n_stubs; i++) {
		if (stubs->stubs[i].is_optional)
			PUSH(arena_printf(a, ROOT_STUBS "/%s", stubs->stubs[i].soname));
	}
	PUSH("--no-as-needed");
	for (size_t i = 0; i < stubs->n_stubs; i++) {
		if (needs_always(&stubs->stubs[i]))
			PUSH(arena_printf(a, ROOT_STUBS "/%s", stubs->stubs[i].soname));
	}
	PUSH(crt(a, f, "crtendS.o"));
	PUSH(libc_file(a, f, "crtn.o"));
}

struct made
maker_add_link(
	struct maker *m, const struct torch_flags *f, struct plan_variant *pv, struct link *l)
{
	const struct mount *mounts[5] = { mount_gcc(m, f->gcc), mount_stubs(m, f->variant),
		mount_link_files(m) };
	size_t n = 3;
	/* What nvlink took of it registers itself, like an object of ours. */
	const char *runtime = l->relocatable.n ? rdc_runtime(f->variant->cuda) : NULL;
	struct arena *a = m->a;
	struct step s = step_new(m, STEP_LINK, f->variant, pv->extension);

	s.inputs = l->inputs.v;
	s.n_inputs = l->inputs.n;
	s.id = m->src->id;
	if (f->variant->torch) {
		vec_push(a, &s.drop_needed, PLAN_PYTHON_SONAME);
		vec_push(a, &s.drop_needed, PLAN_OPENMP_SONAME);
	}
	step_give(m, &s, arena_printf(a, "out/%s", pv->extension));
	if (runtime)
		mounts[n++] = mount_runtime(m, f->variant->cuda);
	if (f->variant->tvm_ffi && f->variant->cuda)
		mounts[n++] = mount_static_runtime(m, f->variant->cuda);
	s.root = root_make(m, mounts, n);
	link_argv(a, f, mounts[1], runtime, &s);
	return maker_add_step(m, s);
}
