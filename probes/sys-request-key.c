/* SPDX-License-Identifier: MIT */
/*
 * request_key with bad pointers: with good ones the kernel starts /sbin/request-key as root on
 * the host.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: request_key(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-request-key", "request_key(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_request_key, 1L, 1L, 1L, 0L), EFAULT, "request_key");
}
