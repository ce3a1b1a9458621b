/* SPDX-License-Identifier: Apache-2.0 */
/* The table of targets. */
#include "elf/target.h"
#include <elf.h>
#include <string.h>
#include <sys/utsname.h>

static const char *const x86_64_system[] = { "libstdc++.so.6", "libm.so.6", "libmvec.so.1",
	"libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libc.so.6",
	"ld-linux-x86-64.so.2", NULL };
/* glibc 2.31 has no libmvec for it. */
static const char *const aarch64_system[] = { "libstdc++.so.6", "libm.so.6", "libgcc_s.so.1",
	"libpthread.so.0", "libdl.so.2", "librt.so.1", "libc.so.6", "ld-linux-aarch64.so.1", NULL };

const struct target targets[TARGET_COUNT] = {
	{ "x86_64", "x86-64", "x86_64-linux-gnu", EM_X86_64, "X86_64", NULL, x86_64_system },
	{ "aarch64", "aarch64", "aarch64-linux-gnu", EM_AARCH64, "AARCH64", "-fno-ident",
		aarch64_system },
};

const struct target *
target_find(const char *cpu)
{
	for (size_t i = 0; i < TARGET_COUNT; i++) {
		if (streq(targets[i].cpu, cpu))
			return &targets[i];
	}
	return NULL;
}

const struct target *
target_native(void)
{
	struct utsname u;

	return uname(&u) < 0 ? NULL : target_find(u.machine);
}

const struct target *
target_of_variant(const char *name)
{
	for (size_t i = 0; i < TARGET_COUNT; i++) {
		size_t n = strlen(name), cpu = strlen(targets[i].cpu), end = strlen("-linux");

		if (str_has_suffix(name, "-linux") && n > cpu + end + 1 &&
			name[n - end - cpu - 1] == '-' &&
			memcmp(name + n - end - cpu, targets[i].cpu, cpu) == 0)
			return &targets[i];
	}
	return NULL;
}
