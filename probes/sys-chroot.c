/* SPDX-License-Identifier: MIT */
/*
 * chroot with a bad pointer; chroot("/") would be EPERM for lack of a capability, filter or not.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: chroot(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-chroot", "chroot(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_chroot, 1L), EFAULT, "chroot");
}
