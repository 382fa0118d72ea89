/* SPDX-License-Identifier: MIT */
/*
 * AG-09, AG-10: what the agent keeps of other projects and of editors: their
 * transcripts and memory, ports and tokens of editors, older configurations,
 * also where the launcher puts the directory for a moment while it starts.
 *
 * Remedy: bind the one directory of this project, never ~/.claude or
 *         ~/.claude/projects; unmount what entries were taken from.
 * See: umount2(2); CVE-2025-52882
 */
#include "look.h"

PROBE("agent-other-records", "records of other projects and tokens of editors cannot be read")
{
	static const char *const names[] = { "projects/-other/canary", "projects/-other/memory/canary",
					     "ide/canary", "backups/canary", "shell-snapshots/canary" };
	char path[LOOK_PATH];
	unsigned reached = 0;
	int err = 0, last = ENOENT;

	LOOK_NEED(dir, "CANARY_CLAUDE");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool here = probe_file_has_canary(look_join(path, dir, names[i]), &err);

		if (!here && err != 0)
			last = err;
		here = here ||
		       probe_file_has_canary(look_join(path, "/run/claude-sandbox/state", names[i]), &err);
		reached += here;
	}
	if (reached > 0)
		return probe_allowed("openat", "%u of %zu have the canary", reached,
				     sizeof(names) / sizeof(names[0]));
	return probe_denied(last, "openat", "%s", probe_errno_name(last));
}
