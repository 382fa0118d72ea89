/* SPDX-License-Identifier: MIT */
/*
 * An ambient capability survives the exec of any program. CAP_NET_RAW, made inheritable first.
 * Remedy: Bubblewrap must drop every capability (--cap-drop ALL), and nothing may give one back:
 *   look at the plan with --dry-run.
 * See: PR_CAP_AMBIENT(2const), capabilities(7)
 */
#include "probe.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

PROBE("cap-ambient", "no ambient capability can be raised")
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	long r;

	probe_sys(SYS_capget, &h, d);
	d[0].inheritable |= 1U << CAP_NET_RAW;
	probe_sys(SYS_capset, &h, d);
	r = probe_sys(SYS_prctl, (long)PR_CAP_AMBIENT, (long)PR_CAP_AMBIENT_RAISE, (long)CAP_NET_RAW, 0L, 0L);
	if (probe_sys(SYS_prctl, (long)PR_CAP_AMBIENT, (long)PR_CAP_AMBIENT_IS_SET, (long)CAP_NET_RAW, 0L,
		      0L) == 1)
		return probe_allowed("PR_CAP_AMBIENT_RAISE", "CAP_NET_RAW is ambient");
	return probe_denied(r < 0 ? (int)-r : 0, "PR_CAP_AMBIENT_RAISE", "not raised");
}
