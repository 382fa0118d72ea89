/* SPDX-License-Identifier: MIT */
/*
 * DT-02: it selects and pastes text on a virtual console. Asked of no
 * descriptor, with and without bit 32: EBADF means that nothing stood in
 * front.
 *
 * Remedy: refuse ioctl TIOCLINUX in the filter, comparing the low 32 bits.
 * See: CVE-2023-28100; ioctl_console(2)
 */
#include "look.h"

#include <sys/ioctl.h>

PROBE("tty-tioclinux", "TIOCLINUX does not reach the kernel")
{
	char sub = 2;
	struct probe_result r =
	    probe_calibrated(probe_sys(SYS_ioctl, -1L, (long)TIOCLINUX, &sub), EBADF, "ioctl TIOCLINUX");

	if (r.seen != PROBE_DENIED)
		return r;
	return probe_calibrated(probe_sys(SYS_ioctl, -1L, (long)((unsigned long)TIOCLINUX | 1UL << 32), &sub),
				EBADF, "ioctl TIOCLINUX|1<<32");
}
