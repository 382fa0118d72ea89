/* SPDX-License-Identifier: MIT */
/*
 * A software clock on itself without the kernel's part: what perf_event_paranoid=2 still permits,
 * so the real test of the filter. The counter is read.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: perf_event_open(2), CVE-2023-2235
 */
#include "probe.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>

PROBE("kern-perf-self", "no performance counter, not even on the own process")
{
	struct perf_event_attr attr = { 0 };
	const char *arm = probe_input("CANARY_ARM");
	unsigned long count = 0;
	long fd;

	attr.type = PERF_TYPE_SOFTWARE;
	attr.size = sizeof(attr);
	attr.config = PERF_COUNT_SW_TASK_CLOCK;
	attr.exclude_kernel = 1;
	attr.exclude_hv = 1;
	fd = probe_sys(SYS_perf_event_open, &attr, 0L, -1L, -1L, 0L);
	if ((fd == -EACCES || fd == -EPERM || fd == -ENOSYS) && arm != NULL && strcmp(arm, "open") == 0)
		return probe_na("this kernel gives no user a counter (%s)", probe_errno_name((int)-fd));
	if (fd < 0)
		return probe_denied((int)-fd, "perf_event_open", "refused");
	if (probe_sys(SYS_read, fd, &count, (long)sizeof(count)) != (long)sizeof(count))
		return probe_unknown(0, "read", "a counter that can't be read");
	return probe_allowed("perf_event_open", "the counter says %lu ns", count);
}
