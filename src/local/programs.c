/* SPDX-License-Identifier: Apache-2.0 */
/* Looks programs up as a shell does, and shows what one printed that failed. */
#include "local/programs.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/path.h"
#include <stdlib.h>
#include <unistd.h>

const char *
program_find(struct arena *a, const char *const *names)
{
	for (; *names; names++) {
		const char *path = getenv("PATH");
		struct str rest = str_of(path ? path : ""), dir;

		while (str_cut(&rest, ':', &dir)) {
			const char *file = path_join(a, arena_strndup(a, dir.p, dir.n), *names);

			if (dir.n && access(file, X_OK) == 0 && !fs_is_dir(file))
				return file;
		}
	}
	return NULL;
}

int
program_failed(enum err_code code, const char *what, struct str printed, struct err *e)
{
	enum { SHOWN = 2000 };
	struct str s = str_trim(printed);
	const char *line = NULL;

	if (s.n > SHOWN) {
		s = (struct str){ s.p + s.n - SHOWN, SHOWN };
		line = memchr(s.p, '\n', s.n);
	}
	if (line)
		s = (struct str){ line + 1, s.n - (size_t)(line + 1 - s.p) };
	log_text(LOG_ERROR, s.p, s.n);
	return err_set(e, code, s.n ? "%s; see above" : "%s", what);
}
