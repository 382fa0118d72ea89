/* SPDX-License-Identifier: MIT */
/*
 * TCP_ULP names a protocol module, which the kernel then loads on the host.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: CVE-2023-0461, tcp(7)
 */
#include "probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>

PROBE("sys-tcp-ulp", "setsockopt TCP_ULP does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_setsockopt, -1L, (long)IPPROTO_TCP, 31L, 1L, 4L), EBADF,
				"setsockopt TCP_ULP");
}
