/* SPDX-License-Identifier: MIT */
/*
 * FS-22: the harness may start the sandbox with a project called "--bind",
 * "-", with blanks, a newline, ":" or "%": the working directory must be
 * that very directory, and no option may have come of it (the host's tree
 * is not there).
 *
 * Remedy: absolute paths everywhere, arguments by --args FD, "--" before
 *         the command.
 * See: CVE-2024-32462
 */
#include "look.h"

PROBE("fs-hostile-name", "the name of the project is taken as a name")
{
	char cwd[LOOK_PATH], path[LOOK_PATH];
	struct probe_result r;
	long n;

	LOOK_NEED(project, "CANARY_PROJECT");
	LOOK_NEED(outside, "CANARY_OUTSIDE");
	r = look_canary(look_join(path, outside, "file"));
	if (r.seen != PROBE_DENIED)
		return r;
	n = probe_sys(SYS_getcwd, cwd, (long)sizeof(cwd));
	if (n <= 0 || !look_under(cwd, project))
		return probe_unknown(n < 0 ? (int)-n : 0, "getcwd",
				     "the working directory is not the project");
	return r;
}
