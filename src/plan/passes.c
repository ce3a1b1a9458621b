/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a divided CUDA source.
 *
 * The host's text loses the bodies of device code and goes through cudafe++ and g++, with a
 * placeholder for the fatbinary, which the object gets last: an edit of a kernel's body compiles
 * nothing of the host again.
 *
 * Of an architecture's text, device code needs little: see device/proof.h. With device_only, each
 * architecture has two ways, and takes the full one, which nvcc takes, when the device-only one
 * declines:
 *
 *     preprocess -> slice -> device ----------> choose -> ptxas
 *              `--> strip (lazy) -> cicc (lazy) --'
 *
 * and where the kernel's own text is the same for all architectures (device/arch.h), slice takes it
 * from the reference's.
 *
 * The last architecture is the reference: proof-keys and prove look at it, and prove needs what cicc
 * makes of the whole text, unless the proof is remembered. Where the full way is taken, it goes by
 * the slimmed text for the others if that gives the reference's PTX, byte for byte.
 */
#include "base/arena.h"
#include "base/path.h"
#include "plan/divide.h"
#include "plan/key.h"
#include "plan/kinds.h"

struct passes {
	struct maker *m;
	const struct torch_flags *f;
	const struct root *all; /* of compile steps */
	const char *src;
	const struct dividing *d;
	size_t *index; /* of each part: its step + 1 */
	bool device_only;
	const struct part *reference; /* the preprocessor of the architecture that proves */
	size_t keys, proof, stub; /* the steps of the reference, when device_only */
	size_t slim_proof; /* that the slimmed text serves; + 1 */
	bool is_full; /* what is done when the object shows that the proof was no good for it */
};
struct inputs {
	struct step_input *v;
	size_t n, cap;
};

static const struct root *
root_of(const struct passes *p, enum step_kind kind)
{
	struct maker *m = p->m;
	const struct mount *mounts[] = { mount_gcc(m, p->f->gcc),
		mount_cuda(m, p->f->variant->cuda), mount_module_id(m, p->src) };

	if (kind == STEP_PREPROCESS)
		return p->all;
	if (kind == STEP_CUDAFE || kind == STEP_CICC || kind == STEP_DEVICE)
		return root_make(m, mounts, 3);
	return root_make(m, mounts, kind < STEP_EMPTY_FATBIN ? 2 : 0);
}

/* What compile steps see, and the module id. */
static const struct root *
root_with_module_id(const struct passes *p)
{
	const struct mount **mounts =
		(const struct mount **)arena_array(p->m->a, void *, p->all->n_mounts + 1);

	for (size_t i = 0; i < p->all->n_mounts; i++)
		mounts[i] = p->all->mounts[i];
	mounts[p->all->n_mounts] = mount_module_id(p->m, p->src);
	return root_make(p->m, mounts, p->all->n_mounts + 1);
}

static const char *
label_of(const struct passes *p, enum step_kind kind, const char *arch)
{
	const struct step_row *row = step_row(kind);

	return arena_printf(
		p->m->a, "%s: %s%s%s", p->src, row->label ? row->label : row->name, arch ? " " : "", arch ? arch : "");
}

static void
add_input(const struct passes *p, struct inputs *in, size_t step, size_t output, const char *path)
{
	struct step_input i = { step, output, path };

	vec_push(p->m->a, in, i);
}

static struct step
new_step(const struct passes *p, enum step_kind kind, const char *arch, const struct inputs *in)
{
	return (struct step){ .kind = kind,
		.label = label_of(p, kind, arch),
		.variant = p->f->variant,
		.root = root_of(p, kind),
		.source = p->src,
		.inputs = in->v,
		.n_inputs = in->n };
}

/* A built-in step. */
static struct step
builtin_step(const struct passes *p, enum step_kind kind, const char *arch, const struct inputs *in, const char *output)
{
	struct step s = new_step(p, kind, arch, in);

	vec_push(p->m->a, &s.argv, "kernel-builder");
	vec_push(p->m->a, &s.argv, step_kind_name(kind));
	vec_push(p->m->a, &s.outputs, output);
	return s;
}

/* A step that makes, or proves, the text of the device-only way. */
static void
add_how_slim(const struct passes *p, struct step *s)
{
	if (p->m->options.slim >= PLAN_SLIM_DEVICE)
		vec_push(p->m->a, &s->argv, STEP_SLIMS);
}

static size_t add_part_step(struct passes *p, const struct part *part);
static size_t add_full(struct passes *p, const struct part *cicc, const struct part *text);

static size_t
add_step(struct passes *p, struct step s)
{
	s.is_lazy = s.is_lazy || p->is_full;
	return maker_add_step(p->m, s);
}

static const struct part *
made_by(const struct passes *p, const char *path, size_t *output)
{
	return part_maker_of(p->d, path, output);
}

/* The text of an architecture with its macros. Of those that are not the reference nobody may ask.
 */
static size_t
add_macros(struct passes *p, const struct part *q)
{
	struct inputs none = { 0 };
	struct step s = new_step(p, STEP_PREPROCESS, q->arch, &none);

	for (size_t i = 0; i < q->argv.n; i++) {
		vec_push(p->m->a, &s.argv, q->argv.v[i]);
		if (i == 0) {
			vec_push(p->m->a, &s.argv, "-dD");
			vec_push(p->m->a, &s.argv, "-dI");
		}
	}
	s.outputs = q->outputs;
	s.depfile = DEPFILE;
	s.is_transient = true;
	s.is_lazy = q != p->reference;
	return add_step(p, s);
}

/* The way that nvcc goes: cicc on the whole text. */
static size_t
add_whole(struct passes *p, const struct part *cicc, const struct part *text)
{
	struct inputs in = { 0 }, stripped = { 0 };
	struct step s;

	add_input(p, &in, add_macros(p, text), 0, "tmp/macros.ii");
	s = builtin_step(p, STEP_DROP_MACROS, text->arch, &in, text->outputs.v[0]);
	s.is_lazy = s.is_transient = true;
	add_input(p, &stripped, add_step(p, s), 0, cicc->inputs.v[0]);
	s = new_step(p, STEP_CICC, cicc->arch, &stripped);
	s.argv = cicc->argv;
	s.outputs = cicc->outputs;
	s.is_lazy = true;
	return add_step(p, s);
}

/* cicc on the slimmed text: as good as the whole one, as far as the slimmer is right, in a third of
 * the time. With a proof, a step + 1, only if that is not declined. */
static size_t
add_slim_whole(struct passes *p, const struct part *cicc, const struct part *text, size_t proof)
{
	struct inputs in = { 0 }, stripped = { 0 };
	struct step s;

	add_input(p, &in, add_macros(p, text), 0, "tmp/macros.ii");
	if (proof)
		add_input(p, &in, proof - 1, 0, "in/proof");
	s = builtin_step(p, STEP_DROP_MACROS, text->arch, &in, text->outputs.v[0]);
	vec_push(p->m->a, &s.argv, STEP_SLIMS);
	s.is_lazy = s.is_transient = true;
	add_input(p, &stripped, add_step(p, s), 0, cicc->inputs.v[0]);
	s = builtin_step(p, STEP_COMPILE_OR_DECLINE, cicc->arch, &stripped, cicc->outputs.v[0]);
	if (strs_has(&cicc->outputs, p->d->stub))
		vec_push(p->m->a, &s.outputs, cicc->outputs.v[1]);
	s.label = arena_printf(p->m->a, "%s: cicc %s, slim", p->src, cicc->arch);
	s.root = root_of(p, STEP_CICC);
	s.tool[TOOL_COMPILE] = cicc->argv;
	s.is_lazy = true;
	return add_step(p, s);
}

/* A built-in step on what two ways gave. */
static struct step
two_ways(struct passes *p, enum step_kind kind, const char *arch, size_t first, size_t second,
	size_t output, const char *path)
{
	struct inputs in = { 0 };
	struct step s;

	add_input(p, &in, first, 0, "in/0");
	add_input(p, &in, second, output, "in/1");
	s = builtin_step(p, kind, arch, &in, path);
	s.n_early = kind == STEP_CHOOSE;
	return s;
}

static size_t
add_choice(struct passes *p, const char *arch, size_t first, size_t second, size_t output,
	const char *path)
{
	return add_step(
		p, two_ways(p, STEP_CHOOSE, arch, first, second, output, path));
}

static size_t
add_audit(struct passes *p, const char *what, const char *arch, size_t first, size_t second,
	const char *path)
{
	struct step s = two_ways(p, STEP_AUDIT, arch, first, second, 0, path);

	vec_push(p->m->a, &s.argv, what);
	return add_step(p, s);
}

/* What a proof is good for, besides texts: the command of the device passes, their compiler and the module id, and CUDA's headers;
 * not torch. without_headers: only the compiler's programs. */
static const char *
device_key(const struct passes *p, const struct part *cicc, bool without_headers)
{
	const struct mount *mounts[] = { mount_gcc(p->m, p->f->gcc), mount_module_id(p->m, p->src) };
	struct digest d = compiler_id(p->f->variant->cuda);
	struct inputs none = { 0 };
	struct step s = builtin_step(p, STEP_DEVICE, NULL, &none, "out/ptx");
	char hex[65];

	if (without_headers) {
		s.root = root_make(p->m, mounts, 2);
		vec_push(p->m->a, &s.argv, arena_strdup(p->m->a, digest_hex(&d, hex)));
	}
	add_how_slim(p, &s);
	s.tool[TOOL_CICC] = part_cicc_tool(p->m->a, cicc);
	d = step_key(&s, p->m->src);
	return arena_strdup(p->m->a, digest_hex(&d, hex));
}

/* How a proof is come to: by the whole text, or by the slimmed one. */
static size_t
add_prove(struct passes *p, const struct part *cicc, size_t macros, size_t by, const char *word,
	bool is_lazy)
{
	struct inputs in = { 0 };
	struct step s;

	add_input(p, &in, p->keys, 0, "in/proof-keys");
	add_input(p, &in, p->keys, 1, "in/proof");
	add_input(p, &in, macros, 0, "tmp/macros.ii");
	add_input(p, &in, by, 0, "in/whole.ptx");
	add_input(p, &in, by, 1, "in/stub.c");
	s = builtin_step(p, STEP_PROVE, p->reference->arch, &in, "out/proof");
	add_how_slim(p, &s);
	if (word)
		vec_push(p->m->a, &s.argv, word);
	s.n_early = 2;
	s.is_lazy = is_lazy;
	s.root = root_with_module_id(p);
	s.tool[TOOL_PREPROCESS] = part_preprocess_tool(p->m->a, p->d, p->reference);
	s.tool[TOOL_CICC] = part_cicc_tool(p->m->a, cicc);
	return add_step(p, s);
}

static size_t
add_proof_keys(struct passes *p, const struct part *cicc, size_t macros)
{
	struct inputs in = { 0 };
	struct step s;

	add_input(p, &in, macros, 0, "tmp/macros.ii");
	s = builtin_step(p, STEP_PROOF_KEYS, p->reference->arch, &in, "out/proof-keys");
	/* What was trusted is not remembered as proved. */
	if (p->m->options.device_only == PLAN_DEVICE_TRUST)
		vec_push(p->m->a, &s.argv, "trust");
	vec_push(p->m->a, &s.argv, arena_printf(p->m->a, STEP_DEVICE_KEY "%s", device_key(p, cicc, false)));
	vec_push(p->m->a, &s.argv, device_key(p, cicc, true));
	vec_push(p->m->a, &s.outputs, "out/proof");
	vec_push(p->m->a, &s.outputs, "out/shared");
	s.root = p->all;
	s.tool[TOOL_PREPROCESS] = part_preprocess_tool(p->m->a, p->d, p->reference);
	s.tool[TOOL_CICC] = part_cicc_tool(p->m->a, cicc);
	return add_step(p, s);
}

/* The proof on the source, and its stub, by the architecture that is the reference. */
static void
add_proof_steps(struct passes *p, const struct part *cicc)
{
	size_t output, macros, whole, slim;
	struct inputs to_stub = { 0 };
	struct step s;

	p->reference = made_by(p, cicc->inputs.v[0], &output);
	macros = add_macros(p, p->reference);
	whole = add_whole(p, cicc, p->reference);
	p->keys = add_proof_keys(p, cicc, macros);
	if (p->m->options.device_only == PLAN_DEVICE_TRUST) {
		slim = add_slim_whole(p, cicc, p->reference, 0);
		p->proof = add_prove(p, cicc, macros, slim, NULL, false);
	} else if (p->m->options.slim >= PLAN_SLIM_DEVICE) {
		slim = add_slim_whole(p, cicc, p->reference, 0);
		p->proof = add_choice(p, p->reference->arch,
			add_prove(p, cicc, macros, slim, STEP_IF_PROVED_BEFORE, false),
			add_prove(p, cicc, macros, whole, STEP_IF_IT_PAYS, true), 0, "out/proof");
	} else {
		p->proof = add_prove(p, cicc, macros, whole, STEP_IF_IT_PAYS, false);
	}
	add_input(p, &to_stub, p->proof, 0, "in/proof");
	s = builtin_step(p, STEP_STUB, NULL, &to_stub, "out/stub.c");
	p->stub = add_choice(p, NULL, add_step(p, s), whole, 1, "out/stub.c");
}

/* What of a text device code needs; from makes the text: that of this architecture, or what all
 * have in common. */
static size_t
add_slice(struct passes *p, const struct part *text, size_t from, size_t output, bool is_lazy)
{
	struct inputs in = { 0 };
	struct step s;

	add_input(p, &in, p->proof, 0, "in/proof");
	add_input(p, &in, from, output, "tmp/macros.ii");
	s = builtin_step(p, STEP_SLICE, text->arch, &in, "tmp/device.ii");
	add_how_slim(p, &s);
	s.root = p->all;
	s.tool[TOOL_PREPROCESS] = part_preprocess_tool(p->m->a, p->d, text);
	s.is_transient = true;
	s.is_lazy = is_lazy;
	return add_step(p, s);
}

/* That the slimmed text of the reference gives what the whole one gives: once for a source. What is
 * trusted needs none. */
static size_t
add_proof(struct passes *p)
{
	size_t output;
	const struct part *cicc = part_maker_of(p->d, p->d->stub, &output);
	struct step s;

	if (p->slim_proof || p->m->options.device_only == PLAN_DEVICE_TRUST)
		return p->slim_proof;
	s = two_ways(p, STEP_AUDIT, p->reference->arch,
		add_slim_whole(p, cicc, p->reference, 0), add_whole(p, cicc, p->reference), 0,
		"out/proof");
	vec_push(p->m->a, &s.argv, STEP_AS_PROOF);
	s.label = arena_printf(p->m->a, "%s: slim: proof by %s", p->src, p->reference->arch);
	s.is_lazy = true;
	p->slim_proof = add_step(p, s) + 1;
	return p->slim_proof;
}

/* The full way: cicc on the slimmed text, or on the whole one, which the reference has anyway. */
static size_t
add_full(struct passes *p, const struct part *cicc, const struct part *text)
{
	size_t whole = add_whole(p, cicc, text), slim;
	struct step s;

	if (p->m->options.slim < PLAN_SLIM_DEVICE || text == p->reference)
		return whole;
	slim = add_slim_whole(p, cicc, text, add_proof(p));
	s = two_ways(p, STEP_CHOOSE, cicc->arch, slim, whole, 0, "out/ptx");
	s.is_lazy = true;
	return add_step(p, s);
}

/* The PTX of an architecture, by the device-only way or the full one. The kernel's own text is that of
 * the reference, if it is the same for all. */
static size_t
add_device(struct passes *p, const struct part *cicc)
{
	size_t output, slice, whole;
	const struct part *text = made_by(p, cicc->inputs.v[0], &output);
	struct inputs to_device = { 0 };
	struct step s;

	slice = add_slice(p, text, p->keys, 2, false);
	whole = add_slice(p, text, add_macros(p, text), 0, true);
	slice = add_choice(p, text->arch, slice, whole, 0, "tmp/device.ii");
	add_input(p, &to_device, slice, 0, "tmp/device.ii");
	add_input(p, &to_device, p->proof, 0, "in/proof");
	s = builtin_step(p, STEP_DEVICE, cicc->arch, &to_device, "out/ptx");
	s.tool[TOOL_CICC] = part_cicc_tool(p->m->a, cicc);
	slice = add_step(p, s);
	whole = add_full(p, cicc, text);
	slice = add_choice(p, cicc->arch, slice, whole, 0, "out/ptx");
	return p->m->options.audits_device
		       ? add_audit(p, "ptx", cicc->arch, slice, add_whole(p, cicc, text), "out/ptx")
		       : slice;
}

static void
add_part_inputs(struct passes *p, const struct part *part, struct inputs *out)
{
	for (size_t i = 0; i < part->inputs.n; i++) {
		struct step_input in = { .path = part->inputs.v[i] };
		const struct part *from = made_by(p, in.path, &in.output);

		if (from->kind == STEP_CICC && p->device_only)
			in.step = add_device(p, from);
		else if (from->kind == STEP_CICC && p->is_full)
			in.step = add_full(p, from, made_by(p, from->inputs.v[0], &in.output));
		else
			in.step = add_part_step(p, from);
		vec_push(p->m->a, out, in);
	}
}

/* The host's text without the bodies of device code. */
static size_t
add_strip_bodies(struct passes *p, const struct part *cudafe, bool slim)
{
	size_t output;
	const struct part *text = made_by(p, cudafe->inputs.v[0], &output);
	struct inputs in = { 0 };
	struct step s;

	add_input(p, &in, add_part_step(p, text), 0, "tmp/host.ii");
	s = builtin_step(p, STEP_STRIP_BODIES, NULL, &in, text->outputs.v[0]);
	if (slim)
		vec_push(p->m->a, &s.argv, STEP_SLIMS);
	s.is_transient = true;
	s.is_lazy = !slim && p->m->options.slim == PLAN_SLIM_ALL;
	return add_step(p, s);
}

/* The section that the fatbinary goes to, where it is another one. */
static void
add_where(const struct passes *p, struct step *s)
{
	if (p->d->is_relocatable)
		vec_push(p->m->a, &s->argv, STEP_RELOCATABLE);
}

static size_t
add_empty_fatbin(struct passes *p, const struct part *fatbin)
{
	struct inputs none = { 0 };

	struct step s = builtin_step(p, STEP_EMPTY_FATBIN, NULL, &none, fatbin->outputs.v[1]);

	add_where(p, &s);
	return add_step(p, s);
}

/* cudafe++ on the slimmed text: what it makes, or declined. */
static size_t
add_slim_cudafe(struct passes *p, const struct part *cudafe)
{
	struct inputs in = { 0 };
	struct step s;

	add_input(p, &in, add_strip_bodies(p, cudafe, true), 0, cudafe->inputs.v[0]);
	s = builtin_step(p, STEP_COMPILE_OR_DECLINE, NULL, &in, cudafe->outputs.v[0]);
	s.label = arena_printf(p->m->a, "%s: cudafe++, slim", p->src);
	s.root = root_of(p, STEP_CUDAFE);
	s.tool[TOOL_COMPILE] = cudafe->argv;
	s.is_transient = true;
	return add_step(p, s);
}

/* What cudafe++ made, with a trap where it would launch a kernel that the stub does not register: the stub is that of a
 * proof, which may have come of another variant's text. */
static size_t
add_trap(struct passes *p, size_t cudafe, const char *path, bool is_lazy)
{
	struct inputs in = { 0 };
	struct step s;

	add_input(p, &in, cudafe, 0, "in/cudafe.cpp");
	s = builtin_step(p, STEP_TRAP, NULL, &in, path);
	s.is_transient = true;
	s.is_lazy = is_lazy;
	return add_step(p, s);
}

static size_t
add_cudafe(struct passes *p, const struct part *cudafe, bool slim)
{
	size_t step = slim ? add_slim_cudafe(p, cudafe) : add_part_step(p, cudafe);

	if (!p->device_only)
		return step;
	return add_trap(p, step, cudafe->outputs.v[0], !slim && p->m->options.slim == PLAN_SLIM_ALL);
}

/* The host's object: of the fatbinary it has an empty one. With slim, from what cudafe++ made of the
 * slimmed text. */
static size_t
add_host_from(struct passes *p, const struct part *host, const struct part *fatbin, bool slim)
{
	struct inputs in = { 0 };
	struct step s;
	size_t output;

	for (size_t i = 0; i < host->inputs.n; i++) {
		const char *path = host->inputs.v[i];
		const struct part *from = made_by(p, path, &output);

		if (from == fatbin)
			add_input(p, &in, add_empty_fatbin(p, fatbin), 0, path);
		else if (from->kind == STEP_CICC && p->device_only)
			add_input(p, &in, p->stub, 0, path);
		else if (from->kind == STEP_CUDAFE)
			add_input(p, &in, add_cudafe(p, from, slim), 0, path);
		else
			add_input(p, &in, add_part_step(p, from), output, path);
	}
	if (!slim) {
		s = new_step(p, STEP_HOST, NULL, &in);
		s.argv = host->argv;
		s.outputs = host->outputs;
		s.is_lazy = p->m->options.slim == PLAN_SLIM_ALL;
		return add_step(p, s);
	}
	s = builtin_step(p, STEP_COMPILE_OR_DECLINE, NULL, &in, host->outputs.v[0]);
	s.label = arena_printf(p->m->a, "%s: g++, slim", p->src);
	s.root = root_of(p, STEP_HOST);
	s.tool[TOOL_COMPILE] = host->argv;
	return add_step(p, s);
}

static size_t
add_host(struct passes *p, const struct part *host, const struct part *fatbin)
{
	size_t slim, whole;

	whole = add_host_from(p, host, fatbin, false);
	if (p->m->options.slim != PLAN_SLIM_ALL)
		return whole;
	slim = add_host_from(p, host, fatbin, true);
	slim = add_choice(p, NULL, slim, whole, 0, host->outputs.v[0]);
	return p->m->options.audits_slim
		       ? add_audit(p, "object", NULL, slim, whole, host->outputs.v[0])
		       : slim;
}

static const struct part *
part_of_kind(const struct dividing *d, enum step_kind kind)
{
	const struct part *found = NULL;

	for (size_t i = 0; i < d->parts.n; i++) {
		if (d->parts.v[i].kind == kind)
			found = &d->parts.v[i];
	}
	return found;
}

/* A part's step, behind those that it waits for. */
static size_t
add_part_step(struct passes *p, const struct part *part)
{
	size_t *index = &p->index[part - p->d->parts.v];
	struct inputs in = { 0 };
	struct step s;

	if (*index)
		return *index - 1;
	if (part->kind == STEP_CUDAFE)
		add_input(p, &in, add_strip_bodies(p, part, false), 0, part->inputs.v[0]);
	else
		add_part_inputs(p, part, &in);
	s = new_step(p, part->kind, part->arch, &in);
	s.argv = part->argv;
	s.outputs = part->outputs;
	s.is_transient = part->kind == STEP_PREPROCESS || part->kind == STEP_CUDAFE;
	s.is_lazy = part->kind == STEP_CUDAFE && p->m->options.slim == PLAN_SLIM_ALL;
	/* Of cicc's stubs, the host's text includes one; the fatbinary as C is empty. */
	if (part->kind == STEP_FATBIN ||
		(part->kind == STEP_CICC && !streq(part->outputs.v[1], p->d->stub)))
		s.outputs.n = 1;
	if (part->kind == STEP_PREPROCESS)
		s.depfile = DEPFILE;
	*index = add_step(p, s) + 1;
	return *index - 1;
}

/* The source's object; with device_only, or declined, when its host launches a kernel that it does not register. */
static size_t
add_embed_fatbin(struct passes *p)
{
	const struct part *host = part_of_kind(p->d, STEP_HOST), *fatbin = part_of_kind(p->d, STEP_FATBIN);
	struct inputs in = { 0 };
	struct step s;

	p->index = arena_array(p->m->a, size_t, p->d->parts.n + 1);
	add_input(p, &in, add_host(p, host, fatbin), 0, "in/host.o");
	add_input(p, &in, add_part_step(p, fatbin), 0, "in/fatbin");
	s = builtin_step(p, STEP_EMBED_FATBIN, NULL, &in, host->outputs.v[0]);
	add_where(p, &s);
	return add_step(p, s);
}

int
maker_add_divided(struct maker *m, const struct torch_flags *f, const struct root *all,
	const char *src, struct str answer, size_t *object, const char **why)
{
	struct passes p = { .m = m, .f = f, .all = all, .src = src };
	const struct part *cicc;
	struct dividing d;
	size_t output, proved;

	if (!divide(m->a, src, answer, &d, why) ||
		!divide_add_newer(&d, f->variant->cuda, &f->kernel->capabilities))
		return 0;
	p.d = &d;
	for (size_t i = 0; i < d.warnings.n; i++)
		vec_push(m->a, &m->out->notes, d.warnings.v[i]);
	cicc = part_maker_of(&d, d.stub, &output);
	/* Device code that others link to has more entries than those that a stub registers. */
	p.device_only = m->options.device_only != PLAN_DEVICE_OFF && !part_tells_lines(cicc) && !d.is_relocatable;
	if (p.device_only)
		add_proof_steps(&p, cicc);
	*object = add_embed_fatbin(&p);
	if (!p.device_only)
		return 1;
	proved = *object;
	p.device_only = false;
	p.is_full = true;
	*object = add_choice(&p, NULL, proved, add_embed_fatbin(&p), 0, part_of_kind(&d, STEP_HOST)->outputs.v[0]);
	return 1;
}
