/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of elf_code. */
#ifndef ELF_ELF_CODE_INTERNAL_H
#define ELF_ELF_CODE_INTERNAL_H
#include "base/vec.h"
#include "elf/elf_code.h"
#include <elf.h>

struct addresses {
	uint64_t *v;
	size_t n, cap;
};
struct elf_code {
	struct str b;
	bool is_arm; /* aarch64, else x86-64 */
	Elf64_Phdr *ph;
	size_t n_ph;
	struct addresses functions; /* where each begins, in order */
	uint64_t rela[2], rela_size[2], symtab, strtab;
};
/* The bytes from an address on to the end of its segment; none: not in the file. *segment may be
 * NULL. */
struct str elf_code_at(const struct elf_code *c, uint64_t address, const Elf64_Phdr **segment);
/* The code from one address to another; none when not all of it is in the file. */
struct str elf_code_bytes(const struct elf_code *c, uint64_t from, uint64_t to);
static inline int32_t
elf_code_word(const char *p)
{
	int32_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}
bool elf_code_has(const struct addresses *s, uint64_t x);
/* The last function that begins at or before the address; 0: unknown. */
uint64_t elf_code_function(const struct elf_code *c, uint64_t at);
/* From where registers are followed: the begin of the function that [from, to) ends in, else
 * from. */
uint64_t elf_code_start(const struct elf_code *c, uint64_t from, uint64_t to);

/* aarch64. In the code of p: jumps through slots of the GOT (a PLT's stubs) and calls through them;
 * jumps and calls to stubs. Both append addresses, of calls those behind them. */
void arm_through_slots(struct arena *a, const struct elf_code *c, const Elf64_Phdr *p,
	const struct addresses *slots, struct addresses *stubs, struct addresses *calls);
void arm_direct(struct arena *a, const struct elf_code *c, const Elf64_Phdr *p,
	const struct addresses *stubs, struct addresses *calls);
/* What elf_code_argument, _constants, _operands and _stored say. */
struct str arm_argument(const struct elf_code *c, const struct code_call *call);
void arm_constants(const struct elf_code *c, uint64_t from, uint64_t to,
	bool (*use)(void *arg, struct str bytes, bool begins), void *arg);
void arm_operands(const struct elf_code *c, uint64_t from, uint64_t to,
	bool (*use)(void *arg, const char *bytes), void *arg);
const char *arm_stored(struct arena *a, const struct elf_code *c, uint64_t from, uint64_t to);
#endif
