/* SPDX-License-Identifier: Apache-2.0 */
/* What a program printed that a command ran, when it failed. */
#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"

int
cmd_fail_program(enum err_code code, const char *what, struct str printed, struct err *e)
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
