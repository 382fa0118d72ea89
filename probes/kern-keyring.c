/* SPDX-License-Identifier: MIT */
/*
 * The session keyring is inherited into the sandbox whatever namespaces there are. Reads the key
 * that the harness left there, by serial and by search.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: keyrings(7), session-keyring(7)
 */
#include "probe.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#define KEYCTL_SEARCH 10
#define KEYCTL_READ   11

PROBE("kern-keyring", "a key of the caller's session keyring can't be read")
{
	const char *text = probe_input("CANARY_TEXT");
	long key = probe_input_long("CANARY_KEY"), r, found;
	char buf[512] = "";

	if (key <= 0 || text == NULL)
		return probe_na("needs %s", text == NULL ? "CANARY_TEXT" : "CANARY_KEY");
	r = probe_sys(SYS_keyctl, (long)KEYCTL_READ, key, buf, (long)sizeof(buf) - 1);
	if (r > 0 &&
	    memmem(buf, (size_t)r < sizeof(buf) ? (size_t)r : sizeof(buf), text, strlen(text)) != NULL)
		return probe_allowed("keyctl READ", "key %ld holds the canary", key);
	found = probe_sys(SYS_keyctl, (long)KEYCTL_SEARCH, -3L, "user", "cs-canary", 0L);
	if (found > 0)
		return probe_allowed("keyctl SEARCH", "key %ld was found", found);
	if (r >= 0)
		return probe_unknown(0, "keyctl READ", "readable, but not the canary");
	return probe_denied((int)-r, "keyctl READ", "refused");
}
