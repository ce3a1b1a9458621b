/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What x86-64 and aarch64 code passes to functions that it calls, as far as bytes tell without
 * running them: which calls there are of a function by its name, and which texts and constants the
 * code in front of each refers to.
 *
 * Formats: System V ABI with the AMD64 supplement (relocations, PLT), .eh_frame_hdr of the Linux
 * Standard Base (where functions begin), and of instructions those that gcc and clang make for
 * calls and for moving constants. What registers hold is followed from the function's begin on in
 * the order of the code, as if nothing jumped: of aarch64 (Arm's A64 instruction set) by every
 * instruction, of x86-64 by lea and mov alone. There every place of a displacement is tried, so
 * data in code can be taken for a reference, not the other way round.
 */
#ifndef ELF_ELF_CODE_H
#define ELF_ELF_CODE_H
#include "base/str.h"

struct arena;
struct elf_code; /* lives in the arena; refers to the bytes */
/* One call, and the code in front of it: from where the function begins, or the call before
 * ends. */
struct code_call {
	uint64_t function; /* where the function begins that calls; 0: unknown */
	uint64_t from, to; /* addresses; to is behind the call */
};
struct code_calls {
	struct code_call *v; /* by address */
	size_t n;
};
/* NULL when the bytes are no x86-64 or aarch64 library with dynamic symbols. */
struct elf_code *elf_code_read(struct arena *a, struct str bytes);
/* Calls of dynamic symbols that `wanted` takes. */
struct code_calls elf_code_calls(
	struct arena *a, const struct elf_code *c, bool (*wanted)(const char *name));
/* Calls of the function that begins at an address. */
struct code_calls elf_code_callers(struct arena *a, const struct elf_code *c, uint64_t function);
/* The constant that a call's first argument points to, to the end of its segment; none: it is not
 * seen. */
struct str elf_code_argument(const struct elf_code *c, const struct code_call *call);
/* Goes through the constants that [from, to) refers to, in the order of the code, until `use` says
 * false: the bytes from an address on to the end of its read-only segment. begins: an instruction
 * that takes addresses of constants, or moves one, refers to the begin of a text. */
void elf_code_constants(const struct elf_code *c, uint64_t from, uint64_t to,
	bool (*use)(void *arg, struct str bytes, bool begins), void *arg);
/* The same for constants that are operands: of each its eight bytes, as they would stand in
 * memory. */
void elf_code_operands(const struct elf_code *c, uint64_t from, uint64_t to,
	bool (*use)(void *arg, const char *bytes), void *arg);
/* A short text that the code stores from constants in it, as it makes a std::string; NULL: none. */
const char *elf_code_stored(struct arena *a, const struct elf_code *c, uint64_t from, uint64_t to);
#endif
