/* SPDX-License-Identifier: Apache-2.0 */
/* Options and their values, and what becomes of two lists of them. */
#include "config/flags.h"
#include "base/arena.h"
#include "base/str.h"

/* The value of these may begin with a dash. */
static const char *const passing[] = { "-Xcompiler", "-Xlinker", "-Xptxas", "-Xcudafe", "-Xnvlink",
	"-Xarchive", "-Xfatbin", "-Xassembler", "-Xpreprocessor", "--compiler-options",
	"--linker-options", "--ptxas-options", "--nvlink-options", "--archive-options",
	"--fatbin-options", "-D", "-U", "-I", "-include", "-isystem", "--param" };

size_t
flag_words(const struct strs *flags, size_t i)
{
	if (i + 1 >= flags->n)
		return 1;
	for (size_t k = 0; k < sizeof(passing) / sizeof(*passing); k++)
		if (streq(flags->v[i], passing[k]))
			return 2;
	return flags->v[i][0] == '-' && flags->v[i + 1][0] != '-' ? 2 : 1;
}

static bool
has_words(const struct strs *list, const char *const *words, size_t n)
{
	for (size_t i = 0, k; i < list->n; i += flag_words(list, i)) {
		if (flag_words(list, i) != n)
			continue;
		for (k = 0; k < n && streq(list->v[i + k], words[k]); k++)
			;
		if (k == n)
			return true;
	}
	return false;
}

void
flags_union(struct arena *a, struct strs *out, const struct strs *more)
{
	for (size_t i = 0, n; i < more->n; i += n) {
		n = flag_words(more, i);
		if (has_words(out, &more->v[i], n))
			continue;
		for (size_t k = 0; k < n; k++)
			vec_push(a, out, more->v[i + k]);
	}
}

/* What an option with several values sets: "-D" and "-U" a macro, "-fno-x" what "-fx" does. NULL:
 * options of this name add up. */
static const char *
what_it_sets(struct arena *a, const char *w)
{
	static const char *const single[] = { "-std", "-maxrregcount", "-march", "-mtune", "-mcpu",
		"-arch", "-ftz", "-prec-div", "-prec-sqrt", "-fmad", "-rdc", "-default-stream",
		"-static-global-template-stub" };
	size_t n;

	if (str_has_prefix(w, "--"))
		w++;
	n = strcspn(w, "=");
	if (w[0] != '-')
		return NULL;
	if (w[1] == 'D' || w[1] == 'U')
		return arena_printf(a, "-D%.*s", (int)n - 2, w + 2);
	if (w[1] == 'O' && strspn(w + 2, "0123456789gsz") == strlen(w + 2))
		return "-O";
	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++)
		if (strlen(single[i]) == n && strncmp(w, single[i], n) == 0)
			return single[i];
	if ((w[1] == 'f' || w[1] == 'm') && str_has_prefix(w + 2, "no-"))
		return arena_printf(a, "-%c%.*s", w[1], (int)n - 5, w + 5);
	return w[1] == 'f' || w[1] == 'm' ? arena_strndup(a, w, n) : NULL;
}

static const char *
text_of(struct arena *a, const struct strs *flags, size_t i)
{
	if (flag_words(flags, i) == 1)
		return flags->v[i];
	return arena_printf(a, "%s %s", flags->v[i], flags->v[i + 1]);
}

/* "-D" "X=1" and "-DX=1" are the same. */
static const char *
joined(struct arena *a, const struct strs *flags, size_t i)
{
	const char *w = flags->v[i];

	if ((streq(w, "-D") || streq(w, "-U")) && i + 1 < flags->n)
		return arena_printf(a, "%s%s", w, flags->v[i + 1]);
	return w;
}

bool
flags_conflict(struct arena *a, const struct strs *earlier, const struct strs *later,
	const char **was, const char **is)
{
	for (size_t i = 0; i < later->n; i += flag_words(later, i)) {
		const char *sets = what_it_sets(a, joined(a, later, i));

		for (size_t k = 0; sets && k < earlier->n; k += flag_words(earlier, k)) {
			const char *other = what_it_sets(a, joined(a, earlier, k));

			*was = text_of(a, earlier, k);
			*is = text_of(a, later, i);
			if (other && streq(other, sets) && !streq(*was, *is))
				return true;
		}
	}
	return false;
}
