/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code for capabilities that the nvcc at hand does not know: for CUDA 12.8 and 12.9, whose nvcc no
 * package has, that of 12.5 is used, but wheels have their ptxas. PTX is made to be compiled for
 * GPUs that come later, so the newer ptxas makes code for 10.0 of the PTX for an older capability
 * that the kernel asks for, as nvcc would be told by -gencode arch=compute_90,code=sm_100. Of
 * nvcc's steps, the ptxas for that older one is repeated with the newer program, and fatbinary gets
 * one image more.
 */
#include "base/arena.h"
#include "formats/root.h"
#include "plan/divide.h"
#include "plan/torch.h"

#define ARCH "-arch=sm_"

static const struct part *
ptxas_for(const struct dividing *d, const char *arch)
{
	for (size_t i = 0; i < d->parts.n; i++) {
		const struct part *p = &d->parts.v[i];

		if (p->kind == STEP_PTXAS && p->arch && streq(p->arch, arch))
			return p;
	}
	return NULL;
}

/* The same for arch, by the newer program. */
static struct part
for_newer(struct dividing *d, const struct part *old, const char *arch)
{
	const char *was = old->outputs.v[0], *ptx = old->inputs.v[0];
	const char *out = arena_printf(
		d->a, "%.*s.sm_%s.cubin", (int)(strlen(ptx) - strlen(".ptx")), ptx, arch);
	struct part p = { .kind = STEP_PTXAS, .arch = arch, .inputs = old->inputs };

	vec_push(d->a, &p.argv, ROOT_CUDA "/bin/ptxas-newer");
	for (size_t i = 1; i < old->argv.n; i++) {
		const char *w = old->argv.v[i];

		if (str_has_prefix(w, ARCH))
			w = arena_printf(d->a, ARCH "%s", arch);
		else if (streq(w, was))
			w = out;
		vec_push(d->a, &p.argv, w);
	}
	vec_push(d->a, &p.outputs, out);
	return p;
}

/* Behind the other images. */
static void
add_image(struct dividing *d, struct part *fatbin, const char *arch, const char *file)
{
	struct strs argv = { 0 };
	size_t last = 0;

	for (size_t i = 1; i < fatbin->argv.n; i++) {
		if (str_has_prefix(fatbin->argv.v[i], "--image"))
			last = i;
	}
	for (size_t i = 0; i < fatbin->argv.n; i++) {
		vec_push(d->a, &argv, fatbin->argv.v[i]);
		if (i == last)
			vec_push(d->a, &argv,
				arena_printf(d->a, "--image3=kind=elf,sm=%s,file=%s", arch, file));
	}
	fatbin->argv = argv;
	vec_push(d->a, &fatbin->inputs, file);
}

static int
add(struct dividing *d, const char *capability, const char *from)
{
	const char *arch = torch_arch_digits(d->a, capability);
	const struct part *old = ptxas_for(d, torch_arch_digits(d->a, from));
	struct part p;

	if (d->is_relocatable) {
		*d->why = arena_printf(d->a, "nvlink does not know %s", capability);
		return 0;
	}
	if (!old) {
		*d->why = arena_printf(d->a, "no ptxas for %s, of whose PTX code for %s is made",
			from, capability);
		return 0;
	}
	p = for_newer(d, old, arch);
	vec_push(d->a, &d->parts, p);
	for (size_t i = 0; i < d->parts.n; i++) {
		if (d->parts.v[i].kind == STEP_FATBIN)
			add_image(d, &d->parts.v[i], arch, p.outputs.v[0]);
	}
	return 1;
}

int
divide_add_newer(
	struct dividing *d, const struct catalog_cuda *cuda, const struct strs *capabilities)
{
	for (size_t i = 0; i < capabilities->n; i++) {
		const char *c = capabilities->v[i];
		const char *from = capability_assembled_from(d->a, cuda, capabilities, c);

		if (from && !add(d, c, from))
			return 0;
	}
	return 1;
}
