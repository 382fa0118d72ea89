/* SPDX-License-Identifier: MIT */
/* The mounts of the stage "fd": made in the box's mount namespace, by descriptor, before the command starts. */
#ifndef FDMOUNT_H
#define FDMOUNT_H

#include "diag.h"
#include "plan.h"

/* True when the plan has operations of that stage, or a home's descriptor is wanted. */
bool fdmount_needed(const struct plan *plan, const char *home);
/*
 * Forks a child that enters the mount namespace behind mnt_fd and makes them.
 * No path is followed through a symlink. A mask's target that is gone is no
 * error (there is nothing to hide); anything else is: -errno and a message.
 * home: the fresh home inside, whose descriptor *ret_home becomes; it stays good
 * when the box is gone. NULL: not wanted.
 */
int fdmount_all(const struct plan *plan, int mnt_fd, const char *home, int *ret_home, struct diag *d);

#endif
