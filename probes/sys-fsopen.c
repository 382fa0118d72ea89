/* SPDX-License-Identifier: MIT */
/*
 * The first step of mounting by the interface of Linux 5.2: a context for a tmpfs, closed again.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: fsopen(2), CVE-2022-0185, CVE-2021-41133
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-fsopen", "fsopen(2) does not open a file system")
{
	long fd = probe_sys(SYS_fsopen, "tmpfs", 0L);

	if (fd < 0)
		return probe_denied((int)-fd, "fsopen tmpfs", "refused");
	probe_sys(SYS_close, fd);
	return probe_allowed("fsopen tmpfs", "a context for a new file system");
}
