/* SPDX-License-Identifier: MIT */
/*
 * keyctl with an unknown operation: keyrings are not namespaced as a whole.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: keyctl(2), CVE-2016-0728
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-keyctl", "keyctl(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_keyctl, 99999L, 0L, 0L, 0L, 0L), EOPNOTSUPP, "keyctl");
}
