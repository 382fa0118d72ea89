/* SPDX-License-Identifier: MIT */
/*
 * DT-01: TIOCSTI on the standard streams and on /dev/tty. A lone "#" is a
 * comment for a shell, should it get through.
 *
 * Remedy: own pty for the sandbox; refuse ioctl TIOCSTI in the filter.
 * See: CVE-2017-5226; CVE-2023-28100
 */
#include "look.h"

#include <sys/ioctl.h>
#include <termios.h>

PROBE("tty-tiocsti-caller", "no byte can be typed into the terminal of the launcher")
{
	int err = ENXIO, tty;

	LOOK_NEED(name, "CANARY_TTY");
	tty = look_open("/dev/tty", O_RDWR);
	for (int fd = 0; fd <= 3; fd++) {
		struct termios t;
		int at = fd == 3 ? tty : fd;
		long r;

		if (at < 0 || probe_sys(SYS_ioctl, (long)at, (long)TCGETS, &t) < 0)
			continue;
		r = probe_sys(SYS_ioctl, (long)at, (long)TIOCSTI, "#");
		if (r == 0 || r == -EIO)
			return probe_allowed("ioctl TIOCSTI", "descriptor %d takes it%s", at,
					     r == 0 ? "" : ", but for the kernel's switch");
		err = (int)-r;
	}
	look_close(tty);
	return probe_denied(err, "ioctl TIOCSTI", "%s", probe_errno_name(err));
}
