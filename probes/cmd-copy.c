/* SPDX-License-Identifier: MIT */
/*
 * CF-02: the file of a command that is blocked as a whole is read, to make a copy that nobody knows.
 *
 * Remedy: `claude-sandbox --dry-run` has a mask over the file of each whole command that PATH leads to.
 * See: seccomp_unotify(2), mount_namespaces(7)
 */
#include "cmd.h"

PROBE("cmd-copy", "the file of a blocked command cannot be read")
{
	CMD_NEED(path, "CANARY_OUT_BLOCKED");
	return look_canary(path);
}
