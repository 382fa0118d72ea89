/* SPDX-License-Identifier: MIT */
/*
 * The error object. Fallible functions take one last, return 0 or -errno, and
 * never print; main prints it once. Fixed size: setting it can't fail.
 */
#ifndef DIAG_H
#define DIAG_H

#include <stddef.h>
#include <stdio.h>

struct diag {
	int code;      /* -errno; 0: nothing set */
	char msg[512]; /* "what failed: why", no newline */
	char try[256]; /* one command or change that helps; empty: none known */
};

/* Sets code (a negative errno) and message and returns code. */
int diag_set(struct diag *d, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* As diag_set, with ": " and strerror(-code) appended. */
int diag_errno(struct diag *d, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* All that was written to f has arrived; else the error, and why as far as it is known: "what: why". */
int diag_flush(struct diag *d, FILE *f, const char *what);
/*
 * A word for a command in the advice, quoted for a shell where it must be; "..." when it
 * can't be shown whole. Returns buf.
 */
#define DIAG_WORD 180
const char *diag_word(char *buf, size_t n, const char *word);
/* Adds the advice that is printed after "; try: ". */
void diag_try(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
