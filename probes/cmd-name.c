/* SPDX-License-Identifier: MIT */
/*
 * CF-01: a command that is blocked as a whole, by its path, and by its name in its directory.
 *
 * Remedy: `claude-sandbox --dry-run` names each pattern of blocked_commands: look that it is there, and that the filter is
 *   in force.
 * See: seccomp_unotify(2), execve(2)
 */
#include "cmd.h"

PROBE("cmd-name", "a blocked command cannot be started")
{
	char name[] = "cs-blocked";
	char *const argv[] = { name, NULL };
	struct cmd c = { .fd = -1, .argv = argv };
	struct probe_result r;
	char dir[LOOK_PATH];

	CMD_NEED(path, "CANARY_OUT_BLOCKED");
	c.path = path;
	r = cmd_try(&c, "execve");
	if (r.seen != PROBE_DENIED)
		return r;
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (chdir(dir) < 0)
		return probe_unknown(errno, "chdir", "the command's directory");
	c.path = name;
	return cmd_try(&c, "execve");
}
