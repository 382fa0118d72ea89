/* SPDX-License-Identifier: MIT */
/* The clock that inodes get their times from. */
#ifndef INODETIME_H
#define INODETIME_H

#include <time.h>

/*
 * A time between the changes before `past` (CLOCK_REALTIME, some time ago) and those after this call: the time of change
 * of what was changed before is earlier, that of what is changed from now on is not. It can't be set, unlike the others.
 * An inode gets the clock's last tick, or the time itself where its time was asked for since that tick (Linux 6.13,
 * Documentation/filesystems/multigrain-ts.rst): the last tick alone is earlier than some changes that were before it.
 * Waits for a tick (1 to 10 ms) where there was none since `past`. File systems with a clock of their own (NFS) are not
 * bound by it, nor is a clock that is set back.
 */
struct timespec inodetime_after(struct timespec past);

#endif
