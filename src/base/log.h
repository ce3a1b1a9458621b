/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for people, on stderr. One sticky status line, redrawn after each message, when stderr
 * is a terminal. Nothing below cmd/ prints in any other way. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
/* One line; a newline is added. Levels error and warn get their name in front. */
void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Several lines, verbatim; a missing last newline is added. */
void log_text(enum log_level level, const char *text, unsigned long n);
/* True when a status line is shown: stderr is a terminal, TERM is not dumb, CI is not set. */
bool log_has_status(void);
/* Shows one line that stays last; NULL removes it. Cut to the terminal's width. */
void log_status(const char *line);

#define log_warn(...) log_msg(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_msg(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_msg(LOG_DEBUG, __VA_ARGS__)
#endif
