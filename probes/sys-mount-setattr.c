/* SPDX-License-Identifier: MIT */
/*
 * mount_setattr with unknown flags: with the capability it makes a read-only mount writable.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: mount_setattr(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-mount-setattr", "mount_setattr(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_mount_setattr, -1L, 1L, 0xffffffffL, 1L, 32L), EINVAL,
				"mount_setattr");
}
