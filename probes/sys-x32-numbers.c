/* SPDX-License-Identifier: MIT */
/*
 * Numbers 512 to 547: before Linux 5.4 they reached compatibility handlers also without bit 30,
 * past a filter that knows neither.
 * Remedy: The filter must refuse every ABI but the native one (the built-in one does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP; `ia32_emulation=off` on the kernel's command line closes the entry
 *   for good.
 * See: Linux commit 6365b842aae4, seccomp(2)
 */
#include "probe.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#ifdef __x86_64__
/* Whether nothing stands before the kernel, so that ENOSYS means "not built". */
static bool control_box(void)
{
	const char *arm = probe_input("CANARY_ARM");

	return arm != NULL && strcmp(arm, "open") == 0;
}
#endif

PROBE("sys-x32-numbers", "the x32-only numbers without their bit do not reach the kernel")
{
#ifdef __x86_64__
	/* ptrace (521), process_vm_readv (539), process_vm_writev (540), keyctl has no twin */
	static const long calls[] = { 521, 539, 540 };
	long r = -ENOSYS;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		r = probe_sys(calls[i], 2L, 0L, 0L, 0L, 0L, 0L);
		if (r >= 0 || r == -ESRCH || r == -EINVAL || r == -EFAULT)
			return probe_allowed("x32 number", "%ld reached the kernel", calls[i]);
	}
	if (r == -ENOSYS && control_box())
		return probe_na("this kernel has no such numbers");
	return probe_denied((int)-r, "x32 number", "refused");
#else
	return probe_na("no such calls on this architecture");
#endif
}
