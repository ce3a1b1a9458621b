/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what the kernel says of memory in /proc and, of control groups, in /sys. */
#include "base/memory.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "base/str.h"
#include <stdio.h>

/* A number of bytes in a file of one; UINT64_MAX when there is none ("max"). */
static uint64_t
read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[64] = "";
	uint64_t n;

	if (!f)
		return UINT64_MAX;
	if (!fgets(line, sizeof(line), f) || !str_to_u64(str_trim(str_of(line)), &n))
		n = UINT64_MAX;
	fclose(f);
	return n;
}

/* What the control group of this process may still take. */
static uint64_t
group_memory(void)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	FILE *f = fopen("/proc/self/cgroup", "re");
	uint64_t max = UINT64_MAX, now = 0;
	char line[4096];

	while (f && fgets(line, sizeof(line), f)) {
		struct str path = str_trim(str_of(line));
		const char *dir;

		if (!str_starts(path, STR("0::/")))
			continue;
		dir = arena_printf(&a, "/sys/fs/cgroup%.*s", (int)path.n - 3, path.p + 3);
		max = read_number(path_join(&a, dir, "memory.max"));
		now = read_number(path_join(&a, dir, "memory.current"));
	}
	if (f)
		fclose(f);
	return max == UINT64_MAX || now == UINT64_MAX ? UINT64_MAX : max > now ? max - now : 0;
}

/* Of a line of /proc/meminfo. */
static uint64_t
read_meminfo(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "re");
	uint64_t n = UINT64_MAX;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long kib;

		if (str_has_prefix(line, key) && sscanf(line + strlen(key), ": %llu kB", &kib) == 1)
			n = kib * 1024;
	}
	if (f)
		fclose(f);
	return n;
}

uint64_t
memory_free(void)
{
	uint64_t group = group_memory(), n = read_meminfo("MemAvailable");

	return n < group ? n : group;
}

uint64_t
memory_total(void)
{
	return read_meminfo("MemTotal");
}
