/* SPDX-License-Identifier: MIT */
/*
 * What a process of the box has, looked at from outside: memory, files by the
 * names that it uses, descriptors. All of it may change while it is looked at,
 * and none of it is to be trusted; nothing here waits for the process.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "strv.h"

/*
 * The text at addr, with its NUL. Its length; -EFAULT: no such memory;
 * -ENAMETOOLONG: no NUL in size bytes; -EPERM, -ESRCH.
 */
ssize_t foreign_text(pid_t pid, uint64_t addr, char *buf, size_t size);
/*
 * The texts that a NULL-terminated array of pointers (of `width` bytes, 4 or 8) leads to. 0, or 1: there is more than
 * `max` texts or `bytes` bytes, and *ret has what comes before; -errno as foreign_text. addr 0: none.
 */
int foreign_vector(pid_t pid, uint64_t addr, size_t width, size_t max, size_t bytes, struct strv *ret);

/*
 * The file (O_PATH) that `path` is for the process, links followed as the kernel would for it, /proc/self among them;
 * relative to `at`. level: foreign_level of the box. nofollow: but a link at the end is -ELOOP. Errors are those that
 * the process would get. *names: so many may be looked up, less those that were; -EDQUOT: it takes more.
 */
int foreign_open(pid_t pid, size_t level, int at, const char *path, bool nofollow, unsigned *names);
/* How many process namespaces below ours PID 1 of the box is. -errno: it can't be known. */
int foreign_level(pid_t init, size_t *ret);
/* Its current directory (O_PATH). */
int foreign_cwd(pid_t pid);
/* What one of its descriptors is of (O_PATH): a socket or a pipe is not held open by it. -EBADF: no such descriptor. */
int foreign_file(pid_t pid, int fd);
/*
 * A copy of one of its descriptors. -ENOSYS before Linux 5.6. If the box closes its own meanwhile, close(2) of the copy
 * takes as long as the box has set (SO_LINGER): for a process of its own, which ends without closing it.
 */
int foreign_take(pid_t pid, int fd);

#endif
