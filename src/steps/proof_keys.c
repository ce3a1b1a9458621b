/* SPDX-License-Identifier: Apache-2.0 */
/* Under which names a proof on device code is remembered: see device/proof.h. */
#include "base/arena.h"
#include "base/err.h"
#include "base/record.h"
#include "cxx/kernel_files.h"
#include "device/arch.h"
#include "plan/kinds.h"
#include "steps/device_only.h"
#include "steps/does.h"
#include <inttypes.h>
#include <stdio.h>

static void
add_tokens(struct sha256 *h, const struct device_text *t, const struct decl *d)
{
	for (uint32_t k = d->begin; k < d->end; k++)
		sha256_add_field(h, token_text(&t->lexed, k));
}

static void
add_scopes(struct sha256 *h, const struct device_text *t, const struct decl *d)
{
	for (uint32_t s = d->scope; s != UINT32_MAX; s = t->split.decl[s].scope)
		add_tokens(h, t, &t->split.decl[s]);
}

/* A number that stands where __LINE__ may have stood, and can stand in no list of template
 * arguments: the distance to its own line. An insertion further up moves both. */
static bool
is_line_number(const struct device_text *t, const struct decl *d, uint32_t k, struct lex_place *at,
	uint64_t *distance)
{
	const struct lexed *l = &t->lexed;
	uint64_t n;
	uint32_t line;
	int angles = 0;

	if (l->token[k].kind != TOKEN_NUMBER || !str_to_u64(token_text(l, k), &n) ||
		k == d->begin || !(token_is(l, k - 1, ',') || token_is(l, k - 1, '(')) ||
		!(token_is(l, k + 1, ',') || token_is(l, k + 1, ')')))
		return false;
	/* Counted from the last token that was asked for: from the marker each time, a long file
	 * takes minutes. */
	line = lex_line_after(l, k, at);
	if (n < line || n - line > 100)
		return false;
	for (uint32_t i = k; i-- > d->begin;) {
		if (token_is(l, i, ';') || token_is(l, i, '{') || token_is(l, i, '}'))
			break;
		angles += token_is(l, i, '>') - token_is(l, i, '<');
		/* Nor in what decides which kernels there are. */
		if (angles < 0 || token_word(l, i, W_CONSTEXPR) ||
			(token_is(l, i, '[') && l->token[i].match > k))
			return false;
	}
	*distance = n - line;
	return true;
}

/* Of a function for the host, so that lines in front of it do not count. */
static void
add_host_tokens(struct sha256 *h, const struct device_text *t, const struct decl *d)
{
	struct lex_place at = { 0 };

	for (uint32_t k = d->begin; k < d->end; k++) {
		char text[32];
		uint64_t distance;

		if (!is_line_number(t, d, k, &at, &distance)) {
			sha256_add_field(h, token_text(&t->lexed, k));
			continue;
		}
		snprintf(text, sizeof(text), "line %" PRIu64, distance);
		sha256_add_field(h, str_of(text));
	}
}

/* What the stub depends on, besides device code: which kernels are instantiated is up to the host's
 * functions, and what variables there are to be registered, to all headers. */
static struct digest
stub_digest(const struct device_text *t)
{
	const uint32_t on_device = DECL_DEVICE | DECL_CONSTANT | DECL_MANAGED;
	struct sha256 *h = sha256_new();

	for (uint32_t i = 0; i < t->n_user; i++) {
		const struct decl *d = &t->split.decl[t->user[i]];

		if (device_is_host_only(d))
			add_host_tokens(h, t, d);
	}
	for (uint32_t i = 0; i < t->split.n; i++) {
		const struct decl *d = &t->split.decl[i];

		if (d->kind != DECL_VARIABLE || !(d->flags & on_device))
			continue;
		add_scopes(h, t, d);
		for (uint32_t k = 0; k < d->n_names; k++)
			sha256_add_field(h, t->lexed.name[t->split.names[d->names + k]]);
	}
	return sha256_final(h);
}

enum covering {
	COVERS_SOURCE,
	COVERS_CODE,    /* whatever CUDA's headers and the list of architectures are */
	COVERS_HEADERS, /* whatever the source is */
};

/* Of what the plan tells of device passes: what that key covers. */
static void
leave_out(struct step_options *how, enum covering what)
{
	const struct digest nothing = { 0 };

	if (what != COVERS_SOURCE)
		how->device_key = nothing;
	if (what == COVERS_CODE)
		how->any_device_key = nothing;
	if (what == COVERS_HEADERS)
		how->loose_device_key = nothing;
}

/* What device passes are. */
static void
add_commands(struct builtin *o, struct sha256 *h, enum covering what)
{
	const struct strs *preprocess = &o->s->tool[TOOL_PREPROCESS];
	struct step_options how = o->s->options;
	struct strs words;

	leave_out(&how, what);
	words = step_option_words(&o->a, &how);
	/* Who proved, and who looks up. */
	sha256_add_field(h, str_of(step_implementation(STEP_PROVE)));
	sha256_add_field(h, str_of(step_implementation(STEP_PROOF_KEYS)));
	for (size_t i = 0; i < words.n; i++)
		sha256_add_field(h, str_of(words.v[i]));
	for (size_t i = 0; i < preprocess->n; i++) {
		if (what != COVERS_CODE || !str_has_prefix(preprocess->v[i], BUILTIN_ARCH_LIST))
			sha256_add_field(h, str_of(preprocess->v[i]));
	}
}

static void
add_digest(struct sha256 *h, struct buf *out)
{
	struct digest d = sha256_final(h);
	char hex[65];

	buf_addf(out, "%s\n", digest_hex(&d, hex));
}

/* Proof keys in the making. */
struct keys {
	const struct device_text *text;
	struct prelude_start prelude[DEVICE_LEVELS];
	size_t n_preludes; /* that were started */
	struct device_frame frame;
	bool is_there[DEVICE_LEVELS]; /* headers of the level */
	bool clean[DEVICE_LEVELS];    /* guards found nothing */
	struct digest stub;
	struct buf preludes; /* of the levels at which they found nothing, for slices */
	struct buf out;
};

/* The name of a proof at one level. */
static int
add_name(struct builtin *o, struct keys *k, enum device_level level, struct err *e)
{
	const struct arena_mark before = arena_mark(&o->a);
	const struct device_code code = { k->text, NULL };
	const struct digest *own;
	struct prelude prelude;
	struct sha256 *h;
	const char *hit;

	TRY(builtin_prelude_wait(o, &k->prelude[level], &prelude, e));
	if (!prelude.is_there) {
		buf_adds(&k->out, "-\n");
		return 0;
	}
	k->is_there[level] = true;
	TRY(builtin_guard(o, &code, prelude.text, &hit, e));
	k->clean[level] = !hit;
	if (!hit)
		builtin_add_prelude(o, k->text, level, prelude.text, &k->preludes);
	own = hit ? &k->frame.exact : &k->frame.frame;
	h = sha256_new();
	add_commands(o, h, COVERS_SOURCE);
	sha256_add_field(h, prelude.text);
	sha256_add_field(h, hit ? STR("exact") : STR("frame"));
	sha256_add(h, own->b, sizeof(own->b));
	sha256_add(h, k->stub.b, sizeof(k->stub.b));
	add_digest(h, &k->out);
	o->said = (struct str){ 0 };
	arena_rewind(&o->a, before);
	return 0;
}

/* The device code without its bodies, whatever the headers, the host's functions and the list of
 * architectures say. */
static void
add_loose_key(struct builtin *o, struct keys *k)
{
	struct sha256 *h = sha256_new();

	add_commands(o, h, COVERS_CODE);
	sha256_add_field(h, STR("loose"));
	sha256_add(h, k->frame.frame.b, sizeof(k->frame.frame.b));
	add_digest(h, &k->out);
}

/* The guards found nothing at the lowest level that there is, so no name of the device code is that
 * of anything in the headers that it leaves out. */
static bool
is_clean(const struct keys *k)
{
	size_t level = 0;

	while (level < k->n_preludes && !k->is_there[level])
		level++;
	return level < k->n_preludes && k->clean[level];
}

/* Whatever the kernel's files are that have these headers. Of texts that no proof pays for, nobody
 * should wait for another. */
static void
add_headers_key(struct builtin *o, struct keys *k, struct str full)
{
	struct sha256 *h;
	struct digest headers;

	if (!is_clean(k) || bytes_of_others(full) > PROOF_OTHERS) {
		buf_adds(&k->out, "-\n");
		return;
	}
	headers = device_headers_digest(&o->a, &k->text->lexed, full);
	h = sha256_new();
	add_commands(o, h, COVERS_HEADERS);
	sha256_add_field(h, STR("headers"));
	sha256_add(h, headers.b, sizeof(headers.b));
	add_digest(h, &k->out);
}

static bool
has_torch(const struct device_text *t)
{
	for (size_t i = 0; i < t->n_lines; i++) {
		if (t->line[i].kind == DEVICE_TORCH)
			return true;
	}
	return false;
}

static bool
is_same_kernel(struct builtin *o, struct str text, const struct device_frame *frame)
{
	struct device_frame own;
	struct device_text t;
	const char *why;

	if (!device_read(&o->a, text, &t, &why))
		return false;
	device_frame(&t, &own);
	return digest_eq(&own.exact, &frame->exact);
}

/* The kernel's own text, if it is the same for all architectures, and at which levels the guards
 * find nothing in it: else declined. */
static int
write_shared(struct builtin *o, struct str full, const struct keys *k, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	unsigned archs[64];
	size_t n_archs = builtin_archs(o, archs, sizeof(archs) / sizeof(archs[0])), n = 0, head;
	struct arch_file *files = NULL;
	const struct lexed *l = &k->text->lexed;
	const char *why;
	bool same = n_archs > 0;

	files = arch_files(&o->a, l, &n);
	for (size_t i = 0; same && i < n; i++)
		same = fs_read(&o->a, files[i].path, SIZE_MAX, &files[i].bytes, e) == 0;
	same = same &&
	       arch_is_same(&o->a, &(struct arch_text){ archs, n_archs, full, files, n }, &why);
	record_add_head(&out, RECORD_SHARED);
	for (size_t i = 0; i < DEVICE_LEVELS; i++)
		buf_addc(&out, k->clean[i] ? '1' : '0');
	buf_addc(&out, '\n');
	head = out.n;
	device_own_lines(&o->a, l, full, &out);
	same = same && is_same_kernel(o, (struct str){ out.p + head, out.n - head }, &k->frame);
	return builtin_output(o, OUTPUT_SHARED, same ? buf_str(&out) : builtin_declined, e);
}

/* No proof: the full way is to be taken, for why. */
static int
write_none(struct builtin *o, const char *why, struct err *e)
{
	TRY(builtin_write_full(o, OUTPUT_EARLY_PROOF, why, e));
	TRY(builtin_output(o, OUTPUT_SHARED, builtin_declined, e));
	TRY(builtin_output(o, OUTPUT_PRELUDES, builtin_declined, e));
	return builtin_output(o, OUTPUT_MAIN, STR(RECORD_PROOF_KEYS "\n-\n-\n-\n-\n-\n"), e);
}

static int
write_keys(struct builtin *o, struct keys *k, struct str full, struct err *e)
{
	device_frame(k->text, &k->frame);
	k->stub = stub_digest(k->text);
	record_add_head(&k->out, RECORD_PROOF_KEYS);
	record_add_head(&k->preludes, RECORD_PRELUDES);
	for (enum device_level level = 0; level < DEVICE_LEVELS; level++) {
		if (level < k->n_preludes)
			TRY(add_name(o, k, level, e));
		else
			buf_adds(&k->out, "-\n");
	}
	add_loose_key(o, k);
	add_headers_key(o, k, full);
	TRY(write_shared(o, full, k, e));
	TRY(builtin_output(o, OUTPUT_PRELUDES, buf_str(&k->preludes), e));
	TRY(builtin_output(o, OUTPUT_EARLY_PROOF, builtin_declined, e));
	return builtin_output(o, OUTPUT_MAIN, buf_str(&k->out), e);
}

/* All headers of all levels, while the text itself is read: the processors that wait for this step
 * in an edit of a kernel have nothing else to do. */
static int
start_preludes(struct builtin *o, struct keys *k, struct err *e)
{
	while (k->n_preludes < device_levels(k->text)) {
		TRY(builtin_prelude_start(o, k->text, (enum device_level)k->n_preludes,
			&k->prelude[k->n_preludes], e));
		k->n_preludes++;
	}
	return 0;
}

/* They would write into a directory that goes. */
static void
end_preludes(struct keys *k)
{
	for (size_t i = 0; i < k->n_preludes; i++) {
		struct proc_end end;
		struct err ignored;

		proc_kill(&k->prelude[i].proc);
		(void)proc_finish(&k->prelude[i].proc, &end, &ignored);
		proc_free(&k->prelude[i].proc);
	}
}

int
builtin_proof_keys(struct builtin *o, struct err *e)
{
	struct device_text t;
	struct keys k = { .text = &t };
	const char *why;
	struct str full;
	int r;

	TRY(builtin_input(o, INPUT_MACROS, &full, e));
	if (!device_read_lines(&o->a, full, &t, &why))
		return write_none(o, why, e);
	if (has_torch(&t))
		TRY(start_preludes(o, &k, e));
	if (!device_read_rest(&o->a, &t, &why)) {
		end_preludes(&k);
		return write_none(o, why, e);
	}
	if (!has_torch(&t))
		return write_none(o, "it includes no header of torch", e);
	r = write_keys(o, &k, full, e);
	buf_free(&k.out);
	buf_free(&k.preludes);
	return r;
}
