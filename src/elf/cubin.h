/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cubin says of its kernels: what each takes of a multiprocessor, and its code.
 *
 * Format, as ptxas of CUDA 11.8 to 13.2 writes it (there is no public description): an ELF file
 * with a section .text.NAME for each kernel, which has 0x10 in st_other of its symbol;
 * .nv.shared.NAME and .nv.constant0.NAME have its static memory, the former behind 1024 bytes of
 * CUDA's own from sm_90 on. .nv.info, and .nv.info.NAME for one kernel, are lists of attributes:
 * how the value is stored u8, which one u8, and if the former is 4 the length u16 and so many
 * bytes, else a value u16. Attribute 0x2f is the number of registers, 0x11 the stack frame, 0x12
 * the least stack with those of callees, each as the index of a symbol u32 and the value u32. 0x55
 * are annotations of instructions, u32 kind and u32 offset; kind 1 is a spill. The instruction says
 * how wide it is. CUDA 12.6 and later write them: e_version is then 126 or more, or the ABI version
 * in the identification 8.
 */
#ifndef ELF_CUBIN_H
#define ELF_CUBIN_H
#include "base/sha256.h"
#include "base/vec.h"

struct err;
struct cubin_kernel {
	const char *name; /* mangled */
	unsigned registers;
	/* bytes of a thread's stack, of a block's static shared memory, of constant memory with the
	 * arguments, of code */
	uint64_t stack, shared, constant, code;
	/* bytes that instructions of the code spill and load again; without knows_spills, nothing
	 * is known of them */
	uint64_t spill_stores, spill_loads;
	bool knows_spills;
	struct digest text; /* of the code */
};
struct cubin_kernels {
	struct cubin_kernel *v;
	size_t n, cap;
};
/* Appends the kernels, in the order of the symbols. arch is 90 for sm_90. Fails with ERR_ABI when
 * the bytes are no cubin or contradict themselves. */
int cubin_read(struct arena *a, struct str bytes, unsigned arch, const char *path,
	struct cubin_kernels *out, struct err *e);
#endif
