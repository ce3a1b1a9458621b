/* SPDX-License-Identifier: Apache-2.0 */
/* Under which names a proof on device code is remembered: see device/proof.h. */
#include "base/arena.h"
#include "base/err.h"
#include "plan/kinds.h"
#include "steps/device_only.h"
#include "steps/does.h"
#include "device/arch.h"
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

/* A number that stands where __LINE__ may have stood, and can stand in no list of template arguments: the distance to its own line. An
 * insertion further up moves both. */
static bool
is_line_number(const struct device_text *t, const struct decl *d, uint32_t k, uint64_t *distance)
{
	const struct lexed *l = &t->lexed;
	uint32_t line = lex_line(l, k);
	uint64_t n;
	int angles = 0;

	if (l->token[k].kind != TOKEN_NUMBER || !str_to_u64(token_text(l, k), &n) || n < line ||
		n - line > 100 || k == d->begin || !(token_is(l, k - 1, ',') || token_is(l, k - 1, '(')) ||
		!(token_is(l, k + 1, ',') || token_is(l, k + 1, ')')))
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
	for (uint32_t k = d->begin; k < d->end; k++) {
		char text[32];
		uint64_t distance;

		if (!is_line_number(t, d, k, &distance)) {
			sha256_add_field(h, token_text(&t->lexed, k));
			continue;
		}
		snprintf(text, sizeof(text), "line %" PRIu64, distance);
		sha256_add_field(h, str_of(text));
	}
}

/* What the stub depends on, besides device code: which kernels are instantiated is up to the host's functions, and what variables there
 * are to be registered, to all headers. */
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

/* How the architectures are listed: "-D__CUDA_ARCH_LIST__=700,900". */
/* What device passes are. is_loose: whatever CUDA's headers and the list of architectures are. */
static void
add_commands(struct builtin *o, struct sha256 *h, bool is_loose)
{
	const struct strs *preprocess = &o->s->tool[TOOL_PREPROCESS];

	/* Who proved, and who looks up. */
	sha256_add_field(h, str_of(step_implementation(STEP_PROVE)));
	sha256_add_field(h, str_of(step_implementation(STEP_PROOF_KEYS)));
	for (size_t i = 0; i < o->s->argv.n; i++) {
		if (!is_loose || !str_has_prefix(o->s->argv.v[i], STEP_DEVICE_KEY))
			sha256_add_field(h, str_of(o->s->argv.v[i]));
	}
	for (size_t i = 0; i < preprocess->n; i++) {
		if (!is_loose || !str_has_prefix(preprocess->v[i], BUILTIN_ARCH_LIST))
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

/* The device code without its bodies, whatever the headers, the host's functions and the list of architectures say. */
static void
add_loose_key(struct builtin *o, const struct device_frame *frame, struct buf *out)
{
	struct sha256 *h = sha256_new();

	add_commands(o, h, true);
	sha256_add_field(h, STR("loose"));
	sha256_add(h, frame->frame.b, sizeof(frame->frame.b));
	add_digest(h, out);
}

/* The name of a proof at one level. */
static int
add_name(struct builtin *o, const struct device_text *t, const struct device_frame *frame,
	enum device_level level, struct buf *out, bool *clean, struct err *e)
{
	const struct arena_mark before = arena_mark(&o->a);
	struct str prelude;
	struct digest stub = stub_digest(t);
	struct sha256 *h;
	const char *hit;
	bool ok;

	*clean = false;
	TRY(builtin_prelude(o, t, level, &prelude, &ok, e));
	if (!ok) {
		buf_adds(out, "-\n");
		return 0;
	}
	TRY(builtin_guard(o, t, prelude, NULL, clean, &hit, e));
	h = sha256_new();
	add_commands(o, h, false);
	sha256_add_field(h, prelude);
	sha256_add_field(h, *clean ? STR("frame") : STR("exact"));
	sha256_add(h, *clean ? frame->frame.b : frame->exact.b, sizeof(frame->frame.b));
	sha256_add(h, stub.b, sizeof(stub.b));
	add_digest(h, out);
	o->said = (struct str){ 0 };
	arena_rewind(&o->a, before);
	return 0;
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
write_shared(struct builtin *o, struct str full, const struct device_frame *frame,
	const bool clean[DEVICE_LEVELS], struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	unsigned archs[64];
	size_t n_archs = builtin_archs(o, archs, sizeof(archs) / sizeof(archs[0])), n = 0, head;
	struct arch_file *files = NULL;
	const char *why;
	struct lexed l;
	bool same = n_archs > 0;

	TRY(lex(&o->a, full, &l, e));
	files = arch_files(&o->a, &l, &n);
	for (size_t i = 0; same && i < n; i++)
		same = fs_read(&o->a, files[i].path, SIZE_MAX, &files[i].bytes, e) == 0;
	same = same && arch_is_same(&o->a, archs, n_archs, full, files, n, &why);
	buf_adds(&out, BUILTIN_SHARED_HEAD);
	for (size_t i = 0; i < DEVICE_LEVELS; i++)
		buf_addc(&out, clean[i] ? '1' : '0');
	buf_addc(&out, '\n');
	head = out.n;
	device_own_lines(&o->a, &l, &out);
	same = same && is_same_kernel(o, (struct str){ out.p + head, out.n - head }, frame);
	return builtin_output(o, 2, same ? buf_str(&out) : builtin_declined, e);
}

int
builtin_proof_keys(struct builtin *o, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	bool clean[DEVICE_LEVELS] = { false };
	struct arena_mark before;
	struct device_frame frame;
	struct device_text t;
	const char *why;
	struct str full;
	int r;

	TRY(builtin_input(o, 0, &full, e));
	before = arena_mark(&o->a);
	r = device_read(&o->a, full, &t, &why);
	if (r && !has_torch(&t)) {
		r = 0;
		why = "it includes no header of torch";
	}
	buf_adds(&out, "kernel-builder proof-keys 2\n");
	if (!r) {
		buf_adds(&out, "-\n-\n-\n-\n");
		TRY(builtin_write_full(o, 1, why, e));
		TRY(builtin_output(o, 2, builtin_declined, e));
		return builtin_output(o, 0, buf_str(&out), e);
	}
	device_frame(&t, &frame);
	for (enum device_level level = 0; level < DEVICE_LEVELS; level++) {
		if (level < device_levels(&t))
			TRY(add_name(o, &t, &frame, level, &out, &clean[level], e));
		else
			buf_adds(&out, "-\n");
	}
	add_loose_key(o, &frame, &out);
	arena_rewind(&o->a, before);
	TRY(write_shared(o, full, &frame, clean, e));
	TRY(builtin_output(o, 1, builtin_declined, e));
	return builtin_output(o, 0, buf_str(&out), e);
}
