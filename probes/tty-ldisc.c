/* SPDX-License-Identifier: MIT */
/*
 * DT-03: TIOCSETD loads kernel modules of line disciplines for anyone. On a
 * terminal of our own, to the discipline that it has.
 *
 * Remedy: refuse ioctl TIOCSETD in the filter; dev.tty.ldisc_autoload=0.
 * See: CVE-2017-2636; CVE-2020-14416
 */
#include "owntty.h"

static struct probe_result set(void *arg)
{
	int master, slave = owntty_open(&master), disc = 0;
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
