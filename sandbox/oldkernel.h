/* SPDX-License-Identifier: MIT */
/* Calls that an old kernel lacks: the same with more of the older ones, never with less strictness. */
#ifndef OLDKERNEL_H
#define OLDKERNEL_H

#include <stdbool.h>

/*
 * openat(2) below dir, through no symlink, no ".." and no absolute path: a
 * descriptor (O_CLOEXEC, O_NOFOLLOW), -errno. A link at the end is opened with
 * O_PATH alone. same_mount: nothing mounted is crossed. Before 5.6 name by name.
 */
int oldkernel_open_beneath(int dir, const char *path, int flags, bool same_mount);
/*
 * Whether it is the kernel that lacks openat2(2), or a container's filter that refuses it, that
 * answered with `error`, an errno; and not the path. Keeps errno.
 */
bool oldkernel_lacks_openat2(int error);
/*
 * The id of the mount that a descriptor is of, as in mountinfo; 0: the kernel
 * (before 5.8) has it in a proc alone that can't be read. proc: a directory, /proc.
 */
unsigned long oldkernel_mount_id(int proc, int fd);
/* Descriptors first to last, for a fork: closed, or at the exec. Before 5.9, 5.11 one by one. */
void oldkernel_close_range(unsigned first, unsigned last, bool at_exec);

#endif
