/* SPDX-License-Identifier: MIT */
/*
 * DT-01: the kernel reads the command of ioctl as 32 bits: a filter that
 * compares 64 lets TIOCSTI with bit 32 set through.
 *
 * Remedy: refuse ioctl TIOCSTI in the filter, comparing the low 32 bits;
 *         dev.tty.legacy_tiocsti=0.
 * See: CVE-2017-5226; ioctl_tty(2); CVE-2019-10063
 */
#include "look.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

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

static struct probe_result push(void *arg)
{
	struct termios t;
	int master, slave = own_tty(&master);
	char c = 0;
	long r, n;

	(void)arg;
	if (slave < 0)
		return probe_unknown(-slave, "openat /dev/ptmx", "no pseudo-terminal");
	if (probe_sys(SYS_ioctl, (long)slave, (long)TCGETS, &t) == 0) {
		t.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
		probe_sys(SYS_ioctl, (long)slave, (long)TCSETS, &t);
	}
	r = probe_sys(SYS_ioctl, (long)slave, (long)((unsigned long)TIOCSTI | 1UL << 32), "#");
	if (r < 0)
		return probe_calibrated(r, EIO, "ioctl TIOCSTI|1<<32");
	poll(&(struct pollfd){ .fd = slave, .events = POLLIN }, 1, 1000);
	n = probe_sys(SYS_read, (long)slave, &c, 1L);
	return n == 1 && c == '#'
		   ? probe_allowed("ioctl TIOCSTI|1<<32", "the byte came back as input")
		   : probe_unknown(0, "ioctl TIOCSTI|1<<32", "accepted, but no byte came back");
}

PROBE("tty-tiocsti-high", "no byte can be typed into a terminal with a command above 32 bits")
{
	return probe_in_child(push, NULL, 4);
}
