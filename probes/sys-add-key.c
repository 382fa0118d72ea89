/* SPDX-License-Identifier: MIT */
/*
 * add_key with a payload that is too long.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: add_key(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-add-key", "add_key(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_add_key, 1L, 1L, 1L, 2000000L, 0L), EINVAL, "add_key");
}
