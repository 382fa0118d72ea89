/* SPDX-License-Identifier: MIT */
/* --status: the sandboxes of this user that run, by what the kernel shows in /proc alone. */
#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>
#include <stdio.h>
#include "diag.h"

/*
 * Those that the same user started, in this PID namespace; what runs inside of a box can't add one. -errno with *d set:
 * there is no /proc to look at.
 */
int status_print(bool json, FILE *out, struct diag *d);

#endif
