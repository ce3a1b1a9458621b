/* SPDX-License-Identifier: Apache-2.0 */
/* The device-only way of device code: see device/proof.h. */
#include "steps/device_only.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/record.h"
#include "cxx/kernel_files.h"
#include "device/ptx.h"
#include "formats/root.h"
#include "slim/slim.h"
#include "steps/does.h"

#define DEVICE_TEXT "tmp/device.ii"
#define DEVICE_PTX "tmp/device.ptx"

/* The text that cicc gets, if the headers of the level are there. */
static int
write_text(struct builtin *o, const struct device_code *code, enum device_level level,
	const char *path, struct prelude *prelude, struct err *e)
{
	static const struct slim_options options = { .pass = SLIM_SLICE, .user = ROOT_SOURCES "/" };
	CLEANUP(buf_free) struct buf out = { 0 }, slim = { 0 };
	struct slim_stats stats;
	struct err ignored;

	TRY(builtin_prelude(o, code->text, level, prelude, e));
	if (!prelude->is_there)
		return 0;
	buf_add(&out, prelude->text.p, prelude->text.n);
	device_body(code->text, code->slice, &out);
	if (o->s->options.slims &&
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
	struct device_code code;
	struct str whole; /* PTX */
	struct str stub;
};

/* The PTX at a level. 0: there is none, *why says why. */
static int
compile_level(struct builtin *o, const struct proving *j, enum device_level level, struct str *ptx,
	const char **why, struct err *e)
{
	const struct arena_mark before = arena_mark(&o->a);
	struct prelude prelude;
	bool ok;

	TRY(write_text(o, &j->code, level, DEVICE_TEXT, &prelude, e));
	ok = prelude.is_there;
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

/* Headers are preprocessed for one C++ ABI, and the proof is that of variants with either. 1: with
 * the other one the level gives the same code. */
static int
is_same_for_other_abi(struct builtin *o, const struct proving *j, enum device_level level,
	struct str ptx, const char **why, struct err *e)
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
write_proof(struct builtin *o, const struct proving *j, enum device_level level, struct str missing,
	struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 }, stripped = { 0 }, order = { 0 };
	const char *why;
	struct proof v = { .level = level, .missing = missing };
	struct device_frame frame;
	char hex[65];

	device_frame(j->code.text, &frame);
	registered_strip(j->stub, &stripped);
	v.exact = str_of(digest_hex(&frame.exact, hex));
	v.stub = buf_str(&stripped);
	if (!ptx_order(&o->a, j->whole, &order, &why))
		return err_set(e, ERR_BUG, "PTX that was compared cannot be read: %s", why);
	v.order = buf_str(&order);
	proof_write(&v, &out);
	return builtin_output(o, OUTPUT_MAIN, buf_str(&out), e);
}

/* The full way; a prover with another behind it leaves that to it. */
static int
write_no(struct builtin *o, const char *why, struct err *e)
{
	return o->s->options.prove == PROVE_IF_PROVED_BEFORE
		       ? builtin_decline(o, e)
		       : builtin_write_full(o, OUTPUT_MAIN, why, e);
}

static bool
is_worth_it(const struct builtin *o, struct str full, struct str whole)
{
	unsigned archs[64];

	return o->s->options.prove != PROVE_IF_IT_PAYS ||
	       (bytes_of_others(full) <= PROOF_OTHERS &&
		       proof_pays(full.n, whole.n,
			       builtin_archs(o, archs, sizeof(archs) / sizeof(archs[0]))));
}

int
builtin_prove(struct builtin *o, struct err *e)
{
	struct str full, missing;
	struct registered kernels;
	struct device_slice slice;
	struct device_text t;
	struct proving j = { .code = { &t, &slice } };
	const char *why;

	TRY(builtin_input(o, INPUT_MACROS, &full, e));
	TRY(builtin_input(o, INPUT_WHOLE_PTX, &j.whole, e));
	TRY(builtin_input(o, INPUT_STUB, &j.stub, e));
	if (str_eq(j.stub, builtin_declined))
		return write_no(o, "its slimmed text does not compile", e);
	if (!is_worth_it(o, full, j.whole))
		return write_no(o, "a proof would take longer than it saves", e);
	if (!device_read(&o->a, full, &t, &why) ||
		!registered_parse(&o->a, j.stub, &kernels, &why) ||
		!device_slice(&o->a, &t, &kernels, &slice, &why))
		return write_no(o, why, e);
	for (enum device_level level = 0; level < DEVICE_LEVELS; level++) {
		int r = try_level(o, &j, level, &missing, &why, e);

		if (r)
			return r < 0 ? -1 : write_proof(o, &j, level, missing, e);
	}
	return write_no(o, why, e);
}

static int
read_proof(struct builtin *o, struct proof *out, struct err *e)
{
	struct str text;

	TRY(builtin_input(o, INPUT_PROOF, &text, e));
	return proof_read(text, out) ? 0 : err_set(e, ERR_STORE, "a proof is damaged");
}

int
builtin_stub(struct builtin *o, struct err *e)
{
	struct proof v;

	TRY(read_proof(o, &v, e));
	return builtin_output(o, OUTPUT_MAIN, v.why.n ? builtin_declined : v.stub, e);
}

/* The kernel's own lines, as proof keys gives them for all architectures, and *clean: what it says
 * of them at that level. They are declined where they differ between architectures. */
static int
read_shared(
	struct builtin *o, enum device_level level, struct str *text, bool *clean, struct err *e)
{
	TRY(builtin_input(o, INPUT_SHARED, text, e));
	if (str_eq(*text, builtin_declined))
		return 0;
	if (!record_take_head(text, RECORD_SHARED) || text->n <= DEVICE_LEVELS)
		return err_set(e, ERR_STORE, "the text that architectures share is damaged");
	*clean = text->p[level] == '1';
	text->p += DEVICE_LEVELS + 1;
	text->n -= DEVICE_LEVELS + 1;
	return 0;
}

int
builtin_slice(struct builtin *o, struct err *e)
{
	const bool is_shared = builtin_input_path(o, INPUT_SHARED);
	struct registered kernels;
	struct device_frame frame;
	struct device_slice slice;
	struct prelude prelude;
	struct device_text t;
	const struct device_code code = { &t, &slice };
	struct proof v;
	struct str text;
	const char *why;
	bool clean = false;
	char hex[65];

	TRY(read_proof(o, &v, e));
	if (v.why.n)
		return builtin_decline(o, e);
	TRY(is_shared ? read_shared(o, v.level, &text, &clean, e)
		      : builtin_input(o, INPUT_MACROS, &text, e));
	if (str_eq(text, builtin_declined) || !device_read(&o->a, text, &t, &why) ||
		!registered_parse(&o->a, v.stub, &kernels, &why) ||
		!device_slice(&o->a, &t, &kernels, &slice, &why))
		return builtin_decline(o, e);
	TRY(write_text(o, &code, v.level, o->s->outputs.v[0], &prelude, e));
	if (!prelude.is_there)
		return builtin_decline(o, e);
	device_frame(&t, &frame);
	/* What was proved needs no guards. */
	if (str_eq(v.exact, str_of(digest_hex(&frame.exact, hex))))
		return 0;
	if (!is_shared) {
		TRY(builtin_guard(o, &code, prelude.text, &why, e));
		clean = !why;
	}
	return clean ? 0 : builtin_decline(o, e);
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

	TRY(builtin_input(o, INPUT_TEXT, &text, e));
	TRY(read_proof(o, &v, e));
	if (str_eq(text, builtin_declined))
		return builtin_decline(o, e);
	TRY(builtin_tool(o, TOOL_CICC, builtin_input_path(o, INPUT_TEXT), DEVICE_PTX, &ok, e));
	if (!ok)
		return builtin_decline(o, e);
	TRY(fs_read(&o->a, DEVICE_PTX, SIZE_MAX, &ptx, e));
	if (!ptx_append(&o->a, ptx, v.missing, &added, &why) ||
		!ptx_arrange(&o->a, buf_str(&added), v.order, &out, &why))
		return builtin_decline(o, e);
	if (!is_complete(o, buf_str(&out), v.stub))
		return builtin_decline(o, e);
	return builtin_output(o, OUTPUT_MAIN, buf_str(&out), e);
}
