/* SPDX-License-Identifier: MIT */
/*
 * FS-18: sysfs, cgroup, debugfs, tracefs, bpf, configfs, binfmt_misc and
 * their like, and automount triggers, in mountinfo.
 *
 * Remedy: bind narrowly: a recursive bind of /sys or /dev brings all of
 *         them.
 * See: proc_pid_mountinfo(5); CVE-2022-0492
 */
#include "look.h"

static bool is_control(const struct look_mount *m, void *arg)
{
	static const char *const types[] = {
		"sysfs",    "cgroup",	  "cgroup2",	 "debugfs",  "tracefs",	 "bpf",
		"configfs", "securityfs", "binfmt_misc", "efivarfs", "pstore",	 "selinuxfs",
		"autofs",   "fusectl",	  "rpc_pipefs",	 "nfsd",     "devtmpfs", NULL,
	};

	snprintf(arg, 128, "%s at %.90s", m->type, m->point);
	if (look_has_opt(m->opts, "ro"))
		return false;
	if (strcmp(m->type, "devtmpfs") == 0 && strcmp(m->root, "/") != 0)
		return false;
	for (int i = 0; types[i] != NULL; i++)
		if (strcmp(m->type, types[i]) == 0)
			return true;
	return false;
}

PROBE("fs-kernel-mounts", "no file system that controls the kernel is mounted writable")
{
	char seen[128] = "";
	long r = look_mounts(is_control, seen);

	if (r < 0)
		return probe_unknown((int)-r, "openat mountinfo", "%s", probe_errno_name((int)-r));
	return r == 1 ? probe_allowed("mountinfo", "%s is writable", seen)
		      : probe_denied(0, "mountinfo", "none");
}
