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
 *     preprocess -> slice -> device ----------------> choose -> ptxas
 *              `--> drop-macros (lazy) -> cicc (lazy) --'
 *
 * and where the kernel's own text is the same for all architectures (device/arch.h), slice takes it
 * from the reference's.
 *
 * The last architecture is the reference: proof-keys and prove look at it, and prove needs what
 * cicc makes of the whole text, unless the proof is remembered. Where the full way is taken, it
 * goes by the slimmed text for the others if that gives the reference's PTX, byte for byte.
 */
#include "base/arena.h"
#include "base/path.h"
#include "plan/divide.h"
#include "plan/key.h"
#include "plan/kinds.h"

struct passes {
	struct maker *m;
	const struct torch_flags *f;
	const char *src;
	struct sights sights;
	const struct dividing *d;
	struct made *made; /* of each part: the output of its step, where has_step */
	bool *has_step;
	bool device_only;
	const struct part *reference; /* the preprocessor of the architecture that proves */
	struct made macros, keys, proof, stub; /* of the reference, when device_only */
	struct made same;                      /* that the slimmed text serves, where has_same */
	bool has_same;
	bool is_ahead; /* the host's object is made with a guess of the stub */
	bool is_full;  /* what is done when the object shows that the proof was no good for it */
};
/* Two ways to the same thing. */
struct ways {
	struct made first, second;
};

static const char *
label_of(const struct passes *p, enum step_kind kind, const char *arch)
{
	const struct step_row *row = step_row(kind);

	return arena_printf(p->m->a, "%s: %s%s%s", p->src, row->label ? row->label : row->name,
		arch ? " " : "", arch ? arch : "");
}

static struct step
new_step(const struct passes *p, enum step_kind kind, const char *arch)
{
	struct step s = step_new(p->m, kind, p->f->variant, label_of(p, kind, arch));

	s.root = step_root(p->m, kind, &p->sights);
	s.source = p->src;
	return s;
}

/* A built-in step. */
static struct step
builtin_step(const struct passes *p, enum step_kind kind, const char *arch, const char *output)
{
	struct step s = new_step(p, kind, arch);

	step_give(p->m, &s, output);
	return s;
}

/* A compiler of that kind, for which declining will do. */
static struct step
or_decline(const struct passes *p, enum step_kind compiler, const struct part *part)
{
	struct step s = builtin_step(p, STEP_COMPILE_OR_DECLINE, part->arch, part->outputs.v[0]);

	s.label = arena_printf(p->m->a, "%s, slim", label_of(p, compiler, part->arch));
	s.root = step_root(p->m, compiler, &p->sights);
	s.tool[TOOL_COMPILE] = part->argv;
	s.names_dir = compiler == STEP_CICC;
	return s;
}

/* A step that makes, or proves, the text of the device-only way. */
static void
add_how_slim(const struct passes *p, struct step *s)
{
	if (p->m->options.slim != PLAN_SLIM_OFF)
		s->options.slims = true;
}

static struct made add_part_step(struct passes *p, const struct part *part);
static struct made add_full(struct passes *p, const struct part *cicc, const struct part *text);

static struct made
add_step(struct passes *p, struct step s)
{
	s.is_lazy = s.is_lazy || p->is_full;
	return maker_add_step(p->m, s);
}

static const struct part *
made_by(const struct passes *p, const char *path)
{
	size_t output;

	return part_maker_of(p->d, path, &output);
}

/* The text of an architecture with its macros. Of those that are not the reference nobody may ask.
 */
static struct made
add_macros(struct passes *p, const struct part *q)
{
	struct step s = new_step(p, STEP_PREPROCESS, q->arch);

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

/* The text of an architecture as a compiler reads it. */
static struct step
drop_macros(struct passes *p, const struct part *text)
{
	struct step s = builtin_step(p, STEP_DROP_MACROS, text->arch, text->outputs.v[0]);

	step_take(p->m, &s, INPUT_MACROS, add_macros(p, text));
	s.is_lazy = s.is_transient = true;
	return s;
}

/* The way that nvcc goes: cicc on the whole text. */
static struct made
add_whole(struct passes *p, const struct part *cicc, const struct part *text)
{
	struct step s = new_step(p, STEP_CICC, cicc->arch);

	step_take_at(p->m, &s, INPUT_FILE, cicc->inputs.v[0], add_step(p, drop_macros(p, text)));
	s.argv = cicc->argv;
	s.outputs = cicc->outputs;
	s.is_lazy = true;
	return add_step(p, s);
}

/* cicc on the slimmed text: as good as the whole one, as far as the slimmer is right, in a third of
 * the time. With same, which may be NULL, only if that is not declined. */
static struct made
add_slim_whole(struct passes *p, const struct part *cicc, const struct part *text,
	const struct made *same, bool if_few_others)
{
	struct step slim = drop_macros(p, text), s = or_decline(p, STEP_CICC, cicc);

	if (same)
		step_take(p->m, &slim, INPUT_SAME, *same);
	slim.options.slims = true;
	slim.options.if_few_others = if_few_others;
	step_take_at(p->m, &s, INPUT_TEXT, cicc->inputs.v[0], add_step(p, slim));
	if (strs_has(&cicc->outputs, p->d->stub))
		vec_push(p->m->a, &s.outputs, cicc->outputs.v[1]);
	s.is_lazy = true;
	return add_step(p, s);
}

static void
take_ways(const struct passes *p, struct step *s, struct ways w)
{
	step_take(p->m, s, INPUT_FIRST_WAY, w.first);
	step_take(p->m, s, INPUT_SECOND_WAY, w.second);
}

static struct made
add_choice(struct passes *p, const char *arch, struct ways w, const char *path)
{
	struct step s = builtin_step(p, STEP_CHOOSE, arch, path);

	take_ways(p, &s, w);
	return add_step(p, s);
}

static struct made
add_audit(struct passes *p, enum audit_of what, const char *arch, struct ways w, const char *path)
{
	struct step s = builtin_step(p, STEP_AUDIT, arch, path);

	take_ways(p, &s, w);
	s.options.audit = what;
	return add_step(p, s);
}

static struct step
device_step(const struct passes *p, const struct part *cicc)
{
	struct step s = builtin_step(p, STEP_DEVICE, NULL, "out/ptx");

	add_how_slim(p, &s);
	s.tool[TOOL_CICC] = part_cicc_tool(p->m->a, cicc);
	return s;
}

/* What a proof is good for, besides texts: the command of the device passes, their compiler and the
 * module id, and CUDA's headers; not torch. */
static struct digest
device_key(const struct passes *p, const struct part *cicc)
{
	struct step s = device_step(p, cicc);

	return step_key(&s, p->m->src);
}

/* The same, of CUDA only the compiler's programs. */
static struct digest
loose_device_key(const struct passes *p, const struct part *cicc)
{
	const struct sights without_cuda = { .loader = p->sights.loader,
		.module_id = p->sights.module_id };
	const struct digest programs = compiler_id(p->m, p->f->variant->cuda);
	struct step s = device_step(p, cicc);
	struct sha256 *h = sha256_new();
	struct digest key;

	s.root = step_root(p->m, STEP_DEVICE, &without_cuda);
	key = step_key(&s, p->m->src);
	sha256_add(h, key.b, sizeof(key.b));
	sha256_add(h, programs.b, sizeof(programs.b));
	return sha256_final(h);
}

/* The same as device_key, whatever the source is. */
static struct digest
any_device_key(const struct passes *p, const struct part *cicc)
{
	struct sights of_any = p->sights;
	struct step s = device_step(p, cicc);

	of_any.module_id = NULL;
	s.root = step_root(p->m, STEP_DEVICE, &of_any);
	s.tool[TOOL_CICC] = part_cicc_flags(p->m->a, cicc);
	return step_key(&s, p->m->src);
}

/* How a proof is come to: by the whole text, or by the slimmed one. */
static struct made
add_prove(struct passes *p, const struct part *cicc, struct made by, enum prove_when when,
	bool is_lazy)
{
	struct step s = builtin_step(p, STEP_PROVE, p->reference->arch, "out/proof");

	step_take(p->m, &s, INPUT_PROOF_KEYS, p->keys);
	step_take(p->m, &s, INPUT_EARLY_PROOF, made_too(p->m, p->keys, OUTPUT_EARLY_PROOF));
	step_take(p->m, &s, INPUT_MACROS, p->macros);
	step_take(p->m, &s, INPUT_WHOLE_PTX, by);
	step_take(p->m, &s, INPUT_STUB, made_too(p->m, by, OUTPUT_STUB));
	add_how_slim(p, &s);
	s.options.prove = when;
	s.is_lazy = is_lazy;
	s.tool[TOOL_PREPROCESS] = part_preprocess_tool(p->m->a, p->d, p->reference);
	s.tool[TOOL_CICC] = part_cicc_tool(p->m->a, cicc);
	return add_step(p, s);
}

static struct made
add_proof_keys(struct passes *p, const struct part *cicc)
{
	struct step s = builtin_step(p, STEP_PROOF_KEYS, p->reference->arch, "out/proof-keys");

	step_take(p->m, &s, INPUT_MACROS, p->macros);
	/* What was trusted is not remembered as proved. */
	s.options.trusts = p->m->options.device_only == PLAN_DEVICE_TRUST;
	s.options.device_key = device_key(p, cicc);
	s.options.loose_device_key = loose_device_key(p, cicc);
	s.options.any_device_key = any_device_key(p, cicc);
	s.tool[TOOL_PREPROCESS] = part_preprocess_tool(p->m->a, p->d, p->reference);
	s.tool[TOOL_CICC] = part_cicc_tool(p->m->a, cicc);
	return add_step(p, s);
}

/* The proof on the source, and its stub, by the architecture that is the reference. */
static void
add_proof_steps(struct passes *p, const struct part *cicc)
{
	struct step s = builtin_step(p, STEP_STUB, NULL, "out/stub.c");
	struct made whole;
	struct ways w;

	p->reference = made_by(p, cicc->inputs.v[0]);
	p->macros = add_macros(p, p->reference);
	whole = add_whole(p, cicc, p->reference);
	p->keys = add_proof_keys(p, cicc);
	if (p->m->options.device_only == PLAN_DEVICE_TRUST) {
		p->proof = add_prove(p, cicc, add_slim_whole(p, cicc, p->reference, NULL, false),
			PROVE_ALWAYS, false);
	} else if (p->m->options.slim != PLAN_SLIM_OFF) {
		w.first = add_slim_whole(p, cicc, p->reference, NULL, false);
		w.second = add_prove(p, cicc, whole, PROVE_IF_IT_PAYS, true);
		w.first = add_prove(p, cicc, w.first, PROVE_IF_PROVED_BEFORE, false);
		p->proof = add_choice(p, p->reference->arch, w, "out/proof");
	} else {
		p->proof = add_prove(p, cicc, whole, PROVE_IF_IT_PAYS, false);
	}
	step_take(p->m, &s, INPUT_PROOF, p->proof);
	w = (struct ways){ .first = add_step(p, s), .second = made_too(p->m, whole, OUTPUT_STUB) };
	p->stub = add_choice(p, NULL, w, "out/stub.c");
}

/* What of a text device code needs: of INPUT_SHARED, what all architectures have in common, or of
 * INPUT_MACROS, that of this one. */
static struct made
add_slice(struct passes *p, const struct part *text, enum input_role role, bool is_lazy)
{
	struct step s = builtin_step(p, STEP_SLICE, text->arch, "tmp/device.ii");

	step_take(p->m, &s, INPUT_PROOF, p->proof);
	step_take(p->m, &s, role,
		role == INPUT_SHARED ? made_too(p->m, p->keys, OUTPUT_SHARED)
				     : add_macros(p, text));
	/* Proof keys has preprocessed these headers for the reference. */
	if (text == p->reference)
		step_take(p->m, &s, INPUT_PRELUDES, made_too(p->m, p->keys, OUTPUT_PRELUDES));
	add_how_slim(p, &s);
	s.tool[TOOL_PREPROCESS] = part_preprocess_tool(p->m->a, p->d, text);
	s.is_transient = true;
	s.is_lazy = is_lazy;
	return add_step(p, s);
}

/* The reference is compiled once more to prove that, for what each other architecture saves. */
static bool
has_few_archs(const struct passes *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->d->parts.n; i++)
		n += p->d->parts.v[i].kind == STEP_CICC;
	return n <= 3;
}

/* That the slimmed text of the reference gives what the whole one gives: once for a source. What is
 * trusted needs none. */
static const struct made *
add_same(struct passes *p)
{
	const struct part *cicc = made_by(p, p->d->stub);
	struct ways w;
	struct step s;

	if (p->m->options.device_only == PLAN_DEVICE_TRUST)
		return NULL;
	if (p->has_same)
		return &p->same;
	s = builtin_step(p, STEP_AUDIT, p->reference->arch, "out/proof");
	w.second = add_whole(p, cicc, p->reference);
	w.first = add_slim_whole(p, cicc, p->reference, NULL, has_few_archs(p));
	take_ways(p, &s, w);
	s.options.audit = AUDIT_AS_PROOF;
	s.label = arena_printf(p->m->a, "%s: slim: proof by %s", p->src, p->reference->arch);
	s.is_lazy = true;
	p->same = add_step(p, s);
	p->has_same = true;
	return &p->same;
}

/* The full way: cicc on the slimmed text, or on the whole one, which the reference has anyway. */
static struct made
add_full(struct passes *p, const struct part *cicc, const struct part *text)
{
	struct ways w = { .second = add_whole(p, cicc, text) };
	struct step s;

	if (p->m->options.slim == PLAN_SLIM_OFF || text == p->reference)
		return w.second;
	w.first = add_slim_whole(p, cicc, text, add_same(p), false);
	s = builtin_step(p, STEP_CHOOSE, cicc->arch, "out/ptx");
	take_ways(p, &s, w);
	s.is_lazy = true;
	return add_step(p, s);
}

/* The PTX of an architecture, by the device-only way or the full one. The kernel's own text is that
 * of the reference, if it is the same for all. */
static struct made
add_device(struct passes *p, const struct part *cicc)
{
	const struct part *text = made_by(p, cicc->inputs.v[0]);
	struct step s = builtin_step(p, STEP_DEVICE, cicc->arch, "out/ptx");
	struct ways w;

	w.first = add_slice(p, text, INPUT_SHARED, false);
	w.second = add_slice(p, text, INPUT_MACROS, true);
	step_take(p->m, &s, INPUT_TEXT, add_choice(p, text->arch, w, "tmp/device.ii"));
	step_take(p->m, &s, INPUT_PROOF, p->proof);
	s.tool[TOOL_CICC] = part_cicc_tool(p->m->a, cicc);
	w.first = add_step(p, s);
	w.second = add_full(p, cicc, text);
	w.first = add_choice(p, cicc->arch, w, "out/ptx");
	if (!p->m->options.audits_device)
		return w.first;
	w.second = add_whole(p, cicc, text);
	return add_audit(p, AUDIT_OF_PTX, cicc->arch, w, "out/ptx");
}

/* A file that a command names, by the way of the source. */
static struct made
add_file(struct passes *p, const char *path)
{
	size_t output;
	const struct part *from = part_maker_of(p->d, path, &output);

	if (from->kind == STEP_CICC && p->device_only)
		return add_device(p, from);
	if (from->kind == STEP_CICC && p->is_full)
		return add_full(p, from, made_by(p, from->inputs.v[0]));
	return (struct made){ add_part_step(p, from).step, output };
}

/* The host's text without the bodies of device code. */
static struct made
add_strip_bodies(struct passes *p, const struct part *cudafe, bool slim)
{
	const struct part *text = made_by(p, cudafe->inputs.v[0]);
	struct step s = builtin_step(p, STEP_STRIP_BODIES, NULL, text->outputs.v[0]);

	step_take(p->m, &s, INPUT_TEXT, add_part_step(p, text));
	s.options.slims = slim;
	s.is_transient = true;
	s.is_lazy = !slim && p->m->options.slim == PLAN_SLIM_ALL;
	return add_step(p, s);
}

static struct made
add_empty_fatbin(struct passes *p, const struct part *fatbin)
{
	struct step s = builtin_step(p, STEP_EMPTY_FATBIN, NULL, fatbin->outputs.v[1]);

	s.options.relocatable = p->d->is_relocatable;
	return add_step(p, s);
}

/* cudafe++ on the slimmed text: what it makes, or declined. */
static struct made
add_slim_cudafe(struct passes *p, const struct part *cudafe)
{
	struct step s = or_decline(p, STEP_CUDAFE, cudafe);

	step_take_at(p->m, &s, INPUT_TEXT, cudafe->inputs.v[0], add_strip_bodies(p, cudafe, true));
	s.is_transient = true;
	return add_step(p, s);
}

/* What cudafe++ made, with a trap where it would launch a kernel that the stub does not register:
 * the stub is that of a proof, which may have come of another variant's text. */
static struct made
add_trap(struct passes *p, struct made cudafe, const char *path, bool is_lazy)
{
	struct step s = builtin_step(p, STEP_TRAP, NULL, path);

	step_take(p->m, &s, INPUT_TEXT, cudafe);
	s.is_transient = true;
	s.is_lazy = is_lazy;
	return add_step(p, s);
}

static struct made
add_cudafe(struct passes *p, const struct part *cudafe, bool slim)
{
	struct made step = slim ? add_slim_cudafe(p, cudafe) : add_part_step(p, cudafe);

	if (!p->device_only)
		return step;
	return add_trap(
		p, step, cudafe->outputs.v[0], !slim && p->m->options.slim == PLAN_SLIM_ALL);
}

/* A file that the host's compiler reads: of the fatbinary it has an empty one. With slim, from what
 * cudafe++ made of the slimmed text. */
static struct made
add_host_file(struct passes *p, const struct part *fatbin, const char *path, bool slim)
{
	size_t output;
	const struct part *from = part_maker_of(p->d, path, &output);

	if (from == fatbin)
		return add_empty_fatbin(p, fatbin);
	if (from->kind == STEP_CICC && p->device_only)
		return p->stub;
	if (from->kind == STEP_CUDAFE)
		return add_cudafe(p, from, slim);
	return (struct made){ add_part_step(p, from).step, output };
}

static struct made
add_host_from(struct passes *p, const struct part *host, const struct part *fatbin, bool slim)
{
	struct step s = slim ? or_decline(p, STEP_HOST, host) : new_step(p, STEP_HOST, NULL);

	for (size_t i = 0; i < host->inputs.n; i++) {
		const char *path = host->inputs.v[i];
		bool is_text = slim && made_by(p, path)->kind == STEP_CUDAFE;

		step_take_at(p->m, &s, is_text ? INPUT_TEXT : INPUT_FILE, path,
			add_host_file(p, fatbin, path, slim));
	}
	if (!slim) {
		s.argv = host->argv;
		s.outputs = host->outputs;
		s.is_lazy = p->m->options.slim == PLAN_SLIM_ALL;
	}
	s.is_ahead = p->is_ahead;
	s.is_lazy = s.is_lazy || p->is_ahead;
	return add_step(p, s);
}

/* g++ waits for the stub, and so for the proof, which is made again when the host's code is edited;
 * the stub that comes of it is most often that of the last one. So the same is done with that,
 * while the proof is made: nothing depends on it, and what it gave is found where the stub is
 * equal. */
static void
add_host_ahead(struct passes *p, const struct part *host, const struct part *fatbin)
{
	struct step guess = builtin_step(p, STEP_GUESS, p->reference->arch, "out/proof"),
		    stub = builtin_step(p, STEP_STUB, NULL, "out/stub.c");
	const struct made proved = p->stub;

	step_take(p->m, &guess, INPUT_PROOF_KEYS, p->keys);
	guess.is_lazy = stub.is_lazy = true;
	step_take(p->m, &stub, INPUT_PROOF, add_step(p, guess));
	p->stub = add_step(p, stub);
	p->is_ahead = true;
	(void)add_host_from(p, host, fatbin, true);
	p->is_ahead = false;
	p->stub = proved;
}

static struct made
add_host(struct passes *p, const struct part *host, const struct part *fatbin)
{
	const char *object = host->outputs.v[0];
	struct ways w = { .second = add_host_from(p, host, fatbin, false) };

	if (p->m->options.slim != PLAN_SLIM_ALL)
		return w.second;
	if (p->device_only && !p->m->options.is_to_read)
		add_host_ahead(p, host, fatbin);
	w.first = add_host_from(p, host, fatbin, true);
	w.first = add_choice(p, NULL, w, object);
	return p->m->options.audits_slim ? add_audit(p, AUDIT_OF_OBJECT, NULL, w, object) : w.first;
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

/* Registers, spills and the like. From 12.6 on, ptxas notes spills in the cubin, and its command
 * line, too, so it is not asked there. An older one prints them, and the cubin is the same. */
static void
ask_for_resources(const struct passes *p, struct step *s)
{
	static const char *const told[] = { "ptxas info", "    " };
	const struct catalog_cuda *cuda = p->f->variant->cuda;
	struct strs argv = { 0 }, outputs = { 0 };

	if (cuda->version.v[0] >= 13 || cuda->is_redist ||
		!streq(s->argv.v[0], ROOT_CUDA "/bin/ptxas") || strs_has(&s->argv, "-v") ||
		strs_has(&s->argv, "--verbose"))
		return;
	for (size_t i = 0; i < s->argv.n; i++) {
		vec_push(p->m->a, &argv, s->argv.v[i]);
		if (i == 0)
			vec_push(p->m->a, &argv, "-v");
	}
	vec_push(p->m->a, &outputs, s->outputs.v[0]);
	vec_push(p->m->a, &outputs, arena_printf(p->m->a, "%s.txt", s->outputs.v[0]));
	s->argv = argv;
	s->outputs = outputs;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		vec_push(p->m->a, &s->told, told[i]);
}

/* A part's step, behind those that it waits for. */
static struct made
add_part_step(struct passes *p, const struct part *part)
{
	const size_t at = (size_t)(part - p->d->parts.v);
	struct step s = new_step(p, part->kind, part->arch);

	if (p->has_step[at])
		return p->made[at];
	for (size_t i = 0; i < part->inputs.n; i++) {
		const char *path = part->inputs.v[i];

		step_take_at(p->m, &s, INPUT_FILE, path,
			part->kind == STEP_CUDAFE ? add_strip_bodies(p, part, false)
						  : add_file(p, path));
	}
	s.argv = part->argv;
	s.outputs = part->outputs;
	if (part->kind == STEP_PTXAS)
		ask_for_resources(p, &s);
	s.is_transient = part->kind == STEP_PREPROCESS || part->kind == STEP_CUDAFE;
	s.is_lazy = part->kind == STEP_CUDAFE && p->m->options.slim == PLAN_SLIM_ALL;
	/* Of cicc's stubs, the host's text includes one; the fatbinary as C is empty. */
	if (part->kind == STEP_FATBIN ||
		(part->kind == STEP_CICC && !streq(part->outputs.v[1], p->d->stub)))
		s.outputs.n = 1;
	if (part->kind == STEP_PREPROCESS)
		s.depfile = DEPFILE;
	p->made[at] = add_step(p, s);
	p->has_step[at] = true;
	return p->made[at];
}

/* The source's object; with device_only, or declined, when its host launches a kernel that it does
 * not register. */
static struct made
add_embed_fatbin(struct passes *p)
{
	const struct part *host = part_of_kind(p->d, STEP_HOST),
			  *fatbin = part_of_kind(p->d, STEP_FATBIN);
	struct step s = builtin_step(p, STEP_EMBED_FATBIN, NULL, host->outputs.v[0]);

	p->made = arena_array(p->m->a, struct made, p->d->parts.n + 1);
	p->has_step = arena_array(p->m->a, bool, p->d->parts.n + 1);
	step_take(p->m, &s, INPUT_OBJECT, add_host(p, host, fatbin));
	step_take(p->m, &s, INPUT_FATBIN, add_part_step(p, fatbin));
	s.options.relocatable = p->d->is_relocatable;
	return add_step(p, s);
}

int
maker_add_divided(struct maker *m, const struct torch_flags *f, const struct step *undivided,
	struct str answer, struct made *object, const char **why)
{
	const char *src = undivided->source;
	struct passes p = { .m = m, .f = f, .src = src };
	const struct part *cicc;
	struct dividing d;

	if (!divide(m->a, src, answer, &d, why) ||
		!divide_add_newer(&d, f->variant->cuda, &f->kernel->capabilities))
		return 0;
	p.d = &d;
	p.sights = (struct sights){ .gcc = mount_gcc(m, f->gcc),
		.loader = mount_loader(m, f->gcc),
		.cuda = mount_cuda(m, f->variant->cuda),
		.module_id = mount_module_id(m, src),
		.compiled = undivided->root };
	for (size_t i = 0; i < d.warnings.n; i++)
		vec_push(m->a, &m->out->notes, d.warnings.v[i]);
	cicc = made_by(&p, d.stub);
	/* Device code that others link to has more entries than those that a stub registers. */
	p.device_only = m->options.device_only != PLAN_DEVICE_OFF && !part_tells_lines(cicc) &&
			!d.is_relocatable;
	if (p.device_only)
		add_proof_steps(&p, cicc);
	*object = add_embed_fatbin(&p);
	if (p.device_only) {
		struct ways w = { .first = *object };

		p.device_only = false;
		p.is_full = true;
		w.second = add_embed_fatbin(&p);
		*object = add_choice(&p, NULL, w, part_of_kind(&d, STEP_HOST)->outputs.v[0]);
	}
	return 1;
}
