/* SPDX-License-Identifier: MIT */
/* Writing JSON strings. */
#ifndef JSONOUT_H
#define JSONOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * s[0..n) as a JSON string with its quotes. What is not valid UTF-8 becomes
 * U+FFFD, as RFC 8259 wants UTF-8 and a path may be any bytes.
 */
void jsonout_bytes(FILE *f, const char *s, size_t n);
bool jsonout_is_utf8(const char *s, size_t n);
void jsonout_string(FILE *f, const char *s); /* NULL: null */

/* Length of the valid UTF-8 sequence at s, of which n bytes are there; 0 when there is none. */
size_t jsonout_utf8(const char *s, size_t n);

#endif
