/* SPDX-License-Identifier: MIT */
/*
 * io_uring_register with a bad descriptor and number.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: io_uring_register(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-io-uring-register", "io_uring_register(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_io_uring_register, -1L, 255L, 0L, 0L), EINVAL,
				"io_uring_register");
}
