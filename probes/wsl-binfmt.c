/* SPDX-License-Identifier: MIT */
/*
 * WS-05: writing /proc/sys/fs/binfmt_misc/register makes the host run a
 * program for a kind of file; from 6.7 on a user namespace may mount a
 * binfmt_misc of its own. The file is opened for writing, nothing is
 * written.
 *
 * Remedy: bind /proc/sys read-only; no nested user namespaces.
 * See: proc_sys_fs_binfmt(5);
 *      https://docs.kernel.org/admin-guide/binfmt-misc.html
 */
#include "look.h"

#include <sys/mount.h>
#include <sys/utsname.h>

static struct probe_result own(void *arg)
{
	struct utsname u;
	long r = look_own_ns(CLONE_NEWNS);
	int fd, major = 0, minor = 0;

	(void)arg;
	if (r < 0)
		return probe_denied((int)-r, "unshare", "%s", probe_errno_name((int)-r));
	r = probe_sys(SYS_mount, "binfmt_misc", "/tmp", "binfmt_misc", 0L, NULL);
	if (r == -ENODEV ||
	    (uname(&u) == 0 && sscanf(u.release, "%d.%d", &major, &minor) == 2 && major * 100 + minor < 607))
		return probe_na("this kernel has no binfmt_misc in user namespaces");
	fd = r < 0 ? -1 : look_open("/tmp/register", O_WRONLY);
	look_close(fd);
	return fd >= 0 ? probe_allowed("mount binfmt_misc", "register opens for writing")
		       : probe_denied((int)-r, "mount binfmt_misc", "%s", probe_errno_name((int)-r));
}

PROBE("wsl-binfmt", "no interpreter can be registered with the kernel")
{
	int fd = look_open("/proc/sys/fs/binfmt_misc/register", O_WRONLY);

	look_close(fd);
	if (fd >= 0)
		return probe_allowed("openat", "the host's register opens for writing");
	return probe_in_child(own, NULL, 3);
}
