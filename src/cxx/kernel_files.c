/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the user's files by their line markers. */
#include "cxx/kernel_files.h"
#include "cxx/lex.h"
#include "formats/root.h"

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
	bool is = str_has_prefix(normal_file_name(&a, name), ROOT_SOURCES "/");

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

/* The name in `# 12 "cuda/include/cuda.h" 3`; none when the line is no marker. */
static struct str
name_in_marker(struct str line)
{
	size_t i = 2;

	if (line.n < 4 || line.p[0] != '#' || line.p[1] != ' ' || line.p[2] < '0' ||
		line.p[2] > '9')
		return STR("");
	while (i < line.n && line.p[i] >= '0' && line.p[i] <= '9')
		i++;
	if (i + 2 > line.n || line.p[i] != ' ' || line.p[i + 1] != '"')
		return STR("");
	return (struct str){ line.p + i + 2, line.n - i - 2 };
}

size_t
bytes_of_others(struct str text)
{
	static const char *const known[] = { ROOT_TORCH "/", ROOT_PYTHON "/", ROOT_CUDA "/",
		ROOT_GCC "/", ROOT_GENERATED "/", "<" };
	struct str line;
	bool is_other = false;
	size_t n = 0;

	while (str_cut(&text, '\n', &line)) {
		struct str name = name_in_marker(line);

		if (!name.n) {
			n += is_other ? line.n + 1 : 0;
			continue;
		}
		is_other = true;
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
			size_t k = strlen(known[i]);

			is_other &= name.n < k || memcmp(name.p, known[i], k) != 0;
		}
	}
	return n;
}
