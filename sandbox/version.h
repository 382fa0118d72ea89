/* SPDX-License-Identifier: MIT */
/* What this build is and what it runs on. */
#ifndef VERSION_H
#define VERSION_H

#include <stdio.h>

/* --version: the program, bwrap, libseccomp, kernel and architecture, one line each. */
void version_print(FILE *out);

#endif
