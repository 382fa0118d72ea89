/* SPDX-License-Identifier: MIT */
/* The second layer: Landlock over the files of the plan, signals and abstract sockets. */
#ifndef LANDLOCK_H
#define LANDLOCK_H

#include <stdbool.h>
#include "record.h"

/*
 * Restricts the calling process and all that it starts to the record's rules, for
 * good. A path that is not there needs no rule. False with errno set when the
 * kernel refuses; *step names what failed.
 */
bool landlock_apply(const struct record *rec, const char **step);

#endif
