/* SPDX-License-Identifier: MIT */
/*
 * DT-03: it turns the host's console output to another terminal. Asked of
 * no descriptor: EBADF means that nothing stood in front.
 *
 * Remedy: refuse ioctl TIOCCONS in the filter.
 * See: ioctl_tty(2)
 */
#include "look.h"

#include <sys/ioctl.h>

PROBE("tty-console", "TIOCCONS does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_ioctl, -1L, (long)TIOCCONS, 0L), EBADF, "ioctl TIOCCONS");
}
