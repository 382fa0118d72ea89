/* SPDX-License-Identifier: MIT */
/*
 * Should: overwrite the secrets of the environment in the free texts of a report.
 * Mustn't: touch what has a vocabulary of its own: states, ids, errno names, numbers.
 */
#ifndef SECRETS_H
#define SECRETS_H

#include <stdbool.h>

#include "report/report.h"

/* Shorter values are words, numbers and switches. */
#define SECRETS_MIN 4

/* True when a variable of that name holds a secret. */
bool secrets_is_name(const char *name);
/* Overwrites values, lines of values, and passwords in URLs; env: NULL-terminated "NAME=VALUE". */
void secrets_hide_all(struct report *r, char *const *env);

#endif
