/* SPDX-License-Identifier: MIT */
/*
 * TIOCLINUX on a bad descriptor: on a virtual console it selects and pastes.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: CVE-2023-28100, ioctl_console(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

PROBE("sys-tioclinux", "ioctl TIOCLINUX does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_ioctl, -1L, (long)TIOCLINUX, 1L), EBADF, "tioclinux");
}
