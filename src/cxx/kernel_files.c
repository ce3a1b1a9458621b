/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the user's files by their line markers. */
#include "cxx/kernel_files.h"
#include "cxx/lex.h"

const char *
normal_file_name(struct arena *a, const char *name)
{
	char *out = arena_strdup(a, name), *to = out;
	struct str rest = str_of(name), part;
	size_t depth = 0; /* parts that a ".." can take back */

	if (*name == '/')
		*to++ = '/';
	while (str_cut(&rest, '/', &part)) {
		if (part.n == 0 || str_eq(part, STR(".")))
			continue;
		if (str_eq(part, STR("..")) && depth) {
			for (to--; to > out && to[-1] != '/'; to--)
				;
			depth--;
			continue;
		}
		if (!str_eq(part, STR("..")))
			depth++;
		memmove(to, part.p, part.n);
		to += part.n;
		*to++ = '/';
	}
	if (to > out + 1)
		to--;
	*to = '\0';
	return out;
}

bool
is_kernel_file(const char *name)
{
	struct arena a = { 0 };
	bool is = str_has_prefix(normal_file_name(&a, name), "src/");

	arena_free(&a);
	return is;
}

bool *
kernel_files(struct arena *a, const struct lexed *l)
{
	bool *is = arena_array(a, bool, l->n_files + 1);

	for (uint32_t i = 0; i < l->n_files; i++)
		is[i] = is_kernel_file(l->file[i]);
	return is;
}
