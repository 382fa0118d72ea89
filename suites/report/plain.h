/* SPDX-License-Identifier: MIT */
/* A text of one line in a format that is text itself. For the writers. */
#ifndef REPORT_PLAIN_H
#define REPORT_PLAIN_H

#include <stdio.h>

/*
 * Writes the text as UTF-8: `control` in place of a control character, U+FFFD
 * of a byte that is no UTF-8, and a backslash before each character of `escape`.
 */
void report_plain(FILE *f, const char *text, const char *escape, char control);

#endif
