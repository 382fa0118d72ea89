/* SPDX-License-Identifier: MIT */
/*
 * Installs a filter that permits everything, then calls mount with bad pointers: the strictest of
 * all filters must win.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: seccomp(2)
 */
#include "probe.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

PROBE("sys-stacked-filter", "an own permissive filter on top does not lift the sandbox's")
{
	struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog prog = { 1, all };

	probe_sys(SYS_prctl, (long)PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	probe_sys(SYS_seccomp, (long)SECCOMP_SET_MODE_FILTER, 0L, &prog);
	return probe_calibrated(probe_sys(SYS_mount, 1L, 1L, 1L, 0L, 1L), EFAULT,
				"mount below an own filter");
}
