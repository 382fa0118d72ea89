/* SPDX-License-Identifier: MIT */
/*
 * A pair of AF_INET, which the kernel has no code for: it says so itself where it is asked.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: socketpair(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>

PROBE("sys-socketpair", "socketpair(2) makes no pair but of AF_UNIX")
{
	int pair[2];
	long r = probe_sys(SYS_socketpair, (long)AF_INET, (long)SOCK_STREAM, 0L, pair);

	return probe_calibrated(r, EOPNOTSUPP, "socketpair AF_INET");
}
