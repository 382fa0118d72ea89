/* SPDX-License-Identifier: MIT */
/*
 * The kernel reads 32 bits of an ioctl's number, a filter that compares 64 lets this through.
 * Remedy: Compare the argument in 32 bits (the built-in filter does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP.
 * See: CVE-2019-10063, CVE-2023-28100
 */
#include "probe.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

PROBE("sys-tioclinux-high-bits", "ioctl TIOCLINUX with a bit above the 32nd does not reach the kernel")
{
	return probe_calibrated(probe_sys(SYS_ioctl, -1L, (long)(TIOCLINUX | 1UL << 32), 1L), EBADF,
				"tioclinux_high_bits");
}
