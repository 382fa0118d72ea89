/* SPDX-License-Identifier: MIT */
/*
 * DT-01: the kernel reads the command of ioctl as 32 bits: a filter that
 * compares 64 lets TIOCSTI with bit 32 set through.
 *
 * Remedy: refuse ioctl TIOCSTI in the filter, comparing the low 32 bits;
 *         dev.tty.legacy_tiocsti=0.
 * See: CVE-2017-5226; ioctl_tty(2); CVE-2019-10063
 */
#include "owntty.h"

PROBE("tty-tiocsti-high", "no byte can be typed into a terminal with a command above 32 bits")
{
	struct owntty_push push = { (unsigned long)TIOCSTI | 1UL << 32, "ioctl TIOCSTI|1<<32" };

	return probe_in_child(owntty_push, &push, 4);
}
