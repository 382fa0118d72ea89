/* SPDX-License-Identifier: MIT */
/*
 * swapon with unknown flags, which are looked at before the capability.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: swapon(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-swapon", "swapon(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_swapon, 1L, 0x7f000000L), EINVAL, "swapon");
}
