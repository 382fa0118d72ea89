/* SPDX-License-Identifier: MIT */
/*
 * Sets SECBIT_NO_SETUID_FIXUP in a child and reads it back: with it a change of uid keeps
 * capabilities.
 * Remedy: Bubblewrap must drop every capability (--cap-drop ALL), and nothing may give one back:
 *   look at the plan with --dry-run.
 * See: PR_SET_SECUREBITS(2const)
 */
#include "probe.h"

#include <errno.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

PROBE("cap-securebits", "the secure bits can't be changed")
{
	long r = probe_sys(SYS_prctl, (long)PR_SET_SECUREBITS, (long)SECBIT_NO_SETUID_FIXUP, 0L, 0L, 0L);
	long now = probe_sys(SYS_prctl, (long)PR_GET_SECUREBITS, 0L, 0L, 0L, 0L);

	if (now > 0 && (now & SECBIT_NO_SETUID_FIXUP) != 0)
		return probe_allowed("PR_SET_SECUREBITS", "now 0x%lx", (unsigned long)now);
	return probe_denied(r < 0 ? (int)-r : 0, "PR_SET_SECUREBITS", "not changed");
}
