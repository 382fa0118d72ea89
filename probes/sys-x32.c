/* SPDX-License-Identifier: MIT */
/*
 * getpid and mount with bit 30 of the number set, which a filter that compares numbers does not
 * know. Kernels without CONFIG_X86_X32_ABI answer ENOSYS, so does the filter: the control box
 * tells which.
 * Remedy: The filter must refuse every ABI but the native one (the built-in one does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP; `ia32_emulation=off` on the kernel's command line closes the entry
 *   for good.
 * See: syscall(2), seccomp(2) on X32_SYSCALL_BIT
 */
#include "probe.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifdef __x86_64__
/* Whether nothing stands before the kernel, so that ENOSYS means "not built". */
static bool control_box(void)
{
	const char *arm = probe_input("CANARY_ARM");

	return arm != NULL && strcmp(arm, "open") == 0;
}
#endif

PROBE("sys-x32", "the x32 numbers do not get round the filter")
{
#ifdef __x86_64__
	long r = probe_sys(0x40000000L | 39);

	if (r == -ENOSYS && control_box())
		return probe_na("this kernel has no x32 calls");
	if (r < 0)
		return probe_denied((int)-r, "x32 getpid", "the ABI as a whole is refused");
	return probe_calibrated(probe_sys(0x40000000L | 165, 1L, 1L, 1L, 0L, 1L), EFAULT, "x32 mount");
#else
	return probe_na("no such calls on this architecture");
#endif
}
