/* SPDX-License-Identifier: Apache-2.0 */
/* Prints messages on stderr, around one status line. */
#include "base/log.h"
#include "base/term.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum log_level max_level = LOG_INFO;
static char status[1024];
static bool status_shown;

void
log_set_level(enum log_level level)
{
	max_level = level;
}

bool
log_enabled(enum log_level level)
{
	return level <= max_level;
}

bool
log_has_status(void)
{
	static int known = -1;
	const char *term = getenv("TERM");

	if (known < 0)
		known = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0 && !getenv("CI");
	return known && max_level >= LOG_INFO;
}

static void
status_clear(void)
{
	if (status_shown)
		fputs("\r\033[K", stderr);
	status_shown = false;
}

static void
status_draw(void)
{
	if (!status[0])
		return;
	fprintf(stderr, "%.*s", (int)term_columns(STDERR_FILENO) - 1, status);
	fflush(stderr);
	status_shown = true;
}

void
log_msg(enum log_level level, const char *fmt, ...)
{
	static const char *const prefix[] = { "error: ", "warning: ", "", "" };
	va_list ap;

	if (!log_enabled(level))
		return;
	status_clear();
	fputs(prefix[level], stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	status_draw();
}

void
log_text(enum log_level level, const char *text, unsigned long n)
{
	if (!log_enabled(level) || n == 0)
		return;
	status_clear();
	fwrite(text, 1, n, stderr);
	if (text[n - 1] != '\n')
		fputc('\n', stderr);
	status_draw();
}

void
log_status(const char *line)
{
	if (!log_has_status())
		return;
	status_clear();
	snprintf(status, sizeof(status), "%s", line ? line : "");
	status_draw();
}
