/* SPDX-License-Identifier: MIT */
/*
 * mbind with unknown flags and policy.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: mbind(2), CVE-2017-7616
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-mbind", "mbind(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_mbind, 0L, 4096L, 0x7fffL, 0L, 0L, 0xff00L), EINVAL, "mbind");
}
