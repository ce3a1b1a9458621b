#include "steps/builtin.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/proc.h"
#include "steps/internal.h"
#include "steps/memo.h"
#include "formats/elf_graft.h"
#include "slim/hollow.h"
#include "slim/slim.h"
#include <stdio.h>
#include <stdlib.h>

const struct str builtin_refusal = { STEP_REFUSAL, sizeof(STEP_REFUSAL) - 1 };

struct digest
builtin_refused(void)
{
	return sha256_of(builtin_refusal.p, builtin_refusal.n);
}

int
builtin_input(struct builtin *o, size_t i, struct str *out, struct err *e)
{
	return fs_read(&o->a, o->s->inputs[i].path, SIZE_MAX, out, e);
}

int
builtin_output(struct builtin *o, size_t i, struct str bytes, struct err *e)
{
	return builtin_write(o->s->outputs.v[i], bytes, e);
}

int
builtin_write(const char *path, struct str bytes, struct err *e)
{
	return fs_write_atomic(path, bytes.n ? bytes.p : "", bytes.n, 0644, e);
}

/* The compiler found fault with its input; anything else that makes it fail is not the input's
 * fault. cudafe++ and cicc end with 4 when they find so many that they give up. */
static bool
is_error_of_input(int status, struct str output)
{
	static const char limit[] = "Error limit reached.";

	if (status == 4)
		return output.n && memmem(output.p, output.n, limit, sizeof(limit) - 1);
	return (status == 1 || status == 2) && output.n &&
	       memmem(output.p, output.n, "error", strlen("error"));
}

int
builtin_tool(struct builtin *o, enum step_tool tool, const char *source, const char *result, bool *ok,
	struct err *e)
{
	const struct strs *words = &o->s->tool[tool];
	struct strs argv = { 0 }, command;
	struct str output;
	int status;

	for (size_t i = 0; i < words->n; i++) {
		const char *w = words->v[i];

		if (streq(w, STEP_TOOL_SOURCE))
			w = source;
		else if (streq(w, STEP_TOOL_RESULT))
			w = result;
		vec_push(&o->a, &argv, w);
	}
	command = engine_command(o->engine, o->s, o->dir, &argv);
	TRY(proc_run(&o->a, ".", &command, &o->s->env, &output, &status, e));
	*ok = status == 0;
	if (status == 0 ||
		(is_error_of_input(status, output) && !engine_was_killed(output, status))) {
		o->said = output;
		return 0;
	}
	/* Killed, say: the run tries that again. */
	fwrite(output.p, 1, output.n, stderr);
	fflush(stderr);
	_Exit(status);
}

bool
builtin_has_word(const struct builtin *o, const char *word)
{
	for (size_t i = 3; i < o->s->argv.n; i++) {
		if (streq(o->s->argv.v[i], word))
			return true;
	}
	return false;
}

/* Where an object has its fatbinary. */
static const char *
section_of(const struct builtin *o)
{
	return builtin_has_word(o, STEP_RELOCATABLE) ? "__nv_relfatbin" : ".nv_fatbin";
}

static int
stand_in(struct builtin *o, struct err *e)
{
	/* As fatbinary writes it, with one word of data. */
	static const char text[] =
		"#ifndef __SKIP_INTERNAL_FATBINARY_HEADERS\n#include "
		"\"fatbinary_section.h\"\n#endif\n"
		"asm(\n\".section %s, \\\"a\\\"\\n\"\n\".align 8\\n\"\n\"fatbinData:\\n\"\n"
		"\".quad 0\\n\"\n\".text\\n\");\n"
		"extern \"C\" {\nextern const unsigned long long fatbinData[1];\n"
		"%s __attribute__((aligned(8)))\n"
		"\t__attribute__((section(\".nvFatBinSegment\"))) = { 0x466243b1, 1, fatbinData, 0 "
		"};\n}\n";
	/* The object of a device link finds this one by its module's name. */
	static const char relocatable[] =
		"#undef __FATIDNAME_CORE\n#undef __FATIDNAME\n"
		"#define __FATIDNAME_CORE(x) __fatbinwrap##x\n#define __FATIDNAME(x) __FATIDNAME_CORE(x)\n"
		"extern const __fatBinC_Wrapper_t __FATIDNAME(__NV_MODULE_ID)";
	const char *wrapper = builtin_has_word(o, STEP_RELOCATABLE) ? relocatable
								: "static const __fatBinC_Wrapper_t __fatDeviceText";

	return builtin_output(o, 0, str_of(arena_printf(&o->a, text, section_of(o), wrapper)), e);
}

/* For a kernel that is a template, cudafe++ writes a function that launches nothing, and cicc's stub specialises it for each kernel that it
 * registers. Where the stub is of another text, or another C++ ABI, the host may ask for a kernel that is not among them, as
 * kernel<sizeof(std::string)>, and what cudafe++ wrote would be compiled, without an error from anybody. A section of this name
 * in the object tells it. */
#define MARK_SECTION ".kernel_builder.unregistered"
#define MARK "__asm__ volatile (\".pushsection " MARK_SECTION "\\n.popsection\");"

/* As cudafe++ of CUDA 11.8 to 13.2 writes it. A text that has it otherwise is marked as a whole. */
static int
mark(struct builtin *o, struct err *e)
{
	static const char head[] = "static void __wrapper__device_stub_";
	static const char body[] = "{ ::cudaLaunchKernel(0, 0, 0, 0, 0, 0);}";
	CLEANUP(buf_free) struct buf out = { 0 };
	const char *from, *end, *at;
	struct str text;

	TRY(builtin_input(o, 0, &text, e));
	if (str_eq(text, builtin_refusal))
		return builtin_output(o, 0, text, e);
	from = text.p;
	end = text.p + text.n;
	while ((at = memmem(from, (size_t)(end - from), head, strlen(head)))) {
		const char *next = at + strlen(head), *here = memmem(next, (size_t)(end - next), body, strlen(body)),
			   *other = memmem(next, (size_t)(end - next), head, strlen(head));

		if (!here || (other && other < here)) {
			buf_adds(&out, MARK "\n");
			break;
		}
		buf_add(&out, from, (size_t)(here + 1 - from));
		buf_adds(&out, " " MARK);
		from = here + 1;
	}
	buf_add(&out, from, (size_t)(end - from));
	return builtin_output(o, 0, buf_str(&out), e);
}

/* Words of eight bytes, as in fatbinary's C. */
static int
graft(struct builtin *o, struct err *e)
{
	CLEANUP(buf_free) struct buf fatbin = { 0 }, out = { 0 };
	struct str object, bytes;

	TRY(builtin_input(o, 0, &object, e));
	TRY(builtin_input(o, 1, &bytes, e));
	if (memmem(object.p, object.n, MARK_SECTION, strlen(MARK_SECTION)))
		return builtin_output(o, 0, builtin_refusal, e);
	buf_add(&fatbin, bytes.p, bytes.n);
	while (fatbin.n % 8)
		buf_addc(&fatbin, 0);
	TRY(elf_graft(object, o->s->label, section_of(o), buf_str(&fatbin), &out, e));
	return builtin_output(o, 0, buf_str(&out), e);
}

/* A text that is not understood gives a refusal: the source goes the long way. */
static int
slim(struct builtin *o, struct str text, enum slim_pass pass, struct err *e)
{
	const struct slim_options options = { .pass = pass, .user = "src/" };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct slim_stats stats;

	if (slim_text(&o->a, text, &options, &out, &stats, e) < 0)
		return builtin_output(o, 0, builtin_refusal, e);
	return builtin_output(o, 0, buf_str(&out), e);
}

/* With the word for it: slimmed as well. A text that is not understood stays whole. */
static int
hollow(struct builtin *o, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct arena_mark before;
	struct str text;

	TRY(builtin_input(o, 0, &text, e));
	before = arena_mark(&o->a);
	if (hollow_text(&o->a, text, &out, e) >= 0)
		text = buf_str(&out);
	arena_rewind(&o->a, before);
	if (builtin_has_word(o, PLAN_SLIM_VERSION))
		return slim(o, text, SLIM_HOST, e);
	return builtin_output(o, 0, text, e);
}

static int
slim_source(struct builtin *o, struct err *e)
{
	struct str text;

	TRY(builtin_input(o, 0, &text, e));
	return slim(o, text, SLIM_CXX, e);
}

/* A compiler: what it makes, or a refusal, as when its first input is one. What it says of the
 * user's code is passed on. */
static int
try(struct builtin *o, struct err *e)
{
	bool ok = false;
	struct str text;

	TRY(builtin_input(o, 0, &text, e));
	if (!str_eq(text, builtin_refusal))
		TRY(builtin_tool(o, TOOL_COMPILE, "", "", &ok, e));
	for (size_t i = 0; !ok && i < o->s->outputs.n; i++)
		TRY(builtin_output(o, i, builtin_refusal, e));
	if (!ok)
		return 0;
	fwrite(o->said.p, 1, o->said.n, stdout);
	return 0;
}

/* A directive that -dD or -dI leaves in a text. */
static bool
is_of_macros(struct str directive)
{
	static const char *const words[] = { "define", "undef", "include", "include_next", "import",
		NULL };
	struct str s = directive;
	size_t n = 0;

	do {
		s.p++;
		s.n--;
	} while (s.n && (*s.p == ' ' || *s.p == '\t'));
	while (n < s.n && ((s.p[n] >= 'a' && s.p[n] <= 'z') || s.p[n] == '_'))
		n++;
	for (const char *const *w = words; *w; w++) {
		if (str_eq((struct str){ s.p, n }, str_of(*w)))
			return true;
	}
	return false;
}

/* Without the lines that -dD and -dI add. Line markers say where what follows stands, so a line
 * feed stays for each. A refusal if the second input, a proof, is one. */
static int
strip(struct builtin *o, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct arena_mark before;
	struct str text, proof;
	struct lexed l;
	size_t at = 0;

	if (o->s->n_inputs > 1) {
		TRY(builtin_input(o, 1, &proof, e));
		if (str_eq(proof, builtin_refusal))
			return builtin_output(o, 0, builtin_refusal, e);
	}
	TRY(builtin_input(o, 0, &text, e));
	before = arena_mark(&o->a);
	TRY(lex(&o->a, text, &l, e));
	for (uint32_t i = 0; i < l.n; i++) {
		struct str t = token_text(&l, i);

		if (l.token[i].kind != TOKEN_DIRECTIVE || !is_of_macros(t))
			continue;
		buf_add(&out, text.p + at, l.token[i].offset - at);
		at = l.token[i].offset + l.token[i].length;
	}
	buf_add(&out, text.p + at, text.n - at);
	arena_rewind(&o->a, before);
	if (builtin_has_word(o, PLAN_SLIM_VERSION))
		return slim(o, buf_str(&out), SLIM_DEVICE, e);
	return builtin_output(o, 0, buf_str(&out), e);
}

/* Any four characters of the placeholder that are not in a whole one: a text was cut, into pieces of which one has as many. */
static bool
has_pieces(struct str object)
{
	static const char whole[] = PLAN_ID_PLACEHOLDER;
	const size_t n = sizeof(whole) - 1, piece = 4;

	for (size_t i = 0; i + piece <= n; i++) {
		const char *from = object.p, *end = object.p + object.n, *at;

		while ((at = memmem(from, (size_t)(end - from), whole + i, piece))) {
			from = at + 1;
			if ((size_t)(at - object.p) < i || (size_t)(end - at) < n - i ||
				memcmp(at - i, whole, n) != 0)
				return true;
		}
	}
	return false;
}

static int
check_name(struct builtin *o, struct err *e)
{
	struct str object;

	TRY(builtin_input(o, 0, &object, e));
	return builtin_output(o, 0, has_pieces(object) ? builtin_refusal : object, e);
}

static int
perform(struct builtin *o, struct err *e)
{
	switch (o->s->kind) {
	case STEP_STAND_IN:
		return stand_in(o, e);
	case STEP_GRAFT:
		return graft(o, e);
	case STEP_HOLLOW:
		return hollow(o, e);
	case STEP_SLIM:
		return slim_source(o, e);
	case STEP_TRY:
		return try(o, e);
	case STEP_STRIP:
		return strip(o, e);
	case STEP_SURVEY:
		return builtin_survey(o, e);
	case STEP_JUDGE:
		return builtin_judge(o, e);
	case STEP_STUB:
		return builtin_stub(o, e);
	case STEP_SLICE:
		return builtin_slice(o, e);
	case STEP_DEVICE:
		return builtin_device(o, e);
	case STEP_AUDIT:
		return builtin_audit(o, e);
	case STEP_MARK:
		return mark(o, e);
	case STEP_NAME:
		return check_name(o, e);
	case STEP_REGISTER:
		return builtin_register(o, e);
	default:
		return err_set(
			e, ERR_BUG, "%s is no step of this program", step_kind_name(o->s->kind));
	}
}

int
builtin_perform(struct engine *x, const struct step *s, const char *dir, struct err *e)
{
	struct builtin b = { .engine = x, .s = s, .dir = dir };

	/* The process ends with it: nothing is freed. */
	return perform(&b, e);
}

const struct engine_domain steps_domain = {
	.builtins = { .perform = builtin_perform, .refusal = { STEP_REFUSAL, sizeof(STEP_REFUSAL) - 1 } },
	.memo = { memo_open, memo_close, memo_find, memo_waits, memo_remember },
};
