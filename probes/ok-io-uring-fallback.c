/* SPDX-License-Identifier: MIT */
/*
 * The call must answer, by a ring or by an error that libraries fall back from, and not end the
 * process.
 * Remedy: A refused io_uring must be ENOSYS or EPERM, never a kill: look at --list-syscalls.
 * See: io_uring_setup(2)
 */
#include "probe.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>

PROBE("ok-io-uring-fallback", "a program that tries io_uring goes on without it")
{
	struct io_uring_params p = { 0 };
	long fd = probe_sys(SYS_io_uring_setup, 2L, &p);

	if (fd >= 0)
		return probe_allowed("io_uring_setup", "a ring");
	if (fd == -ENOSYS || fd == -EPERM)
		return probe_allowed("io_uring_setup", "%s: libraries fall back", probe_errno_name((int)-fd));
	return probe_denied((int)-fd, "io_uring_setup", "an error that no library expects");
}
