/* SPDX-License-Identifier: MIT */
/* Fills the error object. Never allocates, never prints. */
#include "diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIAG_PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./,:=+@"

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

int diag_flush(struct diag *d, FILE *f, const char *what)
{
	if (fflush(f) != 0)
		return diag_errno(d, -errno, "%s", what);
	/* An earlier write: its reason is gone. */
	return ferror(f) ? diag_errno(d, -EIO, "%s", what) : 0;
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

const char *diag_word(char *buf, size_t n, const char *word)
{
	bool plain = *word != '\0' && *word != '-' && word[strspn(word, DIAG_PLAIN)] == '\0';
	size_t len = 0;

	if (plain) {
		if ((size_t)snprintf(buf, n, "%s", word) >= n)
			snprintf(buf, n, "...");
		return buf;
	}
	buf[len++] = '\'';
	for (; *word != '\0'; word++) {
		/* A control byte would be printed as an escape, which is another name. */
		if (len + 6 > n || (unsigned char)*word < 0x20 || *word == 0x7f) {
			snprintf(buf, n, "...");
			return buf;
		}
		if (*word == '\'') {
			memcpy(buf + len, "'\\''", 4);
			len += 4;
		} else {
			buf[len++] = *word;
		}
	}
	buf[len++] = '\'';
	buf[len] = '\0';
	return buf;
}
