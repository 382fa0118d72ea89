/* SPDX-License-Identifier: MIT */
/*
 * DT-01: TIOCSTI on a terminal of our own. EIO is the kernel's own switch:
 * the call got through the filter.
 *
 * Remedy: refuse ioctl TIOCSTI in the filter, comparing the low 32 bits;
 *         dev.tty.legacy_tiocsti=0.
 * See: CVE-2017-5226; ioctl_tty(2)
 */
#include "owntty.h"

PROBE("tty-tiocsti", "no byte can be typed into a terminal")
{
	struct owntty_push push = { TIOCSTI, "ioctl TIOCSTI" };

	return probe_in_child(owntty_push, &push, 4);
}
