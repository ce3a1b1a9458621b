/* SPDX-License-Identifier: Apache-2.0 */
/* STEP_EMPTY_FATBIN, STEP_TRAP, STEP_EMBED_FATBIN: the host's object is made without its fatbinary,
 * which is put in last. */
#include "base/arena.h"
#include "base/err.h"
#include "elf/elf_fatbin.h"
#include "steps/does.h"
#include "steps/internal.h"
#include <string.h>

/* Where an object has its fatbinary. */
static const char *
section_of(const struct builtin *o)
{
	return o->s->options.relocatable ? "__nv_relfatbin" : ".nv_fatbin";
}

int
builtin_empty_fatbin(struct builtin *o, struct err *e)
{
	/* As fatbinary writes it, with one word of data. */
	static const char text[] =
		"#ifndef __SKIP_INTERNAL_FATBINARY_HEADERS\n#include "
		"\"fatbinary_section.h\"\n#endif\n"
		"asm(\n\".section %s, \\\"a\\\"\\n\"\n\".align 8\\n\"\n\"fatbinData:\\n\"\n"
		"\".quad 0\\n\"\n\".text\\n\");\n"
		"extern \"C\" {\nextern const unsigned long long fatbinData[1];\n"
		"%s __attribute__((aligned(8)))\n"
		"\t__attribute__((section(\".nvFatBinSegment\"))) = { 0x466243b1, 1, fatbinData, 0 };\n}\n";
	/* The object of a device link finds this one by its module's name. */
	static const char relocatable[] =
		"#undef __FATIDNAME_CORE\n#undef __FATIDNAME\n"
		"#define __FATIDNAME_CORE(x) __fatbinwrap##x\n#define __FATIDNAME(x) __FATIDNAME_CORE(x)\n"
		"extern const __fatBinC_Wrapper_t __FATIDNAME(__NV_MODULE_ID)";
	const char *wrapper = o->s->options.relocatable
				      ? relocatable
				      : "static const __fatBinC_Wrapper_t __fatDeviceText";

	return builtin_output(
		o, OUTPUT_MAIN, str_of(arena_printf(&o->a, text, section_of(o), wrapper)), e);
}

/* For a kernel that is a template, cudafe++ writes a function that launches nothing, and cicc's
 * stub specialises it for each kernel that it registers. Where the stub is of another text, or
 * another C++ ABI, the host may ask for a kernel that is not among them, as
 * kernel<sizeof(std::string)>, and what cudafe++ wrote would be compiled, without an error from
 * anybody. A section of this name in the object tells it. */
#define MARK_SECTION ".kernel_builder.unregistered"
#define MARK "__asm__ volatile (\".pushsection " MARK_SECTION "\\n.popsection\");"

/* As cudafe++ of CUDA 11.8 to 13.2 writes it. A text that has it otherwise is marked as a whole. */
int
builtin_trap(struct builtin *o, struct err *e)
{
	static const char head[] = "static void __wrapper__device_stub_";
	static const char body[] = "{ ::cudaLaunchKernel(0, 0, 0, 0, 0, 0);}";
	CLEANUP(buf_free) struct buf out = { 0 };
	const char *from, *end, *at;
	struct str text;

	TRY(builtin_input(o, INPUT_TEXT, &text, e));
	if (str_eq(text, builtin_declined))
		return builtin_output(o, OUTPUT_MAIN, text, e);
	from = text.p;
	end = text.p + text.n;
	while ((at = memmem(from, (size_t)(end - from), head, strlen(head)))) {
		const char *next = at + strlen(head),
			   *here = memmem(next, (size_t)(end - next), body, strlen(body)),
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
	return builtin_output(o, OUTPUT_MAIN, buf_str(&out), e);
}

/* Words of eight bytes, as in fatbinary's C. */
int
builtin_embed_fatbin(struct builtin *o, struct err *e)
{
	CLEANUP(buf_free) struct buf fatbin = { 0 }, out = { 0 };
	struct str object, bytes;

	TRY(builtin_input(o, INPUT_OBJECT, &object, e));
	TRY(builtin_input(o, INPUT_FATBIN, &bytes, e));
	if (memmem(object.p, object.n, MARK_SECTION, strlen(MARK_SECTION)))
		return builtin_decline(o, e);
	buf_add(&fatbin, bytes.p, bytes.n);
	while (fatbin.n % 8)
		buf_addc(&fatbin, 0);
	TRY(elf_fatbin(object, o->s->label, section_of(o), buf_str(&fatbin), &out, e));
	return builtin_output(o, OUTPUT_MAIN, buf_str(&out), e);
}
