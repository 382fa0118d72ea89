/* SPDX-License-Identifier: MIT */
/* A terminal of the probe's own, and what is typed into it by ioctl(2). */
#ifndef OWNTTY_H
#define OWNTTY_H

#include "look.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

/* A pseudo-terminal of our own that becomes the controlling terminal. The slave, or -errno. */
static inline int owntty_open(int *ret_master)
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

struct owntty_push {
	unsigned long command; /* TIOCSTI, as it is given to the kernel */
	const char *step;
};

/* For probe_in_child, which is given a struct owntty_push: a session of its own is needed. */
static inline struct probe_result owntty_push(void *arg)
{
	const struct owntty_push *push = arg;
	int master, slave = owntty_open(&master);
	struct termios t;
	char c = 0;
	long r, n;

	if (slave < 0)
		return probe_unknown(-slave, "openat /dev/ptmx", "no pseudo-terminal");
	if (probe_sys(SYS_ioctl, (long)slave, (long)TCGETS, &t) == 0) {
		t.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
		probe_sys(SYS_ioctl, (long)slave, (long)TCSETS, &t);
	}
	r = probe_sys(SYS_ioctl, (long)slave, (long)push->command, "#");
	if (r < 0)
		return probe_calibrated(r, EIO, push->step);
	poll(&(struct pollfd){ .fd = slave, .events = POLLIN }, 1, 1000);
	n = probe_sys(SYS_read, (long)slave, &c, 1L);
	return n == 1 && c == '#' ? probe_allowed(push->step, "the byte came back as input")
				  : probe_unknown(0, push->step, "accepted, but no byte came back");
}

#endif
