/* SPDX-License-Identifier: MIT */
/*
 * TIOCSTI on a bad descriptor: on a good one it types into the terminal of the user's shell.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: CVE-2017-5226, ioctl_tty(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

PROBE("sys-tiocsti", "ioctl TIOCSTI does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_ioctl, -1L, (long)TIOCSTI, 1L), EBADF, "tiocsti");
}
