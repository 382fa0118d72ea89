/* SPDX-License-Identifier: MIT */
/* The mounts of the stage "fd": made in the box's mount namespace, by descriptor, before the command starts. */
#ifndef FDMOUNT_H
#define FDMOUNT_H

#include "diag.h"
#include "plan.h"

/* True when the plan has operations of that stage. */
bool fdmount_needed(const struct plan *plan);
/*
 * Forks a child that enters the mount namespace behind mnt_fd and makes them.
 * No path is followed through a symlink. A mask's target that is gone is no
 * error (there is nothing to hide); anything else is: -errno and a message.
 */
int fdmount_all(const struct plan *plan, int mnt_fd, struct diag *d);

#endif
