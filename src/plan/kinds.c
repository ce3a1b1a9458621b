/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of each kind of step, a row each. */
#include "plan/kinds.h"
#include "implementation.inc"

#define MIB ((uint64_t)1 << 20)

static const struct step_row rows[STEP_KINDS] = {
	[STEP_CXX] = { .name = "cxx", .seconds = 10, .bytes = 800 * MIB },
	[STEP_CUDA] = { .name = "cuda", .seconds = 60, .bytes = 2600 * MIB },
	[STEP_LINK] = { .name = "link", .seconds = 0.2, .bytes = 100 * MIB, .per_byte = 3 },
	[STEP_ASK] = { .name = "ask", .seconds = 0.1, .bytes = 50 * MIB },
	[STEP_PREPROCESS] = { .name = "preprocess", .label = "g++ -E", .seconds = 1, .bytes = 200 * MIB },
	[STEP_CUDAFE] = { .name = "cudafe", .label = "cudafe++", .seconds = 10, .bytes = 64 * MIB, .per_byte = 125 },
	[STEP_CICC] = { .name = "cicc", .label = "cicc", .seconds = 12, .bytes = 64 * MIB, .per_byte = 170 },
	[STEP_PTXAS] = { .name = "ptxas", .label = "ptxas", .seconds = 1, .bytes = 64 * MIB, .per_byte = 100 },
	[STEP_FATBIN] = { .name = "fatbin", .label = "fatbinary", .seconds = 0.1, .bytes = 32 * MIB, .per_byte = 3 },
	[STEP_HOST] = { .name = "host", .label = "g++", .seconds = 10, .bytes = 64 * MIB, .per_byte = 80 },
	[STEP_NVLINK] = { .name = "nvlink", .seconds = 0.5, .bytes = 64 * MIB, .per_byte = 6 },
	[STEP_EMPTY_FATBIN] = { .name = "empty-fatbin", .seconds = 0.01, .bytes = 8 * MIB, .makes_text = true },
	[STEP_EMBED_FATBIN] = { .name = "embed-fatbin", .seconds = 0.02, .bytes = 16 * MIB, .per_byte = 3, .makes_text = true },
	[STEP_STRIP_BODIES] = { .name = "strip-bodies", .seconds = 0.4, .bytes = 32 * MIB, .per_byte = 20, .makes_text = true },
	[STEP_SLIM] = { .name = "slim", .seconds = 0.4, .bytes = 32 * MIB, .per_byte = 20, .makes_text = true },
	[STEP_COMPILE_OR_DECLINE] = { .name = "compile-or-decline", .label = "slim", .seconds = 6, .bytes = 64 * MIB, .per_byte = 130 },
	[STEP_DROP_MACROS] = { .name = "drop-macros", .seconds = 0.3, .bytes = 32 * MIB, .per_byte = 15, .makes_text = true },
	[STEP_PROOF_KEYS] = { .name = "proof-keys", .seconds = 1.5, .bytes = 200 * MIB, .per_byte = 20, .makes_text = true },
	[STEP_PROVE] = { .name = "prove", .label = "device code only: proof by", .seconds = 4, .bytes = 600 * MIB, .per_byte = 10,
		.makes_text = true },
	[STEP_STUB] = { .name = "stub", .seconds = 0.01, .bytes = 8 * MIB, .per_byte = 3, .makes_text = true },
	[STEP_SLICE] = { .name = "slice", .seconds = 0.6, .bytes = 200 * MIB, .per_byte = 20, .makes_text = true },
	[STEP_DEVICE] = { .name = "device", .label = "cicc, device code only,", .seconds = 2, .bytes = 64 * MIB, .per_byte = 170,
		.makes_text = true },
	[STEP_AUDIT] = { .name = "audit", .seconds = 0.1, .bytes = 16 * MIB, .per_byte = 6, .makes_text = true },
	[STEP_TRAP] = { .name = "trap", .seconds = 0.05, .bytes = 16 * MIB, .per_byte = 6, .makes_text = true },
	[STEP_CHECK_ID] = { .name = "check-id", .seconds = 0.02, .bytes = 16 * MIB, .per_byte = 3, .makes_text = true },
	[STEP_REGISTER] = { .name = "register", .seconds = 0.01, .bytes = 8 * MIB, .makes_text = true },
	[STEP_CHOOSE] = { .name = "choose", .makes_text = true },
};

const struct step_row *
step_row(enum step_kind k)
{
	return &rows[k];
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
