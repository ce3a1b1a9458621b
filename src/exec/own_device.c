/* The short way of device code: see own.h. */
#include "base/arena.h"
#include "base/err.h"
#include "exec/own_work.h"
#include "formats/ptx.h"
#include "slim/arch.h"
#include "slim/guard.h"
#include "slim/user.h"

/* In front of the kernel's own text: then a digit for each level, and a line feed. */
#define SHARED_HEAD "kernel-builder shared 1\n"
#define PRELUDE "tmp/prelude.cu"
#define PRELUDE_TEXT "tmp/prelude.ii"
#define DEVICE_TEXT "tmp/device.ii"
#define DEVICE_PTX "tmp/device.ptx"

static int
write_full(struct own *o, size_t output, const char *why, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	own_write_verdict(&(struct own_verdict){ .why = str_of(why) }, &out);
	return own_output(o, output, buf_str(&out), e);
}

/* The preprocessed headers of a level; *ok is false when one of them is not there. */
static int
make_prelude(struct own *o, const struct device_text *t, unsigned level, struct str *text, bool *ok,
	struct err *e)
{
	CLEANUP(buf_free) struct buf source = { 0 };

	device_prelude(t, level, &source);
	TRY(own_write(PRELUDE, buf_str(&source), e));
	TRY(own_tool(o, TOOL_PREPROCESS, PRELUDE, PRELUDE_TEXT, ok, e));
	return *ok ? fs_read(&o->a, PRELUDE_TEXT, SIZE_MAX, text, e) : 0;
}

/* Neither guard finds a name that could mean something else. *hit is the first that does. */
static int
is_guarded(struct own *o, const struct device_text *t, struct str prelude,
	const struct device_slice *slice, bool *clean, const char **hit, struct err *e)
{
	struct guard_words words = { 0 };
	struct guard_hits hits = { 0 };

	guard_words(&o->a, t, slice, &words);
	guard_user(&o->a, t, &words, &hits);
	if (hits.n == 0)
		TRY(guard_headers(&o->a, t, prelude, &words, &hits, e));
	*clean = hits.n == 0;
	if (hits.n)
		*hit = arena_printf(&o->a, "%.*s (%s)", (int)hits.v[0].name.n, hits.v[0].name.p,
			hits.v[0].where);
	return 0;
}

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
			add_tokens(h, t, d);
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

/* The name of a verdict at one level. */
static int
add_name(struct own *o, const struct device_text *t, const struct device_frame *frame,
	unsigned level, struct buf *out, bool *clean, struct err *e)
{
	struct str prelude;
	struct digest d, stub = stub_digest(t);
	struct sha256 *h;
	const char *hit;
	char hex[65];
	bool ok;

	*clean = false;
	TRY(make_prelude(o, t, level, &prelude, &ok, e));
	if (!ok) {
		buf_adds(out, "-\n");
		return 0;
	}
	TRY(is_guarded(o, t, prelude, NULL, clean, &hit, e));
	h = sha256_new();
	/* What device passes are. */
	for (size_t i = 0; i < o->s->argv.n; i++)
		sha256_add_field(h, str_of(o->s->argv.v[i]));
	for (size_t i = 0; i < o->s->tool[TOOL_PREPROCESS].n; i++)
		sha256_add_field(h, str_of(o->s->tool[TOOL_PREPROCESS].v[i]));
	sha256_add_field(h, prelude);
	sha256_add_field(h, *clean ? STR("frame") : STR("exact"));
	sha256_add(h, *clean ? frame->frame.b : frame->exact.b, sizeof(frame->frame.b));
	sha256_add(h, stub.b, sizeof(stub.b));
	d = sha256_final(h);
	buf_addf(out, "%s\n", digest_hex(&d, hex));
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

/* The architectures of the command: "-D__CUDA_ARCH_LIST__=700,900". */
static size_t
read_archs(const struct own *o, unsigned *out, size_t max)
{
	static const char list[] = "-D__CUDA_ARCH_LIST__=";
	const struct strs *argv = &o->s->tool[TOOL_PREPROCESS];
	size_t n = 0;

	for (size_t i = 0; i < argv->n; i++) {
		struct str rest = str_of(argv->v[i]), item;
		uint64_t arch;

		if (!str_starts(rest, STR(list)))
			continue;
		rest.p += strlen(list);
		rest.n -= strlen(list);
		while (str_cut(&rest, ',', &item)) {
			if (n < max && str_to_u64(item, &arch))
				out[n++] = (unsigned)arch;
		}
	}
	return n;
}

/* The lines of the kernel's own files; of others, that they are there. */
static void
own_lines(struct arena *a, const struct lexed *l, struct buf *out)
{
	bool *seen = arena_array(a, bool, l->n_files + 1);

	for (uint32_t i = 0; i < l->n_markers; i++) {
		const struct marker *m = &l->marker[i];
		size_t end = i + 1 < l->n_markers ? m[1].offset : l->text.n;

		if (user_file(l->file[m->file]))
			buf_add(out, l->text.p + m->offset, end - m->offset);
		else if (!seen[m->file])
			buf_addf(out, "%.*s\n", (int)(m->end - m->offset), l->text.p + m->offset);
		seen[m->file] = true;
	}
}

static bool
is_same_kernel(struct own *o, struct str text, const struct device_frame *frame)
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
 * find nothing in it: else a refusal. */
static int
write_shared(struct own *o, struct str full, const struct device_frame *frame,
	const bool clean[OWN_LEVELS], struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	unsigned archs[64];
	size_t n_archs = read_archs(o, archs, sizeof(archs) / sizeof(archs[0])), n = 0, head;
	struct arch_file *files = NULL;
	const char *why;
	struct lexed l;
	bool same = n_archs > 0;

	TRY(lex(&o->a, full, &l, e));
	files = arch_files(&o->a, &l, &n);
	for (size_t i = 0; same && i < n; i++)
		same = fs_read(&o->a, files[i].path, SIZE_MAX, &files[i].bytes, e) == 0;
	same = same && arch_is_same(&o->a, archs, n_archs, full, files, n, &why);
	buf_adds(&out, SHARED_HEAD);
	for (size_t i = 0; i < OWN_LEVELS; i++)
		buf_addc(&out, clean[i] ? '1' : '0');
	buf_addc(&out, '\n');
	head = out.n;
	own_lines(&o->a, &l, &out);
	same = same && is_same_kernel(o, (struct str){ out.p + head, out.n - head }, frame);
	return own_output(o, 2, same ? buf_str(&out) : own_refusal, e);
}

int
own_survey(struct own *o, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	bool clean[OWN_LEVELS] = { false };
	struct device_frame frame;
	struct device_text t;
	const char *why;
	struct str full;
	int r;

	TRY(own_input(o, 0, &full, e));
	r = device_read(&o->a, full, &t, &why);
	if (r && !has_torch(&t)) {
		r = 0;
		why = "it includes no header of torch";
	}
	buf_adds(&out, "kernel-builder survey 1\n");
	if (!r) {
		buf_adds(&out, "-\n-\n-\n");
		TRY(write_full(o, 1, why, e));
		TRY(own_output(o, 2, own_refusal, e));
		return own_output(o, 0, buf_str(&out), e);
	}
	device_frame(&t, &frame);
	for (unsigned level = 0; level < OWN_LEVELS; level++) {
		if (level < device_levels(&t))
			TRY(add_name(o, &t, &frame, level, &out, &clean[level], e));
		else
			buf_adds(&out, "-\n");
	}
	TRY(write_shared(o, full, &frame, clean, e));
	TRY(own_output(o, 1, own_refusal, e));
	return own_output(o, 0, buf_str(&out), e);
}

/* The text that cicc gets; *ok is false when the headers of the level are not there. */
static int
write_text(struct own *o, const struct device_text *t, const struct device_slice *slice,
	unsigned level, const char *path, struct str *prelude, bool *ok, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	TRY(make_prelude(o, t, level, prelude, ok, e));
	if (!*ok)
		return 0;
	buf_add(&out, prelude->p, prelude->n);
	device_body(t, slice, &out);
	return own_write(path, buf_str(&out), e);
}

/* The first line of what the compiler said that tells an error. */
static const char *
first_error(struct own *o)
{
	struct str rest = o->said, line;

	while (str_cut(&rest, '\n', &line)) {
		if (memmem(line.p, line.n, "error", strlen("error")))
			return arena_printf(
				&o->a, "%.*s", (int)(line.n < 200 ? line.n : 200), line.p);
	}
	return "it does not compile";
}

struct judging {
	const struct device_text *text;
	const struct device_slice *slice;
	struct str whole; /* PTX */
};

/* 1: the level gives the code of the whole text. */
static int
try_level(struct own *o, const struct judging *j, unsigned level, struct str *missing,
	const char **why, struct err *e)
{
	struct str prelude, ptx;
	bool ok;

	TRY(write_text(o, j->text, j->slice, level, DEVICE_TEXT, &prelude, &ok, e));
	if (ok)
		TRY(own_tool(o, TOOL_CICC, DEVICE_TEXT, DEVICE_PTX, &ok, e));
	if (!ok) {
		*why = first_error(o);
		return 0;
	}
	TRY(fs_read(&o->a, DEVICE_PTX, SIZE_MAX, &ptx, e));
	return ptx_compare(&o->a, j->whole, ptx, missing, why);
}

static int
write_verdict(struct own *o, const struct device_text *t, unsigned level, struct str whole,
	struct str missing, struct str stub, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 }, stripped = { 0 }, order = { 0 };
	const char *why;
	struct own_verdict v = { .level = level, .missing = missing };
	struct device_frame frame;
	char hex[65];

	device_frame(t, &frame);
	registered_strip(stub, &stripped);
	v.exact = str_of(digest_hex(&frame.exact, hex));
	v.stub = buf_str(&stripped);
	if (!ptx_order(&o->a, whole, &order, &why))
		return err_set(e, ERR_BUG, "PTX that was compared cannot be read: %s", why);
	v.order = buf_str(&order);
	own_write_verdict(&v, &out);
	return own_output(o, 0, buf_str(&out), e);
}

int
own_judge(struct own *o, struct err *e)
{
	struct str full, stub, missing;
	struct registered kernels;
	struct device_slice slice;
	struct device_text t;
	struct judging j = { &t, &slice, { 0 } };
	const char *why;

	TRY(own_input(o, 2, &full, e));
	TRY(own_input(o, 3, &j.whole, e));
	TRY(own_input(o, 4, &stub, e));
	if (str_eq(stub, own_refusal))
		return write_full(o, 0, "its slimmed text does not compile", e);
	if (!device_read(&o->a, full, &t, &why) || !registered_parse(&o->a, stub, &kernels, &why) ||
		!device_slice(&o->a, &t, &kernels, &slice, &why))
		return write_full(o, 0, why, e);
	for (unsigned level = 0; level < OWN_LEVELS; level++) {
		int r = try_level(o, &j, level, &missing, &why, e);

		if (r)
			return r < 0 ? -1 : write_verdict(o, &t, level, j.whole, missing, stub, e);
	}
	return write_full(o, 0, why, e);
}

static int
read_verdict(struct own *o, size_t input, struct own_verdict *out, struct err *e)
{
	struct str text;

	TRY(own_input(o, input, &text, e));
	return own_read_verdict(text, out) ? 0 : err_set(e, ERR_STORE, "a verdict is damaged");
}

int
own_stub(struct own *o, struct err *e)
{
	struct own_verdict v;

	TRY(read_verdict(o, 0, &v, e));
	return own_output(o, 0, v.why.n ? own_refusal : v.stub, e);
}

/* The text of the kernel in the second input: a whole one, or the kernel's own lines with what the
 * survey said of it at this level. A refusal: the kernel's text is another one for each
 * architecture. */
static int
read_text(struct own *o, unsigned level, struct str *text, bool *is_shared, bool *clean,
	struct err *e)
{
	TRY(own_input(o, 1, text, e));
	*is_shared = str_starts(*text, STR(SHARED_HEAD));
	if (!*is_shared)
		return 0;
	text->p += strlen(SHARED_HEAD);
	text->n -= strlen(SHARED_HEAD);
	*clean = text->n > OWN_LEVELS && text->p[level] == '1';
	text->p += OWN_LEVELS + 1;
	text->n -= OWN_LEVELS + 1;
	return 0;
}

int
own_slice(struct own *o, struct err *e)
{
	bool ok = false, clean = false, is_shared;
	struct registered kernels;
	struct device_frame frame;
	struct device_slice slice;
	struct str text, prelude;
	struct device_text t;
	struct own_verdict v;
	const char *why;
	char hex[65];

	TRY(read_verdict(o, 0, &v, e));
	if (v.why.n)
		return own_output(o, 0, own_refusal, e);
	TRY(read_text(o, v.level, &text, &is_shared, &clean, e));
	if (str_eq(text, own_refusal) || !device_read(&o->a, text, &t, &why) ||
		!registered_parse(&o->a, v.stub, &kernels, &why) ||
		!device_slice(&o->a, &t, &kernels, &slice, &why))
		return own_output(o, 0, own_refusal, e);
	TRY(write_text(o, &t, &slice, v.level, o->s->outputs.v[0], &prelude, &ok, e));
	device_frame(&t, &frame);
	/* What was judged needs no guards. */
	if (ok && str_eq(v.exact, str_of(digest_hex(&frame.exact, hex))))
		clean = true;
	else if (ok && !is_shared)
		TRY(is_guarded(o, &t, prelude, &slice, &clean, &why, e));
	return ok && clean ? 0 : own_output(o, 0, own_refusal, e);
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
is_complete(struct own *o, struct str ptx, struct str stub)
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
own_device(struct own *o, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 }, added = { 0 };
	struct str text, ptx;
	struct own_verdict v;
	const char *why;
	bool ok;

	TRY(own_input(o, 0, &text, e));
	TRY(read_verdict(o, 1, &v, e));
	if (str_eq(text, own_refusal))
		return own_output(o, 0, own_refusal, e);
	TRY(own_tool(o, TOOL_CICC, o->s->inputs[0].path, DEVICE_PTX, &ok, e));
	if (!ok)
		return own_output(o, 0, own_refusal, e);
	TRY(fs_read(&o->a, DEVICE_PTX, SIZE_MAX, &ptx, e));
	if (!ptx_append(&o->a, ptx, v.missing, &added, &why) ||
		!ptx_arrange(&o->a, buf_str(&added), v.order, &out, &why))
		return own_output(o, 0, own_refusal, e);
	if (!is_complete(o, buf_str(&out), v.stub))
		return own_output(o, 0, own_refusal, e);
	return own_output(o, 0, buf_str(&out), e);
}
