/* SPDX-License-Identifier: Apache-2.0 */
/* Builds error messages, and maps errors to exit statuses. */
#include "err.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Messages quote names that come from anywhere: they stay one line, and give a terminal no
 * orders. */
static void
make_plain(char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 127)
			*s = '?';
	}
}

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	e->sys = 0;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	make_plain(e->msg);
	return -1;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	e->code = ERR_SYS;
	e->sys = saved;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", strerror(saved));
	make_plain(e->msg);
	return -1;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char head[512];
	size_t n, room;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);
	n = strlen(head);
	room = sizeof(e->msg) - n - 3;
	memmove(e->msg + n + 2, e->msg, strnlen(e->msg, room) + 1);
	e->msg[sizeof(e->msg) - 1] = '\0';
	memcpy(e->msg, head, n);
	memcpy(e->msg + n, ": ", 2);
	make_plain(e->msg);
	return -1;
}

int
err_exit_status(const struct err *e)
{
	switch (e->code) {
	case ERR_NONE:
		return 0;
	case ERR_STEP:
		return 1;
	case ERR_USAGE:
		return 2;
	case ERR_CONFIG:
	case ERR_RESOLVE:
		return 3;
	case ERR_NET:
	case ERR_HASH:
		return 4;
	case ERR_ABI:
		return 5;
	case ERR_STORE:
	case ERR_SYS:
		return 6;
	case ERR_INTERRUPTED:
		return 128 + e->sys;
	case ERR_BUG:
		break;
	}
	return 70;
}
