/* SPDX-License-Identifier: MIT */
/*
 * name_to_handle_at with unknown flags: the first half of opening files by inode number, past
 * every mount.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: name_to_handle_at(2), CVE-2014-3519
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-name-to-handle", "name_to_handle_at(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_name_to_handle_at, -1L, 1L, 1L, 1L, 0xff0000L), EINVAL,
				"name_to_handle");
}
