/* SPDX-License-Identifier: MIT */
/*
 * Reads the local descriptor table: 16-bit segments have a history of bugs. The call gives errors
 * back as 32 bits without sign, which libc takes for success.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: modify_ldt(2), CVE-2015-5157
 */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>

PROBE("sys-modify-ldt", "modify_ldt(2) does not reach the kernel")
{
#ifdef __x86_64__
	char buf[64];
	long r = probe_sys(SYS_modify_ldt, 0L, buf, (long)sizeof(buf));

	return probe_calibrated(r > 0xffff0000L ? (long)(int)r : r, 0, "modify_ldt");
#else
	return probe_na("no such call on this architecture");
#endif
}
