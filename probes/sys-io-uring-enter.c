/* SPDX-License-Identifier: MIT */
/*
 * io_uring_enter with unknown flags: a ring that was received from elsewhere could still be used.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: io_uring_enter(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-io-uring-enter", "io_uring_enter(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_io_uring_enter, -1L, 0L, 0L, 0xffffffffL, 0L, 0L), EINVAL,
				"io_uring_enter");
}
