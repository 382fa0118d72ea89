/* SPDX-License-Identifier: MIT */
/*
 * The kernel truncates the number before the filter sees it; a filter that lives in user space is
 * got round like this.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: syscall(2), seccomp(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-number-high-bits", "a call number with garbage above the 32nd bit does not get round the filter")
{
#ifdef __x86_64__
	return probe_calibrated(probe_sys((long)(0xdead00000000UL | SYS_mount), 1L, 1L, 1L, 0L, 1L), EFAULT,
				"mount | 0xdead00000000");
#else
	return probe_na("no such call on this architecture");
#endif
}
