/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of each kind of step, a row each. */
#include "plan/kinds.h"
#include "implementation.inc"

#define MIB ((uint64_t)1 << 20)

#define SEES_COMPILERS (SEES_GCC | SEES_CUDA)
#define SEES_PROGRAMS (SEES_LOADER | SEES_CUDA)

static const struct step_row rows[STEP_KINDS] = {
	[STEP_CXX] = { .name = "cxx", .sees = SEES_COMPILED, .seconds = 10, .bytes = 800 * MIB },
	[STEP_CUDA] = { .name = "cuda", .sees = SEES_COMPILED, .seconds = 60, .bytes = 2600 * MIB },
	[STEP_LINK] = { .name = "link",
		.sees = SEES_SPECIAL,
		.takes_files = true,
		.seconds = 0.2,
		.bytes = 100 * MIB,
		.per_byte = 3 },
	[STEP_ASK] = { .name = "ask", .sees = SEES_SPECIAL, .seconds = 0.1, .bytes = 50 * MIB },
	[STEP_PREPROCESS] = { .name = "preprocess",
		.label = "g++ -E",
		.sees = SEES_COMPILED,
		.seconds = 1,
		.bytes = 200 * MIB },
	[STEP_CUDAFE] = { .name = "cudafe",
		.label = "cudafe++",
		.sees = SEES_PROGRAMS | SEES_MODULE_ID,
		.takes_files = true,
		.seconds = 10,
		.bytes = 64 * MIB,
		.per_byte = 125 },
	[STEP_CICC] = { .name = "cicc",
		.label = "cicc",
		.sees = SEES_PROGRAMS | SEES_MODULE_ID,
		.takes_files = true,
		.outputs = { { .role = OUTPUT_STUB, .is_optional = true } },
		.seconds = 12,
		.bytes = 64 * MIB,
		.per_byte = 170 },
	[STEP_PTXAS] = { .name = "ptxas",
		.label = "ptxas",
		.sees = SEES_PROGRAMS,
		.takes_files = true,
		.outputs = { { .role = OUTPUT_RESOURCES, .is_optional = true } },
		.seconds = 1,
		.bytes = 64 * MIB,
		.per_byte = 100 },
	[STEP_FATBIN] = { .name = "fatbin",
		.label = "fatbinary",
		.sees = SEES_PROGRAMS,
		.takes_files = true,
		.seconds = 0.1,
		.bytes = 32 * MIB,
		.per_byte = 3 },
	[STEP_HOST] = { .name = "host",
		.label = "g++",
		.sees = SEES_COMPILERS,
		.takes_files = true,
		.seconds = 10,
		.bytes = 64 * MIB,
		.per_byte = 80 },
	[STEP_NVLINK] = { .name = "nvlink",
		.sees = SEES_SPECIAL,
		.takes_files = true,
		.outputs = { { .role = OUTPUT_REGISTERED } },
		.seconds = 0.5,
		.bytes = 64 * MIB,
		.per_byte = 6 },
	[STEP_EMPTY_FATBIN] = { .name = "empty-fatbin",
		.is_builtin = true,
		.seconds = 0.01,
		.bytes = 8 * MIB,
		.makes_text = true },
	[STEP_EMBED_FATBIN] = { .name = "embed-fatbin",
		.is_builtin = true,
		.inputs = { { INPUT_OBJECT, .path = "in/host.o" },
			{ INPUT_FATBIN, .path = "in/fatbin" } },
		.seconds = 0.02,
		.bytes = 16 * MIB,
		.per_byte = 3,
		.makes_text = true },
	[STEP_STRIP_BODIES] = { .name = "strip-bodies",
		.is_builtin = true,
		.inputs = { { INPUT_TEXT, .path = "tmp/host.ii" } },
		.seconds = 0.4,
		.bytes = 32 * MIB,
		.per_byte = 20,
		.makes_text = true },
	[STEP_SLIM] = { .name = "slim",
		.is_builtin = true,
		.inputs = { { INPUT_TEXT, .path = "tmp/whole.ii" } },
		.seconds = 0.4,
		.bytes = 32 * MIB,
		.per_byte = 20,
		.makes_text = true },
	/* It sees what the compiler sees, and gives what that gives. */
	[STEP_COMPILE_OR_DECLINE] = { .name = "compile-or-decline",
		.label = "slim",
		.is_builtin = true,
		.sees = SEES_SPECIAL,
		.inputs = { { .role = INPUT_TEXT } },
		.takes_files = true,
		.outputs = { { .role = OUTPUT_STUB, .is_optional = true } },
		.seconds = 6,
		.bytes = 64 * MIB,
		.per_byte = 130 },
	[STEP_DROP_MACROS] = { .name = "drop-macros",
		.is_builtin = true,
		.inputs = { { INPUT_MACROS, .path = "tmp/macros.ii" },
			{ INPUT_SAME, SLOT_OPTIONAL, "in/same" } },
		.seconds = 0.3,
		.bytes = 32 * MIB,
		.per_byte = 15,
		.makes_text = true },
	[STEP_PROOF_KEYS] = { .name = "proof-keys",
		.is_builtin = true,
		.sees = SEES_COMPILED,
		.inputs = { { INPUT_MACROS, .path = "tmp/macros.ii" } },
		.outputs = { { OUTPUT_EARLY_PROOF, .path = "out/proof" },
			{ OUTPUT_SHARED, .path = "out/shared" },
			{ OUTPUT_PRELUDES, .path = "out/preludes" } },
		.seconds = 1.5,
		.bytes = 200 * MIB,
		.per_byte = 20,
		.makes_text = true },
	[STEP_PROVE] = { .name = "prove",
		.label = "device code only: proof by",
		.is_builtin = true,
		.sees = SEES_COMPILED | SEES_MODULE_ID,
		.inputs = { { INPUT_PROOF_KEYS, .path = "in/proof-keys" },
			{ INPUT_EARLY_PROOF, .path = "in/proof" },
			{ INPUT_MACROS, .path = "tmp/macros.ii" },
			{ INPUT_WHOLE_PTX, .path = "in/whole.ptx" },
			{ INPUT_STUB, .path = "in/stub.c" } },
		.n_early = 2,
		.seconds = 4,
		.bytes = 600 * MIB,
		.per_byte = 10,
		.makes_text = true },
	[STEP_GUESS] = { .name = "guess",
		.is_builtin = true,
		.inputs = { { INPUT_PROOF_KEYS, .path = "in/proof-keys" } },
		.n_early = 1,
		.seconds = 0.01,
		.bytes = 8 * MIB,
		.makes_text = true },
	[STEP_STUB] = { .name = "stub",
		.is_builtin = true,
		.inputs = { { INPUT_PROOF, .path = "in/proof" } },
		.seconds = 0.01,
		.bytes = 8 * MIB,
		.per_byte = 3,
		.makes_text = true },
	[STEP_SLICE] = { .name = "slice",
		.is_builtin = true,
		.sees = SEES_COMPILED,
		.inputs = { { INPUT_PROOF, .path = "in/proof" },
			{ INPUT_MACROS, SLOT_EITHER, "tmp/macros.ii" },
			{ INPUT_SHARED, SLOT_EITHER, "tmp/shared" },
			{ INPUT_PRELUDES, SLOT_OPTIONAL, "tmp/preludes" } },
		.seconds = 0.6,
		.bytes = 200 * MIB,
		.per_byte = 20,
		.makes_text = true },
	[STEP_DEVICE] = { .name = "device",
		.label = "cicc, device code only,",
		.is_builtin = true,
		.sees = SEES_PROGRAMS | SEES_MODULE_ID,
		.inputs = { { INPUT_TEXT, .path = "tmp/device.ii" },
			{ INPUT_PROOF, .path = "in/proof" } },
		.seconds = 2,
		.bytes = 64 * MIB,
		.per_byte = 170,
		.makes_text = true },
	[STEP_AUDIT] = { .name = "audit",
		.is_builtin = true,
		.inputs = { { INPUT_FIRST_WAY, .path = "in/0" },
			{ INPUT_SECOND_WAY, .path = "in/1" } },
		.seconds = 0.1,
		.bytes = 16 * MIB,
		.per_byte = 6,
		.makes_text = true },
	[STEP_TRAP] = { .name = "trap",
		.is_builtin = true,
		.inputs = { { INPUT_TEXT, .path = "in/cudafe.cpp" } },
		.seconds = 0.05,
		.bytes = 16 * MIB,
		.per_byte = 6,
		.makes_text = true },
	[STEP_CHECK_ID] = { .name = "check-id",
		.is_builtin = true,
		.inputs = { { INPUT_OBJECT, .path = "in/object" } },
		.seconds = 0.02,
		.bytes = 16 * MIB,
		.per_byte = 3,
		.makes_text = true },
	[STEP_REGISTER] = { .name = "register",
		.is_builtin = true,
		.takes_files = true,
		.seconds = 0.01,
		.bytes = 8 * MIB,
		.makes_text = true },
	[STEP_CHOOSE] = { .name = "choose",
		.is_builtin = true,
		.inputs = { { INPUT_FIRST_WAY, .path = "in/0" },
			{ INPUT_SECOND_WAY, .path = "in/1" } },
		.n_early = 1,
		.makes_text = true },
};

static const char *const role_names[INPUT_ROLES] = {
	[INPUT_FILE] = "file",
	[INPUT_TEXT] = "text",
	[INPUT_MACROS] = "macros",
	[INPUT_SHARED] = "shared",
	[INPUT_PRELUDES] = "preludes",
	[INPUT_PROOF_KEYS] = "proof-keys",
	[INPUT_EARLY_PROOF] = "early-proof",
	[INPUT_PROOF] = "proof",
	[INPUT_WHOLE_PTX] = "whole-ptx",
	[INPUT_STUB] = "stub",
	[INPUT_SAME] = "same",
	[INPUT_OBJECT] = "object",
	[INPUT_FATBIN] = "fatbin",
	[INPUT_FIRST_WAY] = "first-way",
	[INPUT_SECOND_WAY] = "second-way",
};

const struct step_row *
step_row(enum step_kind k)
{
	return &rows[k];
}

const struct input_slot *
step_input_slot(enum step_kind k, enum input_role r)
{
	for (const struct input_slot *s = rows[k].inputs; s->role != INPUT_FILE; s++) {
		if (s->role == r)
			return s;
	}
	return NULL;
}

size_t
step_output_index(enum step_kind k, enum output_role r)
{
	size_t i = 1;

	if (r == OUTPUT_MAIN)
		return 0;
	for (const struct output_slot *s = rows[k].outputs; s->role != OUTPUT_MAIN; s++, i++) {
		if (s->role == r)
			return i;
	}
	return SIZE_MAX;
}

const char *
input_role_name(enum input_role r)
{
	return role_names[r];
}

bool
step_is_builtin(const struct step *s)
{
	return rows[s->kind].is_builtin;
}

const char *
step_implementation(enum step_kind k)
{
	return implementation[k] ? implementation[k] : "";
}

const char *
stubs_implementation(void)
{
	return STUBS_IMPLEMENTATION;
}

const char *
step_kind_name(enum step_kind k)
{
	return rows[k].name;
}
