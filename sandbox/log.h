/* SPDX-License-Identifier: MIT */
/*
 * The only place that prints messages, always to stderr, always one line that
 * begins with "claude-sandbox: ", control bytes escaped as \xNN.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdio.h>
#include "diag.h"

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };
void log_set(enum log_level level);
enum log_level log_get(void);

void log_error(const struct diag *d); /* "claude-sandbox: MSG; try: TRY" */
void log_security(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* printed even when quiet */
/* The line at start, with the version in front; not when quiet. */
void log_banner(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));   /* not when quiet */
void log_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* only when verbose */

/*
 * While a box runs, who reads standard error must not decide when the launcher goes on. on: what is not taken at once is kept
 * (64 KiB; more is counted) and comes with the next message or log_flush(); off: what is kept is written first.
 */
void log_without_waiting(bool on);
void log_flush(void);

/* A copy (owned) that takes at most `max` bytes as it is printed: what is too long has "..." in its middle. */
char *log_shortened(const char *text, size_t max);
/* " (-v names them)" behind a number of what a line has no room for; "" where -v was given: lines of their own do. */
const char *log_more(void);

/* Writes s to f with control bytes and invalid bytes escaped. */
void log_escape(FILE *f, const char *s);
/* It is printed as it is: what a terminal shows can be typed. */
bool log_is_plain(const char *s);

#endif
