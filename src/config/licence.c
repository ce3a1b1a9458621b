/* SPDX-License-Identifier: Apache-2.0 */
/* Licences: their names by SPDX, and their files. */
#include "config/licence.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/near.h"
#include "base/path.h"
#include <strings.h>

/* Of SPDX's list, those that kernels and what they are made of have. Wheel indexes refuse an
 * expression with any other word, so what is not here is given as plain text. */
static const char *const ids[] = { "0BSD", "AFL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later",
	"Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-2-Clause-Patent", "BSD-3-Clause",
	"BSD-3-Clause-Clear", "BSL-1.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0",
	"CC-BY-SA-4.0", "CC0-1.0", "ECL-2.0", "EPL-1.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2",
	"GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "ISC",
	"LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0",
	"MPL-2.0", "MS-PL", "NCSA", "OSL-3.0", "PostgreSQL", "PSF-2.0", "Unlicense", "WTFPL",
	"Zlib" };
static const char *const exceptions[] = { "LLVM-exception", "GCC-exception-3.1",
	"Classpath-exception-2.0" };

#define N(list) (sizeof(list) / sizeof(list[0]))

static const char *
find(struct str word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(list[i]) == word.n && strncasecmp(list[i], word.p, word.n) == 0)
			return list[i];
	}
	return NULL;
}

/* The words of an expression without parentheses alternate: licence, AND or OR, licence; a licence
 * may have WITH and an exception behind it. */
const char *
licence_expression(struct arena *a, const char *text)
{
	static const char *const joins[] = { "AND", "OR" }, *const with[] = { "WITH" };
	enum { WANTS_ID, WANTS_EXCEPTION, WANTS_JOIN, WANTS_JOIN_ONLY } wants = WANTS_ID;
	struct str rest = str_trim(str_of(text)), word;
	const char *out = "";

	while (str_cut(&rest, ' ', &word)) {
		const char *found = NULL;

		if (wants == WANTS_ID && (found = find(word, ids, N(ids))))
			wants = WANTS_JOIN;
		else if (wants == WANTS_EXCEPTION &&
			 (found = find(word, exceptions, N(exceptions))))
			wants = WANTS_JOIN_ONLY;
		else if (wants == WANTS_JOIN && (found = find(word, with, 1)))
			wants = WANTS_EXCEPTION;
		else if (wants >= WANTS_JOIN && (found = find(word, joins, N(joins))))
			wants = WANTS_ID;
		if (!found)
			return NULL;
		out = arena_printf(a, "%s%s%s", out, *out ? " " : "", found);
	}
	return wants >= WANTS_JOIN ? out : NULL;
}

/* The digits of x are the first ones of y: "2" of "2.0". */
static bool
begins_version(const char *x, const char *y)
{
	static const char digits[] = "0123456789";

	for (x = strpbrk(x, digits), y = strpbrk(y, digits); x; x = strpbrk(x + 1, digits)) {
		if (!y || *x != *y)
			return false;
		y = strpbrk(y + 1, digits);
	}
	return true;
}

const char *
licence_meant(struct arena *a, const char *text)
{
	struct strs like = { 0 };

	if (licence_expression(a, text))
		return NULL;
	for (size_t i = 0; i < N(ids); i++) {
		if (strncasecmp(ids[i], text, 1) == 0 && begins_version(text, ids[i]))
			vec_push(a, &like, ids[i]);
	}
	return near_word(str_of(text), like.v, like.n);
}

static bool
is_licence(const char *name)
{
	static const char *const heads[] = { "LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS" };

	for (size_t i = 0; i < N(heads); i++) {
		if (strncasecmp(name, heads[i], strlen(heads[i])) == 0)
			return true;
	}
	return false;
}

int
licence_files(struct arena *a, const char *dir, struct strs *out, struct err *e)
{
	struct strs names;

	TRY(fs_list(a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		struct stat st;

		if (is_licence(names.v[i]) && stat(path_join(a, dir, names.v[i]), &st) == 0 &&
			S_ISREG(st.st_mode))
			vec_push(a, out, names.v[i]);
	}
	return 0;
}
