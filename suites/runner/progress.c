/* SPDX-License-Identifier: MIT */
/* One line on a terminal that says what is going on, and is gone at the end. */
#include "runner/suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"

static bool progress_shown;

void progress_say(const char *fmt, ...)
{
	char line[120];
	va_list ap;

	if (log_get() == LOG_QUIET || !isatty(STDERR_FILENO))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "\r\033[K%s", line);
	fflush(stderr);
	progress_shown = true;
}

void progress_end(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	fflush(stderr);
	progress_shown = false;
}
