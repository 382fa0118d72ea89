/* SPDX-License-Identifier: MIT */
/* Fills the error object. Never allocates, never prints. */
#include "diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int diag_set(struct diag *d, int code, const char *fmt, ...)
{
	char what[sizeof(d->msg)];
	va_list ap;

	if (d == NULL)
		return code;
	/* Through a copy: the arguments may point into d->msg. */
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	d->code = code;
	d->try[0] = '\0';
	snprintf(d->msg, sizeof(d->msg), "%s", what);
	return code;
}

int diag_errno(struct diag *d, int code, const char *fmt, ...)
{
	char what[sizeof(d->msg)];
	va_list ap;

	if (d == NULL)
		return code;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	d->code = code;
	d->try[0] = '\0';
	/* The reason is what helps, so a long subject is cut and not the reason. */
	snprintf(d->msg, sizeof(d->msg), "%.*s: %s", (int)sizeof(d->msg) - 80, what,
		 strerror(code < 0 ? -code : code));
	return code;
}

void diag_try(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	if (d == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(d->try, sizeof(d->try), fmt, ap);
	va_end(ap);
}
