/* SPDX-License-Identifier: MIT */
/*
 * Sets ADDR_NO_RANDOMIZE in a child of its own and asks for the value again.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: personality(2)
 */
#include "probe.h"

#include <errno.h>
#include <sys/personality.h>
#include <sys/syscall.h>

PROBE("sys-personality", "personality(2) does not switch off address randomisation")
{
	long r = probe_sys(SYS_personality, (long)ADDR_NO_RANDOMIZE);
	long now = probe_sys(SYS_personality, 0xffffffffL);

	if (now >= 0 && (now & ADDR_NO_RANDOMIZE) != 0)
		return probe_allowed("personality", "address randomisation is off: 0x%lx",
				     (unsigned long)now);
	if (r >= 0)
		return probe_unknown(0, "personality", "success, but the value did not change");
	return probe_denied((int)-r, "personality", "refused");
}
