/* SPDX-License-Identifier: MIT */
/*
 * For user mode faults only, which needs no privilege: it stops the kernel in the middle of a
 * copy, the lever of many exploits.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: userfaultfd(2)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#define UFFD_USER_MODE_ONLY 1

PROBE("sys-userfaultfd", "userfaultfd(2) gives no descriptor")
{
	return probe_calibrated(probe_sys(SYS_userfaultfd, (long)(O_CLOEXEC | UFFD_USER_MODE_ONLY)), 0,
				"userfaultfd");
}
