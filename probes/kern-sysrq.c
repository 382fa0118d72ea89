/* SPDX-License-Identifier: MIT */
/*
 * Never written: a letter into sysrq-trigger reboots or crashes the host.
 * Remedy: `/proc/sys` and its kin must be bound read-only or masked: look at the plan with
 *   --dry-run.
 * See: Linux Documentation/admin-guide/sysrq.rst
 */
#include "kernfile.h"

PROBE("kern-sysrq", "sysrq and power state can't be reached for writing")
{
	static const char *const paths[] = {
		"/proc/sysrq-trigger",
		"/proc/sys/kernel/sysrq",
		"/sys/power/state",
		"/sys/power/disk",
	};

	return kernfile_try(paths, sizeof(paths) / sizeof(paths[0]), "this kernel has none of the files");
}
