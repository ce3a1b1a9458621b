/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a device link; see plan/rdc.h. */
#include "base/arena.h"
#include "base/path.h"
#include "config/capability.h"
#include "formats/root.h"
#include "plan/rdc.h"

struct inputs {
	struct step_input *v;
	size_t n, cap;
};

void
rdc_add(struct maker *m, struct link *l, const struct variant_kernel *k, struct step_input object)
{
	struct relocatable r = { .object = object, .kernel = k };

	vec_push(m->a, &l->relocatable, r);
}

/* "80" for "8.0", "90a" for "9.0a+PTX". */
static const char *
arch_of(struct arena *a, const char *capability)
{
	char *out = arena_alloc(a, strlen(capability) + 1, 1), *to = out;

	for (; *capability && *capability != '+'; capability++) {
		if (*capability != '.')
			*to++ = *capability;
	}
	*to = 0;
	return out;
}

static bool
has_arch(struct arena *a, const struct strs *capabilities, const char *arch)
{
	for (size_t i = 0; i < capabilities->n; i++) {
		if (streq(arch_of(a, capabilities->v[i]), arch))
			return true;
	}
	return false;
}

static struct strs
all_archs(struct arena *a, const struct link *l)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < l->relocatable.n; i++) {
		const struct strs *c = &l->relocatable.v[i].kernel->capabilities;

		for (size_t k = 0; k < c->n; k++) {
			const char *arch = arch_of(a, c->v[k]);

			strs_add(a, &out, arch);
		}
	}
	return out;
}

static struct step
new_step(struct maker *m, const struct torch_flags *f, enum step_kind kind, const char *label)
{
	const struct sights compilers = { .gcc = mount_gcc(m, f->gcc),
		.loader = mount_loader(m, f->gcc),
		.cuda = mount_cuda(m, f->variant->cuda) };
	struct step s = step_new(m, kind, f->variant, label);

	s.root = step_root(m, kind, &compilers);
	return s;
}

/* CUDA's programs, and where the device runtime is elsewhere, that. */
static const struct root *
nvlink_root(struct maker *m, const struct torch_flags *f)
{
	const struct catalog_cuda *c = f->variant->cuda;
	const struct mount *mounts[3] = { mount_loader(m, f->gcc), mount_cuda(m, c) };
	size_t n = 2;

	if (c->runtime && rdc_runtime(c))
		mounts[n++] = mount_runtime(m, c);
	return root_make(m, mounts, n);
}

/* What a section's options say to nvlink; "-Xnvlink=a,b" is two words of it. */
static void
add_user_options(struct arena *a, const struct strs *flags, struct strs *argv)
{
	static const char *const names[] = { "-Xnvlink", "--nvlink-options" };

	for (size_t i = 0; i < flags->n; i++) {
		for (size_t k = 0; k < 2; k++) {
			size_t n = strlen(names[k]);
			const char *w = flags->v[i];

			if (streq(w, names[k]) && i + 1 < flags->n)
				w = flags->v[i + 1];
			else if (strncmp(w, names[k], n) == 0 && w[n] == '=')
				w += n + 1;
			else
				continue;
			for (size_t len; *w; w += len + (w[len] == ',')) {
				len = strcspn(w, ",");
				strs_add(a, argv, arena_strndup(a, w, len));
			}
		}
	}
}

/* nvcc -G says so to nvlink. */
static bool
is_debugged(const struct strs *flags)
{
	return strs_has(flags, "-G") || strs_has(flags, "--device-debug");
}

/* The id is in the names of the results: the step gives it to its objects, and they to the
 * cubin. */
static struct made
add_nvlink(struct maker *m, const struct torch_flags *f, const struct link *l, const char *arch)
{
	struct arena *a = m->a;
	struct inputs in = { 0 };
	struct step s = new_step(m, f, STEP_NVLINK, arena_printf(a, "nvlink sm_%s", arch));
	const char *runtime = rdc_runtime(f->variant->cuda);
	struct strs *argv = &s.argv;
	bool debug = false;

	s.root = nvlink_root(m, f);
	vec_push(a, &s.outputs, arena_printf(a, "out/%s.sm_%s.cubin", m->src->id, arch));
	vec_push(a, &s.outputs, arena_printf(a, "out/%s.sm_%s.reg", m->src->id, arch));
	vec_push(a, argv, ROOT_CUDA "/bin/nvlink");
	vec_push(a, argv, "-m64");
	vec_push(a, argv, arena_printf(a, "--arch=sm_%s", arch));
	vec_push(a, argv, arena_printf(a, "--register-link-binaries=%s", s.outputs.v[1]));
	vec_push(a, argv, arena_printf(a, "-cpu-arch=%s", variant_target(f->variant)->nvlink));
	vec_push(a, argv, "-report-arch");
	for (size_t i = 0; i < l->relocatable.n; i++) {
		const struct relocatable *r = &l->relocatable.v[i];

		if (!has_arch(a, &r->kernel->capabilities, arch))
			continue;
		vec_push(a, &in, r->object);
		debug = debug || is_debugged(&r->kernel->kernel->cuda_flags);
		add_user_options(a, &r->kernel->kernel->cuda_flags, argv);
	}
	if (debug)
		vec_push(a, argv, "-g");
	for (size_t i = 0; i < in.n; i++)
		vec_push(a, argv, in.v[i].path);
	if (runtime)
		vec_push(a, argv, runtime);
	vec_push(a, argv, "-o");
	vec_push(a, argv, s.outputs.v[0]);
	s.inputs = in.v;
	s.n_inputs = in.n;
	s.id = m->src->id;
	return maker_add_step(m, s);
}

/* All cubins in one, as C. */
static struct made
add_fatbinary(struct maker *m, const struct torch_flags *f, const struct strs *archs,
	const struct made *linked)
{
	struct arena *a = m->a;
	struct step s = new_step(m, f, STEP_FATBIN, "device link: fatbinary");

	for (const char *const *w = (const char *const[]){ ROOT_CUDA "/bin/fatbinary",
		     "--create=tmp/device_link.fatbin", "-64", "--cmdline=--compile-only ", "-link",
		     NULL };
		*w; w++)
		vec_push(a, &s.argv, *w);
	for (size_t i = 0; i < archs->n; i++) {
		const char *cubin = arena_printf(a, "in/sm_%s.cubin", archs->v[i]);

		step_take_at(m, &s, INPUT_FILE, cubin, linked[i]);
		vec_push(a, &s.argv,
			arena_printf(a, "--image3=kind=elf,sm=%s,file=%s", archs->v[i], cubin));
	}
	step_give(m, &s, "out/device_link.fatbin.c");
	vec_push(a, &s.argv, "--embedded-fatbin=out/device_link.fatbin.c");
	return maker_add_step(m, s);
}

/* What of the files is registered, which nvlink said for each architecture. */
static struct made
add_register(struct maker *m, const struct torch_flags *f, const struct strs *archs,
	const struct made *linked)
{
	struct step s = new_step(m, f, STEP_REGISTER, "device link: register");

	for (size_t i = 0; i < archs->n; i++)
		step_take_at(m, &s, INPUT_FILE, arena_printf(m->a, "in/sm_%s.reg", archs->v[i]),
			made_too(m, linked[i], OUTPUT_REGISTERED));
	step_give(m, &s, "out/device_link.reg.c");
	return maker_add_step(m, s);
}

/* The object, of CUDA's own text for it: fatbin and registered, as C, are named by its defines. */
static struct made
add_host(struct maker *m, const struct torch_flags *f, struct made fatbin, struct made registered)
{
	const struct device_link_files files = {
		.fatbin = "in/fatbin.c", .registered = "in/reg.c", .object = "out/device_link.o"
	};
	struct step s = new_step(m, f, STEP_HOST, "device link: g++");

	step_take_at(m, &s, INPUT_FILE, files.fatbin, fatbin);
	step_take_at(m, &s, INPUT_FILE, files.registered, registered);
	step_give(m, &s, files.object);
	torch_device_link_argv(m->a, f, &files, &s.argv);
	return maker_add_step(m, s);
}

void
maker_add_device_link(struct maker *m, const struct torch_flags *f, struct link *l)
{
	struct strs archs = all_archs(m->a, l);
	struct made *linked = arena_array(m->a, struct made, archs.n + 1), fatbin, registered;
	struct step_input object = { .path = "in/device_link.o" };

	if (l->relocatable.n == 0)
		return;
	for (size_t i = 0; i < archs.n; i++)
		linked[i] = add_nvlink(m, f, l, archs.v[i]);
	fatbin = add_fatbinary(m, f, &archs, linked);
	registered = add_register(m, f, &archs, linked);
	object.step = add_host(m, f, fatbin, registered).step;
	vec_push(m->a, &l->inputs, object);
}
