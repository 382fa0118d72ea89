/* SPDX-License-Identifier: MIT */
/*
 * capset of all capabilities as permitted and effective; judged by reading them back.
 * Remedy: Bubblewrap must drop every capability (--cap-drop ALL), and nothing may give one back:
 *   look at the plan with --dry-run.
 * See: capset(2), capabilities(7)
 */
#include "probe.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>

PROBE("cap-capset", "no capability can be raised")
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { ~0U, ~0U, 0 }, { 0, 0, 0 } };
	long r = probe_sys(SYS_capset, &h, d);

	probe_sys(SYS_capget, &h, d);
	if (d[0].effective != 0)
		return probe_allowed("capset", "effective 0x%x", d[0].effective);
	return probe_denied(r < 0 ? (int)-r : 0, "capset", "no effective capability");
}
