/* SPDX-License-Identifier: MIT */
/*
 * DT-03: TIOCSETD loads kernel modules of line disciplines for anyone. On a
 * terminal of our own, to the discipline that it has.
 *
 * Remedy: refuse ioctl TIOCSETD in the filter; dev.tty.ldisc_autoload=0.
 * See: CVE-2017-2636; CVE-2020-14416
 */
#include "look.h"

#include <sys/ioctl.h>

/* A pseudo-terminal of our own that becomes the controlling terminal. The slave, or -errno. */
static int own_tty(int *ret_master)
{
	int n = 0, slave, unlock = 0;
	char path[64];

	*ret_master = look_open("/dev/ptmx", O_RDWR);
	if (*ret_master < 0)
		return *ret_master;
	probe_sys(SYS_ioctl, (long)*ret_master, (long)TIOCSPTLCK, &unlock);
	if (probe_sys(SYS_ioctl, (long)*ret_master, (long)TIOCGPTN, &n) < 0)
		return -ENOTTY;
	snprintf(path, sizeof(path), "/dev/pts/%d", n);
	probe_sys(SYS_setsid);
	slave = look_open(path, O_RDWR);
	if (slave >= 0)
		probe_sys(SYS_ioctl, (long)slave, (long)TIOCSCTTY, 0L);
	return slave;
}

static struct probe_result set(void *arg)
{
	int master, slave = own_tty(&master), disc = 0;
	long r;

	(void)arg;
	if (slave < 0)
		return probe_unknown(-slave, "openat /dev/ptmx", "no pseudo-terminal");
	r = probe_sys(SYS_ioctl, (long)slave, (long)TIOCSETD, &disc);
	return r == 0 ? probe_allowed("ioctl TIOCSETD", "set")
		      : probe_denied((int)-r, "ioctl TIOCSETD", "%s", probe_errno_name((int)-r));
}

PROBE("tty-ldisc", "the line discipline of a terminal cannot be changed")
{
	return probe_in_child(set, NULL, 4);
}
