/* SPDX-License-Identifier: MIT */
/*
 * remap_file_pages with a protection that it never took: obsolete, with a history of bugs.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: remap_file_pages(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-remap-file-pages", "remap_file_pages(2) does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_remap_file_pages, 1L, 1L, 1L, 1L, 1L), EINVAL,
				"remap_file_pages");
}
