/* SPDX-License-Identifier: MIT */
/* A user namespace of a test's own: the kernel's limits for a user can be small there. */
#ifndef USERNS_H
#define USERNS_H

#include <stdbool.h>

/* One below the own, with the same user and group: who is nobody there may make no further one. */
bool userns_enter(void);
bool userns_write(const char *path, const char *text);

#endif
