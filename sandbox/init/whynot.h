/* SPDX-License-Identifier: MIT */
/* Why execve(2) says "no such file" of a file that is there. */
#ifndef WHYNOT_H
#define WHYNOT_H

#include <stddef.h>

/* Writes what is missing in words: where a link leads, a script's interpreter, a program's loader; else "". */
void whynot(const char *file, char *buf, size_t size);

#endif
