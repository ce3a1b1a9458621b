/* SPDX-License-Identifier: Apache-2.0 */
/* The device-only way of device code: see device/proof.h. */
#include "base/arena.h"
#include "base/err.h"
#include "steps/device_only.h"
#include "steps/does.h"
#include "device/ptx.h"
#include "slim/slim.h"

#define DEVICE_TEXT "tmp/device.ii"
#define DEVICE_PTX "tmp/device.ptx"

/* The text that cicc gets; *ok is false when the headers of the level are not there. */
static int
write_text(struct builtin *o, const struct device_text *t, const struct device_slice *slice,
	enum device_level level, const char *path, struct str *prelude, bool *ok, struct err *e)
{
	static const struct slim_options options = { .pass = SLIM_SLICE, .user = "src/" };
	CLEANUP(buf_free) struct buf out = { 0 }, slim = { 0 };
	struct slim_stats stats;
	struct err ignored;

	TRY(builtin_prelude(o, t, level, prelude, ok, e));
	if (!*ok)
		return 0;
	buf_add(&out, prelude->p, prelude->n);
	device_body(t, slice, &out);
	if (builtin_has_word(o, STEP_SLIMS) &&
		slim_text(&o->a, buf_str(&out), &options, &slim, &stats, &ignored) == 0)
		return builtin_write(path, buf_str(&slim), e);
	return builtin_write(path, buf_str(&out), e);
}

/* The first line of what the compiler said that tells an error. */
static const char *
first_error(struct builtin *o)
{
	struct str rest = o->said, line;

	while (str_cut(&rest, '\n', &line)) {
		if (memmem(line.p, line.n, "error", strlen("error")))
			return arena_printf(
				&o->a, "%.*s", (int)(line.n < 200 ? line.n : 200), line.p);
	}
	return "it does not compile";
}

struct proving {
	const struct device_text *text;
	const struct device_slice *slice;
	struct str whole; /* PTX */
};

/* The PTX at a level. 0: there is none, *why says why. */
static int
compile_level(struct builtin *o, const struct proving *j, enum device_level level, struct str *ptx,
	const char **why, struct err *e)
{
	const struct arena_mark before = arena_mark(&o->a);
	struct str prelude;
	bool ok;

	TRY(write_text(o, j->text, j->slice, level, DEVICE_TEXT, &prelude, &ok, e));
	if (ok)
		TRY(builtin_tool(o, TOOL_CICC, DEVICE_TEXT, DEVICE_PTX, &ok, e));
	if (!ok) {
		*why = first_error(o);
		return 0;
	}
	o->said = (struct str){ 0 };
	arena_rewind(&o->a, before);
	TRY(fs_read(&o->a, DEVICE_PTX, SIZE_MAX, ptx, e));
	return 1;
}

/* Headers are preprocessed for one C++ ABI, and the proof is that of variants with either. 1: with the other one the level gives the
 * same code. */
static int
is_same_for_other_abi(struct builtin *o, const struct proving *j, enum device_level level, struct str ptx,
	const char **why, struct err *e)
{
	const struct step *own = o->s;
	struct step other = *own;
	struct strs *argv = &other.tool[TOOL_PREPROCESS];
	struct str with;
	int r;

	*argv = (struct strs){ 0 };
	for (size_t i = 0; i < own->tool[TOOL_PREPROCESS].n; i++) {
		const char *w = own->tool[TOOL_PREPROCESS].v[i];

		vec_push(&o->a, argv, streq(w, STEP_ABI) ? STEP_OTHER_ABI : w);
	}
	o->s = &other;
	r = compile_level(o, j, level, &with, why, e);
	o->s = own;
	TRY(r);
	if (r && !str_eq(ptx, with)) {
		*why = "it depends on the C++ ABI";
		return 0;
	}
	return r;
}

/* 1: the level gives the code of the whole text. */
static int
try_level(struct builtin *o, const struct proving *j, enum device_level level, struct str *missing,
	const char **why, struct err *e)
{
	struct str ptx;
	int r;

	TRY(r = compile_level(o, j, level, &ptx, why, e));
	if (r)
		TRY(r = ptx_compare(&o->a, j->whole, ptx, missing, why));
	return r ? is_same_for_other_abi(o, j, level, ptx, why, e) : 0;
}

static int
write_proof(struct builtin *o, const struct device_text *t, enum device_level level, struct str whole,
	struct str missing, struct str stub, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 }, stripped = { 0 }, order = { 0 };
	const char *why;
	struct proof v = { .level = level, .missing = missing };
	struct device_frame frame;
	char hex[65];

	device_frame(t, &frame);
	registered_strip(stub, &stripped);
	v.exact = str_of(digest_hex(&frame.exact, hex));
	v.stub = buf_str(&stripped);
	if (!ptx_order(&o->a, whole, &order, &why))
		return err_set(e, ERR_BUG, "PTX that was compared cannot be read: %s", why);
	v.order = buf_str(&order);
	proof_write(&v, &out);
	return builtin_output(o, 0, buf_str(&out), e);
}

/* The full way; a prover with another behind it leaves that to it. */
static int
write_no(struct builtin *o, const char *why, struct err *e)
{
	return builtin_has_word(o, STEP_IF_PROVED_BEFORE) ? builtin_output(o, 0, builtin_declined, e)
					     : builtin_write_full(o, 0, why, e);
}

static bool
is_worth_it(const struct builtin *o, struct str full, struct str whole)
{
	unsigned archs[64];

	return !builtin_has_word(o, STEP_IF_IT_PAYS) ||
	       proof_pays(full.n, whole.n, builtin_archs(o, archs, sizeof(archs) / sizeof(archs[0])));
}

int
builtin_prove(struct builtin *o, struct err *e)
{
	struct str full, stub, missing;
	struct registered kernels;
	struct device_slice slice;
	struct device_text t;
	struct proving j = { &t, &slice, { 0 } };
	const char *why;

	TRY(builtin_input(o, 2, &full, e));
	TRY(builtin_input(o, 3, &j.whole, e));
	TRY(builtin_input(o, 4, &stub, e));
	if (str_eq(stub, builtin_declined))
		return write_no(o, "its slimmed text does not compile", e);
	if (!is_worth_it(o, full, j.whole))
		return write_no(o, "a proof would take longer than it saves", e);
	if (!device_read(&o->a, full, &t, &why) || !registered_parse(&o->a, stub, &kernels, &why) ||
		!device_slice(&o->a, &t, &kernels, &slice, &why))
		return write_no(o, why, e);
	for (enum device_level level = 0; level < DEVICE_LEVELS; level++) {
		int r = try_level(o, &j, level, &missing, &why, e);

		if (r)
			return r < 0 ? -1 : write_proof(o, &t, level, j.whole, missing, stub, e);
	}
	return write_no(o, why, e);
}

static int
read_proof(struct builtin *o, size_t input, struct proof *out, struct err *e)
{
	struct str text;

	TRY(builtin_input(o, input, &text, e));
	return proof_read(text, out) ? 0 : err_set(e, ERR_STORE, "a proof is damaged");
}

int
builtin_stub(struct builtin *o, struct err *e)
{
	struct proof v;

	TRY(read_proof(o, 0, &v, e));
	return builtin_output(o, 0, v.why.n ? builtin_declined : v.stub, e);
}

/* The text of the kernel in the second input: a whole one, or the kernel's own lines with what the
 * proof keys say of it at this level. It declines where: the kernel's text is another one for each
 * architecture. */
static int
read_text(struct builtin *o, enum device_level level, struct str *text, bool *is_shared, bool *clean,
	struct err *e)
{
	TRY(builtin_input(o, 1, text, e));
	*is_shared = str_starts(*text, STR(BUILTIN_SHARED_HEAD));
	if (!*is_shared)
		return 0;
	text->p += strlen(BUILTIN_SHARED_HEAD);
	text->n -= strlen(BUILTIN_SHARED_HEAD);
	*clean = text->n > DEVICE_LEVELS && text->p[level] == '1';
	text->p += DEVICE_LEVELS + 1;
	text->n -= DEVICE_LEVELS + 1;
	return 0;
}

int
builtin_slice(struct builtin *o, struct err *e)
{
	bool ok = false, clean = false, is_shared;
	struct registered kernels;
	struct device_frame frame;
	struct device_slice slice;
	struct str text, prelude;
	struct device_text t;
	struct proof v;
	const char *why;
	char hex[65];

	TRY(read_proof(o, 0, &v, e));
	if (v.why.n)
		return builtin_output(o, 0, builtin_declined, e);
	TRY(read_text(o, v.level, &text, &is_shared, &clean, e));
	if (str_eq(text, builtin_declined) || !device_read(&o->a, text, &t, &why) ||
		!registered_parse(&o->a, v.stub, &kernels, &why) ||
		!device_slice(&o->a, &t, &kernels, &slice, &why))
		return builtin_output(o, 0, builtin_declined, e);
	TRY(write_text(o, &t, &slice, v.level, o->s->outputs.v[0], &prelude, &ok, e));
	device_frame(&t, &frame);
	/* What was proved needs no guards. */
	if (ok && str_eq(v.exact, str_of(digest_hex(&frame.exact, hex))))
		clean = true;
	else if (ok && !is_shared)
		TRY(builtin_guard(o, &t, prelude, &slice, &clean, &why, e));
	return ok && clean ? 0 : builtin_output(o, 0, builtin_declined, e);
}

static bool
are_equal(const struct strs *x, const struct strs *y)
{
	for (size_t i = 0; x->n == y->n && i < x->n; i++) {
		if (!streq(x->v[i], y->v[i]))
			return false;
	}
	return x->n == y->n;
}

static bool
has_all(const struct strs *all, const struct strs *some)
{
	for (size_t i = 0; i < some->n; i++) {
		if (!strs_has(all, some->v[i]))
			return false;
	}
	return true;
}

/* Defines what the stub registers. */
static bool
is_complete(struct builtin *o, struct str ptx, struct str stub)
{
	struct strs entries = { 0 }, variables = { 0 };
	struct registered kernels;
	const char *why;

	return registered_parse(&o->a, stub, &kernels, &why) &&
	       ptx_entries(&o->a, ptx, &entries, &why) &&
	       ptx_variables(&o->a, ptx, &variables, &why) &&
	       are_equal(&entries, &kernels.entries) && has_all(&variables, &kernels.variables);
}

int
builtin_device(struct builtin *o, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 }, added = { 0 };
	struct str text, ptx;
	struct proof v;
	const char *why;
	bool ok;

	TRY(builtin_input(o, 0, &text, e));
	TRY(read_proof(o, 1, &v, e));
	if (str_eq(text, builtin_declined))
		return builtin_output(o, 0, builtin_declined, e);
	TRY(builtin_tool(o, TOOL_CICC, o->s->inputs[0].path, DEVICE_PTX, &ok, e));
	if (!ok)
		return builtin_output(o, 0, builtin_declined, e);
	TRY(fs_read(&o->a, DEVICE_PTX, SIZE_MAX, &ptx, e));
	if (!ptx_append(&o->a, ptx, v.missing, &added, &why) ||
		!ptx_arrange(&o->a, buf_str(&added), v.order, &out, &why))
		return builtin_output(o, 0, builtin_declined, e);
	if (!is_complete(o, buf_str(&out), v.stub))
		return builtin_output(o, 0, builtin_declined, e);
	return builtin_output(o, 0, buf_str(&out), e);
}
