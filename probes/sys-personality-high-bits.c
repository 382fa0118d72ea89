/* SPDX-License-Identifier: MIT */
/*
 * The kernel reads 32 bits; a filter that compares 64 for the permitted values or the refused
 * ones lets this through.
 * Remedy: Compare the argument in 32 bits (the built-in filter does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP.
 * See: personality(2), CVE-2019-10063 for the pattern
 */
#include "probe.h"

#include <errno.h>
#include <sys/personality.h>
#include <sys/syscall.h>

PROBE("sys-personality-high-bits",
      "personality(2) with a bit above the 32nd does not switch off address randomisation")
{
	long r = probe_sys(SYS_personality, (long)(ADDR_NO_RANDOMIZE | 1UL << 40));
	long now = probe_sys(SYS_personality, 0xffffffffL);

	if (now >= 0 && (now & ADDR_NO_RANDOMIZE) != 0)
		return probe_allowed("personality | 1<<40", "address randomisation is off: 0x%lx",
				     (unsigned long)now);
	if (r >= 0)
		return probe_unknown(0, "personality | 1<<40", "success, but the value did not change");
	return probe_denied((int)-r, "personality | 1<<40", "refused");
}
