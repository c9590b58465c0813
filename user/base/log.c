/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log: one message, one write to stderr. errno is kept, so that a message may stand between a
 * failure and its handling. The level is the one process-wide setting of this program.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"

enum { LEVEL_QUIET, LEVEL_NORMAL, LEVEL_VERBOSE, LEVEL_DEBUG };

static int log_level = LEVEL_NORMAL;

void log_set_level(int level)
{
	log_level = level;
}

bool log_is_debug(void)
{
	return log_level >= LEVEL_DEBUG;
}

__attribute__((format(printf, 2, 0))) static void log_write(const char *prefix, const char *fmt,
							    va_list ap)
{
	int saved_errno = errno;
	auto_free char *text = str_vformat(fmt, ap);

	if (text)
		(void)fprintf(stderr, "%s%s\n", prefix, text);
	else
		(void)fputs("lull: no memory for a message\n", stderr);
	errno = saved_errno;
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_write("lull: ", fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	if (log_level < LEVEL_NORMAL)
		return;
	va_start(ap, fmt);
	log_write("lull: warning: ", fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!log_is_debug())
		return;
	va_start(ap, fmt);
	log_write("lull: debug: ", fmt, ap);
	va_end(ap);
}
