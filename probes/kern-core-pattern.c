/* SPDX-License-Identifier: MIT */
/*
 * core_pattern, modprobe and the like. Nothing is written: an open for writing, and where only
 * the mode refuses it, a chmod to the mode the file has already, which a read-only mount refuses
 * first. Kernel uid 0 would get past the mode, so the mount must stand before it.
 * Remedy: `/proc/sys` and its kin must be bound read-only or masked: look at the plan with
 *   --dry-run.
 * See: core(5), CVE-2022-0811
 */
#include "kernfile.h"

PROBE("kern-core-pattern",
      "the files that name programs the kernel starts as root can't be reached for writing")
{
	static const char *const paths[] = {
		"/proc/sys/kernel/core_pattern",
		"/proc/sys/kernel/modprobe",
		"/proc/sys/kernel/hotplug",
		"/proc/sys/kernel/poweroff_cmd",
		"/proc/sys/kernel/usermodehelper/bset",
		"/proc/sys/kernel/usermodehelper/inheritable",
		"/sys/kernel/uevent_helper",
		"/proc/sys/fs/binfmt_misc/register",
	};

	return kernfile_try(paths, sizeof(paths) / sizeof(paths[0]), "this kernel has none of the files");
}
