/* SPDX-License-Identifier: MIT */
/*
 * io_uring_setup with a bad pointer: rings open files and sockets behind a filter's back.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: io_uring_setup(2), CVE-2022-29582
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-io-uring", "io_uring_setup(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_io_uring_setup, 1L, 0L), EFAULT, "io_uring");
}
