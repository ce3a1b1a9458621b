/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libstdc++.a and libgcc_eh.a of gcc 12 want of glibc 2.34 and 2.36, for a program that runs
 * with glibc 2.28.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

/* glibc's <dlfcn.h> since 2.35. */
struct dl_find_object {
	unsigned long long flags;
	void *map_start, *map_end;
	struct link_map *link_map;
	void *eh_frame;
	unsigned long long reserved[7];
};
struct look {
	uintptr_t pc;
	struct dl_find_object *out;
};
extern char __libc_single_threaded;
uint32_t arc4random(void);
int _dl_find_object(void *pc, struct dl_find_object *out);

/* Never believed: reference counts are atomic. */
char __libc_single_threaded = 0;

uint32_t
arc4random(void)
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		abort();
	return n;
}

static int
look_into(struct dl_phdr_info *info, size_t size, void *arg)
{
	const struct look *l = arg;
	bool has_pc = false;
	uintptr_t eh_frame = 0;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + h->p_vaddr;

		if (h->p_type == PT_GNU_EH_FRAME)
			eh_frame = start;
		if (h->p_type != PT_LOAD || l->pc < start || l->pc >= start + h->p_memsz)
			continue;
		has_pc = true;
		l->out->map_start = (void *)start;
		l->out->map_end = (void *)(start + h->p_memsz);
	}
	if (!has_pc || !eh_frame)
		return 0;
	l->out->eh_frame = (void *)eh_frame;
	return 1;
}

/* For the unwinder, which reads eh_frame only. */
int
_dl_find_object(void *pc, struct dl_find_object *out)
{
	struct look l = { (uintptr_t)pc, out };

	*out = (struct dl_find_object){ 0 };
	return dl_iterate_phdr(look_into, &l) == 1 ? 0 : -1;
}
