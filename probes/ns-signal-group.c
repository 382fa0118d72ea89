/* SPDX-License-Identifier: MIT */
/*
 * SIGURG, which is ignored by default, to the group of a host process.
 * Remedy: The sandbox was started without a pid namespace: look at the plan with --dry-run.
 * See: kill(2), pid_namespaces(7)
 */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

PROBE("ns-signal-group", "a process group of the host can't be signalled")
{
	long pgid = probe_input_long("CANARY_PGID"), r;

	if (pgid <= 1)
		return probe_na("needs CANARY_PGID");
	r = probe_sys(SYS_kill, -pgid, (long)SIGURG);
	if (r == 0)
		return probe_allowed("kill -PGID", "sent to host group %ld", pgid);
	return probe_denied((int)-r, "kill -PGID", "not sent");
}
