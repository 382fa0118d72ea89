/* SPDX-License-Identifier: MIT */
/* A write that waits for nobody, whatever flags the open file has: these may be somebody else's to set. */
#ifndef WRITENOW_H
#define WRITENOW_H

#include <stddef.h>
#include <sys/types.h>

#define WRITENOW_MAX 4096 /* PIPE_BUF: of a pipe all of it or nothing */

/*
 * At most WRITENOW_MAX bytes of text to fd. How many it took; -EAGAIN: none now; another -errno, -EINVAL for a file of the
 * kernel's (procfs, sysfs, cgroups), which reads what is written to it as an order. A regular file may keep the caller
 * as long as others write to it.
 */
ssize_t writenow(int fd, const char *text, size_t n);

#endif
