/* SPDX-License-Identifier: MIT */
/*
 * The launcher starts the suite and believes its exit code only with the verdict that it sends beside it. What was
 * put in the suite's place and does nothing, a suite of another build and one that crashed are no pass.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include <stddef.h>

#include "diag.h"

/* The exit code of a security test without a verdict. */
#define VERDICT_INCOMPLETE 6

/* Runs the program with these arguments to its end. Its exit code, or VERDICT_INCOMPLETE with d set. */
int verdict_run(const char *suite, char **argv, struct diag *d);

/* In the suite: the descriptor for verdict_say, -1: no launcher waits. To be called before anything is opened. */
int verdict_listen(void);
/* In the suite, last: the exit code and how many attempts came out as they should. */
void verdict_say(int fd, int code, size_t passed);

#endif
